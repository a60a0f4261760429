// What the log says about security and quotas. Samsa does not act on it yet, but never drops it:
// the records themselves are the state, kept under the key that a later record replaces or removes
// them by.

import { OrderedMap } from 'immutable'

import type { MetadataRecord } from '../metadata-records.ts'

/** Undefined for records of another kind. `remove` names a key; `put` keeps the record under it. */
type Change = { readonly put: string } | { readonly remove: string } | undefined

export class ClientDataImage {
  static readonly empty = new ClientDataImage(OrderedMap())
  readonly #records: OrderedMap<string, MetadataRecord>

  constructor(records: OrderedMap<string, MetadataRecord>) {
    this.#records = records
  }

  /** The records that make this state, for a snapshot. */
  records(): Iterable<MetadataRecord> {
    return this.#records.values()
  }

  /** The image with the record folded in; undefined when the record is of another kind. */
  with(record: MetadataRecord): ClientDataImage | undefined {
    const change = changeOf(record)
    if (change === undefined) return undefined
    return new ClientDataImage('put' in change
      ? this.#records.set(change.put, record) : this.#records.delete(change.remove))
  }
}

function changeOf(record: MetadataRecord): Change {
  switch (record.type) {
    case 'accessControlEntry': return { put: `acl:${record.data.id}` }
    case 'removeAccessControlEntry': return { remove: `acl:${record.data.id}` }
    case 'userScramCredential':
      return { put: `scram:${record.data.mechanism}:${record.data.name}` }
    case 'removeUserScramCredential':
      return { remove: `scram:${record.data.mechanism}:${record.data.name}` }
    case 'delegationToken': return { put: `token:${record.data.tokenId}` }
    case 'removeDelegationToken': return { remove: `token:${record.data.tokenId}` }
    case 'clientQuota': {
      const entity = record.data.entity
        .map(({ entityType, entityName }) => JSON.stringify([entityType, entityName])).sort()
      const key = `quota:${entity.join()}:${record.data.key}`
      return record.data.remove ? { remove: key } : { put: key }
    }
    default: return undefined
  }
}

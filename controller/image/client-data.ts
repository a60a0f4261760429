// What the log says about security and quotas: the records themselves are the state, kept under the
// key that a later record replaces or removes them by. None is ever dropped, whether Samsa acts on
// it or not.

import { OrderedMap } from 'immutable'

import type { MetadataRecord } from '../metadata-records.ts'

/** Undefined for records of another kind. `remove` names a key; `put` keeps the record under it. */
type Change = { readonly put: string } | { readonly remove: string } | undefined

/** Whose a quota is: a name by type (user, client-id, ip); null: who has none of his own. */
export type QuotaEntity = ReadonlyMap<string, string | null>

type DataOf<T extends MetadataRecord['type']> = Extract<MetadataRecord, { type: T }>['data']

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

  /** What the records of one type say, in the order in which their keys first came. */
  *ofType<T extends MetadataRecord['type']>(type: T): Generator<DataOf<T>> {
    for (const record of this.#records.values()) {
      if (record.type === type) yield record.data as DataOf<T>
    }
  }

  quota(entity: QuotaEntity, key: string): number | undefined {
    const record = this.#records.get(`${quotaPrefix(entity)}${key}`)
    return record?.type === 'clientQuota' ? record.data.value : undefined
  }

  hasScramCredential(name: string, mechanism: number): boolean {
    return this.#records.has(scramKey(name, mechanism))
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
      return { put: scramKey(record.data.name, record.data.mechanism) }
    case 'removeUserScramCredential':
      return { remove: scramKey(record.data.name, record.data.mechanism) }
    case 'delegationToken': return { put: `token:${record.data.tokenId}` }
    case 'removeDelegationToken': return { remove: `token:${record.data.tokenId}` }
    case 'clientQuota': {
      const entity = entityOf(record.data)
      const key = `${quotaPrefix(entity)}${record.data.key}`
      return record.data.remove ? { remove: key } : { put: key }
    }
    default: return undefined
  }
}

export function entityOf({ entity }: Pick<DataOf<'clientQuota'>, 'entity'>): QuotaEntity {
  return new Map(entity.map(({ entityType, entityName }) => [entityType, entityName]))
}

/** The same text for the same entity, whatever the order of its parts. */
export function quotaPrefix(entity: QuotaEntity): string {
  return `quota:${[...entity].map((part) => JSON.stringify(part)).sort().join()}:`
}

function scramKey(name: string, mechanism: number): string {
  return `scram:${mechanism}:${name}`
}

// All that clients have made goes: one change to the metadata takes away topics, Kafka's own among
// them (and with them groups, offsets and transactions), and what was set for whom.

import type { Decision } from '../../controller/decisions/decision.ts'
import type { Image } from '../../controller/image/image.ts'
import { ConfigType } from '../../controller/image/configs.ts'
import { type MetadataRecord, type NewRecord, record } from '../../controller/metadata-records.ts'

/** Gives how many records it took. */
export const emptyCluster: Decision<number> = ({ image }) => {
  const records = [...removals(image)]
  return { records, answer: records.length }
}

function* removals(image: Image): Generator<NewRecord> {
  for (const { id: topicId } of image.topics.all()) yield record('removeTopic', 0, { topicId })
  for (const { type, name, settings } of image.configs.resources()) {
    // Those of a topic go with it.
    if (type === ConfigType.TOPIC) continue
    for (const key of settings.keys()) {
      yield record('config', 0,
        { resourceType: type, resourceName: name, name: key, value: null })
    }
  }
  for (const one of image.clientData.records()) yield* removalOf(one)
}

/** Of a record about users, quotas and access. */
function* removalOf({ type, data }: MetadataRecord): Generator<NewRecord> {
  switch (type) {
    case 'clientQuota':
      yield record('clientQuota', 0, { ...data, remove: true })
      return
    case 'userScramCredential':
      yield record('removeUserScramCredential', 0, { name: data.name, mechanism: data.mechanism })
      return
    case 'accessControlEntry':
      yield record('removeAccessControlEntry', 0, { id: data.id })
      return
    case 'delegationToken':
      yield record('removeDelegationToken', 0, { tokenId: data.tokenId })
      return
    default:
  }
}

// Log directories of brokers: which replica lies in which, and what follows when one is lost
// (KIP-858).

import { ApiError, Errors } from '../../protocol/errors.ts'
import type { Broker } from '../image/brokers.ts'
import type { Partition, TopicIdPartition } from '../image/topics.ts'
import { type NewRecord, record } from '../metadata-records.ts'
import { partitionVersion, supportsCordoning } from '../record-versions.ts'
import type { Decision, DecisionContext } from './decision.ts'
import { leaderChanges } from './leaders.ts'

export interface ReplicaPlace extends TopicIdPartition {
  /** The id of the directory. */
  readonly directory: string
}

/**
 * Notes where replicas of a broker lie. What is not of this broker any more is left out. Throws
 * STALE_BROKER_EPOCH.
 */
export function assignReplicas(
  brokerId: number, brokerEpoch: number, places: readonly ReplicaPlace[],
): Decision<void> {
  return ({ image }) => {
    if (image.brokers.get(brokerId)?.epoch !== brokerEpoch) {
      throw new ApiError(Errors.STALE_BROKER_EPOCH)
    }
    const version = partitionVersion(image.features)
    const records: NewRecord[] = []
    for (const { topicId, index, directory } of version === 0 ? [] : places) {
      const partition = image.topics.byId(topicId)?.partitions.get(index)
      const at = partition?.replicas.indexOf(brokerId) ?? -1
      if (at < 0 || partition!.directories[at] === directory) continue
      const directories = partition!.directories.with(at, directory)
      records.push(record('partitionChange', version, { partitionId: index, topicId, directories }))
    }
    return { records, answer: undefined }
  }
}

/** Notes which directories of a broker take no new replicas (KIP-1066). */
export function directoriesCordoned(
  { image }: Pick<DecisionContext, 'image'>, broker: Broker, cordoned: readonly string[] | null,
): NewRecord[] {
  if (cordoned === null || !supportsCordoning(image.features)) return []
  const known = new Set(broker.cordonedLogDirs)
  const isSame = broker.cordonedLogDirs !== null && known.size === new Set(cordoned).size
    && cordoned.every((directory) => known.has(directory))
  if (isSame) return []
  return [record('brokerRegistrationChange', 3, {
    brokerId: broker.id, brokerEpoch: broker.epoch, cordonedLogDirs: [...cordoned],
  })]
}

/** What lies there leaves the ISR and leads no more; the broker goes on without them. */
export function directoriesLost(
  context: DecisionContext, broker: Broker, lost: readonly string[],
): NewRecord[] {
  const newlyLost = broker.logDirs.filter((directory) => lost.includes(directory))
  if (newlyLost.length === 0) return []
  const { topics } = context.image
  const liesThere = ({ replicas, directories, isr }: Partition): boolean => (
    isr.includes(broker.id)
      && newlyLost.includes(directories[replicas.indexOf(broker.id)] ?? ''))
  const places = topics.withIsrOrElrMember(broker.id).filter(({ topicId, index }) => (
    liesThere(topics.byId(topicId)!.partitions.get(index)!)))
  return [
    ...leaderChanges(context, places, { leaving: broker.id }),
    record('brokerRegistrationChange', 2, {
      brokerId: broker.id, brokerEpoch: broker.epoch,
      logDirs: broker.logDirs.filter((directory) => !lost.includes(directory)),
    }),
  ]
}

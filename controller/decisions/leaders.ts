// What follows for partitions when a broker goes or comes: who leaves the ISR, who leads.

import type { Partition, Topic, TopicIdPartition } from '../image/topics.ts'
import { isReplicaOnline } from '../image/replica-place.ts'
import type { NewRecord } from '../metadata-records.ts'
import { partitionVersion } from '../record-versions.ts'
import { effectiveMinIsr, isUncleanElectionEnabled } from '../topic-settings.ts'
import type { DecisionContext } from './decision.ts'
import { changePartition, type ChangeRules } from './partition-change.ts'

export interface BrokerMove {
  /** Leaves the ISR and leads no more. */
  readonly leaving?: number
  /** May lead from now on, though the image still calls it fenced. */
  readonly joining?: number
  /** Leaves ISR and ELR: its logs may lack what was acknowledged. */
  readonly lostData?: number
}

export function leaderChanges(
  context: DecisionContext, places: readonly TopicIdPartition[], move: BrokerMove,
): NewRecord[] {
  const { image, settings } = context
  const { leaving, lostData } = move
  const records: NewRecord[] = []
  for (const place of places) {
    const topic = image.topics.byId(place.topicId)
    const partition = topic?.partitions.get(place.index)
    if (!topic || !partition) throw new Error(`no partition ${place.topicId}-${place.index}`)
    const targetIsr = partition.isr.filter((id) => id !== leaving && id !== lostData)
    const change = changePartition(place, partition, targetIsr, {
      ...rulesFor(context, topic, partition, move),
      election: isUncleanElectionEnabled(image, settings, topic.name) ? 'unclean' : 'online',
      ...(lostData === undefined ? {} : { uncleanShutdownReplicas: [lostData] }),
    })
    if (change) records.push(change)
  }
  return records
}

/** What any change of the partition goes by; the election is the caller's to choose. */
export function rulesFor(
  { image, settings }: DecisionContext, topic: Topic, partition: Partition,
  { leaving, joining, lostData }: BrokerMove = {},
): Omit<ChangeRules, 'election'> {
  const isAlive = (id: number): boolean => id !== leaving && id !== lostData &&
    (id === joining || image.brokers.isActive(id))
  return {
    isAcceptableLeader: (id) => isAlive(id) && isReplicaOnline(image, partition, id),
    minIsr: effectiveMinIsr(image, settings, topic.name, partition.replicas.length),
    isElrEnabled: image.features.isElrEnabled,
    version: partitionVersion(image.features),
  }
}

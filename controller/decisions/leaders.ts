// What follows for partitions when a broker goes or comes: who leaves the ISR, who leads.

import type { TopicIdPartition } from '../image/topics.ts'
import type { NewRecord } from '../metadata-records.ts'
import { partitionVersion } from '../record-versions.ts'
import { effectiveMinIsr, isUncleanElectionEnabled } from '../topic-settings.ts'
import type { DecisionContext } from './decision.ts'
import { changePartition } from './partition-change.ts'

export interface BrokerMove {
  /** Leaves the ISR and leads no more. */
  readonly leaving?: number
  /** May lead from now on, though the image still calls it fenced. */
  readonly joining?: number
  /** Leaves ISR and ELR: its logs may lack what was acknowledged. */
  readonly lostData?: number
}

/** A directory id below 100 is reserved: the replica's directory is not known (yet), or is lost. */
const LOST_DIRECTORY = 'AAAAAAAAAAAAAAAAAAAAAQ'

export function leaderChanges(
  { image, settings }: DecisionContext, places: readonly TopicIdPartition[], move: BrokerMove,
): NewRecord[] {
  const { leaving, joining, lostData } = move
  const records: NewRecord[] = []
  for (const place of places) {
    const topic = image.topics.byId(place.topicId)
    const partition = topic?.partitions.get(place.index)
    if (!topic || !partition) throw new Error(`no partition ${place.topicId}-${place.index}`)
    const isAlive = (id: number): boolean => id !== leaving && id !== lostData &&
      (id === joining || image.brokers.isActive(id))
    const isOnline = (id: number): boolean => {
      const directory = partition.directories[partition.replicas.indexOf(id)]
      const broker = image.brokers.get(id)
      if (directory === LOST_DIRECTORY) return false
      // Before 3.7-IV2 partitions do not say where their replicas are.
      return directory === undefined || isReserved(directory)
        || broker?.logDirs.includes(directory) === true
    }
    const minIsr = effectiveMinIsr(image, settings, topic.name, partition.replicas.length)
    const targetIsr = partition.isr.filter((id) => id !== leaving && id !== lostData)
    const change = changePartition(place, partition, targetIsr, {
      isAcceptableLeader: (id) => isAlive(id) && isOnline(id),
      minIsr,
      isElrEnabled: image.features.isElrEnabled,
      version: partitionVersion(image.features),
      election: isUncleanElectionEnabled(image, settings, topic.name) ? 'unclean' : 'online',
      ...(lostData === undefined ? {} : { uncleanShutdownReplicas: [lostData] }),
    })
    if (change) records.push(change)
  }
  return records
}

function isReserved(directory: string): boolean {
  const bytes = Buffer.from(directory, 'base64url')
  return bytes.subarray(0, 15).every((byte) => byte === 0) && bytes[15]! < 100
}

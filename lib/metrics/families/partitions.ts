// Partitions as this node sees them: Kafka's Partition.

import { leastIsr, type Partition } from '../../replication/partition.ts'
import type { Partitions } from '../../replication/partitions.ts'
import { type Family, gauges, type Labels, PAUSE, type Samples } from '../family.ts'

/** The same object each time: what is told of ten thousand partitions costs less that way. */
export type LabelsOf = (partition: Partition) => Labels

export function partitionLabels(): LabelsOf {
  const kept = new WeakMap<Partition, Labels>()
  return (partition) => {
    let labels = kept.get(partition)
    if (labels === undefined) {
      const { topic, index } = partition
      kept.set(partition, labels = { topic, partition: String(index) })
    }
    return labels
  }
}

export function partitionFamilies(partitions: Partitions, labelsOf: LabelsOf): Family[] {
  const family = (name: string, help: string, read: (partition: Partition) => number): Family => ({
    ...gauges(`kafka_cluster_partition_${name}`, help, ['topic', 'partition'],
      () => each(partitions, labelsOf, read)),
    keepsLabels: true,
  })
  const ofLeader = (read: (partition: Partition) => number) => (partition: Partition): number => (
    partition.isLeader ? read(partition) : 0)
  const isTrue = (is: (partition: Partition) => boolean) => (
    ofLeader((partition) => (is(partition) ? 1 : 0)))
  return [
    family('replicascount', 'Replicas, where the partition is led here',
      ofLeader(({ replicas }) => replicas.length)),
    family('insyncreplicascount', 'Replicas in sync, where the partition is led here',
      ofLeader(({ isr }) => isr.length)),
    family('underreplicated', '1 where a replica is behind',
      isTrue(({ isr, replicas }) => isr.length < replicas.length)),
    family('underminisr', '1 where less than min.insync.replicas are in sync',
      isTrue((partition) => partition.isr.length < leastIsr(partition))),
    family('atminisr', '1 where just min.insync.replicas are in sync',
      isTrue((partition) => partition.isr.length === leastIsr(partition))),
    family('laststableoffsetlag', 'Committed records that wait for the end of a transaction',
      ({ log }) => log.highWatermark - log.lastStableOffset),
  ]
}

export function* each(
  partitions: Partitions, labelsOf: LabelsOf, read: (partition: Partition) => number,
): Samples {
  for (const partition of partitions.all()) {
    if (partition.isUsable) yield [read(partition), labelsOf(partition)]
    else yield PAUSE
  }
}

// Partitions as this node sees them: Kafka's Partition.

import { leastIsr, type Partition } from '../../replication/partition.ts'
import type { Partitions } from '../../replication/partitions.ts'
import { type Each, type Family, gauges, type Subject } from '../family.ts'

export interface PartitionSubject extends Subject {
  readonly partition: Partition
}

export type PartitionSubjects = Each<PartitionSubject>['subjects']

/** All of this node. */
export function partitionSubjects(partitions: Partitions): PartitionSubjects {
  const known = new WeakMap<Partition, PartitionSubject>()
  return function* () {
    for (const partition of partitions.all()) {
      let subject = known.get(partition)
      if (subject === undefined) {
        const { topic, index } = partition
        subject = { partition, labels: { topic, partition: String(index) }, labelText: '' }
        known.set(partition, subject)
      }
      yield subject
    }
  }
}

export function partitionFamilies(subjects: PartitionSubjects): Family[] {
  const family = (name: string, help: string, read: (partition: Partition) => number): Family => ({
    ...gauges(`kafka_cluster_partition_${name}`, help, ['topic', 'partition'], () => []),
    each: eachPartition(subjects, read),
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

export function eachPartition(
  subjects: PartitionSubjects, read: (partition: Partition) => number,
): Each<PartitionSubject> {
  return {
    subjects,
    read: ({ partition }) => (partition.isUsable ? read(partition) : undefined),
  }
}

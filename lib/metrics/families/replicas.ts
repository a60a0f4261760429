// The partitions of this node: Kafka's ReplicaManager.

import type { Controller } from '../../../controller/controller.ts'
import { Errors } from '../../../protocol/errors.ts'
import type { Partition } from '../../replication/partition.ts'
import type { Partitions } from '../../replication/partitions.ts'
import { type Family, gauges, PAUSE, type Samples, sum } from '../family.ts'

export function replicaFamilies(partitions: Partitions, controller: Controller): Family[] {
  const family = (name: string, help: string, of: (partition: Partition) => number): Family => (
    sum(`kafka_server_replicamanager_${name}`, help, () => partitions.all(), of))
  const count = (isOne: (partition: Partition) => boolean) => (partition: Partition): number => (
    isOne(partition) ? 1 : 0)
  return [
    family('partitioncount', 'Replicas that this node has online', count(({ isUsable }) => (
      isUsable))),
    gauges('kafka_server_replicamanager_offlinereplicacount',
      'Replicas of this node that lie in a directory that failed', [],
      () => offline(partitions, controller)),
    family('leadercount', 'Partitions that this node leads', count(({ isLeader }) => isLeader)),
    family('underreplicatedpartitions', 'Partitions led here that a replica is behind of',
      count(({ isLeader, isr, replicas }) => isLeader && isr.length < replicas.length)),
    family('underminisrpartitioncount', 'Partitions led here with less than min.insync.replicas',
      count((partition) => partition.isLeader && partition.isr.length < leastIsr(partition))),
    family('atminisrpartitioncount', 'Partitions led here with just min.insync.replicas',
      count((partition) => partition.isLeader && partition.isr.length === leastIsr(partition))),
    family('produceridcount', 'Idempotent producers that are known, in each partition',
      ({ log, isUsable }) => (isUsable ? log.producers.count : 0)),
  ]
}

function leastIsr({ log, replicas }: Partition): number {
  return Math.min(log.config.minInsyncReplicas, replicas.length)
}

/** Those too that could not be opened, for their directory failed before. */
function* offline(partitions: Partitions, controller: Controller): Samples {
  let count = 0
  for (const { name, partitions: states } of controller.image.topics.all()) {
    for (const index of states.keys()) {
      if (partitions.errorOfAbsent(name, index) === Errors.KAFKA_STORAGE_ERROR) count++
      yield PAUSE
    }
  }
  for (const { isUsable } of partitions.all()) {
    if (isUsable) count--
    yield PAUSE
  }
  // Some may have come or gone meanwhile.
  yield [Math.max(0, count)]
}

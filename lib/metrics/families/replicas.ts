// The partitions of this node: Kafka's ReplicaManager.

import type { Controller } from '../../../controller/controller.ts'
import type { Partition as PartitionState } from '../../../controller/image/topics.ts'
import { Errors } from '../../../protocol/errors.ts'
import type { Log } from '../../../storage/log.ts'
import { leastIsr, type Partition } from '../../replication/partition.ts'
import type { Partitions } from '../../replication/partitions.ts'
import type { ReplicaMoves } from '../../replication/replica-moves.ts'
import type { ReplicaPlaces } from '../../replication/replica-places.ts'
import type { Clock } from '../../world/clock.ts'
import { type Family, gauge, gauges, PAUSE, type Samples, sum } from '../family.ts'

/** A transaction is late when it is so much older than it may be: its coordinator had that long. */
const LATE_MS = 5 * 60_000
/** What Kafka calls the threads that move logs. */
const MOVER = 'ReplicaAlterLogDirs'

export interface ReplicaSources {
  readonly partitions: Partitions
  readonly controller: Controller
  readonly places: ReplicaPlaces
  readonly moves: ReplicaMoves
  readonly clock: Pick<Clock, 'nowMs'>
  /** `transaction.max.timeout.ms` */
  readonly mostTransactionMs: number
}

export function replicaFamilies(sources: ReplicaSources): Family[] {
  const { partitions, controller, places, moves, clock, mostTransactionMs } = sources
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
    family('partitionswithlatetransactionscount',
      'Partitions with a transaction that is open for longer than any may be',
      count(({ log, isUsable }) => isUsable
        && openSinceMs(log) < clock.nowMs() - mostTransactionMs - LATE_MS)),
    family('reassigningpartitions', 'Partitions led here that get other replicas',
      count(({ topicId, index, isLeader }) => isLeader
        && isReassigned(controller.image.topics.byId(topicId)?.partitions.get(index)))),
    gauge('kafka_server_assignmentsmanager_queuedreplicatodirassignments',
      'Replicas whose log directory is not in the metadata yet', () => places.untoldCount),
    gauges('kafka_server_replicaalterlogdirsmanager_maxlag',
      'Records that the slowest move to another log directory is behind', ['clientId'],
      () => [[moves.mostLag, { clientId: MOVER }]]),
  ]
}

/** That of the oldest transaction; none has begun before that time. */
function openSinceMs({ producers }: Log): number {
  const first = producers.firstUndecidedOffset
  if (first === undefined) return Infinity
  for (const { currentTransactionFirstOffset, lastTimestamp } of producers.all()) {
    if (currentTransactionFirstOffset === first) return lastTimestamp
  }
  return Infinity
}

function isReassigned(state: PartitionState | undefined): boolean {
  return state !== undefined && state.addingReplicas.length + state.removingReplicas.length > 0
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

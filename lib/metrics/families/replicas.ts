// The partitions of this node: Kafka's ReplicaManager.

import type { Log } from '../../../storage/log.ts'
import { leastIsr } from '../../replication/partition.ts'
import type { Partitions } from '../../replication/partitions.ts'
import type { ReplicaMoves } from '../../replication/replica-moves.ts'
import type { ReplicaPlaces } from '../../replication/replica-places.ts'
import type { Clock } from '../../world/clock.ts'
import { counted, type Family, gauge, gauges, sums } from '../family.ts'

/** A transaction is late when it is so much older than it may be: its coordinator had that long. */
const LATE_MS = 5 * 60_000
/** What Kafka calls the threads that move logs. */
const MOVER = 'ReplicaAlterLogDirs'

export interface ReplicaSources {
  readonly partitions: Partitions
  readonly places: ReplicaPlaces
  readonly moves: ReplicaMoves
  readonly clock: Pick<Clock, 'nowMs'>
  /** `transaction.max.timeout.ms` */
  readonly mostTransactionMs: number
}

export function replicaFamilies(sources: ReplicaSources): Family[] {
  const { partitions, places, moves, clock, mostTransactionMs } = sources
  return [
    ...sums(() => partitions.all(), [
      counted(nameOf('partitioncount'), 'Replicas that this node has online',
        ({ isUsable }) => isUsable),
      counted(nameOf('leadercount'), 'Partitions that this node leads',
        ({ isLeader }) => isLeader),
      counted(nameOf('underreplicatedpartitions'),
        'Partitions led here that a replica is behind of',
        ({ isLeader, isr, replicas }) => isLeader && isr.length < replicas.length),
      counted(nameOf('underminisrpartitioncount'),
        'Partitions led here with less than min.insync.replicas',
        (partition) => partition.isLeader && partition.isr.length < leastIsr(partition)),
      counted(nameOf('atminisrpartitioncount'), 'Partitions led here with just min.insync.replicas',
        (partition) => partition.isLeader && partition.isr.length === leastIsr(partition)),
      {
        name: nameOf('produceridcount'),
        help: 'Idempotent producers that are known, in each partition',
        of: ({ log, isUsable }) => (isUsable ? log.producers.count : 0),
      },
      counted(nameOf('partitionswithlatetransactionscount'),
        'Partitions with a transaction that is open for longer than any may be',
        ({ log, isUsable }) => isUsable
          && openSinceMs(log) < clock.nowMs() - mostTransactionMs - LATE_MS),
    ]),
    gauge('kafka_server_assignmentsmanager_queuedreplicatodirassignments',
      'Replicas whose log directory is not in the metadata yet', () => places.untoldCount),
    gauges('kafka_server_replicaalterlogdirsmanager_maxlag',
      'Records that the slowest move to another log directory is behind', ['clientId'],
      () => [[moves.mostLag, { clientId: MOVER }]]),
  ]
}

function nameOf(what: string): string {
  return `kafka_server_replicamanager_${what}`
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

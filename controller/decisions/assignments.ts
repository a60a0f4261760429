// New partitions: replicas as the client wants them, or as the placement finds them.

import { ApiError, Errors } from '../../protocol/errors.ts'
import type { Image } from '../image/image.ts'
import { RECOVERED, type Partition } from '../image/topics.ts'
import { placer } from '../placement.ts'
import type { DecisionContext } from './decision.ts'

const UNASSIGNED_DIRECTORY = 'AAAAAAAAAAAAAAAAAAAAAA'

/** With several directories the broker itself chooses, and reports (KIP-858). */
export function directoryFor({ brokers }: Image, replica: number): string {
  const logDirs = brokers.get(replica)?.logDirs ?? []
  return logDirs.length === 1 ? logDirs[0]! : UNASSIGNED_DIRECTORY
}

/** A partition that begins: the first live replica leads. */
function newPartition(
  { image }: DecisionContext, replicas: readonly number[], isr: readonly number[],
): Partition {
  return {
    replicas, isr,
    directories: replicas.map((id) => directoryFor(image, id)),
    removingReplicas: [], addingReplicas: [], elr: [], lastKnownElr: [],
    leader: isr[0]!, leaderRecoveryState: RECOVERED, leaderEpoch: 0, partitionEpoch: 0,
  }
}

function activeOf({ image }: DecisionContext, replicas: readonly number[]): number[] {
  return replicas.filter((id) => image.brokers.isActive(id))
}

/** A partition on given brokers. Throws INVALID_REPLICA_ASSIGNMENT. */
export function assignedPartition(
  context: DecisionContext, index: number, replicas: readonly number[],
  replicationFactor: number | undefined,
): Partition {
  checkAssignment(context, replicas, replicationFactor)
  const isr = activeOf(context, replicas)
  if (isr.length === 0) {
    throw new ApiError(Errors.INVALID_REPLICA_ASSIGNMENT,
      'All brokers specified in the manual partition assignment for partition ' +
      `${index} are fenced or in controlled shutdown.`)
  }
  return newPartition(context, replicas, isr)
}

/** Throws INVALID_REPLICA_ASSIGNMENT for what no partition may be given. */
export function checkAssignment(
  { image }: DecisionContext, replicas: readonly number[], replicationFactor: number | undefined,
): void {
  const refuse = (why: string): never => {
    throw new ApiError(
      Errors.INVALID_REPLICA_ASSIGNMENT, `The manual partition assignment includes ${why}`)
  }
  if (replicas.length === 0) refuse('an empty replica list.')
  let previous: number | undefined
  for (const id of [...replicas].sort((a, b) => a - b)) {
    const broker = image.brokers.get(id)
    if (!broker) refuse(`broker ${id}, but no such broker is registered.`)
    if (isCordoned(broker?.logDirs ?? [], broker?.cordonedLogDirs ?? [])) {
      refuse(`broker ${id}, but all its log directories are cordoned.`)
    }
    if (id === previous) refuse(`the broker ${id} more than once.`)
    previous = id
  }
  if (replicationFactor !== undefined && replicas.length !== replicationFactor) {
    refuse(`a partition with ${replicas.length} replica(s), but this is not consistent with ` +
      `previous partitions, which have ${replicationFactor} replica(s).`)
  }
}

function isCordoned(logDirs: readonly string[], cordoned: readonly string[]): boolean {
  return logDirs.length > 0 && logDirs.every((directory) => cordoned.includes(directory))
}

/** Gives the partitions of one topic. Throws INVALID_REPLICATION_FACTOR. */
export type PlacedPartitions = (count: number, replicationFactor: number) => Partition[]

/** Partitions placed by the controller, of any number of topics. */
export function placedPartitions(context: DecisionContext): PlacedPartitions {
  const usable = context.image.brokers.all().filter(({ inControlledShutdown, ...broker }) =>
    !inControlledShutdown && !isCordoned(broker.logDirs, broker.cordonedLogDirs ?? []))
  const place = placer(usable, context.random)
  return (count, replicationFactor) => place(count, replicationFactor).map((replicas) => {
    const isr = activeOf(context, replicas)
    if (isr.length === 0) {
      throw new ApiError(Errors.INVALID_REPLICATION_FACTOR,
        'All brokers are currently fenced or in controlled shutdown.')
    }
    return newPartition(context, replicas, isr)
  })
}

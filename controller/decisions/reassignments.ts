// Partitions move to other replicas, and such moves are taken back (KIP-455). Who comes is added
// first; who goes leaves when those are in sync.

import { ApiError, Errors } from '../../protocol/errors.ts'
import type { Partition, Topic } from '../image/topics.ts'
import type { NewRecord } from '../metadata-records.ts'
import { partitionVersion } from '../record-versions.ts'
import { isUncleanElectionEnabled } from '../topic-settings.ts'
import { checkAssignment, directoryFor } from './assignments.ts'
import type { Decision, DecisionContext } from './decision.ts'
import { rulesFor } from './leaders.ts'
import { type Assignment, changePartition } from './partition-change.ts'

export interface Reassignment {
  readonly topic: string
  readonly partition: number
  /** Null takes a move back. */
  readonly replicas: readonly number[] | null
}

/** An error for a partition; null: it moves, or is there already. */
export type ReassignmentResult = ApiError | null

interface Place {
  readonly topic: Topic
  readonly index: number
  readonly partition: Partition
}

const MAX_RECORDS = 10_000

/**
 * Answers one result per partition, in order. Throws POLICY_VIOLATION for too many changes at once.
 */
export function reassignPartitions(
  reassignments: readonly Reassignment[], mayChangeFactor: boolean,
): Decision<readonly ReassignmentResult[]> {
  return (context) => {
    const records: NewRecord[] = []
    const answer = reassignments.map((reassignment): ReassignmentResult => {
      try {
        const record = reassign(context, reassignment, mayChangeFactor)
        if (record !== undefined) records.push(record)
        return null
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
        return error
      }
    })
    if (records.length > MAX_RECORDS) {
      throw new ApiError(
        Errors.POLICY_VIOLATION, 'Unable to perform excessively large batch operation.')
    }
    return { records, answer }
  }
}

function reassign(
  context: DecisionContext, { topic: name, partition: index, replicas }: Reassignment,
  mayChangeFactor: boolean,
): NewRecord | undefined {
  const topic = context.image.topics.byName(name)
  if (!topic) {
    throw new ApiError(
      Errors.UNKNOWN_TOPIC_OR_PARTITION, `Unable to find a topic named ${name}.`)
  }
  const partition = topic.partitions.get(index)
  if (!partition) {
    throw new ApiError(
      Errors.UNKNOWN_TOPIC_OR_PARTITION, `Unable to find partition ${name}:${index}.`)
  }
  const place = { topic, index, partition }
  return replicas === null
    ? takeBack(context, place) : move(context, place, replicas, mayChangeFactor)
}

export function isMoving({ addingReplicas, removingReplicas }: Partition): boolean {
  return addingReplicas.length > 0 || removingReplicas.length > 0
}

function takeBack(context: DecisionContext, place: Place): NewRecord | undefined {
  const { topic, index, partition } = place
  const { image, settings } = context
  if (!isMoving(partition)) throw new ApiError(Errors.NO_REASSIGNMENT_IN_PROGRESS)
  const stays = (id: number): boolean => !partition.addingReplicas.includes(id)
  const replicas = partition.replicas.filter(stays)
  const isr = partition.isr.filter(stays)
  const isUncleanAllowed = isUncleanElectionEnabled(image, settings, topic.name)
  if (isr.length === 0) {
    const [first] = replicas
    if (first === undefined) {
      throw new ApiError(Errors.INVALID_REPLICA_ASSIGNMENT,
        'Invalid replica assignment: addingReplicas contains all replicas.')
    }
    if (!isUncleanAllowed) {
      throw new ApiError(Errors.INVALID_REPLICA_ASSIGNMENT,
        `Unable to revert partition assignment for ${topic.name}:${index} because it would ` +
        'require an unclean leader election.')
    }
    isr.push(first)
  }
  const election = isUncleanAllowed ? 'unclean' : 'online'
  return change(context, place, isr, { replicas, adding: [], removing: [] }, election)
}

function move(
  context: DecisionContext, place: Place, target: readonly number[], mayChangeFactor: boolean,
): NewRecord | undefined {
  const { replicas, addingReplicas, removingReplicas, isr } = place.partition
  checkAssignment(context, target, undefined)
  if (!mayChangeFactor) checkFactor(place.partition, target)
  const without = (ids: readonly number[], others: readonly number[]): number[] =>
    [...new Set(ids.filter((id) => !others.includes(id)))].sort((a, b) => a - b)
  const adding = without(target, replicas)
  const removing = without(replicas, target)
  return change(context, place, isr, {
    replicas: [...target, ...removing],
    // Another move than the one under way does not end what that one began.
    adding: adding.length > 0 ? adding : addingReplicas,
    removing: removing.length > 0 ? removing : removingReplicas,
  }, 'online')
}

/** Of the replicas that a move under way leaves. */
function checkFactor(
  { replicas, removingReplicas }: Partition, target: readonly number[],
): void {
  const before = replicas.filter((id) => !removingReplicas.includes(id)).length
  if (before === target.length) return
  throw new ApiError(Errors.INVALID_REPLICATION_FACTOR,
    `The replication factor is changed from ${before} to ${target.length}`)
}

function change(
  context: DecisionContext, { topic, index, partition }: Place, isr: readonly number[],
  assignment: Omit<Assignment, 'newDirectory'>, election: 'online' | 'unclean',
): NewRecord | undefined {
  const { image } = context
  const knowsDirectories = partitionVersion(image.features) > 0
  return changePartition({ topicId: topic.id, index }, partition, isr, {
    ...rulesFor(context, topic, partition), election,
    assignment: {
      ...assignment,
      newDirectory: knowsDirectories ? (id) => directoryFor(image, id) : undefined,
    },
  })
}

// CreatePartitions: a topic grows; its new partitions begin empty.

import { ApiError, Errors, type ErrorCode } from '../../protocol/errors.ts'
import type { CreatePartitionsRequest } from '../../protocol/messages/create-partitions.ts'
import { partitionRecord } from '../image/records-of.ts'
import type { Topic } from '../image/topics.ts'
import type { NewRecord } from '../metadata-records.ts'
import { assignedPartition, type PlacedPartitions, placedPartitions } from './assignments.ts'
import { MAX_PARTITIONS_PER_REQUEST } from './create-topics.ts'
import type { Decision, DecisionContext } from './decision.ts'

type Growth = CreatePartitionsRequest['topics'][number]

export interface GrowthResult {
  readonly name: string
  readonly errorCode: ErrorCode
  readonly errorMessage: string | null
}

/** Throws POLICY_VIOLATION for too many partitions in one request. */
export function createPartitions(
  topics: readonly Growth[], validateOnly: boolean,
): Decision<readonly GrowthResult[]> {
  return (context) => {
    checkTotal(context, topics)
    const records: NewRecord[] = []
    const placed = placedPartitions(context)
    const answer = topics.map((growth): GrowthResult => {
      const { name } = growth
      try {
        records.push(...grow(context, growth, placed))
        return { name, errorCode: Errors.NONE, errorMessage: null }
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
        return { name, errorCode: error.code, errorMessage: error.message || null }
      }
    })
    return { records: validateOnly ? [] : records, answer }
  }
}

function checkTotal({ image }: DecisionContext, topics: readonly Growth[]): void {
  let total = 0
  for (const { name, count } of topics) {
    const topic = image.topics.byName(name)
    if (topic) total += Math.max(count - topic.partitions.size, 0)
  }
  if (total > MAX_PARTITIONS_PER_REQUEST) {
    throw new ApiError(
      Errors.POLICY_VIOLATION,
      'Excessively large number of additional partitions per request.')
  }
}

function grow(
  context: DecisionContext, growth: Growth, placed: PlacedPartitions,
): NewRecord[] {
  const topic = context.image.topics.byName(growth.name)
  // Kafka has no words for it.
  if (!topic) throw new ApiError(Errors.UNKNOWN_TOPIC_OR_PARTITION, '')
  const additional = additionalPartitions(topic, growth)
  const first = topic.partitions.size
  const factor = topic.partitions.get(0)!.replicas.length
  const partitions = growth.assignments === null
    ? placed(additional, factor)
    : growth.assignments.map(({ brokerIds }, i) =>
      assignedPartition(context, first + i, brokerIds, factor))
  const { features } = context.image
  return partitions.map((partition, i) => (
    partitionRecord(features, topic.id, first + i, partition)
  ))
}

function additionalPartitions(topic: Topic, { name, count, assignments }: Growth): number {
  const present = topic.partitions.size
  if (count === present) {
    throw new ApiError(Errors.INVALID_PARTITIONS, `Topic already has ${present} partition(s).`)
  }
  if (count < present) {
    throw new ApiError(Errors.INVALID_PARTITIONS,
      `The topic ${name} currently has ${present} partition(s); ${count} would not be an increase.`)
  }
  const additional = count - present
  if (assignments !== null && assignments.length !== additional) {
    throw new ApiError(Errors.INVALID_REPLICA_ASSIGNMENT,
      `Attempted to add ${additional} additional partition(s), but only ${assignments.length} ` +
      'assignment(s) were specified.')
  }
  return additional
}

// ElectLeaders: the leader of a partition becomes its preferred replica again (KIP-183), or, of one
// that has none, any replica that lives (KIP-460).

import { ApiError, Errors } from '../../protocol/errors.ts'
import { partitionsInOrder } from '../image/topics.ts'
import type { NewRecord } from '../metadata-records.ts'
import type { Decision, DecisionContext } from './decision.ts'
import { rulesFor } from './leaders.ts'
import { changePartition } from './partition-change.ts'

export type ElectionType = 'preferred' | 'unclean'

export interface TopicElections {
  readonly topic: string
  readonly partitions: readonly number[]
}

export interface ElectionResults {
  readonly topic: string
  /** An error by partition, in the order of the request; null: elected. */
  readonly results: readonly { readonly partition: number, readonly error: ApiError | null }[]
}

const MAX_RECORDS = 10_000

/**
 * `elections` undefined: those of all partitions that need one. Throws POLICY_VIOLATION for too
 * many.
 */
export function electLeaders(
  type: ElectionType, elections: readonly TopicElections[] | undefined,
): Decision<readonly ElectionResults[]> {
  return (context) => {
    const records: NewRecord[] = []
    const electOne = (topic: string, partition: number) => {
      const { record, error } = elect(context, topic, partition, type)
      if (record !== undefined) records.push(record)
      return { partition, error }
    }
    const answer = (elections ?? everything(context)).map(({ topic, partitions }) => ({
      topic,
      results: partitions.map((partition) => electOne(topic, partition)).filter(({ error }) =>
        elections !== undefined || error?.code !== Errors.ELECTION_NOT_NEEDED),
    }))
    if (records.length > MAX_RECORDS) {
      throw new ApiError(
        Errors.POLICY_VIOLATION, 'Unable to perform excessively large batch operation.')
    }
    return { records, answer }
  }
}

function everything({ image }: DecisionContext): TopicElections[] {
  return [...image.topics.all()].map((topic) =>
    ({ topic: topic.name, partitions: [...partitionsInOrder(topic)].map(([index]) => index) }))
}

interface Election {
  readonly record?: NewRecord
  readonly error: ApiError | null
}

function elect(
  context: DecisionContext, name: string, index: number, type: ElectionType,
): Election {
  const failed = (code: ApiError['code'], why?: string): Election =>
    ({ error: new ApiError(code, why) })
  const topic = context.image.topics.byName(name)
  if (!topic) return failed(Errors.UNKNOWN_TOPIC_OR_PARTITION, `No such topic as ${name}`)
  const partition = topic.partitions.get(index)
  if (!partition) {
    return failed(Errors.UNKNOWN_TOPIC_OR_PARTITION, `No such partition as ${name}-${index}`)
  }
  const { leader, replicas, isr } = partition
  const isNeedless = type === 'preferred' ? leader === replicas[0] : leader >= 0
  if (isNeedless) return failed(Errors.ELECTION_NOT_NEEDED)
  const record = changePartition({ topicId: topic.id, index }, partition, isr,
    { ...rulesFor(context, topic, partition), election: type })
  if (record !== undefined) return { record, error: null }
  return failed(type === 'preferred'
    ? Errors.PREFERRED_LEADER_NOT_AVAILABLE : Errors.ELIGIBLE_LEADERS_NOT_AVAILABLE)
}

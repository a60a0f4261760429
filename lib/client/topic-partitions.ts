// Topics with all that brokers tell of their partitions, eligible leaders (KIP-966) included.

import {
  describeTopicPartitions, type DescribeTopicPartitionsResponse,
} from '../../protocol/messages/describe-topic-partitions.ts'
import type { Client } from './client.ts'
import { isUnsupported, throwIfRefused } from './errors.ts'
import type { PartitionView } from './metadata.ts'

export interface DescribedPartition extends PartitionView {
  /** Undefined where the broker does not tell. */
  readonly eligible?: readonly number[]
  readonly lastEligible?: readonly number[]
}

export interface DescribedTopic {
  readonly name: string
  readonly topicId: string | undefined
  readonly partitions: readonly DescribedPartition[]
}

/** By name. Throws RefusedError for one that is not there. */
export async function describePartitions(
  client: Client, names: readonly string[],
): Promise<DescribedTopic[]> {
  try {
    return await client.retry(() => pages(client, names))
  } catch (error) {
    if (!isUnsupported(error)) throw error
    // Brokers before 3.7 know of no eligible leaders.
    const { topics } = await client.cluster({ topics: names, isFresh: true })
    return [...topics.values()].sort((a, b) => a.name < b.name ? -1 : 1).map((topic) => {
      throwIfRefused(topic.errorCode, `topic ${topic.name}`)
      return topic
    })
  }
}

async function pages(client: Client, names: readonly string[]): Promise<DescribedTopic[]> {
  const connection = await client.any()
  const found = new Map<string, { topicId: string, partitions: DescribedPartition[] }>()
  let cursor: DescribeTopicPartitionsResponse['nextCursor'] = null
  do {
    const request = {
      topics: [...names].sort().map((name) => ({ name })), responsePartitionLimit: 2000, cursor,
    }
    const answer: DescribeTopicPartitionsResponse
      = await connection.request(describeTopicPartitions, request)
    for (const { errorCode, name, topicId, partitions } of answer.topics) {
      throwIfRefused(errorCode, `topic ${name!}`)
      const topic = found.get(name!) ?? { topicId, partitions: [] }
      found.set(name!, topic)
      topic.partitions.push(...partitions.map((one) => ({
        partition: one.partitionIndex, errorCode: one.errorCode, leaderId: one.leaderId,
        leaderEpoch: one.leaderEpoch ?? -1, replicas: one.replicaNodes, isr: one.isrNodes,
        offline: one.offlineReplicas, eligible: one.eligibleLeaderReplicas ?? [],
        lastEligible: one.lastKnownElr ?? [],
      })))
    }
    cursor = answer.nextCursor
  } while (cursor !== null)
  return [...found].map(([name, topic]) => ({ name, ...topic }))
}

// DescribeTopicPartitions (key 75): topics in the order of their names, a page of partitions at a
// time (KIP-966).
//
// Null topics means all. A limit below one counts as one; the cursor names the first partition of
// the next page, and a page that begins in a topic that was not asked for is refused.

import type { Image } from '../../controller/image/image.ts'
import { isReplicaOnline } from '../../controller/image/replica-place.ts'
import type { Partition } from '../../controller/image/topics.ts'
import { isInternalTopic, isValidTopicName } from '../../controller/topic-names.ts'
import { ApiError, Errors } from '../../protocol/errors.ts'
import {
  describeTopicPartitions, type DescribeTopicPartitionsRequest,
  type DescribeTopicPartitionsResponse,
} from '../../protocol/messages/describe-topic-partitions.ts'
import { ZERO_UUID } from '../../protocol/schema.ts'
import { TOPIC_OPERATIONS } from '../authorized-operations.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'
import { isReachable } from './metadata.ts'

type ResponseTopic = DescribeTopicPartitionsResponse['topics'][number]
type Cursor = DescribeTopicPartitionsResponse['nextCursor']

export const describeTopicPartitionsHandler = handler(
  describeTopicPartitions, handleDescribeTopicPartitions, {
    errorAnswer: ({ topics }, _version, errorCode) => ({
      topics: topics.map(({ name }) =>
        ({ errorCode, name, topicId: ZERO_UUID, partitions: [] })),
      nextCursor: null,
    }),
  })

function handleDescribeTopicPartitions(
  request: DescribeTopicPartitionsRequest, { listenerName }: RequestContext, services: Services,
): DescribeTopicPartitionsResponse {
  const { controller: { image }, config } = services
  const { cursor } = request
  const names = wantedNames(request, image)
  if (cursor !== null) checkCursor(cursor, request.topics.length === 0 ? null : names)
  const limit = Math.max(1, Math.min(
    request.responsePartitionLimit, config.maxRequestPartitionSizeLimit))
  return page(image, names, cursor, limit, listenerName)
}

/** `names` is null when all topics are wanted: the cursor's may have been deleted meanwhile. */
function checkCursor(
  cursor: NonNullable<Cursor>, names: readonly string[] | null,
): void {
  const isKnown = names === null || names.includes(cursor.topicName)
  if (!isKnown || cursor.partitionIndex < 0) throw new ApiError(Errors.INVALID_REQUEST)
}

function wantedNames(
  { topics, cursor }: DescribeTopicPartitionsRequest, image: Image,
): string[] {
  const names = topics.length === 0 ? [...image.topics.names()]
    : [...new Set(topics.map(({ name }) => name))]
  const from = cursor?.topicName ?? ''
  return names.filter((name) => name >= from).sort((a, b) => a < b ? -1 : a > b ? 1 : 0)
}

function page(
  image: Image, names: readonly string[],
  cursor: { topicName: string, partitionIndex: number } | null, limit: number, listenerName: string,
): DescribeTopicPartitionsResponse {
  const topics: ResponseTopic[] = []
  let left = limit
  for (const name of names) {
    if (left === 0) return { topics, nextCursor: { topicName: name, partitionIndex: 0 } }
    const topic = image.topics.byName(name)
    if (!topic) {
      topics.push(missingTopic(name))
      continue
    }
    const first = cursor?.topicName === name ? cursor.partitionIndex : 0
    const count = topic.partitions.size
    const end = Math.min(count, first + left)
    const partitions = []
    for (let index = first; index < end; index++) {
      partitions.push(describe(image, index, topic.partitions.get(index)!, listenerName))
    }
    topics.push({
      errorCode: Errors.NONE, name, topicId: topic.id, isInternal: isInternalTopic(name),
      partitions, topicAuthorizedOperations: TOPIC_OPERATIONS,
    })
    if (end < count) return { topics, nextCursor: { topicName: name, partitionIndex: end } }
    left -= partitions.length
  }
  return { topics, nextCursor: null }
}

function missingTopic(name: string): ResponseTopic {
  if (!isValidTopicName(name)) throw new ApiError(Errors.UNKNOWN_SERVER_ERROR)
  return {
    errorCode: Errors.UNKNOWN_TOPIC_OR_PARTITION, name, topicId: ZERO_UUID,
    isInternal: isInternalTopic(name), partitions: [],
    topicAuthorizedOperations: TOPIC_OPERATIONS,
  }
}

function describe(
  image: Image, partitionIndex: number, partition: Partition, listenerName: string,
): ResponseTopic['partitions'][number] {
  const { leader, leaderEpoch, replicas, isr, elr, lastKnownElr } = partition
  const isAlive = (id: number): boolean => isReachable(image, id, listenerName)
  const errorCode = isAlive(leader) ? Errors.NONE
    : image.brokers.get(leader) ? Errors.LISTENER_NOT_FOUND : Errors.LEADER_NOT_AVAILABLE
  return {
    errorCode, partitionIndex, leaderEpoch,
    leaderId: isAlive(leader) ? leader : -1,
    replicaNodes: replicas, isrNodes: isr,
    eligibleLeaderReplicas: elr, lastKnownElr,
    offlineReplicas: replicas.filter((id) => (
    !isAlive(id) || !isReplicaOnline(image, partition, id))),
  }
}

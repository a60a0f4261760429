// What classic consumers tell each other, as far as the coordinator reads and writes it: for groups
// that have members of both protocols, and on the way from one to the other.

import { decodeMessage, encodeMessage } from '../../../../protocol/compile.ts'
import {
  consumerProtocolAssignment, type ConsumerProtocolAssignment,
  consumerProtocolSubscription, type ConsumerProtocolSubscription,
} from '../../../../protocol/messages/consumer-protocol.ts'
import type { Message } from '../../../../protocol/schema.ts'
import type { TopicsImage } from '../../../../controller/image/topics.ts'
import type { Assignment, TopicPartitions } from './assignment.ts'

const VERSION_SIZE_BYTES = 2

/** Undefined: not what Kafka's consumers write. */
export function decodeSubscription(bytes: Buffer): ConsumerProtocolSubscription | undefined {
  return decode(bytes, consumerProtocolSubscription)
}

/** As `decodeSubscription`. */
export function decodeAssignment(bytes: Buffer): ConsumerProtocolAssignment | undefined {
  return decode(bytes, consumerProtocolAssignment)
}

/** In the version of the member's subscription. Topics that are no more are left out. */
export function encodeAssignment(
  assignment: Assignment, topics: TopicsImage, subscription: Buffer,
): Buffer {
  const [, newest] = consumerProtocolAssignment.versions
  const version = Math.min(subscription.readInt16BE(0), newest)
  const assignedPartitions = [...assignment].flatMap(([topicId, partitions]) => {
    const topic = topics.byId(topicId)?.name
    return topic === undefined ? [] : [{ topic, partitions: [...partitions] }]
  })
  const prefix = Buffer.alloc(VERSION_SIZE_BYTES)
  prefix.writeInt16BE(version)
  return Buffer.concat([
    prefix, encodeMessage(consumerProtocolAssignment, version, { assignedPartitions }),
  ])
}

export interface NamedPartitions {
  readonly topic: string
  readonly partitions: readonly number[]
}

/** Topics that are no more are left out. */
export function withTopicIds(
  named: readonly NamedPartitions[], topics: TopicsImage,
): TopicPartitions[] {
  return named.flatMap(({ topic, partitions }) => {
    const topicId = topics.byName(topic)?.id
    return topicId === undefined ? [] : [{ topicId, partitions }]
  })
}

function decode<M extends Message>(bytes: Buffer, of: M) {
  try {
    const version = bytes.readInt16BE(0)
    if (version < 0) return undefined
    return decodeMessage(of, Math.min(version, of.versions[1]), bytes, VERSION_SIZE_BYTES)
  } catch {
    return undefined
  }
}

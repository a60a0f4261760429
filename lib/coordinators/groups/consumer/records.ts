// The records of consumer groups in `__consumer_offsets`, in Kafka's own form.

import { decodeMessage, encodeNumbered } from '../../../../protocol/compile.ts'
import {
  consumerGroupCurrentMemberAssignmentKey, consumerGroupCurrentMemberAssignmentValue,
  consumerGroupMemberMetadataKey, consumerGroupMemberMetadataValue,
  consumerGroupMetadataKey, consumerGroupMetadataValue,
  consumerGroupPartitionMetadataKey,
  consumerGroupRegularExpressionKey, consumerGroupRegularExpressionValue,
  consumerGroupTargetAssignmentMemberKey, consumerGroupTargetAssignmentMemberValue,
  consumerGroupTargetAssignmentMetadataKey, consumerGroupTargetAssignmentMetadataValue,
  type ConsumerGroupCurrentMemberAssignmentValue, type ConsumerGroupMemberMetadataValue,
  type ConsumerGroupRegularExpressionValue, type ConsumerGroupTargetAssignmentMemberValue,
  type ConsumerGroupTargetAssignmentMetadataValue,
} from '../../../../protocol/messages/records/consumer-group.ts'
import type { Encodable, Message } from '../../../../protocol/schema.ts'
import type { KeyValue } from '../../shard.ts'
import { decodeKey, decodeValue, NUMBER_SIZE_BYTES, numberOf } from '../record-bytes.ts'

/** Values are null where what they tell of is no more. */
export type ConsumerRecord =
  | OfGroup<'consumerGroup', GroupEpoch>
  /** Written before Kafka 4.1 alone. */
  | OfGroup<'consumerTopics', true>
  | OfMember<'consumerMember', ConsumerGroupMemberMetadataValue>
  | OfGroup<'consumerTargetEpoch', ConsumerGroupTargetAssignmentMetadataValue>
  | OfMember<'consumerTarget', ConsumerGroupTargetAssignmentMemberValue>
  | OfMember<'consumerCurrent', ConsumerGroupCurrentMemberAssignmentValue>
  | ConsumerRegexRecord

interface OfGroup<Kind, Value> {
  readonly kind: Kind
  readonly groupId: string
  readonly value: Value | null
}

interface OfMember<Kind, Value> extends OfGroup<Kind, Value> {
  readonly memberId: string
}

interface ConsumerRegexRecord
  extends OfGroup<'consumerRegex', ConsumerGroupRegularExpressionValue> {
  readonly regex: string
}

export interface GroupEpoch {
  readonly epoch: number
  /** Of 64 bits. */
  readonly metadataHash: bigint
}

const GROUP = 3
const TOPICS = 4
const MEMBER = 5
const TARGET_EPOCH = 6
const TARGET = 7
const CURRENT = 8
const REGEX = 16

/** The one version of all values. */
const VERSION = 0

export function encodeConsumerRecord(record: ConsumerRecord): KeyValue {
  const { groupId } = record
  switch (record.kind) {
    case 'consumerGroup': return {
      key: encodeNumbered(GROUP, consumerGroupMetadataKey, 0, { groupId }),
      value: record.value && encodeGroup(record.value),
    }
    case 'consumerTopics': return {
      key: encodeNumbered(TOPICS, consumerGroupPartitionMetadataKey, 0, { groupId }), value: null,
    }
    case 'consumerMember': return {
      key: encodeNumbered(MEMBER, consumerGroupMemberMetadataKey, 0, record),
      value: record.value && encodeValue(consumerGroupMemberMetadataValue, record.value),
    }
    case 'consumerTargetEpoch': return {
      key: encodeNumbered(TARGET_EPOCH, consumerGroupTargetAssignmentMetadataKey, 0, { groupId }),
      value: record.value && encodeValue(consumerGroupTargetAssignmentMetadataValue, record.value),
    }
    case 'consumerTarget': return {
      key: encodeNumbered(TARGET, consumerGroupTargetAssignmentMemberKey, 0, record),
      value: record.value && encodeValue(consumerGroupTargetAssignmentMemberValue, record.value),
    }
    case 'consumerCurrent': return {
      key: encodeNumbered(CURRENT, consumerGroupCurrentMemberAssignmentKey, 0, record),
      value: record.value && encodeValue(consumerGroupCurrentMemberAssignmentValue, record.value),
    }
    case 'consumerRegex': return {
      key: encodeNumbered(REGEX, consumerGroupRegularExpressionKey, 0,
        { groupId, regularExpression: record.regex }),
      value: record.value && encodeValue(consumerGroupRegularExpressionValue, record.value),
    }
  }
}

function encodeValue<M extends Message>(of: M, value: Encodable<M>): Buffer {
  return encodeNumbered(VERSION, of, VERSION, value)
}

/** Undefined for a kind of record that is not a consumer group's. */
export function decodeConsumerRecord(
  key: Buffer, value: Buffer | null,
): ConsumerRecord | undefined {
  switch (numberOf(key)) {
    case GROUP: {
      const { groupId } = decodeKey(consumerGroupMetadataKey, key)
      return { kind: 'consumerGroup', groupId, value: value && decodeGroup(value) }
    }
    case TOPICS: {
      const { groupId } = decodeKey(consumerGroupPartitionMetadataKey, key)
      return { kind: 'consumerTopics', groupId, value: value && true }
    }
    case MEMBER: return {
      kind: 'consumerMember', ...decodeKey(consumerGroupMemberMetadataKey, key),
      value: value && decodeValue(consumerGroupMemberMetadataValue, value),
    }
    case TARGET_EPOCH: return {
      kind: 'consumerTargetEpoch', ...decodeKey(consumerGroupTargetAssignmentMetadataKey, key),
      value: value && decodeValue(consumerGroupTargetAssignmentMetadataValue, value),
    }
    case TARGET: return {
      kind: 'consumerTarget', ...decodeKey(consumerGroupTargetAssignmentMemberKey, key),
      value: value && decodeValue(consumerGroupTargetAssignmentMemberValue, value),
    }
    case CURRENT: return {
      kind: 'consumerCurrent', ...decodeKey(consumerGroupCurrentMemberAssignmentKey, key),
      value: value && decodeValue(consumerGroupCurrentMemberAssignmentValue, value),
    }
    case REGEX: {
      const { groupId, regularExpression } = decodeKey(consumerGroupRegularExpressionKey, key)
      return {
        kind: 'consumerRegex', groupId, regex: regularExpression,
        value: value && decodeValue(consumerGroupRegularExpressionValue, value),
      }
    }
    default: return undefined
  }
}

// The hash fills all 64 bits, and the numbers of messages are doubles: so it is written by hand, as
// the last field, where the message would have it.
const NO_TAGS = 1
const HASH_TAG = Buffer.from([1, 0, 8])
const HASH_SIZE_BYTES = 8

function encodeGroup({ epoch, metadataHash }: GroupEpoch): Buffer {
  const bytes = encodeValue(consumerGroupMetadataValue, { epoch })
  if (metadataHash === 0n) return bytes
  const hash = Buffer.alloc(HASH_SIZE_BYTES)
  hash.writeBigInt64BE(metadataHash)
  return Buffer.concat([bytes.subarray(0, -NO_TAGS), HASH_TAG, hash])
}

function decodeGroup(value: Buffer): GroupEpoch {
  const { epoch, metadataHash } =
    decodeMessage(consumerGroupMetadataValue, numberOf(value), value, NUMBER_SIZE_BYTES)
  if (metadataHash === 0) return { epoch, metadataHash: 0n }
  return { epoch, metadataHash: value.readBigInt64BE(value.length - HASH_SIZE_BYTES) }
}

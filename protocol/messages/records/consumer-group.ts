// What `__consumer_offsets` holds of a consumer group of the new protocol (KIP-848): its epoch,
// its members and what they subscribe to, what each shall own (target) and owns (current), and
// which topics a regular expression matched. The partition metadata gave way to a hash over the
// topics' metadata in 4.1 (KIP-1101), and is read in old logs alone.

import {
  array, bytes, type Decoded, int32, int64, int8, message, string, struct, uuid,
} from '../../schema.ts'

export const consumerGroupMetadataKey = message({
  name: 'ConsumerGroupMetadataKey', versions: [0, 0],
  fields: {
    groupId: string,
  },
})

export interface ConsumerGroupMetadataKey extends Decoded<typeof consumerGroupMetadataKey> {}

export const consumerGroupMetadataValue = message({
  name: 'ConsumerGroupMetadataValue', versions: [0, 0], flexibleSince: 0,
  fields: {
    epoch: int32,
    metadataHash: int64.default(0).tag(0),
  },
})

export interface ConsumerGroupMetadataValue extends Decoded<typeof consumerGroupMetadataValue> {}

export const consumerGroupPartitionMetadataKey = message({
  name: 'ConsumerGroupPartitionMetadataKey', versions: [0, 0],
  fields: {
    groupId: string,
  },
})

export interface ConsumerGroupPartitionMetadataKey
  extends Decoded<typeof consumerGroupPartitionMetadataKey> {}

export const consumerGroupPartitionMetadataValue = message({
  name: 'ConsumerGroupPartitionMetadataValue', versions: [0, 0], flexibleSince: 0,
  fields: {
    topics: array({
      topicId: uuid,
      topicName: string,
      numPartitions: int32,
      partitionMetadata: array({
        partition: int32,
        racks: array(string),
      }),
    }),
  },
})

export interface ConsumerGroupPartitionMetadataValue
  extends Decoded<typeof consumerGroupPartitionMetadataValue> {}

export const consumerGroupMemberMetadataKey = message({
  name: 'ConsumerGroupMemberMetadataKey', versions: [0, 0],
  fields: {
    groupId: string,
    memberId: string,
  },
})

export interface ConsumerGroupMemberMetadataKey
  extends Decoded<typeof consumerGroupMemberMetadataKey> {}

export const consumerGroupMemberMetadataValue = message({
  name: 'ConsumerGroupMemberMetadataValue', versions: [0, 0], flexibleSince: 0,
  fields: {
    instanceId: string.nullable(),
    rackId: string.nullable(),
    clientId: string,
    clientHost: string,
    subscribedTopicNames: array(string),
    subscribedTopicRegex: string.nullable(),
    rebalanceTimeoutMs: int32.default(-1),
    serverAssignor: string.nullable(),
    classicMemberMetadata: struct({
      sessionTimeoutMs: int32,
      supportedProtocols: array({
        name: string,
        metadata: bytes,
      }),
    }).nullable().tag(0),
  },
})

export interface ConsumerGroupMemberMetadataValue
  extends Decoded<typeof consumerGroupMemberMetadataValue> {}

export const consumerGroupTargetAssignmentMetadataKey = message({
  name: 'ConsumerGroupTargetAssignmentMetadataKey', versions: [0, 0],
  fields: {
    groupId: string,
  },
})

export interface ConsumerGroupTargetAssignmentMetadataKey
  extends Decoded<typeof consumerGroupTargetAssignmentMetadataKey> {}

export const consumerGroupTargetAssignmentMetadataValue = message({
  name: 'ConsumerGroupTargetAssignmentMetadataValue', versions: [0, 0], flexibleSince: 0,
  fields: {
    assignmentEpoch: int32,
    assignmentTimestamp: int64.default(0).tag(0),
  },
})

export interface ConsumerGroupTargetAssignmentMetadataValue
  extends Decoded<typeof consumerGroupTargetAssignmentMetadataValue> {}

export const consumerGroupTargetAssignmentMemberKey = message({
  name: 'ConsumerGroupTargetAssignmentMemberKey', versions: [0, 0],
  fields: {
    groupId: string,
    memberId: string,
  },
})

export interface ConsumerGroupTargetAssignmentMemberKey
  extends Decoded<typeof consumerGroupTargetAssignmentMemberKey> {}

export const consumerGroupTargetAssignmentMemberValue = message({
  name: 'ConsumerGroupTargetAssignmentMemberValue', versions: [0, 0], flexibleSince: 0,
  fields: {
    topicPartitions: array({
      topicId: uuid,
      partitions: array(int32),
    }),
  },
})

export interface ConsumerGroupTargetAssignmentMemberValue
  extends Decoded<typeof consumerGroupTargetAssignmentMemberValue> {}

export const consumerGroupCurrentMemberAssignmentKey = message({
  name: 'ConsumerGroupCurrentMemberAssignmentKey', versions: [0, 0],
  fields: {
    groupId: string,
    memberId: string,
  },
})

export interface ConsumerGroupCurrentMemberAssignmentKey
  extends Decoded<typeof consumerGroupCurrentMemberAssignmentKey> {}

const topicPartitions = {
  topicId: uuid,
  partitions: array(int32),
  assignmentEpochs: array(int32).nullable().tag(0),
}

export const consumerGroupCurrentMemberAssignmentValue = message({
  name: 'ConsumerGroupCurrentMemberAssignmentValue', versions: [0, 0], flexibleSince: 0,
  fields: {
    memberEpoch: int32,
    previousMemberEpoch: int32,
    state: int8,
    assignedPartitions: array(topicPartitions),
    partitionsPendingRevocation: array(topicPartitions),
  },
})

export interface ConsumerGroupCurrentMemberAssignmentValue
  extends Decoded<typeof consumerGroupCurrentMemberAssignmentValue> {}

export const consumerGroupRegularExpressionKey = message({
  name: 'ConsumerGroupRegularExpressionKey', versions: [0, 0],
  fields: {
    groupId: string,
    regularExpression: string,
  },
})

export interface ConsumerGroupRegularExpressionKey
  extends Decoded<typeof consumerGroupRegularExpressionKey> {}

export const consumerGroupRegularExpressionValue = message({
  name: 'ConsumerGroupRegularExpressionValue', versions: [0, 0], flexibleSince: 0,
  fields: {
    topics: array(string),
    version: int64,
    timestamp: int64,
  },
})

export interface ConsumerGroupRegularExpressionValue
  extends Decoded<typeof consumerGroupRegularExpressionValue> {}

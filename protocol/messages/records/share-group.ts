// What `__consumer_offsets` holds of a share group (KIP-932): as of a consumer group, and for
// which partitions the share coordinator has, or is about to have, state.

import { array, type Decoded, int32, int64, int8, message, string, uuid } from '../../schema.ts'

export const shareGroupMetadataKey = message({
  name: 'ShareGroupMetadataKey', versions: [0, 0],
  fields: {
    groupId: string,
  },
})

export interface ShareGroupMetadataKey extends Decoded<typeof shareGroupMetadataKey> {}

export const shareGroupMetadataValue = message({
  name: 'ShareGroupMetadataValue', versions: [0, 0], flexibleSince: 0,
  fields: {
    epoch: int32,
    metadataHash: int64,
  },
})

export interface ShareGroupMetadataValue extends Decoded<typeof shareGroupMetadataValue> {}

export const shareGroupMemberMetadataKey = message({
  name: 'ShareGroupMemberMetadataKey', versions: [0, 0],
  fields: {
    groupId: string,
    memberId: string,
  },
})

export interface ShareGroupMemberMetadataKey extends Decoded<typeof shareGroupMemberMetadataKey> {}

export const shareGroupMemberMetadataValue = message({
  name: 'ShareGroupMemberMetadataValue', versions: [0, 0], flexibleSince: 0,
  fields: {
    rackId: string.nullable(),
    clientId: string,
    clientHost: string,
    subscribedTopicNames: array(string),
  },
})

export interface ShareGroupMemberMetadataValue
  extends Decoded<typeof shareGroupMemberMetadataValue> {}

export const shareGroupTargetAssignmentMetadataKey = message({
  name: 'ShareGroupTargetAssignmentMetadataKey', versions: [0, 0],
  fields: {
    groupId: string,
  },
})

export interface ShareGroupTargetAssignmentMetadataKey
  extends Decoded<typeof shareGroupTargetAssignmentMetadataKey> {}

export const shareGroupTargetAssignmentMetadataValue = message({
  name: 'ShareGroupTargetAssignmentMetadataValue', versions: [0, 0], flexibleSince: 0,
  fields: {
    assignmentEpoch: int32,
    assignmentTimestamp: int64.default(0).tag(0),
  },
})

export interface ShareGroupTargetAssignmentMetadataValue
  extends Decoded<typeof shareGroupTargetAssignmentMetadataValue> {}

export const shareGroupTargetAssignmentMemberKey = message({
  name: 'ShareGroupTargetAssignmentMemberKey', versions: [0, 0],
  fields: {
    groupId: string,
    memberId: string,
  },
})

export interface ShareGroupTargetAssignmentMemberKey
  extends Decoded<typeof shareGroupTargetAssignmentMemberKey> {}

export const shareGroupTargetAssignmentMemberValue = message({
  name: 'ShareGroupTargetAssignmentMemberValue', versions: [0, 0], flexibleSince: 0,
  fields: {
    topicPartitions: array({
      topicId: uuid,
      partitions: array(int32),
    }),
  },
})

export interface ShareGroupTargetAssignmentMemberValue
  extends Decoded<typeof shareGroupTargetAssignmentMemberValue> {}

export const shareGroupCurrentMemberAssignmentKey = message({
  name: 'ShareGroupCurrentMemberAssignmentKey', versions: [0, 0],
  fields: {
    groupId: string,
    memberId: string,
  },
})

export interface ShareGroupCurrentMemberAssignmentKey
  extends Decoded<typeof shareGroupCurrentMemberAssignmentKey> {}

const topicPartitions = {
  topicId: uuid,
  partitions: array(int32),
}

export const shareGroupCurrentMemberAssignmentValue = message({
  name: 'ShareGroupCurrentMemberAssignmentValue', versions: [0, 0], flexibleSince: 0,
  fields: {
    memberEpoch: int32,
    previousMemberEpoch: int32,
    state: int8,
    assignedPartitions: array(topicPartitions),
  },
})

export interface ShareGroupCurrentMemberAssignmentValue
  extends Decoded<typeof shareGroupCurrentMemberAssignmentValue> {}

export const shareGroupStatePartitionMetadataKey = message({
  name: 'ShareGroupStatePartitionMetadataKey', versions: [0, 0],
  fields: {
    groupId: string,
  },
})

export interface ShareGroupStatePartitionMetadataKey
  extends Decoded<typeof shareGroupStatePartitionMetadataKey> {}

const topicPartitionsInfo = {
  topicId: uuid,
  topicName: string,
  partitions: array(int32),
}

const topicInfo = {
  topicId: uuid,
  topicName: string,
}

export const shareGroupStatePartitionMetadataValue = message({
  name: 'ShareGroupStatePartitionMetadataValue', versions: [0, 0], flexibleSince: 0,
  fields: {
    initializingTopics: array(topicPartitionsInfo),
    initializedTopics: array(topicPartitionsInfo),
    deletingTopics: array(topicInfo),
  },
})

export interface ShareGroupStatePartitionMetadataValue
  extends Decoded<typeof shareGroupStatePartitionMetadataValue> {}

// What `__consumer_offsets` holds of a streams group (KIP-1071): as of a consumer group, with
// tasks in the place of partitions, and the topology that the tasks come from.

import {
  array, type Decoded, int16, int32, int64, int8, message, string, struct, uint16,
} from '../../schema.ts'

export const streamsGroupMetadataKey = message({
  name: 'StreamsGroupMetadataKey', versions: [0, 0],
  fields: {
    groupId: string,
  },
})

export interface StreamsGroupMetadataKey extends Decoded<typeof streamsGroupMetadataKey> {}

const lastAssignmentConfig = {
  key: string,
  value: string,
}

export const streamsGroupMetadataValue = message({
  name: 'StreamsGroupMetadataValue', versions: [0, 0], flexibleSince: 0,
  fields: {
    epoch: int32,
    metadataHash: int64,
    validatedTopologyEpoch: int32.default(-1).tag(0),
    lastAssignmentConfigs: array(lastAssignmentConfig).nullable().tag(1),
    storedDescriptionTopologyEpoch: int32.default(-1).tag(2),
    failedDescriptionTopologyEpoch: int32.default(-1).tag(3),
  },
})

export interface StreamsGroupMetadataValue extends Decoded<typeof streamsGroupMetadataValue> {}

export const streamsGroupMemberMetadataKey = message({
  name: 'StreamsGroupMemberMetadataKey', versions: [0, 0],
  fields: {
    groupId: string,
    memberId: string,
  },
})

export interface StreamsGroupMemberMetadataKey
  extends Decoded<typeof streamsGroupMemberMetadataKey> {}

const endpoint = {
  host: string,
  port: uint16,
}

const keyValue = {
  key: string,
  value: string,
}

export const streamsGroupMemberMetadataValue = message({
  name: 'StreamsGroupMemberMetadataValue', versions: [0, 0], flexibleSince: 0,
  fields: {
    instanceId: string.nullable(),
    rackId: string.nullable(),
    clientId: string,
    clientHost: string,
    rebalanceTimeoutMs: int32.default(-1),
    topologyEpoch: int32,
    processId: string,
    userEndpoint: struct(endpoint).nullable().default(null),
    clientTags: array(keyValue),
  },
})

export interface StreamsGroupMemberMetadataValue
  extends Decoded<typeof streamsGroupMemberMetadataValue> {}

export const streamsGroupTargetAssignmentMetadataKey = message({
  name: 'StreamsGroupTargetAssignmentMetadataKey', versions: [0, 0],
  fields: {
    groupId: string,
  },
})

export interface StreamsGroupTargetAssignmentMetadataKey
  extends Decoded<typeof streamsGroupTargetAssignmentMetadataKey> {}

export const streamsGroupTargetAssignmentMetadataValue = message({
  name: 'StreamsGroupTargetAssignmentMetadataValue', versions: [0, 0], flexibleSince: 0,
  fields: {
    assignmentEpoch: int32,
    assignmentTimestamp: int64.default(0).tag(0),
  },
})

export interface StreamsGroupTargetAssignmentMetadataValue
  extends Decoded<typeof streamsGroupTargetAssignmentMetadataValue> {}

export const streamsGroupTargetAssignmentMemberKey = message({
  name: 'StreamsGroupTargetAssignmentMemberKey', versions: [0, 0],
  fields: {
    groupId: string,
    memberId: string,
  },
})

export interface StreamsGroupTargetAssignmentMemberKey
  extends Decoded<typeof streamsGroupTargetAssignmentMemberKey> {}

const taskIds = {
  subtopologyId: string,
  partitions: array(int32),
}

export const streamsGroupTargetAssignmentMemberValue = message({
  name: 'StreamsGroupTargetAssignmentMemberValue', versions: [0, 0], flexibleSince: 0,
  fields: {
    activeTasks: array(taskIds),
    standbyTasks: array(taskIds),
    warmupTasks: array(taskIds),
  },
})

export interface StreamsGroupTargetAssignmentMemberValue
  extends Decoded<typeof streamsGroupTargetAssignmentMemberValue> {}

export const streamsGroupCurrentMemberAssignmentKey = message({
  name: 'StreamsGroupCurrentMemberAssignmentKey', versions: [0, 0],
  fields: {
    groupId: string,
    memberId: string,
  },
})

export interface StreamsGroupCurrentMemberAssignmentKey
  extends Decoded<typeof streamsGroupCurrentMemberAssignmentKey> {}

const epochedTaskIds = {
  subtopologyId: string,
  partitions: array(int32),
  assignmentEpochs: array(int32).nullable().tag(0),
}

export const streamsGroupCurrentMemberAssignmentValue = message({
  name: 'StreamsGroupCurrentMemberAssignmentValue', versions: [0, 0], flexibleSince: 0,
  fields: {
    memberEpoch: int32,
    previousMemberEpoch: int32,
    state: int8,
    activeTasks: array(epochedTaskIds),
    standbyTasks: array(epochedTaskIds),
    warmupTasks: array(epochedTaskIds),
    activeTasksPendingRevocation: array(epochedTaskIds),
    standbyTasksPendingRevocation: array(epochedTaskIds),
    warmupTasksPendingRevocation: array(epochedTaskIds),
  },
})

export interface StreamsGroupCurrentMemberAssignmentValue
  extends Decoded<typeof streamsGroupCurrentMemberAssignmentValue> {}

export const streamsGroupTopologyKey = message({
  name: 'StreamsGroupTopologyKey', versions: [0, 0],
  fields: {
    groupId: string,
  },
})

export interface StreamsGroupTopologyKey extends Decoded<typeof streamsGroupTopologyKey> {}

const topicConfig = {
  key: string,
  value: string,
}

const topicInfo = {
  name: string,
  partitions: int32,
  replicationFactor: int16,
  topicConfigs: array(topicConfig),
}

export const streamsGroupTopologyValue = message({
  name: 'StreamsGroupTopologyValue', versions: [0, 0], flexibleSince: 0,
  fields: {
    epoch: int32,
    subtopologies: array({
      subtopologyId: string,
      sourceTopics: array(string),
      sourceTopicRegex: array(string),
      stateChangelogTopics: array(topicInfo),
      repartitionSinkTopics: array(string),
      repartitionSourceTopics: array(topicInfo),
      copartitionGroups: array({
        sourceTopics: array(int16),
        sourceTopicRegex: array(int16),
        repartitionSourceTopics: array(int16),
      }),
    }),
  },
})

export interface StreamsGroupTopologyValue extends Decoded<typeof streamsGroupTopologyValue> {}

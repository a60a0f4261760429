// StreamsGroupDescribe (API key 89, versions 0 to 1). State, topology, members and tasks of
// streams groups (KIP-1071).
//
// Version 1: the description of the topology (KIP-1331) and the name of the assignor (KIP-1357).

import {
  api, array, bool, int16, int32, int64, int8, type RequestOf, type ResponseOf, string, struct,
  uint16,
} from '../schema.ts'

const keyValue = {
  key: string,
  value: string,
}

const topicInfo = {
  name: string.entity('topicName'),
  partitions: int32,
  replicationFactor: int16,
  topicConfigs: array(keyValue),
}

const endpoint = {
  host: string,
  port: uint16,
}

const taskOffset = {
  subtopologyId: string,
  partition: int32,
  offset: int64,
}

const taskIds = {
  subtopologyId: string,
  partitions: array(int32),
}

const assignment = {
  activeTasks: array(taskIds),
  standbyTasks: array(taskIds),
  warmupTasks: array(taskIds),
}

const topologyDescriptionNode = {
  name: string.since(1),
  nodeType: int8.since(1),
  sourceTopics: array(string).since(1).entity('topicName'),
  sinkTopic: string.since(1).nullable().default(null).entity('topicName'),
  stores: array(string).since(1),
  successors: array(string).since(1),
}

const topologyDescriptionSubtopology = {
  subtopologyId: string.since(1),
  nodes: array(topologyDescriptionNode).since(1),
}

const topologyDescriptionGlobalStore = {
  source: struct(topologyDescriptionNode).since(1),
  processor: struct(topologyDescriptionNode).since(1),
}

const topologyDescription = {
  subtopologies: array(topologyDescriptionSubtopology).since(1),
  globalStores: array(topologyDescriptionGlobalStore).since(1),
}

export const streamsGroupDescribe = api({
  name: 'StreamsGroupDescribe', key: 89, versions: [0, 1], flexibleSince: 0,
  request: {
    groupIds: array(string).entity('groupId'),
    includeAuthorizedOperations: bool,
    includeTopologyDescription: bool.since(1).default(false),
  },
  response: {
    throttleTimeMs: int32.default(0),
    groups: array({
      errorCode: int16,
      errorMessage: string.nullable().default(null),
      groupId: string.entity('groupId'),
      groupState: string,
      groupEpoch: int32,
      assignmentEpoch: int32,
      topology: struct({
        epoch: int32,
        subtopologies: array({
          subtopologyId: string,
          sourceTopics: array(string).entity('topicName'),
          repartitionSinkTopics: array(string).entity('topicName'),
          stateChangelogTopics: array(topicInfo),
          repartitionSourceTopics: array(topicInfo),
        }).nullable().default(null),
      }).nullable().default(null),
      members: array({
        memberId: string,
        memberEpoch: int32,
        instanceId: string.nullable().default(null),
        rackId: string.nullable().default(null),
        clientId: string,
        clientHost: string,
        topologyEpoch: int32,
        processId: string,
        userEndpoint: struct(endpoint).nullable().default(null),
        clientTags: array(keyValue),
        taskOffsets: array(taskOffset),
        taskEndOffsets: array(taskOffset),
        assignment: struct(assignment),
        targetAssignment: struct(assignment),
        isClassic: bool,
      }),
      authorizedOperations: int32.default(-2147483648),
      topologyDescription: struct(topologyDescription).since(1).nullable().default(null),
      topologyDescriptionStatus: int8.since(1).default(0),
      assignorName: string.since(1).nullable().default(null),
    }),
  },
})

export interface StreamsGroupDescribeRequest extends RequestOf<typeof streamsGroupDescribe> {}
export type StreamsGroupDescribeResponse = ResponseOf<typeof streamsGroupDescribe>

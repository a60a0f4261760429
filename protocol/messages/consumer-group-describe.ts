// ConsumerGroupDescribe (API key 69, versions 0 to 1). State, members and assignments of new
// consumer groups (KIP-848).
//
// Version 1: whether a member still speaks the classic protocol (KIP-1099).

import {
  api, array, bool, int16, int32, int8, type RequestOf, type ResponseOf, string, struct, uuid,
} from '../schema.ts'

const topicPartitions = {
  topicId: uuid,
  topicName: string.entity('topicName'),
  partitions: array(int32),
}

const assignment = {
  topicPartitions: array(topicPartitions),
}

export const consumerGroupDescribe = api({
  name: 'ConsumerGroupDescribe', key: 69, versions: [0, 1], flexibleSince: 0,
  request: {
    groupIds: array(string).entity('groupId'),
    includeAuthorizedOperations: bool,
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
      assignorName: string,
      members: array({
        memberId: string,
        instanceId: string.nullable().default(null),
        rackId: string.nullable().default(null),
        memberEpoch: int32,
        clientId: string,
        clientHost: string,
        subscribedTopicNames: array(string).entity('topicName'),
        subscribedTopicRegex: string.nullable().default(null),
        assignment: struct(assignment),
        targetAssignment: struct(assignment),
        memberType: int8.since(1).default(-1),
      }),
      authorizedOperations: int32.default(-2147483648),
    }),
  },
})

export interface ConsumerGroupDescribeRequest extends RequestOf<typeof consumerGroupDescribe> {}
export type ConsumerGroupDescribeResponse = ResponseOf<typeof consumerGroupDescribe>

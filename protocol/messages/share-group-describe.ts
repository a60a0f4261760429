// ShareGroupDescribe (API key 77, version 1). State, members and assignments of share groups
// (KIP-932).
//
// Version 1: the first stable version; 0 was the early access of Kafka 4.0.

import {
  api, array, bool, int16, int32, type RequestOf, type ResponseOf, string, struct, uuid,
} from '../schema.ts'

const topicPartitions = {
  topicId: uuid,
  topicName: string.entity('topicName'),
  partitions: array(int32),
}

const assignment = {
  topicPartitions: array(topicPartitions),
}

export const shareGroupDescribe = api({
  name: 'ShareGroupDescribe', key: 77, versions: [1, 1], flexibleSince: 0,
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
        rackId: string.nullable().default(null),
        memberEpoch: int32,
        clientId: string,
        clientHost: string,
        subscribedTopicNames: array(string).entity('topicName'),
        assignment: struct(assignment),
      }),
      authorizedOperations: int32.default(-2147483648),
    }),
  },
})

export interface ShareGroupDescribeRequest extends RequestOf<typeof shareGroupDescribe> {}
export type ShareGroupDescribeResponse = ResponseOf<typeof shareGroupDescribe>

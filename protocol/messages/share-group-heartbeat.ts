// ShareGroupHeartbeat (API key 76, version 1). All that a member of a share group says and hears:
// it joins, subscribes, is assigned, leaves (KIP-932).
//
// Version 1: the first stable version; 0 was the early access of Kafka 4.0.

import {
  api, array, int16, int32, type RequestOf, type ResponseOf, string, struct, uuid,
} from '../schema.ts'

const topicPartitions = {
  topicId: uuid,
  partitions: array(int32),
}

export const shareGroupHeartbeat = api({
  name: 'ShareGroupHeartbeat', key: 76, versions: [1, 1], flexibleSince: 0,
  request: {
    groupId: string.entity('groupId'),
    memberId: string,
    memberEpoch: int32,
    rackId: string.nullable().default(null),
    subscribedTopicNames: array(string).nullable().default(null).entity('topicName'),
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
    errorMessage: string.nullable().default(null),
    memberId: string.nullable().default(null),
    memberEpoch: int32,
    heartbeatIntervalMs: int32,
    assignment: struct({ topicPartitions: array(topicPartitions) }).nullable().default(null),
  },
})

export interface ShareGroupHeartbeatRequest extends RequestOf<typeof shareGroupHeartbeat> {}
export type ShareGroupHeartbeatResponse = ResponseOf<typeof shareGroupHeartbeat>

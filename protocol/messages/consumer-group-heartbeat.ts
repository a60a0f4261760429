// ConsumerGroupHeartbeat (API key 68, versions 0 to 1). All that a member of a new consumer group
// says and hears: it joins, subscribes, tells what it owns, is assigned, leaves (KIP-848).
//
// Version 1: subscription by regular expression, and members that make up their own id (KIP-1082).

import {
  api, array, int16, int32, type RequestOf, type ResponseOf, string, struct, uuid,
} from '../schema.ts'

const topicPartitions = {
  topicId: uuid,
  partitions: array(int32),
}

export const consumerGroupHeartbeat = api({
  name: 'ConsumerGroupHeartbeat', key: 68, versions: [0, 1], flexibleSince: 0,
  request: {
    groupId: string.entity('groupId'),
    memberId: string,
    memberEpoch: int32,
    instanceId: string.nullable().default(null),
    rackId: string.nullable().default(null),
    rebalanceTimeoutMs: int32.default(-1),
    subscribedTopicNames: array(string).nullable().default(null).entity('topicName'),
    subscribedTopicRegex: string.since(1).nullable().default(null),
    serverAssignor: string.nullable().default(null),
    topicPartitions: array({ topicId: uuid, partitions: array(int32) }).nullable().default(null),
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

export interface ConsumerGroupHeartbeatRequest extends RequestOf<typeof consumerGroupHeartbeat> {}
export type ConsumerGroupHeartbeatResponse = ResponseOf<typeof consumerGroupHeartbeat>

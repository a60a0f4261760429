// DescribeTopicPartitions (API key 75, version 0). The partitions of topics page by page, with
// their eligible leader replicas (KIP-966).

import {
  api, array, bool, int16, int32, type RequestOf, type ResponseOf, string, struct, uuid,
} from '../schema.ts'

export const describeTopicPartitions = api({
  name: 'DescribeTopicPartitions', key: 75, versions: [0, 0], flexibleSince: 0,
  request: {
    topics: array({ name: string.entity('topicName') }),
    responsePartitionLimit: int32.default(2000),
    cursor: struct({
      topicName: string.entity('topicName'),
      partitionIndex: int32,
    }).nullable().default(null),
  },
  response: {
    throttleTimeMs: int32.default(0),
    topics: array({
      errorCode: int16,
      name: string.nullable().key().entity('topicName'),
      topicId: uuid,
      isInternal: bool.default(false),
      partitions: array({
        errorCode: int16,
        partitionIndex: int32,
        leaderId: int32.entity('brokerId'),
        leaderEpoch: int32.default(-1),
        replicaNodes: array(int32).entity('brokerId'),
        isrNodes: array(int32).entity('brokerId'),
        eligibleLeaderReplicas: array(int32).nullable().default(null).entity('brokerId'),
        lastKnownElr: array(int32).nullable().default(null).entity('brokerId'),
        offlineReplicas: array(int32).entity('brokerId'),
      }),
      topicAuthorizedOperations: int32.default(-2147483648),
    }),
    nextCursor: struct({
      topicName: string.entity('topicName'),
      partitionIndex: int32,
    }).nullable().default(null),
  },
})

export interface DescribeTopicPartitionsRequest extends RequestOf<typeof describeTopicPartitions> {}
export type DescribeTopicPartitionsResponse = ResponseOf<typeof describeTopicPartitions>

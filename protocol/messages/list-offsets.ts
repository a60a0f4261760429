// The ListOffsets API (key 2): request and response, versions 1 to 11.

import {
  api, array, int16, int32, int64, int8, type RequestOf, type ResponseOf, string,
} from '../schema.ts'

export const listOffsets = api({
  name: 'ListOffsets', key: 2, versions: [1, 11], flexibleSince: 6,
  request: {
    replicaId: int32.entity('brokerId'),
    isolationLevel: int8.since(2),
    topics: array({
      name: string.entity('topicName'),
      partitions: array({
        partitionIndex: int32,
        currentLeaderEpoch: int32.since(4).default(-1),
        timestamp: int64,
      }),
    }),
    timeoutMs: int32.since(10),
  },
  response: {
    throttleTimeMs: int32.since(2).default(0),
    topics: array({
      name: string.entity('topicName'),
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        timestamp: int64.default(-1),
        offset: int64.default(-1),
        leaderEpoch: int32.since(4).default(-1),
      }),
    }),
  },
})

export interface ListOffsetsRequest extends RequestOf<typeof listOffsets> {}
export type ListOffsetsResponse = ResponseOf<typeof listOffsets>

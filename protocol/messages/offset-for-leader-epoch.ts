// The OffsetForLeaderEpoch API (key 23): request and response, versions 2 to 4.

import {
  api, array, int16, int32, int64, type RequestOf, type ResponseOf, string,
} from '../schema.ts'

export const offsetForLeaderEpoch = api({
  name: 'OffsetForLeaderEpoch', key: 23, versions: [2, 4], flexibleSince: 4,
  request: {
    replicaId: int32.since(3).default(-2).entity('brokerId'),
    topics: array({
      topic: string.key().entity('topicName'),
      partitions: array({
        partition: int32,
        currentLeaderEpoch: int32.default(-1),
        leaderEpoch: int32,
      }),
    }),
  },
  response: {
    throttleTimeMs: int32.default(0),
    topics: array({
      topic: string.key().entity('topicName'),
      partitions: array({
        errorCode: int16,
        partition: int32,
        leaderEpoch: int32.default(-1),
        endOffset: int64.default(-1),
      }),
    }),
  },
})

export interface OffsetForLeaderEpochRequest extends RequestOf<typeof offsetForLeaderEpoch> {}
export type OffsetForLeaderEpochResponse = ResponseOf<typeof offsetForLeaderEpoch>

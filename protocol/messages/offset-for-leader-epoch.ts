// OffsetForLeaderEpoch (API key 23, versions 2 to 4). Where a leader epoch ends in the leader's
// log: what a follower or consumer with a longer log must truncate to (KIP-101).
//
// Version 2: the leader epoch that the client knows (KIP-320), the oldest version that is left; 3:
// the replica's id, −2 for none; 4: flexible.

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

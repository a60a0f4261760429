// ListOffsets (API key 2, versions 1 to 11). Which offset has a time, or is a partition's first,
// last, and so on: negative timestamps name these.
//
// Version 1: one offset with its time, not a list (KIP-79), the oldest that is left; 2: isolation
// level (KIP-98); 4: leader epochs (KIP-320); 5: a new leader that does not know its end yet may
// say so (KIP-207); 6: flexible; 7: the record with the largest timestamp (KIP-734); 8: the start
// of what is local (KIP-405); 9: the last tiered offset (KIP-1005); 10: a time-out for remote
// reads (KIP-1075); 11: the first offset whose upload is pending (KIP-1023).

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

// OffsetFetch (API key 9, versions 1 to 10). How far groups have read.
//
// Version 1: from `__consumer_offsets`, the oldest version that is left; 2: null asks for all
// topics, and errors concern the group (KIP-88); 5: leader epochs (KIP-320); 6: flexible; 7:
// offsets of open transactions may hold back the answer (KIP-447); 8: many groups in a request
// (KIP-709); 9: members of the new protocol name themselves; 10: topic ids in the place of names
// (both KIP-848).

import {
  api, array, bool, int16, int32, int64, type RequestOf, type ResponseOf, string, uuid,
} from '../schema.ts'

export const offsetFetch = api({
  name: 'OffsetFetch', key: 9, versions: [1, 10], flexibleSince: 6,
  request: {
    groupId: string.until(7).entity('groupId'),
    topics: array({
      name: string.entity('topicName'),
      partitionIndexes: array(int32),
    }).until(7).nullable(2),
    groups: array({
      groupId: string.entity('groupId'),
      memberId: string.since(9).nullable().default(null),
      memberEpoch: int32.since(9).default(-1),
      topics: array({
        name: string.until(9).entity('topicName'),
        topicId: uuid.since(10),
        partitionIndexes: array(int32),
      }).nullable(),
    }).since(8),
    requireStable: bool.since(7).default(false),
  },
  response: {
    throttleTimeMs: int32.since(3).default(0),
    topics: array({
      name: string.entity('topicName'),
      partitions: array({
        partitionIndex: int32,
        committedOffset: int64,
        committedLeaderEpoch: int32.since(5).default(-1),
        metadata: string.nullable(),
        errorCode: int16,
      }),
    }).until(7),
    errorCode: int16.since(2).until(7).default(0),
    groups: array({
      groupId: string.entity('groupId'),
      topics: array({
        name: string.until(9).entity('topicName'),
        topicId: uuid.since(10),
        partitions: array({
          partitionIndex: int32,
          committedOffset: int64,
          committedLeaderEpoch: int32.default(-1),
          metadata: string.nullable(),
          errorCode: int16,
        }),
      }),
      errorCode: int16.default(0),
    }).since(8),
  },
})

export interface OffsetFetchRequest extends RequestOf<typeof offsetFetch> {}
export type OffsetFetchResponse = ResponseOf<typeof offsetFetch>

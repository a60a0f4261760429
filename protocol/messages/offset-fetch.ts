// The OffsetFetch API (key 9): request and response, versions 1 to 10.

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

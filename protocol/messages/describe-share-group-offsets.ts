// DescribeShareGroupOffsets (API key 90, versions 0 to 1). Where share groups begin to read, for
// each partition (KIP-932).
//
// Version 1: how far they lag (KIP-1226).

import {
  api, array, int16, int32, int64, type RequestOf, type ResponseOf, string, uuid,
} from '../schema.ts'

export const describeShareGroupOffsets = api({
  name: 'DescribeShareGroupOffsets', key: 90, versions: [0, 1], flexibleSince: 0,
  request: {
    groups: array({
      groupId: string.entity('groupId'),
      topics: array({
        topicName: string.entity('topicName'),
        partitions: array(int32),
      }).nullable(),
    }),
  },
  response: {
    throttleTimeMs: int32.default(0),
    groups: array({
      groupId: string.entity('groupId'),
      topics: array({
        topicName: string.entity('topicName'),
        topicId: uuid,
        partitions: array({
          partitionIndex: int32,
          startOffset: int64,
          leaderEpoch: int32,
          lag: int64.since(1).default(-1),
          errorCode: int16,
          errorMessage: string.nullable().default(null),
        }),
      }),
      errorCode: int16,
      errorMessage: string.nullable().default(null),
    }),
  },
})

export interface DescribeShareGroupOffsetsRequest
  extends RequestOf<typeof describeShareGroupOffsets> {}
export type DescribeShareGroupOffsetsResponse = ResponseOf<typeof describeShareGroupOffsets>

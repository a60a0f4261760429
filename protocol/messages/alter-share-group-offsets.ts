// AlterShareGroupOffsets (API key 91, version 0). Sets where an empty share group begins to read
// (KIP-932).

import {
  api, array, int16, int32, int64, type RequestOf, type ResponseOf, string, uuid,
} from '../schema.ts'

export const alterShareGroupOffsets = api({
  name: 'AlterShareGroupOffsets', key: 91, versions: [0, 0], flexibleSince: 0,
  request: {
    groupId: string.entity('groupId'),
    topics: array({
      topicName: string.key().entity('topicName'),
      partitions: array({ partitionIndex: int32, startOffset: int64 }),
    }),
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
    errorMessage: string.nullable().default(null),
    responses: array({
      topicName: string.key().entity('topicName'),
      topicId: uuid,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        errorMessage: string.nullable().default(null),
      }),
    }),
  },
})

export interface AlterShareGroupOffsetsRequest extends RequestOf<typeof alterShareGroupOffsets> {}
export type AlterShareGroupOffsetsResponse = ResponseOf<typeof alterShareGroupOffsets>

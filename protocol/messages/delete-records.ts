// DeleteRecords (API key 21, versions 0 to 2). Moves the start of partitions up to an offset: what
// lies before it is gone (KIP-107).
//
// Version 1: a throttled answer comes at once (KIP-219); 2: flexible.

import {
  api, array, int16, int32, int64, type RequestOf, type ResponseOf, string,
} from '../schema.ts'

export const deleteRecords = api({
  name: 'DeleteRecords', key: 21, versions: [0, 2], flexibleSince: 2,
  request: {
    topics: array({
      name: string.entity('topicName'),
      partitions: array({ partitionIndex: int32, offset: int64 }),
    }),
    timeoutMs: int32,
  },
  response: {
    throttleTimeMs: int32.default(0),
    topics: array({
      name: string.key().entity('topicName'),
      partitions: array({ partitionIndex: int32.key(), lowWatermark: int64, errorCode: int16 }),
    }),
  },
})

export interface DeleteRecordsRequest extends RequestOf<typeof deleteRecords> {}
export type DeleteRecordsResponse = ResponseOf<typeof deleteRecords>

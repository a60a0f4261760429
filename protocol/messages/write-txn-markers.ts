// WriteTxnMarkers (API key 27, versions 1 to 2). The transaction coordinator has leaders write the
// markers that end transactions in their partitions (KIP-98).
//
// Version 1: flexible, the oldest version that is left; 2: which version of the transaction
// protocol the marker is of (KIP-1228).

import {
  api, array, bool, int16, int32, int64, int8, type RequestOf, type ResponseOf, string,
} from '../schema.ts'

export const writeTxnMarkers = api({
  name: 'WriteTxnMarkers', key: 27, versions: [1, 2], flexibleSince: 1,
  request: {
    markers: array({
      producerId: int64.entity('producerId'),
      producerEpoch: int16,
      transactionResult: bool,
      topics: array({ name: string.entity('topicName'), partitionIndexes: array(int32) }),
      coordinatorEpoch: int32,
      transactionVersion: int8.since(2).default(0),
    }),
  },
  response: {
    markers: array({
      producerId: int64.entity('producerId'),
      topics: array({
        name: string.entity('topicName'),
        partitions: array({ partitionIndex: int32, errorCode: int16 }),
      }),
    }),
  },
})

export interface WriteTxnMarkersRequest extends RequestOf<typeof writeTxnMarkers> {}
export type WriteTxnMarkersResponse = ResponseOf<typeof writeTxnMarkers>

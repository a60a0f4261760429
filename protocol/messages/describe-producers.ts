// DescribeProducers (API key 61, version 0). The producers that a partition's leader knows:
// sequence, epoch, start of an open transaction (KIP-664).

import {
  api, array, int16, int32, int64, type RequestOf, type ResponseOf, string,
} from '../schema.ts'

export const describeProducers = api({
  name: 'DescribeProducers', key: 61, versions: [0, 0], flexibleSince: 0,
  request: {
    topics: array({ name: string.key().entity('topicName'), partitionIndexes: array(int32) }),
  },
  response: {
    throttleTimeMs: int32.default(0),
    topics: array({
      name: string.entity('topicName'),
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        errorMessage: string.nullable().default(null),
        activeProducers: array({
          producerId: int64.entity('producerId'),
          producerEpoch: int32,
          lastSequence: int32.default(-1),
          lastTimestamp: int64.default(-1),
          coordinatorEpoch: int32,
          currentTxnStartOffset: int64.default(-1),
        }),
      }),
    }),
  },
})

export interface DescribeProducersRequest extends RequestOf<typeof describeProducers> {}
export type DescribeProducersResponse = ResponseOf<typeof describeProducers>

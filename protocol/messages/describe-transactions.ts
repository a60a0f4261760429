// DescribeTransactions (API key 65, version 0). State, producer and partitions of transactional
// ids (KIP-664).

import {
  api, array, int16, int32, int64, type RequestOf, type ResponseOf, string,
} from '../schema.ts'

export const describeTransactions = api({
  name: 'DescribeTransactions', key: 65, versions: [0, 0], flexibleSince: 0,
  request: {
    transactionalIds: array(string).entity('transactionalId'),
  },
  response: {
    throttleTimeMs: int32.default(0),
    transactionStates: array({
      errorCode: int16,
      transactionalId: string.entity('transactionalId'),
      transactionState: string,
      transactionTimeoutMs: int32,
      transactionStartTimeMs: int64,
      producerId: int64.entity('producerId'),
      producerEpoch: int16,
      topics: array({ topic: string.key().entity('topicName'), partitions: array(int32) }),
    }),
  },
})

export interface DescribeTransactionsRequest extends RequestOf<typeof describeTransactions> {}
export type DescribeTransactionsResponse = ResponseOf<typeof describeTransactions>

// ListTransactions (API key 66, versions 0 to 2). The transactions that a broker coordinates, by
// state and producer (KIP-664).
//
// Version 1: those that run longer than a time (KIP-994); 2: ids that match a regular expression
// (KIP-1152).

import {
  api, array, int16, int32, int64, type RequestOf, type ResponseOf, string,
} from '../schema.ts'

export const listTransactions = api({
  name: 'ListTransactions', key: 66, versions: [0, 2], flexibleSince: 0,
  request: {
    stateFilters: array(string),
    producerIdFilters: array(int64).entity('producerId'),
    durationFilter: int64.since(1).default(-1),
    transactionalIdPattern: string.since(2).nullable().default(null),
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
    unknownStateFilters: array(string),
    transactionStates: array({
      transactionalId: string.entity('transactionalId'),
      producerId: int64.entity('producerId'),
      transactionState: string,
    }),
  },
})

export interface ListTransactionsRequest extends RequestOf<typeof listTransactions> {}
export type ListTransactionsResponse = ResponseOf<typeof listTransactions>

// EndTxn (API key 26, versions 0 to 5). A producer commits or aborts its transaction (KIP-98).
//
// Version 1: a throttled answer comes at once (KIP-219); 2: PRODUCER_FENCED (KIP-588); 3:
// flexible; 4: TRANSACTION_ABORTABLE; 5: the epoch rises with every transaction, and the answer
// has the new one (both KIP-890).

import {
  api, bool, int16, int32, int64, type RequestOf, type ResponseOf, string,
} from '../schema.ts'

export const endTxn = api({
  name: 'EndTxn', key: 26, versions: [0, 5], flexibleSince: 3,
  request: {
    transactionalId: string.entity('transactionalId'),
    producerId: int64.entity('producerId'),
    producerEpoch: int16,
    committed: bool,
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
    producerId: int64.since(5).default(-1).entity('producerId'),
    producerEpoch: int16.since(5).default(-1),
  },
})

export interface EndTxnRequest extends RequestOf<typeof endTxn> {}
export type EndTxnResponse = ResponseOf<typeof endTxn>

// AddOffsetsToTxn (API key 25, versions 0 to 4). The offsets of a group join a transaction: its
// partition of `__consumer_offsets` does (KIP-98).
//
// Version 1: a throttled answer comes at once (KIP-219); 2: PRODUCER_FENCED (KIP-588); 3:
// flexible; 4: TRANSACTION_ABORTABLE (KIP-890).

import { api, int16, int32, int64, type RequestOf, type ResponseOf, string } from '../schema.ts'

export const addOffsetsToTxn = api({
  name: 'AddOffsetsToTxn', key: 25, versions: [0, 4], flexibleSince: 3,
  request: {
    transactionalId: string.entity('transactionalId'),
    producerId: int64.entity('producerId'),
    producerEpoch: int16,
    groupId: string.entity('groupId'),
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
  },
})

export interface AddOffsetsToTxnRequest extends RequestOf<typeof addOffsetsToTxn> {}
export type AddOffsetsToTxnResponse = ResponseOf<typeof addOffsetsToTxn>

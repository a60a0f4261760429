// InitProducerId (API key 22, versions 0 to 6). An idempotent or transactional producer gets its
// id and epoch; with a transactional id, its predecessor is fenced and its open transaction ended
// (KIP-98).
//
// Version 1: a throttled answer comes at once (KIP-219); 2: flexible; 3: a producer may raise its
// own epoch to go on after an error (KIP-360); 4: PRODUCER_FENCED (KIP-588); 5:
// TRANSACTION_ABORTABLE (KIP-890); 6: two-phase commit (KIP-939), still unstable and not
// advertised.

import {
  api, bool, int16, int32, int64, type RequestOf, type ResponseOf, string,
} from '../schema.ts'

export const initProducerId = api({
  name: 'InitProducerId', key: 22, versions: [0, 6], flexibleSince: 2,
  latestVersionUnstable: true,
  request: {
    transactionalId: string.nullable().entity('transactionalId'),
    transactionTimeoutMs: int32,
    producerId: int64.since(3).default(-1).entity('producerId'),
    producerEpoch: int16.since(3).default(-1),
    enable2Pc: bool.since(6).default(false),
    keepPreparedTxn: bool.since(6).default(false),
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
    producerId: int64.default(-1).entity('producerId'),
    producerEpoch: int16,
    ongoingTxnProducerId: int64.since(6).default(-1).entity('producerId'),
    ongoingTxnProducerEpoch: int16.since(6).default(-1),
  },
})

export interface InitProducerIdRequest extends RequestOf<typeof initProducerId> {}
export type InitProducerIdResponse = ResponseOf<typeof initProducerId>

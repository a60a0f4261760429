// The InitProducerId API (key 22): request and response, versions 0 to 6.

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

// AllocateProducerIds (API key 67, version 0). A broker gets a block of producer ids from the
// controller (KIP-730).

import { api, int16, int32, int64, type RequestOf, type ResponseOf } from '../schema.ts'

export const allocateProducerIds = api({
  name: 'AllocateProducerIds', key: 67, versions: [0, 0], flexibleSince: 0,
  listeners: ['controller'],
  request: {
    brokerId: int32.entity('brokerId'),
    brokerEpoch: int64.default(-1),
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
    producerIdStart: int64.entity('producerId'),
    producerIdLen: int32,
  },
})

export interface AllocateProducerIdsRequest extends RequestOf<typeof allocateProducerIds> {}
export type AllocateProducerIdsResponse = ResponseOf<typeof allocateProducerIds>

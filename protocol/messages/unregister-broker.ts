// UnregisterBroker (API key 64, version 0). Removes a broker that is gone for good from the
// cluster's metadata (KIP-631).

import { api, int16, int32, type RequestOf, type ResponseOf, string } from '../schema.ts'

export const unregisterBroker = api({
  name: 'UnregisterBroker', key: 64, versions: [0, 0], flexibleSince: 0,
  listeners: ['broker', 'controller'],
  request: {
    brokerId: int32.entity('brokerId'),
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
    errorMessage: string.nullable(),
  },
})

export interface UnregisterBrokerRequest extends RequestOf<typeof unregisterBroker> {}
export type UnregisterBrokerResponse = ResponseOf<typeof unregisterBroker>

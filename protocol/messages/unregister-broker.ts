// The UnregisterBroker API (key 64): request and response, versions 0 to 0.

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

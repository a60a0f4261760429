// ExpireDelegationToken (API key 40, versions 1 to 2). Sets a delegation token's expiry anew, or
// ends it at once (KIP-48).
//
// Version 1: a throttled answer comes at once (KIP-219), the oldest version that is left; 2:
// flexible.

import { api, bytes, int16, int32, int64, type RequestOf, type ResponseOf } from '../schema.ts'

export const expireDelegationToken = api({
  name: 'ExpireDelegationToken', key: 40, versions: [1, 2], flexibleSince: 2,
  listeners: ['broker', 'controller'],
  request: {
    hmac: bytes,
    expiryTimePeriodMs: int64,
  },
  response: {
    errorCode: int16,
    expiryTimestampMs: int64,
    throttleTimeMs: int32.default(0),
  },
})

export interface ExpireDelegationTokenRequest extends RequestOf<typeof expireDelegationToken> {}
export type ExpireDelegationTokenResponse = ResponseOf<typeof expireDelegationToken>

// RenewDelegationToken (API key 39, versions 1 to 2). Puts off a delegation token's expiry
// (KIP-48).
//
// Version 1: a throttled answer comes at once (KIP-219), the oldest version that is left; 2:
// flexible.

import { api, bytes, int16, int32, int64, type RequestOf, type ResponseOf } from '../schema.ts'

export const renewDelegationToken = api({
  name: 'RenewDelegationToken', key: 39, versions: [1, 2], flexibleSince: 2,
  listeners: ['broker', 'controller'],
  request: {
    hmac: bytes,
    renewPeriodMs: int64,
  },
  response: {
    errorCode: int16,
    expiryTimestampMs: int64,
    throttleTimeMs: int32.default(0),
  },
})

export interface RenewDelegationTokenRequest extends RequestOf<typeof renewDelegationToken> {}
export type RenewDelegationTokenResponse = ResponseOf<typeof renewDelegationToken>

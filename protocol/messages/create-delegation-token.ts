// CreateDelegationToken (API key 38, versions 1 to 3). Issues a token that lets others act for its
// owner (KIP-48).
//
// Version 1: a throttled answer comes at once (KIP-219), the oldest version that is left; 2:
// flexible; 3: tokens for somebody else, and who asked for them (KIP-373).

import {
  api, array, bytes, int16, int32, int64, type RequestOf, type ResponseOf, string,
} from '../schema.ts'

export const createDelegationToken = api({
  name: 'CreateDelegationToken', key: 38, versions: [1, 3], flexibleSince: 2,
  listeners: ['broker', 'controller'],
  request: {
    ownerPrincipalType: string.since(3).nullable(),
    ownerPrincipalName: string.since(3).nullable(),
    renewers: array({ principalType: string, principalName: string }),
    maxLifetimeMs: int64,
  },
  response: {
    errorCode: int16,
    principalType: string,
    principalName: string,
    tokenRequesterPrincipalType: string.since(3),
    tokenRequesterPrincipalName: string.since(3),
    issueTimestampMs: int64,
    expiryTimestampMs: int64,
    maxTimestampMs: int64,
    tokenId: string,
    hmac: bytes,
    throttleTimeMs: int32.default(0),
  },
})

export interface CreateDelegationTokenRequest extends RequestOf<typeof createDelegationToken> {}
export type CreateDelegationTokenResponse = ResponseOf<typeof createDelegationToken>

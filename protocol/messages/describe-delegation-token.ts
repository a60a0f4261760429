// DescribeDelegationToken (API key 41, versions 1 to 3). The delegation tokens of owners, their
// secrets included (KIP-48).
//
// Version 1: a throttled answer comes at once (KIP-219), the oldest version that is left; 2:
// flexible; 3: who asked for a token (KIP-373).

import {
  api, array, bytes, int16, int32, int64, type RequestOf, type ResponseOf, string,
} from '../schema.ts'

export const describeDelegationToken = api({
  name: 'DescribeDelegationToken', key: 41, versions: [1, 3], flexibleSince: 2,
  listeners: ['broker', 'controller'],
  request: {
    owners: array({ principalType: string, principalName: string }).nullable(),
  },
  response: {
    errorCode: int16,
    tokens: array({
      principalType: string,
      principalName: string,
      tokenRequesterPrincipalType: string.since(3),
      tokenRequesterPrincipalName: string.since(3),
      issueTimestamp: int64,
      expiryTimestamp: int64,
      maxTimestamp: int64,
      tokenId: string,
      hmac: bytes,
      renewers: array({ principalType: string, principalName: string }),
    }),
    throttleTimeMs: int32.default(0),
  },
})

export interface DescribeDelegationTokenRequest extends RequestOf<typeof describeDelegationToken> {}
export type DescribeDelegationTokenResponse = ResponseOf<typeof describeDelegationToken>

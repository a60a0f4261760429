// A delegation token (KIP-48, KIP-900).

import { array, int64, message, string } from '../../protocol/schema.ts'

export const delegationTokenRecord = message({
  name: 'DelegationTokenRecord', versions: [0, 0], flexibleSince: 0,
  fields: {
    owner: string,
    requester: string,
    renewers: array(string),
    issueTimestamp: int64,
    maxTimestamp: int64,
    expirationTimestamp: int64,
    tokenId: string,
  },
})

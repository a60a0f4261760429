// A delegation token is removed.

import { message, string } from '../../protocol/schema.ts'

export const removeDelegationTokenRecord = message({
  name: 'RemoveDelegationTokenRecord', versions: [0, 0], flexibleSince: 0,
  fields: {
    tokenId: string,
  },
})

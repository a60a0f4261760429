// The records since the begin of the transaction count from here on (KIP-868).

import { message } from '../../protocol/schema.ts'

export const endTransactionRecord = message({
  name: 'EndTransactionRecord', versions: [0, 0], flexibleSince: 0,
  fields: {},
})

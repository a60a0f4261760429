// The records since the last begin of a transaction do not count (KIP-868).

import { message, string } from '../../protocol/schema.ts'

export const abortTransactionRecord = message({
  name: 'AbortTransactionRecord', versions: [0, 0], flexibleSince: 0,
  fields: {
    reason: string.nullable().default(null).tag(0),
  },
})

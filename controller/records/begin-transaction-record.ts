// From here on records count only once their transaction ends (KIP-868).

import { message, string } from '../../protocol/schema.ts'

export const beginTransactionRecord = message({
  name: 'BeginTransactionRecord', versions: [0, 0], flexibleSince: 0,
  fields: {
    name: string.nullable().default(null).tag(0),
  },
})

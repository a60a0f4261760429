// Says nothing; shows that the log moves (KIP-835).

import { message } from '../../protocol/schema.ts'

export const noOpRecord = message({
  name: 'NoOpRecord', versions: [0, 0], flexibleSince: 0,
  fields: {},
})

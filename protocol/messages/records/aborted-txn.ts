// An entry of a `.txnindex` file beside a segment: a transaction that was aborted (KIP-98). An
// int16 of the version stands before each.

import { type Decoded, int64, message } from '../../schema.ts'

export const abortedTxn = message({
  name: 'AbortedTxn', versions: [0, 0],
  fields: {
    producerId: int64,
    firstOffset: int64,
    lastOffset: int64,
    lastStableOffset: int64,
  },
})

export interface AbortedTxn extends Decoded<typeof abortedTxn> {}

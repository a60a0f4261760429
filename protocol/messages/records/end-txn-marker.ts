// The control record that ends a transaction in a partition (KIP-98).

import { type Decoded, int32, message } from '../../schema.ts'

export const endTxnMarker = message({
  name: 'EndTxnMarker', versions: [0, 0],
  fields: {
    coordinatorEpoch: int32,
  },
})

export interface EndTxnMarker extends Decoded<typeof endTxnMarker> {}

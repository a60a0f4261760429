// A `.snapshot` file beside the segments of a log: the state of its idempotent producers (KIP-98),
// with a checksum of all that follows it. The file's first two bytes are the version.

import { array, type Decoded, int16, int32, int64, message, uint32 } from '../../schema.ts'

export const producerSnapshot = message({
  name: 'ProducerSnapshot', versions: [1, 1],
  fields: {
    crc: uint32,
    producerEntries: array({
      producerId: int64,
      epoch: int16,
      lastSequence: int32,
      lastOffset: int64,
      offsetDelta: int32,
      timestamp: int64,
      coordinatorEpoch: int32,
      currentTxnFirstOffset: int64,
    }),
  },
})

export interface ProducerSnapshot extends Decoded<typeof producerSnapshot> {}

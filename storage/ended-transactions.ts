// Transactions that a snapshot of producers takes for open, though their mark is gone.
//
// Kafka's cleaner removes the mark of a transaction of which no batch is left, and leaves snapshots
// that were taken while it was open; a start from one of them never sees it end. Samsa writes such
// snapshots anew (compaction/open-transactions.ts), but a directory may have been Kafka's.

import { ApiError } from '../protocol/errors.ts'
import type { ProducerState } from './producers.ts'
import type { Segments } from './segments.ts'
import { soundBatches } from './sound-batches.ts'

/**
 * Holds transactions that were open in a snapshot, and are so at the end of what was taken in
 * behind it, against the log. They begin with the first batch that is left of them, and without one
 * they are none: what is open cannot have been cleaned, but the log may go on behind `endOffset`,
 * and they be over there. One that began before the log is believed.
 */
export function confirmOpen(
  producers: ProducerState, segments: Segments, snapshotOffset: number, endOffset: number,
): void {
  const { baseOffset } = segments.first
  for (const { producerId, currentTransactionFirstOffset: firstOffset } of producers.all()) {
    if (firstOffset < baseOffset || firstOffset >= snapshotOffset) continue
    const found = firstBatchOf(producerId, segments, firstOffset, endOffset)
    if (found !== firstOffset) producers.correctTransaction(producerId, found)
  }
}

/** Between the offsets; undefined: none. What cannot be read is taken for it. */
function firstBatchOf(
  producerId: number, segments: Segments, from: number, to: number,
): number | undefined {
  try {
    for (const segment of segments.from(from)) {
      for (const batch of soundBatches(segment, from)) {
        if (batch.baseOffset >= to) return undefined
        const isOfIt = batch.producerId === producerId && batch.isTransactional
          && !batch.isControl && batch.baseOffset >= from
        if (isOfIt) return batch.baseOffset
      }
    }
    return undefined
  } catch (error) {
    if (error instanceof ApiError) return from
    throw error
  }
}

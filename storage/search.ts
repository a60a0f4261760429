// Finds things in a log: batches, aborted transactions, and records by their time.

import type { Batch } from '../protocol/records/batch.ts'
import { recordsOf } from '../protocol/records/record.ts'
import type { Segment } from './segment.ts'
import type { Segments } from './segments.ts'
import { soundBatches } from './sound-batches.ts'
import type { AbortedTransaction } from './transaction-index.ts'

/** The batches from the one that holds `from` on, to the one before `to`. */
export function* batchesOf(segments: Segments, from: number, to: number): Generator<Batch> {
  let next = from
  // Looked up each time: while somebody has a batch, a cleaning may put others in their place.
  for (let segment = segments.from(from)[0]; segment !== undefined;) {
    for (const batch of soundBatches(segment, next)) {
      if (batch.baseOffset >= to) return
      if (batch.lastOffset < next) continue
      next = batch.nextOffset
      yield batch
    }
    next = Math.max(next, segment.nextOffset)
    segment = segments.after(segment.baseOffset, next)
  }
}

/** The transactions aborted among the records from one offset to before another. */
export function abortedTransactions(
  segments: Segments, from: number, to: number,
): AbortedTransaction[] {
  const found: AbortedTransaction[] = []
  for (const segment of segments.from(from)) {
    if (segment.transactionIndex.collect(from, to, found)) break
  }
  return found
}

/** A record found by its time. */
export interface TimestampPlace {
  readonly timestamp: number
  readonly offset: number
  /** Of the batch that it is in; −1 when it names none. */
  readonly leaderEpoch: number
}

/** The first record at or behind `startOffset` that is not older than the timestamp. */
export function findTimestamp(
  segments: Segments, timestamp: number, startOffset: number,
): TimestampPlace | undefined {
  for (const segment of segments.all) {
    if (segment.nextOffset <= startOffset) continue
    segment.checkTimes()
    if (segment.maxTimestamp < timestamp) continue
    const from = Math.max(startOffset, segment.lookupTimestamp(timestamp))
    for (const batch of soundBatches(segment, from)) {
      if (batch.maxTimestamp < timestamp) continue
      const found = firstRecord(batch, (time, offset) => time >= timestamp && offset >= startOffset)
      if (found !== undefined) return found
    }
  }
  return undefined
}

/** The first record that has the largest timestamp. */
export function findMaxTimestamp(segments: Segments): TimestampPlace | undefined {
  let newest: Segment | undefined
  for (const segment of segments.all) {
    segment.checkTimes()
    if (segment.maxTimestamp > (newest?.maxTimestamp ?? -1)) newest = segment
  }
  if (newest === undefined) return undefined
  const { maxTimestamp, offsetOfMaxTimestamp } = newest
  for (const batch of soundBatches(newest, offsetOfMaxTimestamp)) {
    if (batch.maxTimestamp !== maxTimestamp) continue
    return firstRecord(batch, (time) => time === maxTimestamp)
  }
  return undefined
}

function firstRecord(
  batch: Batch, isWanted: (timestamp: number, offset: number) => boolean,
): TimestampPlace | undefined {
  for (const { timestamp, offset } of recordsOf(batch)) {
    if (isWanted(timestamp, offset)) return { timestamp, offset, leaderEpoch: batch.leaderEpoch }
  }
  return undefined
}

// Finds things in a log: where a read begins and ends, and records by their time.

import type { Batch } from '../protocol/records/batch.ts'
import { recordsOf } from '../protocol/records/record.ts'
import type { BufferPool } from './buffer-pool.ts'
import type { ReadResult } from './log-options.ts'
import type { Segment } from './segment.ts'
import type { Segments } from './segments.ts'
import { soundBatches, soundBytes } from './sound-batches.ts'
import type { AbortedTransaction } from './transaction-index.ts'

/** A stretch of a segment that starts with a batch. */
export interface ReadRange {
  readonly segment: Segment
  readonly position: number
  readonly firstBatchBytes: number
  /** Behind the last byte that may be read. */
  readonly endPosition: number
}

/** What can be read from the offset on, of what lies below `maxOffset`; undefined: nothing. */
export function findRange(
  segments: Segments, offset: number, maxOffset: number,
): ReadRange | undefined {
  if (offset >= maxOffset) return undefined
  const { all } = segments
  for (let i = Math.max(0, segments.indexOf(offset)); i < all.length; i++) {
    const segment = all[i]!
    const place = segment.locate(offset)
    // Compaction may have taken all that there was behind the offset in this segment.
    if (place === undefined) continue
    const endPosition = endOf(segment, maxOffset)
    if (place.position >= endPosition) return undefined
    const { position, sizeBytes } = place
    return { segment, position, firstBatchBytes: sizeBytes, endPosition }
  }
  return undefined
}

/** Where the batches below the offset end. */
function endOf(segment: Segment, maxOffset: number): number {
  // Mostly everything may be read: then nothing has to be searched for.
  if (maxOffset >= segment.nextOffset) return segment.writtenBytes
  return segment.locate(maxOffset)?.position ?? segment.writtenBytes
}

/** Reads what is sound of the range, the first batch at least. Throws CORRUPT_MESSAGE. */
export function readRange(
  { segment, position, firstBatchBytes, endPosition }: ReadRange, maxSizeBytes: number,
  buffers: BufferPool,
): ReadResult {
  const sizeBytes = Math.min(Math.max(maxSizeBytes, firstBatchBytes), endPosition - position)
  const { bytes, release } = buffers.lease(sizeBytes)
  try {
    const count = segment.file.read(bytes, 0, sizeBytes, position)
    if (count < Math.min(sizeBytes, firstBatchBytes)) throw segment.corruptAt(position)
    return { records: soundBytes(segment, bytes.subarray(0, count), position), release }
  } catch (error) {
    release()
    throw error
  }
}

/** The bytes from the offset to `maxOffset`, over all segments. */
export function countReadable(segments: Segments, offset: number, maxOffset: number): number {
  const range = findRange(segments, offset, maxOffset)
  if (range === undefined) return 0
  let sizeBytes = range.endPosition - range.position
  const { all } = segments
  for (let i = all.indexOf(range.segment) + 1; i < all.length; i++) {
    const segment = all[i]!
    if (segment.baseOffset >= maxOffset) break
    sizeBytes += endOf(segment, maxOffset)
  }
  return sizeBytes
}

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

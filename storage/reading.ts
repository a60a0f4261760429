// Reads batches from a log as they lie in its files, from an offset on.

import {
  BATCH_OVERHEAD, batchBytesAt, isWholeAt, lastOffsetAt,
} from '../protocol/records/batch.ts'
import { readInt64 } from '../protocol/records/int64.ts'
import type { BufferPool } from './buffer-pool.ts'
import type { ReadResult } from './log-options.ts'
import type { Segment } from './segment.ts'
import type { Segments } from './segments.ts'
import { soundBytes } from './sound-batches.ts'

const NOTHING: ReadResult = { records: Buffer.alloc(0), release: () => {} }
/** Bytes whose batches are looked at one by one, without asking the index for a later one. */
const SHORT_WALK_BYTES = 16 * 1024

/**
 * What can be read from the offset on, of what lies below `maxOffset`, perhaps nothing. More
 * than `maxSizeBytes` only where `minOneBatch` asks for it. Throws CORRUPT_MESSAGE.
 */
export function readBatches(
  segments: Segments, offset: number, maxOffset: number, maxSizeBytes: number,
  minOneBatch: boolean, buffers: BufferPool,
): ReadResult {
  if (offset >= maxOffset) return NOTHING
  const { all } = segments
  for (let i = Math.max(0, segments.indexOf(offset)); i < all.length; i++) {
    const segment = all[i]!
    const endPosition = endOf(segment, maxOffset)
    const known = knownPosition(segment, offset)
    if (known >= 0) {
      const sizeBytes = Math.min(maxSizeBytes, endPosition - known)
      const result = tryAt(segment, known, offset, sizeBytes, buffers)
      if (result !== undefined) return result
    }
    const place = segment.locate(offset)
    // Compaction may have taken all that there was behind the offset in this segment.
    if (place === undefined) continue
    const { position, sizeBytes: firstBatchBytes } = place
    if (position >= endPosition) return NOTHING
    if (firstBatchBytes > maxSizeBytes && !minOneBatch) return NOTHING
    const sizeBytes = Math.min(Math.max(maxSizeBytes, firstBatchBytes), endPosition - position)
    return readAt(segment, position, offset, sizeBytes, buffers, firstBatchBytes)
  }
  return NOTHING
}

/** Where the offset is to be looked for, if nothing has to be searched for it; −1 otherwise. */
function knownPosition(segment: Segment, offset: number): number {
  return offset <= segment.baseOffset ? 0 : segment.places.find(offset)
}

/** Where the batches below the offset end. */
export function endOf(segment: Segment, maxOffset: number): number {
  // Mostly everything may be read: then nothing has to be searched for.
  if (maxOffset >= segment.nextOffset) return segment.writtenBytes
  const known = segment.places.findEnd(maxOffset)
  if (known >= 0) return known
  const position = segment.locate(maxOffset)?.position ?? segment.writtenBytes
  segment.places.setEnd(maxOffset, position)
  return position
}

/** Undefined when there is no whole batch that can be meant. */
function tryAt(
  segment: Segment, position: number, offset: number, sizeBytes: number, buffers: BufferPool,
): ReadResult | undefined {
  if (sizeBytes < BATCH_OVERHEAD) return undefined
  const { bytes, release } = buffers.read(segment, position, sizeBytes)
  try {
    if (isWholeAt(bytes, 0) && readInt64(bytes, 0) >= offset) {
      return { records: taken(segment, bytes, position, offset), release }
    }
  } catch (error) {
    release()
    throw error
  }
  release()
  return undefined
}

/** Reads what is sound of it, the first batch at least. Throws CORRUPT_MESSAGE. */
function readAt(
  segment: Segment, position: number, offset: number, sizeBytes: number, buffers: BufferPool,
  firstBatchBytes: number,
): ReadResult {
  const { bytes, release } = buffers.read(segment, position, sizeBytes)
  try {
    if (bytes.length < Math.min(sizeBytes, firstBatchBytes)) throw segment.corruptAt(position)
    return { records: taken(segment, bytes, position, offset), release }
  } catch (error) {
    release()
    throw error
  }
}

/** What is sound of the bytes; where it ends the next read of this reader is going to begin. */
function taken(segment: Segment, bytes: Buffer, position: number, fromOffset: number): Buffer {
  const sound = soundBytes(segment, bytes, position)
  let last = -1
  for (let at = walkFrom(segment, sound, position); isWholeAt(sound, at);) {
    last = at
    at += batchBytesAt(sound, at)
  }
  if (last >= 0) {
    const nextOffset = lastOffsetAt(sound, last) + 1
    segment.places.add(fromOffset, nextOffset, position + last + batchBytesAt(sound, last))
  }
  return sound
}

/** Where among the bytes a batch begins that is near their end. */
function walkFrom({ offsetIndex }: Segment, bytes: Buffer, position: number): number {
  if (bytes.length <= SHORT_WALK_BYTES) return 0
  const entry = offsetIndex.entryBefore(position + bytes.length - SHORT_WALK_BYTES / 2)
  if (entry < 0) return 0
  const at = offsetIndex.positionAt(entry) - position
  // What an index says must be seen to be so.
  const isTrue = at > 0 && isWholeAt(bytes, at)
    && lastOffsetAt(bytes, at) === offsetIndex.offsetAt(entry)
  return isTrue ? at : 0
}

/** The bytes from the offset to `maxOffset`, over all segments. */
export function countReadable(segments: Segments, offset: number, maxOffset: number): number {
  if (offset >= maxOffset) return 0
  const { all } = segments
  let sizeBytes = 0
  for (let i = Math.max(0, segments.indexOf(offset)); i < all.length; i++) {
    const segment = all[i]!
    if (segment.baseOffset >= maxOffset) break
    const from = sizeBytes > 0 ? 0 : positionOf(segment, offset)
    sizeBytes += Math.max(0, endOf(segment, maxOffset) - from)
  }
  return sizeBytes
}

/** Where the batch is that holds the offset, or comes after it. */
function positionOf(segment: Segment, offset: number): number {
  const known = knownPosition(segment, offset)
  return known >= 0 ? known : segment.locate(offset)?.position ?? segment.writtenBytes
}

// Reads batches that may have gone bad at rest: each one is compared with its checksum and with the
// offsets of its neighbours before anybody gets it (H3).

import {
  Batch, BATCH_OVERHEAD, batchBytesAt, isWholeAt, LOG_OVERHEAD, MAGIC,
} from '../protocol/records/batch.ts'
import type { BatchReader } from './batch-reader.ts'
import type { Soundness } from './soundness.ts'

/** A segment, as far as it matters here. */
export interface ReadSegment {
  readonly baseOffset: number
  /** One past the last offset it may hold; the base offset when that is not known yet. */
  readonly nextOffset: number
  readonly soundness: Soundness
  reader(fromOffset?: number): BatchReader
  /** The error of a place in the file where no sound batch is. */
  corruptAt(position: number): Error
}

/**
 * The batches of a segment, from one that holds the offset on. The batch is the same object each
 * time; its bytes stay. Throws CORRUPT_MESSAGE rather than leave something out.
 */
export function* soundBatches(segment: ReadSegment, fromOffset?: number): Generator<Batch> {
  const reader = segment.reader(fromOffset)
  const { batch } = reader
  let leastOffset = segment.baseOffset
  // Behind the last batch that a segment can hold nothing is missing, whatever is there.
  const isFull = (): boolean => (
    leastOffset === segment.nextOffset && leastOffset > segment.baseOffset)
  while (!isFull() && reader.next()) {
    const { position } = reader
    const isKnown = segment.soundness.knownTo(position) > position
    if (!isKnown && !isSound(batch, segment, leastOffset)) throw segment.corruptAt(position)
    segment.soundness.add(position, reader.nextPosition)
    leastOffset = batch.nextOffset
    yield batch
  }
  if (!reader.isAtEnd && !isFull()) throw segment.corruptAt(reader.nextPosition)
}

/**
 * What of bytes that were read from a segment is sound; what may be the first part of one more
 * batch is with it. Throws CORRUPT_MESSAGE when the first batch is not.
 */
export function soundBytes(segment: ReadSegment, bytes: Buffer, position: number): Buffer {
  const { soundness } = segment
  const known = soundness.knownTo(position) - position
  if (known >= bytes.length) return bytes
  const batch = new Batch(bytes)
  let leastOffset = segment.baseOffset
  let at = known
  let before = known
  while (isWholeAt(bytes, at)) {
    batch.at(bytes, at)
    if (batch.baseOffset < leastOffset) {
      // One of the two has a wrong offset, which no checksum tells.
      at = before
      break
    }
    if (!isSound(batch, segment, leastOffset)) break
    leastOffset = batch.nextOffset
    before = at
    at += batch.sizeBytes
  }
  if (at === 0) throw segment.corruptAt(position)
  soundness.add(position, position + at)
  return isPartAt(bytes, at) ? bytes : bytes.subarray(0, at)
}

/** Whether what begins at the position can be a batch that goes on behind the bytes. */
function isPartAt(bytes: Buffer, position: number): boolean {
  const left = bytes.length - position
  if (left < LOG_OVERHEAD) return true
  const sizeBytes = batchBytesAt(bytes, position)
  return sizeBytes >= BATCH_OVERHEAD && sizeBytes > left
}

/** Throws CORRUPT_MESSAGE for a segment that is not sound as a whole. */
export function mustBeSound(segment: ReadSegment): void {
  for (const batches = soundBatches(segment); batches.next().done !== true;);
}

function isSound(batch: Batch, segment: ReadSegment, leastOffset: number): boolean {
  const { baseOffset, nextOffset } = segment
  const isWithin = nextOffset === baseOffset || batch.nextOffset <= nextOffset
  return batch.magic === MAGIC && batch.lastOffsetDelta >= 0 && batch.baseOffset >= leastOffset
    && isWithin && batch.isCrcValid()
}

// Searches a segment's file for the batch of an offset, by the headers of batches.

import {
  Batch, BATCH_OVERHEAD, batchBytesAt, lastOffsetAt, MAGIC, MAGIC_AT,
} from '../protocol/records/batch.ts'
import { readInt64 } from '../protocol/records/int64.ts'
import type { DiskFile } from './disk.ts'
import { type ReadSegment, soundBytes } from './sound-batches.ts'

/** So much of a file is looked at in one read. */
const SEARCH_BYTES = 4096
/** Of a batch, as far as the delta of its last offset. */
const SEARCH_HEADER_BYTES = 27

/** A batch's place in its segment. */
export interface BatchPlace {
  readonly position: number
  readonly sizeBytes: number
}

export interface SearchedSegment extends ReadSegment {
  readonly file: DiskFile
  readonly writtenBytes: number
}

/**
 * The first written batch from the position on that holds the offset, or comes after it. Throws
 * CORRUPT_MESSAGE.
 */
export function locateFrom(
  segment: SearchedSegment, startPosition: number, offset: number,
): BatchPlace | undefined {
  const chunk = Buffer.allocUnsafe(SEARCH_BYTES)
  const { file, writtenBytes: end } = segment
  let chunkPosition = 0
  let chunkBytes = 0
  let leastOffset = segment.baseOffset
  let before: BatchPlace | undefined
  for (let position = startPosition; position < end;) {
    if (position + SEARCH_HEADER_BYTES > chunkPosition + chunkBytes) {
      chunkPosition = position
      chunkBytes = file.read(chunk, 0, Math.min(SEARCH_BYTES, end - position), position)
      if (chunkBytes < SEARCH_HEADER_BYTES) throw segment.corruptAt(position)
    }
    const at = position - chunkPosition
    const baseOffset = readInt64(chunk, at)
    const sizeBytes = batchBytesAt(chunk, at)
    const isWhole = sizeBytes >= BATCH_OVERHEAD && position + sizeBytes <= end
    if (!isWhole || baseOffset < leastOffset) throw segment.corruptAt(position)
    const lastOffset = lastOffsetAt(chunk, at)
    if (lastOffset >= offset) {
      if (baseOffset > offset) mustEndWhereItSays(segment, before)
      return { position, sizeBytes }
    }
    before = { position, sizeBytes }
    leastOffset = lastOffset + 1
    position += sizeBytes
  }
  if (offset < segment.nextOffset) mustEndWhereItSays(segment, before)
  return undefined
}

/** There is no batch for an offset: unless the one before it is damaged, and does not say so. */
function mustEndWhereItSays(segment: SearchedSegment, place: BatchPlace | undefined): void {
  if (place === undefined) return
  const { position, sizeBytes } = place
  if (segment.soundness.knownTo(position) > position) return
  const bytes = Buffer.allocUnsafe(sizeBytes)
  const count = segment.file.read(bytes, 0, sizeBytes, position)
  soundBytes(segment, bytes.subarray(0, count), position)
}

/**
 * Whether an entry of an offset index is true: batches begin at the position, and one of them ends
 * with the offset. It is the first, but for Kafka before 4.0, which had an entry for several.
 */
export function isBatchEnd(segment: SearchedSegment, start: number, offset: number): boolean {
  const header = Buffer.allocUnsafe(SEARCH_HEADER_BYTES)
  let leastOffset = segment.baseOffset
  for (let position = start; ;) {
    const count = segment.file.read(header, 0, SEARCH_HEADER_BYTES, position)
    if (count < SEARCH_HEADER_BYTES || header.readInt8(MAGIC_AT) !== MAGIC) return false
    const baseOffset = readInt64(header, 0)
    const lastOffset = lastOffsetAt(header, 0)
    if (baseOffset < leastOffset || lastOffset >= offset) {
      return baseOffset >= leastOffset && lastOffset === offset
    }
    const sizeBytes = batchBytesAt(header, 0)
    if (sizeBytes < BATCH_OVERHEAD) return false
    leastOffset = lastOffset + 1
    position += sizeBytes
  }
}

/** The largest timestamp of the batch at the position; undefined when there is none. */
export function maxTimestampAt({ file }: SearchedSegment, position: number): number | undefined {
  const header = Buffer.allocUnsafe(BATCH_OVERHEAD)
  const count = file.read(header, 0, BATCH_OVERHEAD, position)
  return count < BATCH_OVERHEAD ? undefined : new Batch(header).maxTimestamp
}

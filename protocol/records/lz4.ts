// LZ4 frames, one or several after the other, as Kafka's clients write them.

import { Decompressed } from './decompressed.ts'
import { loadLz4 } from './packages.ts'

const MAGIC = 0x184d2204
/** Frames that a reader passes over; the last digit is free. */
const SKIPPABLE_MAGIC = 0x184d2a50

const VERSION_MASK = 0xc0
const VERSION = 0x40
const BLOCK_CHECKSUM = 0x10
const CONTENT_SIZE = 0x08
const CONTENT_CHECKSUM = 0x04
const DICTIONARY = 0x01

const UNCOMPRESSED = 0x80000000
/** A byte of LZ4 stands for 255 bytes at most. */
const MAX_RATIO = 255

export function compressLz4(bytes: Buffer): Buffer {
  return loadLz4().compressFrameSync(bytes)
}

/** Throws an Error for what is no LZ4, ApiError for too much of it. */
export function decompressLz4(bytes: Buffer, maxSizeBytes: number): Buffer {
  const out = new Decompressed(maxSizeBytes)
  let position = 0
  while (position < bytes.length) {
    const { end, leastBytes, isSkippable } = frameAt(bytes, position)
    if (!isSkippable) {
      out.expect(leastBytes)
      out.add(loadLz4().decompressFrameSync(bytes.subarray(position, end)))
    }
    position = end
  }
  return out.bytes()
}

interface Frame {
  readonly end: number
  /** What comes out of it at least. */
  readonly leastBytes: number
  readonly isSkippable: boolean
}

/** Walks over the blocks of a frame to where it ends. */
function frameAt(bytes: Buffer, start: number): Frame {
  const magic = bytes.readUInt32LE(start)
  if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC) {
    return { end: start + 8 + bytes.readUInt32LE(start + 4), leastBytes: 0, isSkippable: true }
  }
  if (magic !== MAGIC) throw new Error('a frame has another magic number')
  const flags = bytes.readUInt8(start + 4)
  if ((flags & VERSION_MASK) !== VERSION) throw new Error('a frame has another version')
  const checksumBytes = (flags & BLOCK_CHECKSUM) === 0 ? 0 : 4
  let position = start + 7 + ((flags & CONTENT_SIZE) === 0 ? 0 : 8)
    + ((flags & DICTIONARY) === 0 ? 0 : 4)
  let leastBytes = 0
  for (;;) {
    const size = bytes.readUInt32LE(position)
    position += 4
    if (size === 0) break
    const isStored = size >= UNCOMPRESSED
    const length = isStored ? size - UNCOMPRESSED : size
    position += length + checksumBytes
    leastBytes += isStored ? length : length / MAX_RATIO
  }
  if ((flags & CONTENT_CHECKSUM) !== 0) position += 4
  return { end: position, leastBytes, isSkippable: false }
}

// LZ4 as Kafka has it: one frame of independent blocks, each uncompressed for itself, which is also
// several times faster than the native package is with whole frames.

import { Decompressed, MOST_SMALL_BYTES } from './decompressed.ts'
import { uncompressLz4Block } from './lz4-block.ts'
import { loadLz4 } from './packages.ts'
import { xxHash32 } from './xxhash32.ts'

const MAGIC = 0x184d2204
const HEADER_BYTES = 6
const CONTENT_SIZE_BYTES = 8
/** The native package has the uncompressed size in front of a block. */
const SIZE_BYTES = 4

const VERSION_MASK = 0xc0
const VERSION = 0x40
const INDEPENDENT_BLOCKS = 0x20
const BLOCK_CHECKSUM = 0x10
const CONTENT_SIZE = 0x08
const CONTENT_CHECKSUM = 0x04
const RESERVED = 0x03

const STORED = 0x80000000
/** A byte of LZ4 stands for 255 bytes at most, and seldom for more than 16. */
const MAX_RATIO = 255
const LIKELY_RATIO = 16
/** Smaller blocks are uncompressed in JavaScript: a call into native code costs more. */
const NATIVE_FROM_BYTES = 128

/** What Kafka's own clients write: version 1, independent blocks of 64 KiB, no checksums. */
const HEADER = Buffer.from('04224d18604082', 'hex')
const BLOCK_BYTES = 64 * 1024
const END_MARK = Buffer.alloc(4)

/** Where no native build loads, the blocks of the frame are as they were. */
export function compressLz4(bytes: Buffer): Buffer {
  const parts: Buffer[] = [HEADER]
  for (let start = 0; start < bytes.length; start += BLOCK_BYTES) {
    const block = bytes.subarray(start, start + BLOCK_BYTES)
    const compressed = loadLz4()?.compressSync(block).subarray(SIZE_BYTES)
    const isSmaller = compressed !== undefined && compressed.length < block.length
    const word = Buffer.allocUnsafe(4)
    word.writeUInt32LE(isSmaller ? compressed.length : STORED + block.length)
    parts.push(word, isSmaller ? compressed : block)
  }
  parts.push(END_MARK)
  return Buffer.concat(parts)
}

/**
 * Refuses what Kafka refuses: blocks that depend on each other, wrong checksums of header and
 * blocks. As Kafka it reads over the size and the checksum of the content, and ends behind the
 * first frame. Throws an Error for what is no LZ4, DecompressedTooLargeError for too much of it.
 */
export function decompressLz4(bytes: Buffer, maxSizeBytes: number): Buffer {
  const out = new Decompressed(maxSizeBytes)
  const { flags, maxBlockBytes, end } = readHeader(bytes)
  let position = end
  for (;;) {
    const word = bytes.readUInt32LE(position)
    const size = word % STORED
    const start = position + 4
    if (size === 0) break
    if (size > maxBlockBytes) throw new Error('a block is larger than its frame allows')
    if (size > bytes.length - start) throw new Error('a block is cut off')
    const block = bytes.subarray(start, start + size)
    position = start + size
    if ((flags & BLOCK_CHECKSUM) !== 0) {
      if (bytes.readUInt32LE(position) !== xxHash32(block)) throw new Error('a block is damaged')
      position += 4
    }
    if (word >= STORED) out.add(block)
    else uncompressBlock(block, maxBlockBytes, out)
  }
  if ((flags & CONTENT_CHECKSUM) !== 0) bytes.readUInt32LE(position + 4) // has to be there
  return out.bytes()
}

interface Header {
  readonly flags: number
  readonly maxBlockBytes: number
  readonly end: number
}

function readHeader(bytes: Buffer): Header {
  if (bytes.readUInt32LE(0) !== MAGIC) throw new Error('the frame has another magic number')
  const flags = bytes.readUInt8(4)
  if ((flags & VERSION_MASK) !== VERSION) throw new Error('the frame has another version')
  if ((flags & INDEPENDENT_BLOCKS) === 0) throw new Error('its blocks depend on each other')
  if ((flags & RESERVED) !== 0) throw new Error('reserved bits are set')
  const blockSize = bytes.readUInt8(5)
  const exponent = blockSize >>> 4
  if ((blockSize & 0x0f) !== 0 || exponent < 4 || exponent > 7) {
    throw new Error('the frame has an unknown size of blocks')
  }
  const end = HEADER_BYTES + ((flags & CONTENT_SIZE) === 0 ? 0 : CONTENT_SIZE_BYTES)
  const checksum = (xxHash32(bytes.subarray(4, end)) >>> 8) & 0xff
  if (bytes.readUInt8(end) !== checksum) throw new Error('the header of the frame is damaged')
  return { flags, maxBlockBytes: 1 << (2 * exponent + 8), end: end + 1 }
}

/** What comes out is bounded by the frame, by what LZ4 can do, and by the room that is left. */
function uncompressBlock(block: Buffer, maxBlockBytes: number, out: Decompressed): void {
  const mostBytes = Math.min(maxBlockBytes, block.length * MAX_RATIO)
  const capacity = Math.min(mostBytes, out.roomBytes + 1)
  if (block.length < NATIVE_FROM_BYTES && capacity <= MOST_SMALL_BYTES) {
    out.addSmall(capacity, (target) => uncompressLz4Block(block, target))
    return
  }
  out.add(uncompressLarge(block, mostBytes, capacity, out))
}

function uncompressLarge(
  block: Buffer, mostBytes: number, capacity: number, out: Decompressed,
): Buffer {
  // The frame may allow 4 MiB for a block of a few bytes: as much is allocated only if need be.
  const likelyBytes = Math.max(BLOCK_BYTES, block.length * LIKELY_RATIO)
  const uncompressed = likelyBytes < capacity ? uncompress(block, likelyBytes) : undefined
  if (uncompressed !== undefined) return uncompressed
  const all = uncompress(block, capacity)
  if (all !== undefined) return all
  if (capacity < mostBytes) out.expect(capacity) // most likely: it did not fit
  throw new Error('a block is damaged')
}

/** Undefined for a block that is damaged, or of which more than that comes out. */
function uncompress(block: Buffer, capacity: number): Buffer | undefined {
  const native = loadLz4()
  try {
    if (native !== undefined) return native.uncompressSync(withSize(block, capacity))
    const target = Buffer.allocUnsafe(capacity)
    return target.subarray(0, uncompressLz4Block(block, target))
  } catch {
    return undefined
  }
}

function withSize(block: Buffer, size: number): Buffer {
  const sized = Buffer.allocUnsafe(SIZE_BYTES + block.length)
  sized.writeUInt32LE(size, 0)
  block.copy(sized, SIZE_BYTES)
  return sized
}

// LZ4 as Kafka has it: one frame of independent blocks. It is walked here, so that limits are ours,
// and its blocks are uncompressed by the library of LZ4 itself, in WebAssembly: the native package
// makes new memory for each of them, which takes longer than the blocks do.

import { Decompressed } from './decompressed.ts'
import { loadLz4, lz4Space, resetLz4 } from './packages.ts'
import { xxHash32 } from './xxhash32.ts'

const MAGIC = 0x184d2204
const HEADER_BYTES = 6
const CONTENT_SIZE_BYTES = 8
const WORD_BYTES = 4
const CHECKSUM_BYTES = 4
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
/** A byte of LZ4 stands for 255 bytes at most. */
const MAX_RATIO = 255
/** What the library uncompresses at once, and gets at once: no block is larger. */
const MOST_ROOM_BYTES = 4 * 1024 * 1024

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
 * first frame. With `mayBorrow` what it gives may hold only until the next call. Throws an Error
 * for what is no LZ4, DecompressedTooLargeError for too much of it.
 */
export function decompressLz4(bytes: Buffer, maxSizeBytes: number, mayBorrow: boolean): Buffer {
  const out = new Decompressed(maxSizeBytes)
  const header = readHeader(bytes)
  let blocks = blocksAt(bytes, header.end, header)
  if (blocks.isLast && mayBorrow) {
    const view = uncompress(bytes, blocks, header.plain)
    out.expect(view.length)
    return view
  }
  for (; ; blocks = blocksAt(bytes, blocks.end, header)) {
    out.add(Buffer.from(uncompress(bytes, blocks, header.plain)))
    if (blocks.isLast) return out.bytes()
  }
}

interface Header {
  readonly flags: number
  readonly maxBlockBytes: number
  readonly end: number
  /** One for the same blocks that tells no more than the library has to know. */
  readonly plain: Buffer
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
  if (bytes.readUInt8(end) !== headerCheck(bytes.subarray(4, end))) {
    throw new Error('the header of the frame is damaged')
  }
  const plain = plainHeader(flags & BLOCK_CHECKSUM, blockSize)
  return { flags, maxBlockBytes: 1 << (2 * exponent + 8), end: end + 1, plain }
}

function headerCheck(descriptor: Buffer): number {
  return (xxHash32(descriptor) >>> 8) & 0xff
}

function plainHeader(blockChecksum: number, blockSize: number): Buffer {
  if (blockChecksum === 0 && blockSize === HEADER[5]) return HEADER
  const header = Buffer.from(HEADER)
  header[4] = VERSION | INDEPENDENT_BLOCKS | blockChecksum
  header[5] = blockSize
  header[HEADER_BYTES] = headerCheck(header.subarray(4, HEADER_BYTES))
  return header
}

/** Blocks that follow each other, and hold no more than the library is given room for. */
interface Blocks {
  readonly start: number
  readonly end: number
  /** What comes out of them at most. */
  readonly mostBytes: number
  /** The frame ends behind them. */
  readonly isLast: boolean
}

function blocksAt(bytes: Buffer, start: number, { flags, maxBlockBytes }: Header): Blocks {
  const checksumBytes = (flags & BLOCK_CHECKSUM) === 0 ? 0 : CHECKSUM_BYTES
  let end = start
  let mostBytes = 0
  for (;;) {
    const word = bytes.readUInt32LE(end)
    const size = word % STORED
    if (size === 0) break
    if (size > maxBlockBytes) throw new Error('a block is larger than its frame allows')
    const next = end + WORD_BYTES + size + checksumBytes
    if (next > bytes.length) throw new Error('a block is cut off')
    const mostMore = word >= STORED ? size : Math.min(maxBlockBytes, size * MAX_RATIO)
    const isTooMuch = Math.max(mostBytes + mostMore, next - start) > MOST_ROOM_BYTES
    if (isTooMuch && end > start) return { start, end, mostBytes, isLast: false }
    mostBytes += mostMore
    end = next
  }
  // Read over, but it has to be there.
  if ((flags & CONTENT_CHECKSUM) !== 0) bytes.readUInt32LE(end + WORD_BYTES)
  return { start, end, mostBytes, isLast: true }
}

/** The blocks as a frame of their own: a view of the library's memory. */
function uncompress(bytes: Buffer, { start, end, mostBytes }: Blocks, plain: Buffer): Buffer {
  const space = lz4Space()
  const blocksBytes = end - start
  const sizeBytes = plain.length + blocksBytes + WORD_BYTES
  const { library, source, target } = space.open(sizeBytes, mostBytes)
  const memory = library.HEAPU8
  const blocksStart = source + plain.length
  memory.set(plain, source)
  memory.set(bytes.subarray(start, end), blocksStart)
  memory.set(END_MARK, blocksStart + blocksBytes)
  const result = library._decompressFrame(library.context, target, mostBytes, source, sizeBytes)
  if (result >= 0) return space.result(result)
  if (!resetLz4(library)) space.discard()
  throw new Error('a block is damaged')
}

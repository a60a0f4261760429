// Zstandard. It is uncompressed by the library in WebAssembly, in memory that stays: Node has a
// native one (from 22.15 on), but its new memory for each batch costs more than it saves. That one
// compresses, where it is.

import * as zlib from 'node:zlib'
import { type ZstdLibrary, zstdSpace } from './packages.ts'
import { DecompressedTooLargeError } from './record-errors.ts'

const MAGIC = 0xfd2fb528
const SKIPPABLE_MAGIC = 0x184d2a50
const MAX_BLOCK_BYTES = 128 * 1024
/** What Kafka's library takes without being asked for more, and Node's own. */
const MAX_WINDOW_BYTES = 2 ** 27
const DEFAULT_LEVEL = 3
/** ZSTD_error_dstSize_tooSmall. */
const TARGET_TOO_SMALL = 70
/** Room for what comes out, as a multiple of what goes in: at first, and each time anew. */
const FIRST_RATIO = 8
const NEXT_RATIO = 4
const LEAST_ROOM_BYTES = 4 * 1024 * 1024
/** By so much at most a compression adds to 128 KiB, and to less than that. */
const MOST_ADDED_BYTES = 64

/** What `node:zlib` has from Node 22.15 on; the types of Node 20 do not know it. */
interface ZlibWithZstd {
  zstdCompressSync?(bytes: Buffer, options: { params: Record<number, number> }): Buffer
  readonly constants: { readonly ZSTD_c_compressionLevel?: number }
}
const { zstdCompressSync, constants } = zlib as unknown as ZlibWithZstd

export function compressZstd(bytes: Buffer, level = DEFAULT_LEVEL): Buffer {
  if (zstdCompressSync !== undefined) {
    return zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel!]: level } })
  }
  return Buffer.from(inMemory(bytes, compressBound(bytes.length), (zstd, target, size, source) => (
    zstd._ZSTD_compress(target, size, source, bytes.length, level)
  ))!) // the bound is always enough
}

/** ZSTD_compressBound. */
function compressBound(sizeBytes: number): number {
  return sizeBytes + (sizeBytes >>> 8) + MOST_ADDED_BYTES
}

/**
 * All frames at once. With `mayBorrow` what it gives may hold only until the next call. Throws an
 * Error for what is no zstd, DecompressedTooLargeError for too much of it.
 */
export function decompressZstd(bytes: Buffer, maxSizeBytes: number, mayBorrow: boolean): Buffer {
  const view = decompressInMemory(bytes, mostBytesOf(bytes), maxSizeBytes)
  if (view.length > maxSizeBytes) throw new DecompressedTooLargeError(maxSizeBytes)
  return mayBorrow ? view : Buffer.from(view)
}

/**
 * Honest frames fill most of the room that their blocks may need. Others say that they need a
 * thousand times what goes in: they get more when it was not enough.
 */
function decompressInMemory(bytes: Buffer, mostBytes: number, maxSizeBytes: number): Buffer {
  const capacity = Math.min(mostBytes, maxSizeBytes + 1)
  const first = Math.max(bytes.length * FIRST_RATIO, LEAST_ROOM_BYTES)
  for (let room = first; ; room *= NEXT_RATIO) {
    const targetSize = Math.min(room, capacity)
    const view = inMemory(bytes, targetSize, (zstd, target, size, source) => (
      zstd._ZSTD_decompress(target, size, source, bytes.length)
    ))
    if (view !== undefined) return view
    if (targetSize === mostBytes) throw new Error('a frame holds more than its blocks can')
    if (targetSize === capacity) throw new DecompressedTooLargeError(maxSizeBytes)
  }
}

/** What the library made of the bytes; undefined when the capacity was too small for it. */
function inMemory(
  bytes: Buffer, capacity: number,
  run: (zstd: ZstdLibrary, target: number, targetSize: number, source: number) => number,
): Buffer | undefined {
  const space = zstdSpace()
  const { library, source, target } = space.open(bytes.length, capacity)
  library.HEAPU8.set(bytes, source)
  const result = run(library, target, capacity, source)
  if (library._ZSTD_isError(result) === 0) return space.result(result)
  const code = -(result | 0)
  if (code === TARGET_TOO_SMALL) return undefined
  throw new Error(`zstd error ${code}`)
}

/** What comes out of the frames at most. */
function mostBytesOf(bytes: Buffer): number {
  let mostBytes = 0
  for (let position = 0; position < bytes.length;) {
    const frame = frameAt(bytes, position)
    if (frame.end > bytes.length) throw new Error('a frame is cut off')
    mostBytes += frame.mostBytes
    position = frame.end
  }
  return mostBytes
}

interface Frame {
  readonly end: number
  /** What comes out of it at most, counted block by block: the size in its header may lie. */
  readonly mostBytes: number
}

function frameAt(bytes: Buffer, start: number): Frame {
  const magic = bytes.readUInt32LE(start)
  if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC) {
    return { end: start + 8 + bytes.readUInt32LE(start + 4), mostBytes: 0 }
  }
  if (magic !== MAGIC) throw new Error('a frame has another magic number')
  const descriptor = bytes.readUInt8(start + 4)
  if (windowBytes(descriptor, bytes.readUInt8(start + 5)) > MAX_WINDOW_BYTES) {
    throw new Error('a frame asks for too large a window')
  }
  let position = start + 4 + headerBytes(descriptor)
  let mostBytes = 0
  for (;;) {
    const block = bytes.readUIntLE(position, 3)
    const type = (block >> 1) & 3
    const size = block >> 3
    const isRepeated = type === 1
    position += 3 + (isRepeated ? 1 : size)
    mostBytes += type === 2 ? MAX_BLOCK_BYTES : size
    if ((block & 1) === 1) break
  }
  const hasChecksum = (descriptor & 4) !== 0
  return { end: position + (hasChecksum ? 4 : 0), mostBytes }
}

/** How far back a frame may refer, by its own word; a single segment says it by its content. */
function windowBytes(descriptor: number, window: number): number {
  const isSingleSegment = (descriptor & 0x20) !== 0
  if (isSingleSegment) return 0
  return 2 ** (10 + (window >> 3)) * (1 + (window & 7) / 8)
}

/** Descriptor, window, dictionary id and content size, whose lengths the descriptor tells. */
function headerBytes(descriptor: number): number {
  const isSingleSegment = (descriptor & 0x20) !== 0
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!
  const sizeFlag = descriptor >> 6
  const sizeBytes = sizeFlag === 0 ? (isSingleSegment ? 1 : 0) : 1 << sizeFlag
  return 1 + (isSingleSegment ? 0 : 1) + dictionaryBytes + sizeBytes
}

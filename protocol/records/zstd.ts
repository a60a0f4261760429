// Zstandard: Node's own where it has it (22.15), the library in WebAssembly where it has not.

import * as zlib from 'node:zlib'
import { Decompressed } from './decompressed.ts'
import { loadZstd, type ZstdLibrary } from './packages.ts'

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
const LEAST_ROOM_BYTES = 128 * 1024
/** More frames than these go to the library at once: Node takes one, and a while for each. */
const FEW_FRAMES = 4
const LEAST_CHUNK_BYTES = 4 * 1024
const MOST_CHUNK_BYTES = 256 * 1024

/** What `node:zlib` has from Node 22.15 on; the types of Node 20 do not know it. */
interface ZlibWithZstd {
  zstdCompressSync?(bytes: Buffer, options: { params: Record<number, number> }): Buffer
  zstdDecompressSync?(
    bytes: Buffer, options: { maxOutputLength: number, chunkSize: number },
  ): Buffer
  readonly constants: { readonly ZSTD_c_compressionLevel?: number }
}
const { zstdCompressSync, zstdDecompressSync, constants } = zlib as unknown as ZlibWithZstd

export function compressZstd(bytes: Buffer, level = DEFAULT_LEVEL): Buffer {
  if (zstdCompressSync !== undefined) {
    return zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel!]: level } })
  }
  const zstd = loadZstd()
  const bound = zstd._ZSTD_compressBound(bytes.length)
  return withMemory(zstd, bytes, bound, (target, size, source) => (
    zstd._ZSTD_compress(target, size, source, bytes.length, level)
  ))! // the bound is always enough
}

/** Throws an Error for what is no zstd, DecompressedTooLargeError for too much of it. */
export function decompressZstd(bytes: Buffer, maxSizeBytes: number): Buffer {
  const frames = framesOf(bytes)
  const out = new Decompressed(maxSizeBytes)
  if (frames.length > FEW_FRAMES) {
    const mostBytes = frames.reduce((sum, frame) => sum + frame.mostBytes, 0)
    out.add(decompressInMemory(bytes, Math.min(mostBytes, maxSizeBytes + 1), mostBytes, out))
    return out.bytes()
  }
  for (const { start, end, mostBytes } of frames) {
    out.add(decompressFrame(bytes.subarray(start, end), mostBytes, out))
  }
  return out.bytes()
}

/** Those that something may come out of. */
function framesOf(bytes: Buffer): Frame[] {
  const frames: Frame[] = []
  for (let position = 0; position < bytes.length;) {
    const frame = frameAt(bytes, position)
    // Node 22 gives what it could read of such a frame, and no error.
    if (frame.end > bytes.length) throw new Error('a frame is cut off')
    if (frame.mostBytes > 0) frames.push(frame)
    position = frame.end
  }
  return frames
}

function decompressFrame(frame: Buffer, mostBytes: number, out: Decompressed): Buffer {
  const capacity = Math.min(mostBytes, out.roomBytes + 1)
  if (zstdDecompressSync === undefined) return decompressInMemory(frame, capacity, mostBytes, out)
  const likelyBytes = Math.min(capacity, frame.length * FIRST_RATIO, MOST_CHUNK_BYTES)
  const chunkSize = Math.max(likelyBytes, LEAST_CHUNK_BYTES)
  try {
    return zstdDecompressSync(frame, { maxOutputLength: capacity, chunkSize })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') out.expect(capacity)
    throw error
  }
}

/** A frame seldom tells how much comes out of it: the room for it grows until it is enough. */
function decompressInMemory(
  frame: Buffer, capacity: number, mostBytes: number, out: Decompressed,
): Buffer {
  const zstd = loadZstd()
  const first = Math.max(frame.length * FIRST_RATIO, LEAST_ROOM_BYTES)
  for (let room = first; ; room *= NEXT_RATIO) {
    const targetSize = Math.min(room, capacity)
    const bytes = withMemory(zstd, frame, targetSize, (target, size, source) => (
      zstd._ZSTD_decompress(target, size, source, frame.length)
    ))
    if (bytes !== undefined) return bytes
    if (targetSize === mostBytes) throw new Error('a frame holds more than its blocks can')
    if (targetSize === capacity) out.expect(capacity)
  }
}

/**
 * Copies the bytes into the library's memory, runs it, and copies out what it made. Undefined when
 * the capacity was too small.
 */
function withMemory(
  zstd: ZstdLibrary, bytes: Buffer, capacity: number,
  run: (target: number, targetSize: number, source: number) => number,
): Buffer | undefined {
  const source = zstd._malloc(Math.max(1, bytes.length))
  const target = zstd._malloc(Math.max(1, capacity))
  try {
    if (source === 0 || target === 0) throw new Error('not enough memory')
    zstd.HEAPU8.set(bytes, source)
    const result = run(target, capacity, source)
    if (zstd._ZSTD_isError(result) !== 0) {
      const code = -(result | 0)
      if (code === TARGET_TOO_SMALL) return undefined
      throw new Error(`zstd error ${code}`)
    }
    return Buffer.from(zstd.HEAPU8.subarray(target, target + result))
  } finally {
    zstd._free(source)
    zstd._free(target)
  }
}

interface Frame {
  readonly start: number
  readonly end: number
  /** What comes out of it at most, counted block by block: the size in its header may lie. */
  readonly mostBytes: number
}

function frameAt(bytes: Buffer, start: number): Frame {
  const magic = bytes.readUInt32LE(start)
  if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC) {
    return { start, end: start + 8 + bytes.readUInt32LE(start + 4), mostBytes: 0 }
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
  return { start, end: position + (hasChecksum ? 4 : 0), mostBytes }
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

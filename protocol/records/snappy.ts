// Snappy as Kafka has it: in the chunks of the xerial library, or as one bare block.

import { Decompressed, MOST_SMALL_BYTES } from './decompressed.ts'
import { loadSnappy } from './packages.ts'
import { snappyBlockSize, uncompressSnappyBlock } from './snappy-block.ts'

/** What the xerial framing starts with: its name, version 1, compatible to version 1. */
const XERIAL_HEADER = Buffer.from('82534e41505059000000000100000001', 'hex')
const XERIAL_MAGIC_BYTES = 8
/** Java's block size; readers take any. */
const CHUNK_BYTES = 32 * 1024
/** Three bytes of snappy stand for 64 bytes at most. */
const MAX_RATIO = 22
/** Below this size a call into native code costs more than it saves, by measurement. */
const NATIVE_FROM_BYTES = 128

export function compressSnappy(bytes: Buffer): Buffer {
  const snappy = loadSnappy()
  const parts: Buffer[] = [XERIAL_HEADER]
  for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
    const chunk = snappy.compress(bytes.subarray(start, start + CHUNK_BYTES))
    const length = Buffer.allocUnsafe(4)
    length.writeInt32BE(chunk.length)
    parts.push(length, chunk)
  }
  return Buffer.concat(parts)
}

/** Throws an Error for what is no snappy, DecompressedTooLargeError for too much of it. */
export function decompressSnappy(bytes: Buffer, maxSizeBytes: number): Buffer {
  const out = new Decompressed(maxSizeBytes)
  if (!isXerial(bytes)) {
    block(bytes, out)
    return out.bytes()
  }
  let position = XERIAL_HEADER.length
  while (position < bytes.length) {
    // Streams may be joined: another header then stands where a length would.
    if (isXerial(bytes, position)) {
      position += XERIAL_HEADER.length
      continue
    }
    const length = bytes.readInt32BE(position)
    const end = position + 4 + length
    if (length < 0 || end > bytes.length) throw new Error('a chunk ends behind the data')
    block(bytes.subarray(position + 4, end), out)
    position = end
  }
  return out.bytes()
}

/** By its name alone: snappy-java lets any version pass. */
function isXerial(bytes: Buffer, at = 0): boolean {
  return bytes[at] === XERIAL_HEADER[0] && bytes.length - at >= XERIAL_HEADER.length
    && bytes.compare(XERIAL_HEADER, 0, XERIAL_MAGIC_BYTES, at, at + XERIAL_MAGIC_BYTES) === 0
}

function block(bytes: Buffer, out: Decompressed): void {
  // The size stands in front: it is held against the limits before anything is allocated.
  const size = snappyBlockSize(bytes)
  if (size > bytes.length * MAX_RATIO) throw new Error('a block says that it holds too much')
  out.expect(size)
  if (bytes.length >= NATIVE_FROM_BYTES || size > MOST_SMALL_BYTES) {
    out.add(loadSnappy().uncompress(bytes))
    return
  }
  out.addSmall(size, (target) => {
    uncompressSnappyBlock(bytes, target)
    return size
  })
}

// Snappy as Kafka has it: in the chunks of the xerial library, or as one bare block.

import { Decompressed } from './decompressed.ts'
import { loadSnappy } from './packages.ts'

/** What the xerial framing starts with: its name, version 1, compatible to version 1. */
const XERIAL_HEADER = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1])
const XERIAL_MAGIC_BYTES = 8
/** Java's block size; readers take any. */
const CHUNK_BYTES = 32 * 1024

export function compressSnappy(bytes: Buffer): Buffer {
  const snappy = loadSnappy()
  const parts: Buffer[] = [XERIAL_HEADER]
  for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
    const chunk = snappy.compressSync(bytes.subarray(start, start + CHUNK_BYTES))
    const length = Buffer.allocUnsafe(4)
    length.writeInt32BE(chunk.length)
    parts.push(length, chunk)
  }
  return Buffer.concat(parts)
}

/** Throws an Error for what is no snappy, ApiError for too much of it. */
export function decompressSnappy(bytes: Buffer, maxSizeBytes: number): Buffer {
  const out = new Decompressed(maxSizeBytes)
  if (!isXerial(bytes)) {
    block(bytes, out)
    return out.bytes()
  }
  let position = XERIAL_HEADER.length
  while (position < bytes.length) {
    // Streams may be joined: another header then stands where a length would.
    if (isXerial(bytes.subarray(position))) {
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

function isXerial(bytes: Buffer): boolean {
  return bytes.length >= XERIAL_HEADER.length
    && bytes.compare(XERIAL_HEADER, 0, XERIAL_MAGIC_BYTES, 0, XERIAL_MAGIC_BYTES) === 0
}

function block(bytes: Buffer, out: Decompressed): void {
  // The size stands in front: it is held against the limit before anything is allocated.
  out.expect(uncompressedSize(bytes))
  if (bytes.length > 0) out.add(loadSnappy().uncompressSync(bytes, { asBuffer: true }))
}

function uncompressedSize(bytes: Buffer): number {
  let size = 0
  for (let index = 0; index < 5 && index < bytes.length; index += 1) {
    size += (bytes[index]! & 0x7f) * 2 ** (7 * index)
    if (bytes[index]! < 0x80) return size
  }
  throw new Error('the size of a block is cut off')
}

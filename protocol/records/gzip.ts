// Gzip as Kafka reads it, which is as Java does: member after member, until something else follows.

import * as zlib from 'node:zlib'
import { Decompressed } from './decompressed.ts'

const MAGIC = 0x8b1f
const DEFLATE = 8
/** Magic, method, flags, time, extra flags, system. */
const HEADER_BYTES = 10
/** Checksum and size of what comes out. */
const TRAILER_BYTES = 8
const HEADER_CHECKSUM = 2
const EXTRA = 4
const NAME = 8
const COMMENT = 16

/** To start on a member takes microseconds; honest streams have one. */
const MOST_MEMBERS = 64
const LEAST_CHUNK_BYTES = 16 * 1024
const MOST_CHUNK_BYTES = 256 * 1024
/** What comes out is seldom more than so many times what goes in. */
const LIKELY_RATIO = 4

export function compressGzip(bytes: Buffer, level?: number): Buffer {
  return zlib.gzipSync(bytes, level === undefined ? {} : { level })
}

/** Throws an Error for what is no gzip, DecompressedTooLargeError for too much of it. */
export function decompressGzip(bytes: Buffer, maxSizeBytes: number): Buffer {
  const out = new Decompressed(maxSizeBytes)
  let start = headerEnd(bytes, 0)
  if (start === undefined) throw new Error('it has another magic number')
  for (let members = 1; start !== undefined; members += 1) {
    const trailer: number = start + inflate(bytes.subarray(start), out)
    const end = trailer + TRAILER_BYTES
    // As in Java, fewer bytes than the least header and trailer take are not looked at.
    const isLast = bytes.length - end <= HEADER_BYTES + TRAILER_BYTES
    start = isLast ? undefined : headerEnd(bytes, end)
    if (start === undefined || members < MOST_MEMBERS) continue
    out.add(gunzip(bytes.subarray(end), out))
    break
  }
  return out.bytes()
}

/** Where the header of a member ends; undefined where there is none. */
function headerEnd(bytes: Buffer, start: number): number | undefined {
  if (bytes.length - start < HEADER_BYTES) return undefined
  if (bytes.readUInt16LE(start) !== MAGIC || bytes[start + 2] !== DEFLATE) return undefined
  const flags = bytes[start + 3]!
  let at = start + HEADER_BYTES
  if ((flags & EXTRA) !== 0) {
    if (at + 2 > bytes.length) return undefined
    at += 2 + bytes.readUInt16LE(at)
  }
  for (const text of [NAME, COMMENT]) {
    if ((flags & text) === 0) continue
    const end = bytes.indexOf(0, at)
    if (end < 0) return undefined
    at = end + 1
  }
  if ((flags & HEADER_CHECKSUM) !== 0) {
    if (at + 2 > bytes.length) return undefined
    const checksum = zlib.crc32(bytes.subarray(start, at)) & 0xffff
    if (bytes.readUInt16LE(at) !== checksum) return undefined
    at += 2
  }
  return at <= bytes.length ? at : undefined
}

/** Uncompresses one member from behind its header; gives how many bytes it has to its trailer. */
function inflate(bytes: Buffer, out: Decompressed): number {
  const { buffer, engine } = bounded(out, bytes.length, (options) => (
    zlib.inflateRawSync(bytes, { ...options, info: true }) as unknown as
      { buffer: Buffer, engine: { bytesWritten: number } }
  ))
  const read = engine.bytesWritten
  if (bytes.length - read < TRAILER_BYTES) throw new Error('it is cut off')
  if (bytes.readUInt32LE(read) !== zlib.crc32(buffer)) throw new Error('it is damaged')
  if (bytes.readUInt32LE(read + 4) !== buffer.length) throw new Error('its size is another')
  out.add(buffer)
  return read
}

/** All that is left at once. */
function gunzip(bytes: Buffer, out: Decompressed): Buffer {
  return bounded(out, bytes.length, (options) => zlib.gunzipSync(bytes, options))
}

function bounded<T>(
  out: Decompressed, sizeBytes: number,
  run: (options: { maxOutputLength: number, chunkSize: number }) => T,
): T {
  const likelyBytes = Math.min(sizeBytes * LIKELY_RATIO, out.roomBytes)
  const chunkSize = Math.min(Math.max(likelyBytes, LEAST_CHUNK_BYTES), MOST_CHUNK_BYTES)
  try {
    // Node knows no limit of 0: the one byte is refused where it is added.
    return run({ maxOutputLength: Math.max(1, out.roomBytes), chunkSize })
  } catch (error) {
    const isTooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
    if (isTooLarge) out.expect(out.roomBytes + 1)
    throw error
  }
}

// The same records compressed in every way that clients in the field do, and in ways that nobody
// should: what Kafka reads must be read here, and what it refuses, refused.

import * as zlib from 'node:zlib'
import { crc32c } from '../../protocol/records/crc32c.ts'
import { CODECS, compress, type Codec } from '../../protocol/records/compression.ts'
import { loadLz4, nativeSnappy } from '../../protocol/records/packages.ts'
import { xxHash32 } from '../../protocol/records/xxhash32.ts'
import { oneOf } from './random-batches.ts'
import type { Below } from '../harness/random.ts'

export interface Framing {
  readonly name: string
  readonly codec: Exclude<Codec, 'none'>
  frame(payload: Buffer, below: Below): Buffer
}

const EMPTY = Buffer.alloc(0)

/** The batch (without a codec) with a payload that somebody else compressed. */
export function withPayload(batch: Buffer, codec: Codec, payload: Buffer): Buffer {
  const bytes = Buffer.concat([batch.subarray(0, 61), payload])
  bytes.writeInt32BE(bytes.length - 12, 8)
  bytes.writeInt16BE(bytes.readInt16BE(21) | CODECS.indexOf(codec), 21)
  bytes.writeUInt32BE(crc32c(bytes, 21), 17)
  return bytes
}

/** Cut into up to four pieces, of which some may be empty. */
function pieces(payload: Buffer, below: Below): Buffer[] {
  const cuts = Array.from({ length: below(4) }, () => below(payload.length + 1))
  const ends = [...cuts, payload.length].sort((a, b) => a - b)
  return ends.map((end, i) => payload.subarray(ends[i - 1] ?? 0, end))
}

const gzip = (bytes: Buffer, below: Below) => zlib.gzipSync(bytes, { level: below(10) })

/** With the optional fields of RFC 1952: extra, name, comment, checksum of the header. */
function gzipWithFields(payload: Buffer): Buffer {
  const fields = Buffer.concat([
    Buffer.from([0x1f, 0x8b, 8, 0x1e, 1, 2, 3, 4, 2, 255]),
    Buffer.from([3, 0, 7, 8, 9]), Buffer.from('name\0a comment\0'),
  ])
  const check = Buffer.alloc(2)
  check.writeUInt16LE(crc32(fields) & 0xffff)
  return Buffer.concat([fields, check, zlib.gzipSync(payload).subarray(10)])
}

/** Node 20 has none: it stands at the end of what gzip makes. */
function crc32(bytes: Buffer): number {
  return zlib.gzipSync(bytes).readUInt32LE(zlib.gzipSync(bytes).length - 8)
}

const GZIP: readonly Omit<Framing, 'codec'>[] = [
  { name: 'one member', frame: gzip },
  {
    name: 'several members',
    frame: (payload, below) => Buffer.concat(pieces(payload, below).map((of) => gzip(of, below))),
  },
  { name: 'an empty member at the end', frame: (payload, below) => (
    Buffer.concat([gzip(payload, below), gzip(EMPTY, below)])) },
  { name: 'all fields of the header', frame: gzipWithFields },
  { name: 'something behind it', frame: (payload, below) => (
    Buffer.concat([gzip(payload, below), Buffer.from('no gzip'.repeat(5))])) },
  { name: 'zlib in its place', frame: (payload) => zlib.deflateSync(payload) },
]

interface Lz4Options {
  readonly flags?: number
  /** 4 to 7: 64 KiB to 4 MiB. */
  readonly blockSize?: number
  readonly contentSize?: number
  readonly isStored?: boolean
  readonly contentChecksum?: number
}

/** A frame with whatever its header says, and the checksums that belong to it. */
function lz4Frame(payload: Buffer, options: Lz4Options = {}): Buffer {
  const { flags = 0x60, blockSize = 4, contentSize, isStored = false } = options
  const size = Buffer.alloc(contentSize === undefined ? 0 : 8)
  if (contentSize !== undefined) size.writeBigUInt64LE(BigInt(contentSize))
  const all = flags | (contentSize === undefined ? 0 : 8)
  const descriptor = Buffer.concat([Buffer.from([all, blockSize << 4]), size])
  const parts: Buffer[] = [Buffer.from('04224d18', 'hex'), descriptor,
    Buffer.from([xxHash32(descriptor) >>> 8 & 0xff])]
  const most = 1 << 2 * blockSize + 8
  for (let at = 0; at < payload.length; at += most) {
    const piece = payload.subarray(at, at + most)
    const block = isStored ? piece : loadLz4()!.compressSync(piece).subarray(4)
    parts.push(word(block.length + (isStored ? 2 ** 31 : 0)), block)
    if ((all & 0x10) !== 0) parts.push(word(xxHash32(block)))
  }
  parts.push(word(0))
  if ((all & 4) !== 0) parts.push(word(options.contentChecksum ?? xxHash32(payload)))
  return Buffer.concat(parts)
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

const lz4 = (name: string, options: Lz4Options) => (
  { name, frame: (payload: Buffer) => lz4Frame(payload, options) }
)

const LZ4: readonly Omit<Framing, 'codec'>[] = [
  { name: 'a block size and checksums', frame: (payload, below) => lz4Frame(payload, {
    flags: oneOf([0x60, 0x70, 0x64, 0x74], below), blockSize: 4 + below(4),
    isStored: below(3) === 0,
  }) },
  { name: 'the size of its content', frame: (payload) => (
    lz4Frame(payload, { contentSize: payload.length })) },
  lz4('a lie for the size of its content', { contentSize: 2 ** 50 }),
  lz4('a lie for the checksum of its content', { flags: 0x64, contentChecksum: 1 }),
  { name: 'two frames', frame: (payload, below) => (
    Buffer.concat(pieces(payload, below).map((of) => lz4Frame(of)))) },
  { name: 'an empty frame behind it', frame: (payload) => (
    Buffer.concat([lz4Frame(payload), lz4Frame(EMPTY)])) },
  { name: 'something behind it', frame: (payload) => (
    Buffer.concat([lz4Frame(payload), Buffer.from('no lz4')])) },
  lz4('linked blocks', { flags: 0x40 }),
  lz4('a dictionary', { flags: 0x61 }),
  lz4('version 0', { flags: 0x20 }),
  { name: 'a wrong checksum of the header', frame: (payload) => {
    const frame = lz4Frame(payload)
    frame[6]! ^= 1
    return frame
  } },
]

/** In chunks as large as asked for. */
function xerial(payload: Buffer, chunkBytes: number, header = '0000000100000001'): Buffer {
  const parts: Buffer[] = [Buffer.from(`82534e4150505900${header}`, 'hex')]
  for (let at = 0; at < payload.length; at += chunkBytes) {
    const chunk = nativeSnappy().compress(payload.subarray(at, at + chunkBytes))
    const length = Buffer.alloc(4)
    length.writeInt32BE(chunk.length)
    parts.push(length, chunk)
  }
  return Buffer.concat(parts)
}

const SNAPPY: readonly Omit<Framing, 'codec'>[] = [
  { name: 'raw', frame: (payload) => nativeSnappy().compress(payload) },
  { name: 'chunks of any size', frame: (payload, below) => xerial(payload, 1 + below(70_000)) },
  { name: 'several streams', frame: (payload, below) => (
    Buffer.concat(pieces(payload, below).map((of) => xerial(of, 20_000)))) },
  { name: 'another version', frame: (payload) => xerial(payload, 32_768, '0000000900000009') },
  { name: 'no version that is compatible', frame: (payload) => (
    xerial(payload, 32_768, '0000000100000000')) },
  { name: 'a chunk that is cut off', frame: (payload) => xerial(payload, 32_768).subarray(0, -3) },
]

interface ZstdOptions {
  /** What the header says, of 8 bytes; nothing is said where it is left out. */
  readonly contentSize?: number
  /** Exponent and mantissa; with a content size alone, that is the window. */
  readonly window?: number
  readonly dictionary?: number
}

/** A frame of blocks that are stored as they are. */
function zstdFrame(payload: Buffer, options: ZstdOptions): Buffer {
  const { contentSize, window, dictionary } = options
  const parts: Buffer[] = [Buffer.from('28b52ffd', 'hex'), Buffer.from([
    (contentSize === undefined ? 0 : 0xc0) | (window === undefined ? 0x20 : 0)
      | (dictionary === undefined ? 0 : 1),
  ])]
  if (window !== undefined) parts.push(Buffer.from([window]))
  if (dictionary !== undefined) parts.push(Buffer.from([dictionary]))
  if (contentSize !== undefined) {
    const size = Buffer.alloc(8)
    size.writeBigUInt64LE(BigInt(contentSize))
    parts.push(size)
  }
  const most = 1024
  for (let at = 0; ; at += most) {
    const block = payload.subarray(at, at + most)
    const isLast = at + most >= payload.length
    parts.push(word(block.length * 8 + (isLast ? 1 : 0)).subarray(0, 3), block)
    if (isLast) return Buffer.concat(parts)
  }
}

/** Windows of 1 KiB times two to the exponent. */
const windowOf = (exponent: number) => exponent << 3

const skippable = Buffer.concat([Buffer.from('502a4d18', 'hex'), word(5), Buffer.from('skip!')])
const zstd = (payload: Buffer, below: Below) => (
  compress('zstd', payload, oneOf([-5, 1, 3, 15], below))
)

const ZSTD: readonly Omit<Framing, 'codec'>[] = [
  { name: 'several frames', frame: (payload, below) => (
    Buffer.concat(pieces(payload, below).map((of) => zstd(of, below)))) },
  { name: 'frames to be skipped', frame: (payload, below) => (
    Buffer.concat([skippable, zstd(payload, below), skippable, skippable])) },
  { name: 'stored blocks without a size', frame: (payload) => (
    zstdFrame(payload, { window: windowOf(1) })) },
  { name: 'the size of its content', frame: (payload) => (
    zstdFrame(payload, { window: windowOf(1), contentSize: payload.length })) },
  { name: 'the size of its content alone', frame: (payload) => (
    zstdFrame(payload, { contentSize: payload.length })) },
  { name: 'a lie for the size: more', frame: (payload) => (
    zstdFrame(payload, { window: windowOf(1), contentSize: 2 ** 50 })) },
  { name: 'a lie for the size: less', frame: (payload) => (
    zstdFrame(payload, { window: windowOf(1), contentSize: payload.length - 1 })) },
  { name: 'a window of 128 MiB', frame: (payload) => (
    zstdFrame(payload, { window: windowOf(17) })) },
  { name: 'a window of 256 MiB', frame: (payload) => (
    zstdFrame(payload, { window: windowOf(18) })) },
  { name: 'a window of 3.75 TiB', frame: (payload) => zstdFrame(payload, { window: 0xff }) },
  { name: 'a dictionary', frame: (payload) => (
    zstdFrame(payload, { window: windowOf(1), dictionary: 7 })) },
  { name: 'something behind it', frame: (payload, below) => (
    Buffer.concat([zstd(payload, below), Buffer.from('no zstd')])) },
  { name: 'an end that is cut off', frame: (payload) => (
    zstdFrame(payload, { window: windowOf(1) }).subarray(0, -1)) },
  { name: 'level 22', frame: (payload) => compress('zstd', payload, 22) },
]

const of = (codec: Framing['codec'], framings: readonly Omit<Framing, 'codec'>[]): Framing[] => (
  framings.map((framing) => ({ ...framing, codec }))
)

export const FRAMINGS: readonly Framing[] = [
  ...of('gzip', GZIP), ...of('lz4', LZ4), ...of('snappy', SNAPPY), ...of('zstd', ZSTD),
]

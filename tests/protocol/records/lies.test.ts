// Compressed bytes that lie about what is in them: what comes out is counted, not believed.

import { gzipSync } from 'node:zlib'
import { describe, expect, test } from '@jest/globals'
import { ApiError, Errors } from '../../../protocol/errors.ts'
import {
  compress, decompress, defaultMaxSizeBytes, type Codec,
} from '../../../protocol/records/compression.ts'
import { nativeSnappy } from '../../../protocol/records/packages.ts'
import { snappyBlockSize, uncompressSnappyBlock } from '../../../protocol/records/snappy-block.ts'
import { xxHash32 } from '../../../protocol/records/xxhash32.ts'

const MIB = 1024 * 1024
const HALF_MIB = MIB / 2

type Outcome = 'refused' | 'too large' | Buffer

/** With a limit of 1 MiB. */
function read(codec: Codec, bytes: Buffer, maxSizeBytes = MIB): Outcome {
  try {
    return decompress(codec, bytes, { maxSizeBytes })
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return error.code === Errors.MESSAGE_TOO_LARGE ? 'too large' : 'refused'
  }
}

const text = Buffer.from('what the records are '.repeat(100))

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value >>> 0)
  return bytes
}

describe('gzip', () => {
  test('a size at the end that is another is refused', () => {
    const member = gzipSync(text)
    expect(read('gzip', member)).toEqual(text)
    member.writeUInt32LE(1, member.length - 4)
    expect(read('gzip', member)).toBe('refused')
  })

  test('members are counted together', () => {
    const half = gzipSync(Buffer.alloc(HALF_MIB))
    expect(read('gzip', Buffer.concat([half, half]))).toHaveLength(MIB)
    expect(read('gzip', Buffer.concat([half, half, gzipSync(text)]))).toBe('too large')
  })
})

describe('snappy', () => {
  const block = nativeSnappy().compress(text)
  const sized = (size: number[]) => Buffer.concat([Buffer.from(size), block.subarray(2)])

  test('a block that holds less or more than it says is refused', () => {
    expect(snappyBlockSize(block)).toBe(text.length)
    expect(read('snappy', sized([0xb3, 0x10]))).toBe('refused')
    expect(read('snappy', sized([0xb5, 0x10]))).toBe('refused')
    expect(read('snappy', sized([0xff, 0xff, 0xff, 0xff, 0x0f]))).toBe('refused')
    expect(read('snappy', sized([0xff, 0xff, 0xff, 0xff, 0xff]))).toBe('refused')
  })

  test('a chunk whose length is negative or behind the end is refused', () => {
    const framed = compress('snappy', text)
    for (const length of [-1, 0x7fffffff, block.length + 1]) {
      framed.writeInt32BE(length, 16)
      expect(read('snappy', framed)).toBe('refused')
    }
  })

  test('chunks are counted together, small ones too', () => {
    const chunk = compress('snappy', Buffer.alloc(32 * 1024)).subarray(16)
    const head = compress('snappy', Buffer.alloc(0))
    const chunks = (count: number) => Array.from({ length: count }, () => chunk)
    expect(read('snappy', Buffer.concat([head, ...chunks(32)]))).toHaveLength(MIB)
    expect(read('snappy', Buffer.concat([head, ...chunks(33)]))).toBe('too large')
    const small = Buffer.from('00000003010061', 'hex') // "a"
    const many = Buffer.concat([head, ...Array.from({ length: 10_000 }, () => small)])
    expect(read('snappy', many)).toEqual(Buffer.alloc(10_000, 'a'))
    expect(read('snappy', many, 9_999)).toBe('too large')
  })

  test('is uncompressed alike by JavaScript, which sees damage as well', () => {
    const target = Buffer.alloc(text.length)
    uncompressSnappyBlock(block, target)
    expect(target).toEqual(text)
    const refusedAlike = (bytes: Buffer) => {
      const byScript = () => {
        const out = Buffer.alloc(snappyBlockSize(bytes))
        uncompressSnappyBlock(bytes, out)
        return out
      }
      try {
        expect(byScript()).toEqual(nativeSnappy().uncompress(bytes))
      } catch {
        expect(() => nativeSnappy().uncompress(bytes)).toThrow()
      }
    }
    for (let at = 2; at < block.length; at += 1) {
      refusedAlike(block.subarray(0, at))
      for (const value of [0, 0x7f, 0xf0, 0xff]) {
        const damaged = Buffer.from(block)
        damaged[at] = value
        refusedAlike(damaged)
      }
    }
  })
})

describe('lz4', () => {
  const header = (blockSize: number, contentSize?: bigint) => {
    const size = Buffer.alloc(contentSize === undefined ? 0 : 8)
    if (contentSize !== undefined) size.writeBigUInt64LE(contentSize)
    const flags = contentSize === undefined ? 0x60 : 0x68
    const descriptor = Buffer.concat([Buffer.from([flags, blockSize << 4]), size])
    const check = Buffer.from([xxHash32(descriptor) >>> 8 & 0xff])
    return Buffer.concat([Buffer.from('04224d18', 'hex'), descriptor, check])
  }
  const body = compress('lz4', text).subarray(7)

  test.each([0n, 1n, 2n ** 64n - 1n])('a size of its content of %d does not count', (size) => {
    expect(read('lz4', Buffer.concat([header(4, size), body]))).toEqual(text)
  })

  test('a block larger than its frame allows is refused, whatever it holds', () => {
    const stored = (size: number) => Buffer.concat([word(0x80000000 + size), Buffer.alloc(size)])
    expect(read('lz4', Buffer.concat([header(4), stored(65_536), word(0)]))).toHaveLength(65_536)
    expect(read('lz4', Buffer.concat([header(4), stored(65_537), word(0)]))).toBe('refused')
    expect(read('lz4', Buffer.concat([header(7), word(0x7fffffff), text]))).toBe('refused')
  })

  test('blocks of a byte are counted together', () => {
    const block = Buffer.from('020000001061', 'hex')
    const blocks = Array.from({ length: 10_000 }, () => block)
    const frame = Buffer.concat([header(7), ...blocks, word(0)])
    expect(read('lz4', frame)).toEqual(Buffer.alloc(10_000, 'a'))
    expect(read('lz4', frame, 9_999)).toBe('too large')
  })
})

describe('zstd', () => {
  interface FrameOptions { window?: number, size?: bigint }
  /** Blocks that repeat a byte, 128 KiB each. */
  const frame = (blocks: number, { window = 0x38, size }: FrameOptions = {}) => {
    const content = Buffer.alloc(size === undefined ? 0 : 8)
    if (size !== undefined) content.writeBigUInt64LE(size)
    const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, size === undefined ? 0 : 0xc0, window])
    const last = Buffer.from([0x03, 0x00, 0x10, 0x61]) // 128 KiB of "a"
    const block = Buffer.from([0x02, 0x00, 0x10, 0x61])
    return Buffer.concat(
      [head, content, ...Array.from({ length: blocks - 1 }, () => block), last])
  }

  test('a size of its content that is another is refused, and nothing is allocated for it', () => {
    expect(read('zstd', frame(2, { size: 262_144n }))).toHaveLength(262_144)
    for (const size of [0n, 262_143n, 262_145n, 2n ** 40n, 2n ** 64n - 2n]) {
      expect(read('zstd', frame(2, { size }))).toBe('refused')
    }
  })

  test('repeated bytes are counted as they come', () => {
    expect(read('zstd', frame(8))).toHaveLength(MIB)
    expect(read('zstd', frame(9))).toBe('too large')
    expect(read('zstd', frame(10_000))).toBe('too large')
  })

  test('a window of up to 128 MiB will do, a larger one is refused, as by Kafka', () => {
    expect(read('zstd', frame(1, { window: 17 << 3 }))).toHaveLength(131_072)
    expect(read('zstd', frame(1, { window: (17 << 3) + 1 }))).toBe('refused')
    expect(read('zstd', frame(1, { window: 0xff }))).toBe('refused')
  })

  test('frames are counted together, and many are read at once', () => {
    const small = Buffer.from('28b52ffd003809000061', 'hex') // "a"
    const many = Array.from({ length: 10_000 }, () => small)
    expect(read('zstd', Buffer.concat(many))).toEqual(Buffer.alloc(10_000, 'a'))
    expect(read('zstd', Buffer.concat(many), 9_999)).toBe('too large')
    expect(read('zstd', Buffer.concat([frame(8), small]))).toBe('too large')
    expect(read('zstd', Buffer.concat([...many, Buffer.from('rest')]))).toBe('refused')
  })
})

test('the limit is a multiple of what goes in, with ends below and above', () => {
  expect([0, 1000, MIB, 2 * MIB, 100 * MIB].map(defaultMaxSizeBytes))
    .toEqual([32 * MIB, 32 * MIB, 32 * MIB, 64 * MIB, 1024 * MIB])
  const bomb = gzipSync(Buffer.alloc(32 * MIB + 1))
  expect(() => decompress('gzip', bomb)).toThrow(/larger than 33554432 bytes, uncompressed/)
})

// The codecs: what others write is read, lies about sizes are held to the limit, damage is an answer.

import { describe, expect, test } from '@jest/globals'
import { ApiError, Errors } from '../../../protocol/errors.ts'
import { CODECS, compress, decompress, type Codec } from '../../../protocol/records/compression.ts'
import { loadSnappy } from '../../../protocol/records/packages.ts'
import { crc32c } from '../../../protocol/records/crc32c.ts'

const COMPRESSING = CODECS.filter((codec) => codec !== 'none')

const large = () => {
  const bytes = Buffer.alloc(300_000)
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = (at * at) >>> (at % 7)
  return bytes
}

const codeOf = (run: () => unknown): number | undefined => {
  try {
    run()
    return undefined
  } catch (error) {
    if (error instanceof ApiError) return error.code
    throw error
  }
}

describe.each(COMPRESSING)('%s', (codec: Codec) => {
  test.each([0, 1, 100, 300_000])('gives back %d bytes', (size) => {
    const bytes = large().subarray(0, size)
    expect(decompress(codec, compress(codec, bytes)).equals(bytes)).toBe(true)
  })

  test('gives back two streams that were joined', () => {
    const [one, two] = [compress(codec, Buffer.from('first')), compress(codec, large())]
    const both = decompress(codec, Buffer.concat([one, two]))
    expect(both.equals(Buffer.concat([Buffer.from('first'), large()]))).toBe(true)
  })

  test('holds what comes out to a limit', () => {
    const bomb = compress(codec, Buffer.alloc(3_000_000))
    expect(codeOf(() => decompress(codec, bomb, { maxSizeBytes: 2_999_999 })))
      .toBe(Errors.MESSAGE_TOO_LARGE)
    expect(decompress(codec, bomb, { maxSizeBytes: 3_000_000 }).length).toBe(3_000_000)
  })

  test('answers CORRUPT_MESSAGE for what is cut off or is something else', () => {
    const whole = compress(codec, large())
    const cut = whole.subarray(0, whole.length - 9)
    expect(codeOf(() => decompress(codec, cut))).toBe(Errors.CORRUPT_MESSAGE)
    expect(codeOf(() => decompress(codec, Buffer.alloc(50, 0xee)))).toBe(Errors.CORRUPT_MESSAGE)
  })
})

describe('snappy', () => {
  test('is read without the framing of xerial too', () => {
    const bare = loadSnappy().compressSync(large())
    expect(decompress('snappy', bare).equals(large())).toBe(true)
  })
})

describe('crc32c', () => {
  test('has the value of the standard, in JavaScript and in native code', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
    expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa)
    // Across the size at which native code takes over, both must agree with a bit by bit one.
    for (const size of [0, 1, 7, 8, 9, 399, 400, 401, 5000]) {
      expect(crc32c(large(), 3, 3 + size)).toBe(slowCrc32c(large().subarray(3, 3 + size)))
    }
  })
})

function slowCrc32c(bytes: Buffer): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ ((crc & 1) * 0x82f63b78)
  }
  return ~crc >>> 0
}

// The codecs: what others write is read, lies about sizes meet the limit, damage is an answer.

import { crc32, gzipSync } from 'node:zlib'
import { describe, expect, test } from '@jest/globals'
import { ApiError, Errors } from '../../../protocol/errors.ts'
import { CODECS, compress, decompress, type Codec } from '../../../protocol/records/compression.ts'
import { crc32c, slicedCrc32c } from '../../../protocol/records/crc32c.ts'
import {
  loadLz4, lz4Space, nativeSnappy, resetLz4, scriptCrc32c, scriptSnappy, zstdSpace,
} from '../../../protocol/records/packages.ts'
import { xxHash32 } from '../../../protocol/records/xxhash32.ts'

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

  test('gives back two streams that were joined, but of LZ4, as Kafka, the first alone', () => {
    const [one, two] = [compress(codec, Buffer.from('first')), compress(codec, large())]
    const read = decompress(codec, Buffer.concat([one, two]))
    const expected = codec === 'lz4' ? [] : [large()]
    expect(read.equals(Buffer.concat([Buffer.from('first'), ...expected]))).toBe(true)
  })

  test('holds what comes out to a limit', () => {
    const bomb = compress(codec, Buffer.alloc(3_000_000))
    expect(codeOf(() => decompress(codec, bomb, { maxSizeBytes: 2_999_999 })))
      .toBe(Errors.MESSAGE_TOO_LARGE)
    expect(decompress(codec, bomb, { maxSizeBytes: 3_000_000 }).length).toBe(3_000_000)
    expect(codeOf(() => decompress(codec, bomb, { maxSizeBytes: 0 })))
      .toBe(Errors.MESSAGE_TOO_LARGE)
    expect(decompress(codec, compress(codec, Buffer.alloc(0)), { maxSizeBytes: 0 }).length).toBe(0)
  })

  test('what is borrowed is the same, and what is not stays as it is', () => {
    const [one, other] = [compress(codec, large()), compress(codec, Buffer.alloc(300_000, 'b'))]
    const own = decompress(codec, one)
    expect(decompress(codec, one, { mayBorrow: true }).equals(large())).toBe(true)
    const borrowed = decompress(codec, other, { mayBorrow: true })
    expect(borrowed.equals(Buffer.alloc(300_000, 'b'))).toBe(true)
    expect(own.equals(large())).toBe(true)
    expect(codeOf(() => decompress(codec, one, { mayBorrow: true, maxSizeBytes: 299_999 })))
      .toBe(Errors.MESSAGE_TOO_LARGE)
  })

  test('answers UNKNOWN_SERVER_ERROR for what is cut off or is something else', () => {
    const whole = compress(codec, large())
    const cut = whole.subarray(0, whole.length - 9)
    expect(codeOf(() => decompress(codec, cut))).toBe(Errors.UNKNOWN_SERVER_ERROR)
    expect(codeOf(() => decompress(codec, Buffer.alloc(50, 0xee))))
      .toBe(Errors.UNKNOWN_SERVER_ERROR)
  })

  test('gives bytes or an answer, whatever byte is changed: never anything worse', () => {
    const whole = compress(codec, large().subarray(0, 400))
    for (let at = 0; at < whole.length; at += 1) {
      for (const value of [0, 1, 0x7f, 0x80, 0xff]) {
        const damaged = Buffer.from(whole)
        damaged[at] = value
        expect([undefined, Errors.UNKNOWN_SERVER_ERROR, Errors.MESSAGE_TOO_LARGE])
          .toContain(codeOf(() => decompress(codec, damaged, { maxSizeBytes: 1_000_000 })))
      }
    }
  })
})

test('uncompressed bytes are held to a limit too', () => {
  expect(decompress('none', large(), { maxSizeBytes: 300_000 }).length).toBe(300_000)
  expect(codeOf(() => decompress('none', large(), { maxSizeBytes: 299_999 })))
    .toBe(Errors.MESSAGE_TOO_LARGE)
})

describe('gzip', () => {
  const members = (count: number) => (
    Buffer.concat(Array.from({ length: count }, (_, i) => gzipSync(Buffer.from(`${i} `))))
  )

  test('is read up to what is no member any more, as Java reads it', () => {
    const behind = Buffer.from('no member, but long enough to be one')
    expect(decompress('gzip', Buffer.concat([members(3), behind])).toString()).toBe('0 1 2 ')
    expect(codeOf(() => decompress('gzip', behind))).toBe(Errors.UNKNOWN_SERVER_ERROR)
  })

  test('is read member after member, however many there are', () => {
    const expected = Array.from({ length: 500 }, (_, i) => `${i} `).join('')
    expect(decompress('gzip', members(500)).toString()).toBe(expected)
    expect(codeOf(() => decompress('gzip', members(500), { maxSizeBytes: expected.length - 1 })))
      .toBe(Errors.MESSAGE_TOO_LARGE)
  })

  test('may have an extra field, a name, a comment and a checksum in its header', () => {
    const fields = Buffer.from('1f8b081e000000000003' + '0200ffff' + '6100' + '6200', 'hex')
    const checksum = Buffer.alloc(2)
    checksum.writeUInt16LE(crc32(fields) & 0xffff)
    const body = gzipSync(large()).subarray(10)
    expect(decompress('gzip', Buffer.concat([fields, checksum, body])).equals(large())).toBe(true)
    checksum[0]! ^= 1
    expect(codeOf(() => decompress('gzip', Buffer.concat([fields, checksum, body]))))
      .toBe(Errors.UNKNOWN_SERVER_ERROR)
  })
})

describe('snappy', () => {
  test.each([['native', nativeSnappy()], ['JavaScript', scriptSnappy()]])(
    'is read without the framing of xerial too, as %s code writes it', (_, snappy) => {
      const bare = snappy.compress(large())
      expect(decompress('snappy', bare).equals(large())).toBe(true)
      expect(snappy.uncompress(bare).equals(large())).toBe(true)
    },
  )

  test('that says it holds more than it can is refused before it is given the room', () => {
    const lie = Buffer.from('ffffff3f0061', 'hex') // 128 MiB less one byte, out of six bytes
    expect(codeOf(() => decompress('snappy', lie))).toBe(Errors.UNKNOWN_SERVER_ERROR)
  })
})

describe('lz4', () => {
  const HEADER_BYTES = 7
  const refused = (frame: Buffer) => {
    expect(codeOf(() => decompress('lz4', frame))).toBe(Errors.UNKNOWN_SERVER_ERROR)
  }
  /** A header with the checksum that belongs to it. */
  const header = (flags: number, blockSize: number) => {
    const bytes = Buffer.from([0x04, 0x22, 0x4d, 0x18, flags, blockSize, 0])
    bytes[6] = (xxHash32(bytes.subarray(4, 6)) >>> 8) & 0xff
    return bytes
  }
  const body = () => compress('lz4', large()).subarray(HEADER_BYTES)

  test('is read with the header of its writers and refused with any that Kafka refuses', () => {
    expect(decompress('lz4', Buffer.concat([header(0x60, 0x40), body()])).equals(large()))
      .toBe(true)
    refused(Buffer.concat([header(0x40, 0x40), body()])) // linked blocks
    refused(Buffer.concat([header(0x61, 0x40), body()])) // a dictionary
    refused(Buffer.concat([header(0x20, 0x40), body()])) // version 0
    refused(Buffer.concat([header(0x60, 0x30), body()])) // no such size of blocks
    const damaged = Buffer.concat([header(0x60, 0x40), body()])
    damaged[6]! ^= 1
    refused(damaged)
  })

  test('a checksum of a block is held against the block', () => {
    const block = Buffer.from('stored as it is')
    const word = Buffer.alloc(4)
    word.writeUInt32LE(0x80000000 + block.length)
    const checksum = Buffer.alloc(4)
    checksum.writeUInt32LE(xxHash32(block))
    const frame = Buffer.concat([header(0x70, 0x40), word, block, checksum, Buffer.alloc(4)])
    expect(decompress('lz4', frame)).toEqual(block)
    frame[HEADER_BYTES + 4]! ^= 1
    refused(frame)
  })

  test('a block that grows far more than is likely still comes out whole', () => {
    const zeros = Buffer.alloc(4_000_000)
    const block = loadLz4()!.compressSync(zeros).subarray(4)
    const word = Buffer.alloc(4)
    word.writeUInt32LE(block.length)
    const frame = Buffer.concat([header(0x60, 0x70), word, block, Buffer.alloc(4)])
    expect(decompress('lz4', frame).equals(zeros)).toBe(true)
    expect(codeOf(() => decompress('lz4', frame, { maxSizeBytes: 3_999_999 })))
      .toBe(Errors.MESSAGE_TOO_LARGE)
  })

  const framed = (...blocks: Buffer[]) => (
    Buffer.concat([header(0x60, 0x40), ...blocks, Buffer.alloc(4)])
  )
  const stored = (bytes: Buffer) => {
    const word = Buffer.alloc(4)
    word.writeUInt32LE(0x80000000 + bytes.length)
    return Buffer.concat([word, bytes])
  }

  test('more blocks than the library is given at once come out in their order', () => {
    const bytes = Buffer.concat(Array.from({ length: 50 }, (_, i) => {
      const part = large()
      part.fill(i, 0, 100_000)
      return part
    }))
    expect(decompress('lz4', compress('lz4', bytes)).equals(bytes)).toBe(true)
    expect(codeOf(() => decompress('lz4', compress('lz4', bytes), { maxSizeBytes: 14_999_999 })))
      .toBe(Errors.MESSAGE_TOO_LARGE)
    const single = Array.from({ length: 50_000 }, (_, i) => stored(Buffer.from([i % 251])))
    expect(decompress('lz4', framed(...single)).every((byte, i) => byte === i % 251)).toBe(true)
  })

  test('frames without blocks, and blocks without bytes, hold nothing', () => {
    expect(decompress('lz4', framed())).toHaveLength(0)
    const empty = Buffer.from('0100000000', 'hex')
    expect(decompress('lz4', framed(empty, stored(Buffer.from('a')), empty)).toString()).toBe('a')
  })

  test('damage, to a block or to what it refers to, does not outlast its frame', () => {
    const good = compress('lz4', large())
    for (const bad of ['1061000000', '14610000', '1f610100ff', '106101', '10610100ffff']) {
      const block = Buffer.from(bad, 'hex')
      const word = Buffer.alloc(4)
      word.writeUInt32LE(block.length)
      refused(framed(stored(Buffer.from('before')), word, block))
      expect(decompress('lz4', good, { mayBorrow: true }).equals(large())).toBe(true)
    }
  })

  test('damage is no reason to start the library again', () => {
    const { library } = lz4Space().open(1, 1)
    const block = Buffer.from('0500000014610000ff00000000', 'hex')
    refused(Buffer.concat([header(0x60, 0x40), block]))
    expect(lz4Space().open(1, 1).library).toBe(library)
    expect(resetLz4(library)).toBe(true)
  })

  test('has the checksums of xxHash', () => {
    expect(xxHash32(Buffer.alloc(0))).toBe(0x02cc5d05)
    expect(xxHash32(Buffer.from('abc'))).toBe(0x32d153ff)
    expect(xxHash32(Buffer.from('Nobody inspects the spammish repetition'))).toBe(0xe2293b2f)
  })
})

describe('zstd', () => {
  test('a repeated distance of 0 is refused, as by Kafka', () => {
    const before = '28b52ffd0058' + '08000061' // "a"
    const block = (distance: string, bits: string) => (
      Buffer.from(`${before}3d0000` + `000154 00${distance}00 ${bits}`.replaceAll(' ', ''), 'hex')
    )
    expect(decompress('zstd', block('02', '04')).toString()).toBe('aaaa') // 1 behind
    expect(codeOf(() => decompress('zstd', block('01', '03')))).toBe(Errors.UNKNOWN_SERVER_ERROR)
  })
})

const SPACES = [['lz4', lz4Space], ['zstd', zstdSpace]] as const

describe.each(SPACES)('the memory of %s', (codec, space) => {
  test('stays from batch to batch, but not when it has grown for one', () => {
    const compressed = compress(codec, large())
    const { library } = space().open(1, 1)
    decompress(codec, compressed)
    expect(space().open(1, 1).library).toBe(library)
    library._malloc(30 * 1024 * 1024)
    expect(decompress(codec, compressed, { mayBorrow: true }).equals(large())).toBe(true)
    expect(space().open(1, 1).library).not.toBe(library)
    expect(decompress(codec, compressed, { mayBorrow: true }).equals(large())).toBe(true)
  })
})

describe('crc32c', () => {
  test('has the value of the standard, in JavaScript and in native code', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
    expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa)
    // Across the size at which native code takes over, both must agree with a bit by bit one.
    for (const size of [0, 1, 15, 16, 17, 319, 320, 321, 5000]) {
      const bytes = large().subarray(3, 3 + size)
      const expected = slowCrc32c(bytes)
      expect(crc32c(large(), 3, 3 + size)).toBe(expected)
      expect(slicedCrc32c(large(), 3, 3 + size)).toBe(expected)
      expect(scriptCrc32c().buf(bytes, 0) >>> 0).toBe(expected)
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

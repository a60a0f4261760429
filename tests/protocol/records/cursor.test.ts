// The cursor over records, against a reader that knows one way to read them.

import { describe, expect, test } from '@jest/globals'
import { ApiError } from '../../../protocol/errors.ts'
import { Batch, buildBatch } from '../../../protocol/records/batch.ts'
import { RecordCursor } from '../../../protocol/records/record.ts'

type Fields = readonly (number | boolean)[]

/** Byte by byte; undefined for what is no records. */
function slowly(bytes: Buffer, count: number): Fields[] | undefined {
  let at = 0
  let broken = false
  const byte = () => {
    if (at >= bytes.length) broken = true
    return bytes[at++] ?? 0
  }
  const number = (mostBytes: number) => {
    let value = 0n
    for (let index = 0; index < mostBytes; index++) {
      const next = byte()
      value |= BigInt(next & 0x7f) << BigInt(7 * index)
      if (next < 0x80) {
        const raw = BigInt.asUintN(mostBytes === 5 ? 32 : 64, value)
        return Number((raw >> 1n) ^ -(raw & 1n))
      }
    }
    broken = true
    return 0
  }
  const skip = () => {
    const size = number(5)
    if (size > bytes.length - at) broken = true
    else at += Math.max(0, size)
    return size
  }
  const all: Fields[] = []
  for (let index = 0; index < count && !broken; index++) {
    const start = at
    const size = number(5)
    const bodyStart = at
    const attributes = byte()
    const time = number(10)
    const restStart = at
    const offset = number(5)
    const contentStart = at
    const keySize = skip()
    const keyEnd = at
    const valueSize = skip()
    const headers = number(5)
    if (headers < 0 || headers > bytes.length - at) broken = true
    for (let i = 0; i < headers && !broken; i++) {
      if (skip() < 0) broken = true
      skip()
    }
    if (at - bodyStart !== size) broken = true
    all.push([
      start, size, attributes, time, restStart, offset, contentStart, keySize >= 0,
      keyEnd - Math.max(0, keySize), keyEnd, valueSize >= 0, at,
    ])
  }
  return broken || at !== bytes.length ? undefined : all
}

function byCursor(bytes: Buffer, count: number): Fields[] | undefined {
  const all: Fields[] = []
  try {
    for (const cursor = new RecordCursor(bytes, count); cursor.next();) {
      all.push([
        cursor.start, cursor.bodySizeBytes, cursor.attributes, cursor.timestampDelta,
        cursor.restStart, cursor.offsetDelta, cursor.contentStart, cursor.hasKey,
        cursor.keyStart, cursor.keyEnd, cursor.hasValue, cursor.end,
      ])
    }
    return all
  } catch (error) {
    if (error instanceof ApiError) return undefined
    throw error
  }
}

const payloadOf = (records: Parameters<typeof buildBatch>[0]['records']) => (
  Buffer.from(new Batch(buildBatch({ records })).payload())
)
const bytesOf = (size: number) => Buffer.alloc(size, 'v')

describe('records', () => {
  test('are read alike at all sizes where a number gets longer', () => {
    const around = (size: number) => Array.from({ length: 16 }, (_, i) => size - 12 + i)
    for (const size of [0, 1, ...around(64), ...around(8192), ...around(2 ** 20)]) {
      for (const key of [null, bytesOf(0), bytesOf(size % 9000)]) {
        const bytes = payloadOf([{ key, value: bytesOf(size) }, { key, value: null }])
        expect(byCursor(bytes, 2)).toEqual(slowly(bytes, 2))
        const cursor = new RecordCursor(bytes, 2)
        cursor.next()
        expect([cursor.key(), cursor.value()?.length, cursor.headers()]).toEqual([key, size, []])
      }
    }
  })

  test('are read alike at all distances of time and place', () => {
    const deltas = [0, 63, 64, 8191, 8192, 2 ** 20, 2 ** 31, 2 ** 35, 2 ** 45]
    const offsets = [0, 1, 63, 64, 8191, 8192, 2 ** 20, 2 ** 30]
    const records = [0, ...deltas, ...deltas.map((delta) => -delta)].flatMap((delta) => (
      offsets.map((offsetDelta) => (
        { key: null, value: bytesOf(3), timestamp: 2 ** 46 + delta, offsetDelta }))
    ))
    const bytes = payloadOf(records)
    expect(byCursor(bytes, records.length)).toEqual(slowly(bytes, records.length))
    expect(slowly(bytes, records.length)).toHaveLength(records.length)
  })

  test('are read, or refused, alike, whatever byte is changed or missing', () => {
    const headers = [{ key: 'h', value: bytesOf(1) }]
    const good = payloadOf([
      { key: bytesOf(2), value: bytesOf(70), timestamp: 1000 },
      { key: null, value: null, timestamp: 2000 },
      { key: null, value: bytesOf(5), timestamp: 990, headers },
    ])
    let refused = 0
    const check = (bytes: Buffer) => {
      for (const count of [2, 3]) {
        const read = byCursor(bytes, count)
        if (read === undefined) refused++
        expect(read).toEqual(slowly(bytes, count))
      }
    }
    for (let at = 0; at < good.length; at++) {
      check(good.subarray(0, at))
      check(Buffer.concat([good.subarray(0, at), good.subarray(at + 1)]))
      const was = good[at]!
      for (const value of [0, 1, 2, 0x7f, 0x80, 0x81, 0xff, was ^ 1, was ^ 0x80, was + 2 & 0xff]) {
        const damaged = Buffer.from(good)
        damaged[at] = value
        check(damaged)
        check(Buffer.concat([good.subarray(0, at), Buffer.from([value]), good.subarray(at)]))
      }
    }
    expect(refused).toBeGreaterThan(1000)
  })

  test('may have numbers with more bytes than they need', () => {
    // Size, time, offset and key in two bytes each that would need one.
    const long = Buffer.from('9200' + '00' + '8000' + '8000' + '8100' + '01' + '00', 'hex')
    expect(byCursor(long, 1)).toEqual(slowly(long, 1))
    expect(slowly(long, 1)).toHaveLength(1)
  })
})

// Record batches: what is built is what is read, in place, and damage is seen.

import { describe, expect, test } from '@jest/globals'
import { ApiError, Errors } from '../../../protocol/errors.ts'
import {
  addSequence, Batch, batchesOf, BATCH_OVERHEAD, buildBatch, wholeBatches,
} from '../../../protocol/records/batch.ts'
import { CODECS } from '../../../protocol/records/compression.ts'
import { RecordCursor, recordsOf } from '../../../protocol/records/record.ts'

const text = (value: string) => Buffer.from(value)

const RECORDS = [
  { key: text('k1'), value: text('v1'), timestamp: 1_700_000_000_000 },
  { key: null, value: text('x'.repeat(1000)), timestamp: 1_700_000_000_007 },
  {
    key: text(''), value: null, timestamp: 1_699_999_999_990,
    headers: [{ key: 'h', value: text('1') }, { key: 'ä', value: null }],
  },
]

const read = (bytes: Buffer) => {
  const batch = new Batch(bytes)
  expect(batch.next()).toBe(true)
  return batch
}

describe('a batch', () => {
  test('keeps every field of its header', () => {
    const batch = read(buildBatch({
      baseOffset: 2 ** 40, records: RECORDS, producerId: 7, producerEpoch: 2, baseSequence: 3,
      leaderEpoch: 9, isTransactional: true,
    }))
    expect(batch).toMatchObject({
      baseOffset: 2 ** 40, lastOffset: 2 ** 40 + 2, nextOffset: 2 ** 40 + 3, lastOffsetDelta: 2,
      count: 3, magic: 2, leaderEpoch: 9, producerId: 7, producerEpoch: 2, baseSequence: 3,
      lastSequence: 5, hasProducer: true, isTransactional: true, isControl: false,
      codec: 'none', timestampType: 'CreateTime', deleteHorizonMs: undefined,
      baseTimestamp: 1_700_000_000_000, maxTimestamp: 1_700_000_000_007,
    })
    expect(batch.isCrcValid()).toBe(true)
  })

  test.each(CODECS)('gives back its records through %s', (codec) => {
    const batch = read(buildBatch({ baseOffset: 5, records: RECORDS, codec }))
    expect(batch.codec).toBe(codec)
    expect([...recordsOf(batch)]).toEqual([
      { offset: 5, timestamp: 1_700_000_000_000, key: text('k1'), value: text('v1'), headers: [] },
      {
        offset: 6, timestamp: 1_700_000_000_007, key: null, value: text('x'.repeat(1000)),
        headers: [],
      },
      {
        offset: 7, timestamp: 1_699_999_999_990, key: text(''), value: null,
        headers: [{ key: 'h', value: text('1') }, { key: 'ä', value: null }],
      },
    ])
  })

  test('is patched in place: offset and epoch without the checksum, the time with it', () => {
    const bytes = buildBatch({ records: RECORDS })
    const batch = read(bytes)
    const { crc } = batch
    batch.setBaseOffset(12)
    batch.setLeaderEpoch(4)
    expect(batch).toMatchObject({ baseOffset: 12, leaderEpoch: 4, crc })
    expect(batch.isCrcValid()).toBe(true)
    batch.setMaxTimestamp('LogAppendTime', 42)
    expect(batch.isCrcValid()).toBe(true)
    expect([...recordsOf(batch)].map(({ timestamp }) => timestamp)).toEqual([42, 42, 42])
  })

  test('shows a flipped bit by its checksum', () => {
    const bytes = buildBatch({ records: RECORDS })
    bytes[BATCH_OVERHEAD + 3]! ^= 1
    expect(read(bytes).isCrcValid()).toBe(false)
  })

  test('is walked in a buffer until no whole one follows', () => {
    const one = buildBatch({ records: RECORDS })
    const two = buildBatch({ baseOffset: 3, records: RECORDS.slice(0, 1) })
    const buffer = Buffer.concat([one, two, one.subarray(0, one.length - 1)])
    expect([...batchesOf(buffer)].length).toBe(2)
    expect(wholeBatches(buffer)).toBe(one.length + two.length)
    expect(wholeBatches(buffer.subarray(0, 11))).toBe(0)
    const batch = new Batch(buffer)
    const offsets = []
    while (batch.next()) offsets.push(batch.baseOffset)
    expect(offsets).toEqual([0, 3])
  })

  test('a length that no batch has ends the walk', () => {
    const bytes = buildBatch({ records: RECORDS })
    bytes.writeInt32BE(10, 8)
    expect(wholeBatches(bytes)).toBe(0)
    bytes.writeInt32BE(-1, 8)
    expect(new Batch(bytes).next()).toBe(false)
  })

  test('its sequence numbers begin again at 0 after the largest', () => {
    expect(addSequence(2147483647, 1)).toBe(0)
    expect(addSequence(2147483646, 3)).toBe(1)
    expect(addSequence(5, 2)).toBe(7)
  })

  test('keeps a delete horizon in place of the base timestamp', () => {
    const batch = read(buildBatch({ records: RECORDS, deleteHorizonMs: 77 }))
    expect(batch.deleteHorizonMs).toBe(77)
    expect([...recordsOf(batch)][0]?.timestamp).toBe(1_700_000_000_000)
  })
})

describe('records that are none', () => {
  const payload = () => Buffer.from(read(buildBatch({ records: RECORDS })).payload())
  const walk = (bytes: Buffer, count: number) => {
    const cursor = new RecordCursor(bytes, count)
    while (cursor.next());
  }

  test('are refused when they are fewer or more than the batch says', () => {
    expect(() => walk(payload(), 3)).not.toThrow()
    expect(() => walk(payload(), 2)).toThrow(ApiError)
    expect(() => walk(payload(), 4)).toThrow(ApiError)
    expect(() => walk(payload(), -1)).toThrow(ApiError)
  })

  test('are refused, or read otherwise, whatever byte is changed: never anything worse', () => {
    const bytes = payload()
    for (let at = 0; at < bytes.length; at += 1) {
      for (const value of [0, 1, 0x7f, 0x80, 0xff]) {
        const damaged = Buffer.from(bytes)
        damaged[at] = value
        try {
          walk(damaged, 3)
        } catch (error) {
          expect(error).toBeInstanceOf(ApiError)
          expect((error as ApiError).code).toBe(Errors.INVALID_RECORD)
        }
      }
    }
  })
})

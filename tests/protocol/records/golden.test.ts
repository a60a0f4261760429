// Batches that Kafka wrote: every field and record of them is read, and what has no codec, whose
// bytes may differ from library to library, is written alike to the last byte.

import { describe, expect, test } from '@jest/globals'
import { Batch, buildBatch } from '../../../protocol/records/batch.ts'
import { CODECS } from '../../../protocol/records/compression.ts'
import { ControlType, controlTypeOf, endMarkerBatch } from '../../../protocol/records/control.ts'
import { OldFormatError } from '../../../protocol/records/record-errors.ts'
import { payloadOf, recordsOf } from '../../../protocol/records/record.ts'
import {
  GOLDEN_ABORT, GOLDEN_BY_CODEC, GOLDEN_COMMIT, GOLDEN_EMPTY, GOLDEN_LOG_APPEND_TIME, GOLDEN_OLD,
} from './golden-batches.ts'

const BASE_OFFSET = 2 ** 40
const BASE_TIMESTAMP = 1_700_000_000_000
const LOG_TIMESTAMP = 1_700_000_123_456

const text = (value: string) => Buffer.from(value)

const RECORDS = [
  {
    offsetDelta: 0, timestamp: BASE_TIMESTAMP, key: text('key'),
    value: text('ten words make a value '.repeat(12)), headers: [],
  },
  { offsetDelta: 1, timestamp: BASE_TIMESTAMP + 7, key: null, value: null, headers: [] },
  {
    offsetDelta: 5, timestamp: BASE_TIMESTAMP - 10, key: text(''), value: text(''),
    headers: [{ key: 'trace', value: text('abc') }, { key: 'größe', value: null }],
  },
]

const PRODUCER = {
  producerId: 4001, producerEpoch: 3, baseSequence: 17, isTransactional: true,
}

/** The one batch in the bytes, its checksum held against them. */
const read = (base64: string) => {
  const bytes = Buffer.from(base64, 'base64')
  const batch = new Batch(bytes)
  expect(batch.next()).toBe(true)
  expect(batch.sizeBytes).toBe(bytes.length)
  expect(batch.isCrcValid()).toBe(true)
  return batch
}

const expected = (timestampOf: (created: number) => number) => (
  RECORDS.map(({ offsetDelta, timestamp, ...rest }) => (
    { ...rest, offset: BASE_OFFSET + offsetDelta, timestamp: timestampOf(timestamp) }
  ))
)

describe('a batch of Kafka', () => {
  test.each(CODECS)('is read through %s', (codec) => {
    const batch = read(GOLDEN_BY_CODEC[codec])
    expect(batch).toMatchObject({
      ...PRODUCER, codec, baseOffset: BASE_OFFSET, lastOffset: BASE_OFFSET + 5, count: 3,
      leaderEpoch: 9, lastSequence: 22, isControl: false, timestampType: 'CreateTime',
      baseTimestamp: BASE_TIMESTAMP, maxTimestamp: BASE_TIMESTAMP + 7,
    })
    expect([...recordsOf(batch)]).toEqual(expected((created) => created))
  })

  test('has the bytes that are built here', () => {
    const built = buildBatch({
      ...PRODUCER, records: RECORDS, baseOffset: BASE_OFFSET, leaderEpoch: 9,
    })
    expect(built.toString('base64')).toBe(GOLDEN_BY_CODEC.none)
  })

  test('carries the time of the log for all of its records', () => {
    const batch = read(GOLDEN_LOG_APPEND_TIME)
    expect(batch).toMatchObject({
      timestampType: 'LogAppendTime', maxTimestamp: LOG_TIMESTAMP, hasProducer: false,
      producerEpoch: -1, baseSequence: -1, lastSequence: -1,
    })
    expect([...recordsOf(batch)]).toEqual(expected(() => LOG_TIMESTAMP))
    const built = buildBatch({
      records: RECORDS, baseOffset: BASE_OFFSET, leaderEpoch: 9, timestampType: 'LogAppendTime',
      timestampMs: LOG_TIMESTAMP,
    })
    expect(built.toString('base64')).toBe(GOLDEN_LOG_APPEND_TIME)
  })

  test('may be empty and still stand for its offsets', () => {
    const batch = read(GOLDEN_EMPTY)
    expect(batch).toMatchObject({
      ...PRODUCER, baseOffset: 100, lastOffset: 104, count: 0, lastSequence: 21,
    })
    expect([...recordsOf(batch)]).toEqual([])
    const built = buildBatch({
      ...PRODUCER, records: [], baseOffset: 100, lastOffsetDelta: 4, leaderEpoch: 9,
      timestampMs: BASE_TIMESTAMP,
    })
    expect(built.toString('base64')).toBe(GOLDEN_EMPTY)
  })

  test.each([['COMMIT', GOLDEN_COMMIT], ['ABORT', GOLDEN_ABORT]] as const)(
    'that ends a transaction by %s has the bytes that are built here', (type, golden) => {
      const batch = read(golden)
      expect(batch).toMatchObject({ isControl: true, isTransactional: true, count: 1 })
      const [record] = recordsOf(batch)
      expect(controlTypeOf(record!.key)).toBe(ControlType[type])
      const built = endMarkerBatch({
        type, baseOffset: 200, timestampMs: BASE_TIMESTAMP, producerId: 4001, producerEpoch: 3,
        coordinatorEpoch: 12, leaderEpoch: 9,
      })
      expect(built.toString('base64')).toBe(golden)
    },
  )
})

test.each(GOLDEN_OLD)('messages of format %d (%s) are refused by name', (magic, _, base64) => {
  const batch = new Batch(Buffer.from(base64, 'base64'))
  expect(batch.magic).toBe(magic)
  for (const read of [() => [...recordsOf(batch)], () => payloadOf(batch)]) {
    expect(read).toThrow(OldFormatError)
    expect(read).toThrow(`message format ${magic};`)
  }
})

// Batches that a compaction rebuilds: some records gone, or all.

import { describe, expect, test } from '@jest/globals'
import { Batch, buildBatch, type BatchToBuild } from '../../../protocol/records/batch.ts'
import { CODECS } from '../../../protocol/records/compression.ts'
import { payloadOf, recordsOf } from '../../../protocol/records/record.ts'
import { emptied, retainRecords } from '../../../protocol/records/retained.ts'

const RECORDS = ['a', 'b', 'c', 'd'].map((key, i) => ({
  key: Buffer.from(key), value: i === 2 ? null : Buffer.from(key.repeat(200)),
  timestamp: 1_700_000_000_000 + i * 1000, headers: [{ key: 'h', value: Buffer.from([0xff, i]) }],
}))

function batchOf(options: Partial<BatchToBuild> = {}): Batch {
  return new Batch(buildBatch({
    records: RECORDS, baseOffset: 100, producerId: 7, producerEpoch: 3, baseSequence: 20,
    leaderEpoch: 5, isTransactional: true, ...options,
  }))
}

function retained(batch: Batch, places: readonly number[], horizonMs?: number): Batch {
  const keeps = Uint8Array.from({ length: batch.count }, (_, i) => places.includes(i) ? 1 : 0)
  return new Batch(retainRecords(batch, payloadOf(batch), keeps, horizonMs))
}

describe('a batch of which some records stay', () => {
  test.each([...CODECS])('keeps offsets, times, headers and producer (%s)', (codec) => {
    const batch = batchOf({ codec })
    const left = retained(batch, [1, 3])
    expect(left.isCrcValid()).toBe(true)
    expect([...recordsOf(left)]).toEqual([...recordsOf(batch)].filter((_, i) => i % 2 === 1))
    expect(left).toMatchObject({
      sizeBytes: left.buffer.length, baseOffset: 100, lastOffset: 103, count: 2, codec,
      leaderEpoch: 5, producerId: 7, producerEpoch: 3, baseSequence: 20, lastSequence: 23,
      isTransactional: true, isControl: false, deleteHorizonMs: undefined,
      baseTimestamp: 1_700_000_001_000, maxTimestamp: 1_700_000_003_000,
    })
  })

  test('counts its times from a delete horizon, which the next rebuilding leaves (KIP-534)', () => {
    const batch = batchOf()
    const first = retained(batch, [0, 2, 3], 1_800_000_000_000)
    expect(first).toMatchObject({
      deleteHorizonMs: 1_800_000_000_000, maxTimestamp: 1_700_000_003_000,
    })
    const timesOf = (one: Batch) => [...recordsOf(one)].map(({ timestamp }) => timestamp)
    expect(timesOf(first)).toEqual([1_700_000_000_000, 1_700_000_002_000, 1_700_000_003_000])
    const second = retained(first, [1], first.deleteHorizonMs)
    expect(second).toMatchObject({ deleteHorizonMs: 1_800_000_000_000, count: 1, lastOffset: 103 })
    expect(timesOf(second)).toEqual([1_700_000_002_000])
  })

  test('keeps the time of its arrival, where the log gives the time', () => {
    const batch = batchOf({ timestampType: 'LogAppendTime', timestampMs: 1_700_000_009_000 })
    const left = retained(batch, [1, 2])
    expect(left).toMatchObject({ timestampType: 'LogAppendTime', maxTimestamp: 1_700_000_009_000 })
    expect([...recordsOf(left)].map(({ timestamp }) => timestamp))
      .toEqual([1_700_000_009_000, 1_700_000_009_000])
  })

  test('of which none stays, tells of its producer and its offsets all the same', () => {
    const left = new Batch(emptied(batchOf({ codec: 'gzip', deleteHorizonMs: 1 })))
    expect(left.isCrcValid()).toBe(true)
    expect(left).toMatchObject({
      sizeBytes: 61, baseOffset: 100, lastOffset: 103, count: 0, codec: 'none', producerId: 7,
      producerEpoch: 3, lastSequence: 23, isTransactional: true, deleteHorizonMs: undefined,
      baseTimestamp: -1, maxTimestamp: 1_700_000_003_000,
    })
    expect([...recordsOf(left)]).toEqual([])
  })
})

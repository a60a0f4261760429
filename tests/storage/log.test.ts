// A log over a disk in memory: appends, reads, rolling, restarts of both kinds, truncation.

import { describe, expect, test } from '@jest/globals'

import { buildBatch } from '../../protocol/records/batch.ts'
import { recordsOf } from '../../protocol/records/record.ts'
import { Errors } from '../../protocol/errors.ts'
import { Log, type LogOptions } from '../../storage/log.ts'
import { MemoryDisk } from '../../storage/memory-disk.ts'
import type { Logger } from '../../storage/ports.ts'

const DIRECTORY = '/data/topic-0'
const silent: Logger = {
  error() {}, warn() {}, info() {}, debug() {}, child: () => silent,
}

function open(disk: MemoryDisk, options: Partial<LogOptions> = {}): Log {
  return Log.open({
    disk, directory: DIRECTORY, topicPartition: { topic: 'topic', partition: 0 },
    topicId: 'AAAAAAAAAAAAAAAAAAAAAg', logger: silent, nowMs: 1000, ...options,
  })
}

function batchOf(values: readonly string[], timestampMs = 1000, producer = {}): Buffer {
  const records = values.map((value) => ({ key: null, value: Buffer.from(value), headers: [] }))
  return buildBatch({ records, timestampMs, ...producer })
}

function append(log: Log, ...values: string[]) {
  return log.append(batchOf(values), { leaderEpoch: 0, nowMs: 1000, origin: 'client' })
}

function valuesOf(log: Log, from = log.startOffset): string[] {
  const values: string[] = []
  for (const batch of log.batches(from)) {
    for (const { value } of recordsOf(batch)) values.push(String(value))
  }
  return values
}

describe('a log', () => {
  test('gives offsets when records are staged, and reads them when they are written', () => {
    const log = open(new MemoryDisk())
    expect(append(log, 'a', 'b')).toMatchObject({ firstOffset: 0, lastOffset: 1, duplicate: false })
    expect(append(log, 'c')).toMatchObject({ firstOffset: 2, lastOffset: 2 })
    expect([log.endOffset, log.writtenOffset]).toEqual([3, 0])
    log.flush()
    expect(log.writtenOffset).toBe(3)
    const { records } = log.read(0, 1000, { maxOffset: 3, minOneBatch: true })
    expect(records.length).toBe(log.sizeBytes)
    expect(valuesOf(log)).toEqual(['a', 'b', 'c'])
  })

  test('reads from the batch that holds the offset, up to the given one', () => {
    const log = open(new MemoryDisk())
    append(log, 'a', 'b')
    append(log, 'c', 'd')
    append(log, 'e')
    log.flush()
    const sizeBytes = batchOf(['a', 'b']).length
    const read = (offset: number, maxSizeBytes: number, minOneBatch = false) =>
      log.read(offset, maxSizeBytes, { maxOffset: 4, minOneBatch }).records
    expect(read(1, 10_000).length).toBe(2 * sizeBytes)
    expect(Number(read(3, 10_000).readBigInt64BE(0))).toBe(2)
    expect(read(0, sizeBytes - 1).length).toBe(0)
    expect(read(0, sizeBytes - 1, true).length).toBe(sizeBytes)
    expect(read(0, sizeBytes + 5).length).toBe(sizeBytes + 5)
    expect(read(4, 10_000).length).toBe(0)
    expect(() => read(6, 1)).toThrow(expect.objectContaining({ code: Errors.OFFSET_OUT_OF_RANGE }))
  })

  test('rolls, and finds everything in many segments after a clean restart', () => {
    const disk = new MemoryDisk()
    const log = open(disk, { config: { segmentBytes: 300, indexIntervalBytes: 0 } })
    const values = Array.from({ length: 50 }, (_, i) => `value ${i}`)
    for (const value of values) append(log, value)
    log.close()
    const again = open(disk, { isClean: true, highWatermark: 50 })
    expect(again.segmentCount).toBeGreaterThan(10)
    expect([again.endOffset, again.recoveryPoint, again.highWatermark]).toEqual([50, 50, 50])
    expect(valuesOf(again)).toEqual(values)
    expect(valuesOf(again, 33)).toEqual(values.slice(33))
  })

  test('ends after a crash at the first batch that is not whole, and goes on from there', () => {
    const disk = new MemoryDisk()
    const log = open(disk)
    append(log, 'a')
    append(log, 'b')
    log.flush()
    const file = disk.open(`${DIRECTORY}/00000000000000000000.log`, 'write')
    file.truncate(file.sizeBytes() - 1)
    const again = open(disk)
    expect(again.endOffset).toBe(1)
    append(again, 'c')
    expect(valuesOf(again)).toEqual(['a', 'c'])
  })

  test('cuts off a batch whose checksum is wrong, and all that follows', () => {
    const disk = new MemoryDisk()
    const log = open(disk, { config: { segmentBytes: 200 } })
    for (const value of ['a', 'b', 'c', 'd', 'e', 'f']) append(log, value)
    log.flush()
    const sizeBytes = batchOf(['a']).length
    const file = disk.open(`${DIRECTORY}/00000000000000000000.log`, 'write')
    file.write(Buffer.from([0xff]), sizeBytes + 65)
    const again = open(disk)
    expect(valuesOf(again)).toEqual(['a'])
    expect(again.segmentCount).toBe(1)
  })

  test('keeps after a power loss what was synced', async () => {
    const disk = new MemoryDisk()
    const log = open(disk)
    append(log, 'a')
    await log.sync()
    expect(log.recoveryPoint).toBe(1)
    append(log, 'b')
    log.flush()
    disk.crash()
    expect(valuesOf(open(disk, { recoveryPoint: 1 }))).toEqual(['a'])
  })

  test('knows a producer that sends again, also after a crash', () => {
    const disk = new MemoryDisk()
    const producer = { producerId: 7, producerEpoch: 0, baseSequence: 0 }
    const send = (log: Log, baseSequence: number) => log.append(
      batchOf(['x'], 1000, { ...producer, baseSequence }),
      { leaderEpoch: 0, nowMs: 1000, origin: 'client' },
    )
    const log = open(disk)
    send(log, 0)
    send(log, 1)
    expect(send(log, 0)).toMatchObject({ duplicate: true, firstOffset: 0 })
    log.flush()
    const again = open(disk)
    expect(send(again, 1)).toMatchObject({ duplicate: true, firstOffset: 1 })
    expect(() => send(again, 5))
      .toThrow(expect.objectContaining({ code: Errors.OUT_OF_ORDER_SEQUENCE_NUMBER }))
  })

  test('removes records from the end', () => {
    const log = open(new MemoryDisk(), { config: { segmentBytes: 200 } })
    for (const value of ['a', 'b', 'c', 'd', 'e', 'f']) append(log, value)
    log.truncateTo(3)
    expect(valuesOf(log)).toEqual(['a', 'b', 'c'])
    append(log, 'g')
    expect(valuesOf(log)).toEqual(['a', 'b', 'c', 'g'])
  })

  test('deletes segments that are too old or too many, and their files later', () => {
    const disk = new MemoryDisk()
    const log = open(disk, {
      config: { segmentBytes: 200, retentionMs: 500, fileDeleteDelayMs: 100 },
    })
    for (const value of ['a', 'b', 'c', 'd', 'e', 'f']) append(log, value)
    log.flush()
    log.advanceHighWatermark(6)
    expect(log.applyRetention(1400)).toBe(0)
    log.tick(1600)
    expect([log.startOffset, log.endOffset, log.sizeBytes]).toEqual([6, 6, 0])
    const names = () => disk.list(DIRECTORY).map(({ name }) => name)
    const deleted = () => names().filter((name) => name.endsWith('.deleted')).length
    expect(deleted()).toBeGreaterThan(0)
    log.tick(1800)
    expect(deleted()).toBe(0)
  })

  test('finds records by time', () => {
    const log = open(new MemoryDisk())
    for (const [i, timestampMs] of [100, 300, 200, 400].entries()) {
      log.append(batchOf([`${i}`], timestampMs), { leaderEpoch: 2, nowMs: 400, origin: 'client' })
    }
    expect(log.offsetForTimestamp(150)).toEqual({ timestamp: 300, offset: 1, leaderEpoch: 2 })
    expect(log.offsetForTimestamp(301)).toEqual({ timestamp: 400, offset: 3, leaderEpoch: 2 })
    expect(log.offsetForTimestamp(401)).toBeUndefined()
    expect(log.maxTimestampOffset()).toMatchObject({ offset: 3 })
  })

  test('acknowledges nothing after a write has failed', () => {
    const disk = new MemoryDisk()
    const log = open(disk)
    append(log, 'a')
    disk.failure = new Error('EIO')
    expect(() => log.flush()).toThrow('EIO')
    expect(log.writtenOffset).toBe(0)
    disk.failure = undefined
    expect(() => append(log, 'b'))
      .toThrow(expect.objectContaining({ code: Errors.KAFKA_STORAGE_ERROR }))
  })
})

// The offsets that a log promises something by, and what syncs, truncation and failures do to them.

import { describe, expect, test } from '@jest/globals'

import { Errors } from '../../protocol/errors.ts'
import { parseLogConfig } from '../../storage/config.ts'
import { StorageError } from '../../storage/disk.ts'
import type { Log } from '../../storage/log.ts'
import { MemoryDisk } from '../../storage/memory-disk.ts'
import { append, appendEach, openLog, readValues, valuesOf } from './harness.ts'

const config = { ...parseLogConfig(new Map()), segmentBytes: 200, indexIntervalBytes: 0 }

function filled(disk = new MemoryDisk(), values = ['a', 'b', 'c', 'd', 'e', 'f']): Log {
  const log = openLog(disk, { config })
  appendEach(log, ...values)
  return log
}

describe('a sync', () => {
  test('beside another one counts nothing twice', async () => {
    const log = filled()
    const first = log.sync()
    appendEach(log, 'g')
    await Promise.all([first, log.sync()])
    expect([log.recoveryPoint, log.unsyncedBytes]).toEqual([7, 0])
  })

  test('promises nothing of what was truncated, and written anew, meanwhile', async () => {
    const disk = new MemoryDisk()
    const log = filled(disk, ['a'])
    await log.sync()
    appendEach(log, 'b', 'c', 'd')
    const syncing = log.sync()
    log.truncateTo(1)
    appendEach(log, 'B')
    await syncing
    expect(log.recoveryPoint).toBe(1)
    await log.sync()
    expect(log.recoveryPoint).toBe(2)
    disk.crash()
    expect(valuesOf(openLog(disk, { config, recoveryPoint: 2 }))).toEqual(['a', 'B'])
  })

  test('of a segment that is deleted meanwhile is no failure', async () => {
    const disk = new MemoryDisk()
    const log = filled(disk)
    log.advanceHighWatermark(6)
    const syncing = log.sync()
    log.deleteRecordsTo(4)
    log.applyRetention(1000)
    await syncing
    expect([log.isFailed, log.recoveryPoint, log.segmentCount]).toEqual([false, 6, 1])
  })
})

describe('after a write that failed', () => {
  test('nothing is written again, though the disk would take it', async () => {
    const disk = new MemoryDisk()
    const log = openLog(disk, { config })
    append(log, ['a'])
    disk.failure = new Error('EIO')
    expect(() => log.flush()).toThrow(StorageError)
    disk.failure = undefined
    expect(() => log.flush()).toThrow('EIO')
    await expect(log.sync()).rejects.toThrow('EIO')
    expect([log.writtenOffset, log.recoveryPoint]).toEqual([0, 0])
    const refused = expect.objectContaining({ code: Errors.KAFKA_STORAGE_ERROR })
    expect(() => append(log, ['b'])).toThrow(refused)
    expect(() => log.read(0, 10, { maxOffset: 1, minOneBatch: true })).toThrow(refused)
    expect(() => log.truncateTo(0)).toThrow(refused)
  })

  test('the log is failed, whichever file it was', () => {
    const disk = new MemoryDisk()
    const log = openLog(disk, { config })
    appendEach(log, 'a')
    disk.failure = new Error('ENOSPC')
    // A new segment is begun before the records are written.
    expect(() => append(log, ['b'.repeat(100)])).toThrow(StorageError)
    expect(log.isFailed).toBe(true)
  })

  test('closing gives the files back', () => {
    const disk = new MemoryDisk()
    const log = filled(disk)
    append(log, ['g'])
    disk.failure = new Error('EIO')
    expect(() => log.close()).toThrow(StorageError)
    expect(() => log.close()).not.toThrow()
  })
})

describe('the high watermark', () => {
  test('does not pass what is written', () => {
    const log = openLog(new MemoryDisk())
    append(log, ['a'])
    log.advanceHighWatermark(1)
    expect(log.highWatermark).toBe(0)
    log.flush()
    log.advanceHighWatermark(5)
    expect(log.highWatermark).toBe(1)
    log.advanceHighWatermark(0)
    expect(log.highWatermark).toBe(1)
  })

  test('follows the log where it starts over', () => {
    const log = filled()
    log.advanceHighWatermark(3)
    log.truncateFully(40)
    expect([log.startOffset, log.highWatermark, log.endOffset]).toEqual([40, 40, 40])
    expect([log.latestEpoch, log.recoveryPoint]).toEqual([-1, 0])
    appendEach(log, 'x')
    expect(readValues(log, 40)).toEqual(['x'])
  })

  test('bounds what may be deleted', () => {
    const log = filled()
    log.advanceHighWatermark(3)
    expect(() => log.deleteRecordsTo(4))
      .toThrow(expect.objectContaining({ code: Errors.OFFSET_OUT_OF_RANGE }))
    log.deleteRecordsTo(3)
    expect([log.startOffset, log.highWatermark]).toEqual([3, 3])
  })
})

describe('the last stable offset', () => {
  test('is never before the start of the log', () => {
    const log = openLog(new MemoryDisk(), { config })
    const begun = { producerId: 7, producerEpoch: 0, baseSequence: 0, isTransactional: true }
    append(log, ['a', 'b', 'c'], { ...begun, leaderEpoch: 0 }, { origin: 'replica' })
    log.flush()
    log.advanceHighWatermark(3)
    expect(log.lastStableOffset).toBe(0)
    log.deleteRecordsTo(2)
    expect([log.startOffset, log.lastStableOffset, log.highWatermark]).toEqual([2, 2, 3])
  })
})

describe('truncation', () => {
  test.each([0, 1, 2, 3, 4, 5, 6, 7])('to %d leaves what is before', async (offset) => {
    const disk = new MemoryDisk()
    const log = filled(disk)
    await log.sync()
    const values = ['a', 'b', 'c', 'd', 'e', 'f'].slice(0, offset)
    log.truncateTo(offset)
    expect(valuesOf(log)).toEqual(values)
    disk.crash()
    const again = openLog(disk, { config, recoveryPoint: 0 })
    expect(valuesOf(again)).toEqual(values)
    appendEach(again, 'new')
    expect(again.offsetForTimestamp(1)).toMatchObject({ offset: 0 })
    expect(readValues(again, 0).at(-1)).toBe('new')
  })

  test('within a batch takes all of the batch', () => {
    const log = openLog(new MemoryDisk())
    append(log, ['a', 'b'])
    append(log, ['c', 'd'])
    log.truncateTo(3)
    expect([log.endOffset, log.highWatermark]).toEqual([2, 0])
  })

  test('takes along what is staged', () => {
    const log = openLog(new MemoryDisk())
    append(log, ['a'])
    append(log, ['b'])
    log.truncateTo(1)
    expect([log.endOffset, log.writtenOffset]).toEqual([1, 1])
    append(log, ['c'])
    expect(valuesOf(log)).toEqual(['a', 'c'])
  })
})

describe('a log in use', () => {
  test('rolls in time for compaction', () => {
    const compacted = {
      ...config, segmentBytes: 1e6, cleanupPolicy: new Set(['compact'] as const),
      maxCompactionLagMs: 100, segmentMs: 1e6,
    }
    const log = openLog(new MemoryDisk(), { config: compacted })
    for (const timestampMs of [1000, 1100, 1101]) {
      append(log, ['a'], { timestampMs, leaderEpoch: 0, baseOffset: log.endOffset },
        { origin: 'replica' })
    }
    expect(log.segmentCount).toBe(2)
  })

  test('is not read any more once it is closed', () => {
    const log = filled()
    const batches = log.batches(0)
    log.close()
    expect(() => [...batches]).toThrow()
    expect(() => valuesOf(log)).toThrow(expect.objectContaining({
      code: Errors.KAFKA_STORAGE_ERROR,
    }))
  })
})

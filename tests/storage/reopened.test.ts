// A log of several segments that was closed and opened again: it must know as much as before.

import { describe, expect, test } from '@jest/globals'

import { batchesOf } from '../../protocol/records/batch.ts'
import type { Log } from '../../storage/log.ts'
import { MemoryDisk } from '../../storage/memory-disk.ts'
import { append, openLog, readValues, valuesOf } from './harness.ts'

const VALUES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
const config = { segmentBytes: 200, indexIntervalBytes: 0 }

function filled(disk: MemoryDisk): Log {
  const log = openLog(disk, { config })
  for (const [i, value] of VALUES.entries()) append(log, [value], { timestampMs: 100 * i })
  log.flush()
  log.advanceHighWatermark(VALUES.length)
  return log
}

describe.each([true, false])('reopened, closed before: %s', (isClean) => {
  function reopened(): Log {
    const disk = new MemoryDisk()
    const log = filled(disk)
    if (isClean) log.close()
    return openLog(disk, { config, isClean, highWatermark: VALUES.length, recoveryPoint: 5 })
  }

  test('it reads nothing at or behind the largest offset asked for', () => {
    const log = reopened()
    expect(log.segmentCount).toBeGreaterThan(3)
    for (let maxOffset = 0; maxOffset <= VALUES.length; maxOffset++) {
      for (let from = 0; from <= maxOffset; from++) {
        const { records } = log.read(from, 10_000, { maxOffset, minOneBatch: true })
        for (const { lastOffset } of batchesOf(records)) expect(lastOffset).toBeLessThan(maxOffset)
        expect(readValues(log, from, maxOffset)).toEqual(VALUES.slice(from, maxOffset))
      }
    }
  })

  test('it deletes no segment that has records behind the start', () => {
    const log = reopened()
    log.deleteRecordsTo(5)
    log.applyRetention(1000)
    expect(log.startOffset).toBe(5)
    expect(valuesOf(log, 5)).toEqual(VALUES.slice(5))
  })

  test('it finds records by their time', () => {
    const log = reopened()
    for (const i of VALUES.keys()) {
      expect(log.offsetForTimestamp(100 * i - 50)).toMatchObject({ offset: i, timestamp: 100 * i })
    }
    expect(log.maxTimestampOffset()).toMatchObject({ offset: VALUES.length - 1 })
  })
})

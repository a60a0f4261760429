// A log of several segments that was closed and opened again: it must know as much as before.

import { describe, expect, test } from '@jest/globals'

import { batchesOf } from '../../protocol/records/batch.ts'
import { writeEpochs } from '../../storage/checkpoints.ts'
import type { Log } from '../../storage/log.ts'
import { MemoryDisk } from '../../storage/memory-disk.ts'
import { append, DIRECTORY, openLog, readValues, valuesOf } from './harness.ts'
import { StoppingDisk } from './stopping-disk.ts'

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

test('nothing is written because an epoch began without records, as Kafka notes it', () => {
  const disk = new StoppingDisk()
  filled(disk).close()
  const path = `${DIRECTORY}/leader-epoch-checkpoint`
  writeEpochs(disk, path, [{ epoch: 0, startOffset: 0 }, { epoch: 3, startOffset: 8 }])
  const options = { config, isClean: true, highWatermark: 8, recoveryPoint: 8 }
  disk.stopAfter(100)
  const log = openLog(disk, options)
  expect([disk.changesLeft, log.latestEpoch]).toEqual([100, 0])
  disk.stopAfter(Infinity)
  // Nor does it matter that the file goes on to say so, when the process ends without a word.
  log.startEpoch(5)
  append(log, ['i'], { leaderEpoch: 5 }, { leaderEpoch: 5 })
  log.flush()
  log.abandon()
  const next = openLog(disk, { ...options, isClean: false })
  expect(next.epochs).toEqual([{ epoch: 0, startOffset: 0 }, { epoch: 5, startOffset: 8 }])
})

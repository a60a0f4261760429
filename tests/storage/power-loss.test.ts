// What a loss of power leaves of a log, and what the next starts make of it.

import { describe, expect, test } from '@jest/globals'

import { endMarkerBatch } from '../../protocol/records/control.ts'
import { parseLogConfig } from '../../storage/config.ts'
import type { Log } from '../../storage/log.ts'
import { MemoryDisk } from '../../storage/memory-disk.ts'
import { append, appendEach, DIRECTORY, openLog, pathOf } from './harness.ts'
import { randomOf } from './random.ts'
import { StoppingDisk } from './stopping-disk.ts'

const config = { ...parseLogConfig(new Map()), segmentBytes: 320, indexIntervalBytes: 0 }

test('producers of records that are lost are not known by the snapshot behind them (D5)', () => {
  const disk = new MemoryDisk()
  const compacted = { ...config, cleanupPolicy: new Set(['compact'] as const) }
  const log = openLog(disk, { config: compacted })
  const send = (baseSequence: number): void => {
    append(log, ['of a producer'], {
      producerId: 5, producerEpoch: 0, baseSequence, baseOffset: log.endOffset,
    }, { origin: 'replica' })
    log.flush()
  }
  send(0)
  const keptBytes = disk.sizeBytes(pathOf(0, '.log'))!
  while (log.segmentCount === 1) send(log.endOffset)
  const { endOffset } = log
  log.abandon()
  // A loss of power took what was not synced of the first segment, not of the second one.
  disk.open(pathOf(0, '.log'), 'write').truncate(keptBytes)
  disk.open(pathOf(endOffset - 1, '.log'), 'write').truncate(0)
  const options = { config: compacted, highWatermark: 1 }
  const recovered = openLog(disk, { ...options, recoveryPoint: 0 })
  expect(recovered.endOffset).toBe(endOffset - 1)
  expect(recovered.producers.get(5)).toMatchObject({ lastSequence: 0 })
  append(recovered, ['of nobody'], { baseOffset: recovered.endOffset }, { origin: 'replica' })
  recovered.flush()
  const next = openLog(disk, { ...options, recoveryPoint: recovered.endOffset })
  expect(next.producers.get(5)).toMatchObject({ lastSequence: 0 })
})

describe('what is built again tells of aborted transactions, wherever power is lost (E4)', () => {
  const producer = { producerId: 5, producerEpoch: 0 }

  /** A closed log whose first segment has no indexes, as a recovery leaves it that has no room. */
  function withoutIndexes(stopping: StoppingDisk): number {
    const log = openLog(stopping, { config })
    append(log, ['aborted'], { ...producer, baseSequence: 0, isTransactional: true },
      { isVerificationRequired: false })
    log.append(endMarkerBatch({
      ...producer, type: 'ABORT', coordinatorEpoch: 0, leaderEpoch: 0, baseOffset: log.endOffset,
      timestampMs: 1000,
    }), { leaderEpoch: 0, nowMs: 1000, origin: 'coordinator' })
    while (log.segmentCount === 1) appendEach(log, 'more')
    log.close()
    for (const suffix of ['.index', '.timeindex', '.txnindex']) stopping.remove(pathOf(0, suffix))
    stopping.syncDirectory(DIRECTORY)
    return log.endOffset
  }

  /** Answers whether the start came to its end. */
  function startedUntil(stopping: StoppingDisk, changes: number, endOffset: number): boolean {
    stopping.stopAfter(changes)
    try {
      begun(stopping, endOffset)
      return true
    } catch (error) {
      if (!stopping.hasStopped) throw error
      return false
    } finally {
      stopping.stopAfter(Infinity)
    }
  }

  const begun = (stopping: StoppingDisk, endOffset: number): Log => openLog(stopping, {
    config, isClean: true, recoveryPoint: endOffset, highWatermark: endOffset,
  })

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('with seed %d', (seed) => {
    for (let changes = 0, isDone = false; !isDone; changes++) {
      const stopping = new StoppingDisk()
      const endOffset = withoutIndexes(stopping)
      isDone = startedUntil(stopping, changes, endOffset)
      stopping.crash(randomOf(seed * 1000 + changes))
      const aborted = begun(stopping, endOffset).abortedTransactions(0, endOffset)
      expect({ changes, aborted: aborted.length }).toEqual({ changes, aborted: 1 })
    }
  })
})

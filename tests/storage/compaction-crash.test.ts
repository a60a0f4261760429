// A cleaning that is cut off at every single operation of the disk, by a kill or by a loss of
// power: the log opens again and has lost nothing (invariant G4).

import { describe, expect, test } from '@jest/globals'

import type { Log } from '../../storage/log.ts'
import {
  appendMark, appendPairs, cleanLog, COMPACTED, folded, type KeyValue, readCommitted,
  readUncommitted, type Visible,
} from './compaction-harness.ts'
import { runSteps } from '../../sim/storage/cleaning.ts'
import { DIRECTORY, openLog } from './harness.ts'
import { randomOf } from './random.ts'
import { StoppingDisk } from './stopping-disk.ts'

const NOW_MS = 10_000
const CONFIG = {
  ...COMPACTED, segmentBytes: 500, deleteRetentionMs: 0, fileDeleteDelayMs: 1000,
}

interface Setup {
  readonly disk: StoppingDisk
  readonly log: Log
}

/** A log that was cleaned before, so that tombstones and marks have reached their horizon. */
async function setUp(): Promise<Setup> {
  const disk = new StoppingDisk()
  const log = openLog(disk, { config: CONFIG })
  const random = randomOf(5)
  const append = (count: number): void => {
    for (let i = 0; i < count; i++) {
      const key = `key ${Math.floor(random() * 8)}`
      appendPairs(log, [[key, random() < 0.3 ? null : 'x'.repeat(random() * 100)], [`${i}`, 'y']])
      if (i % 5 !== 0) continue
      const producer = { producerId: i % 3, producerEpoch: 0, isTransactional: true }
      appendPairs(log, [[key, 'z']], { ...producer, baseSequence: log.endOffset })
      appendMark(log, random() < 0.5 ? 'ABORT' : 'COMMIT', i % 3)
    }
  }
  append(9)
  await cleanLog(log, NOW_MS)
  append(7)
  await log.sync()
  return { disk, log }
}

function reopen(disk: StoppingDisk, log: Log): Log {
  const { recoveryPoint, highWatermark } = log
  return openLog(disk, { config: CONFIG, recoveryPoint, highWatermark })
}

async function clean({ disk, log }: Setup): Promise<void> {
  try {
    await cleanLog(log, NOW_MS, { bufferBytes: 1000 })
  } catch (error) {
    if (!disk.hasStopped) throw error
  }
}

const ENDS = {
  'a kill': () => {},
  'a loss of power': (disk: StoppingDisk) => disk.crash(),
  'a loss of power that leaves some of it': (disk: StoppingDisk, at: number) => (
    disk.crash(randomOf(at))),
}

function leftovers(disk: StoppingDisk): string[] {
  return disk.list(DIRECTORY).map(({ name }) => name)
    .filter((name) => /\.(cleaned|swap|deleted)$/.test(name))
}

/** What one has and the other lacks. */
function missing(wanted: readonly Visible[], from: readonly Visible[]): string[] {
  const there = new Set(from.map((one) => JSON.stringify(one)))
  return wanted.map((one) => JSON.stringify(one)).filter((one) => !there.has(one))
}

describe('a cleaning that is cut off', () => {
  test.each(Object.entries(ENDS))('by %s loses nothing', async (_, end) => {
    const whole = await setUp()
    const before = readUncommitted(whole.log)
    const committed = folded(readCommitted(whole.log))
    whole.disk.stopAfter(10_000)
    await clean(whole)
    const changes = 10_000 - whole.disk.changesLeft
    const after = readUncommitted(whole.log)
    const { producers } = whole.log
    expect([before.length > after.length, changes > 50]).toEqual([true, true])
    for (let at = 0; at <= changes; at++) {
      const setup = await setUp()
      setup.disk.stopAfter(at)
      await clean(setup)
      setup.disk.stopAfter(Infinity)
      end(setup.disk, at)
      const log = reopen(setup.disk, setup.log)
      const visible = readUncommitted(log)
      const where = { at, leftovers: leftovers(setup.disk) }
      expect({ ...where, endOffset: log.endOffset })
        .toEqual({ at, leftovers: [], endOffset: setup.log.endOffset })
      // Between all that was there and what the cleaning leaves.
      expect({ at, added: missing(visible, before), lost: missing(after, visible) })
        .toEqual({ at, added: [], lost: [] })
      expect({ at, values: folded(readCommitted(log)) }).toEqual({ at, values: committed })
      for (const { producerId, epoch, lastSequence } of producers.all()) {
        expect(log.producers.get(producerId)).toMatchObject({ epoch, lastSequence })
      }
      log.compaction.cleanedTo = setup.log.compaction.cleanedTo
      await cleanLog(log, NOW_MS)
      expect(folded(readCommitted(log))).toEqual(committed)
    }
  })

  test('and so does the start after it: that is done again', async () => {
    const whole = await setUp()
    const committed = folded(readCommitted(whole.log))
    whole.disk.stopAfter(10_000)
    await clean(whole)
    const changes = 10_000 - whole.disk.changesLeft
    let swaps = 0
    for (let at = 0; at < changes; at++) {
      const { disk, log } = await setUp()
      disk.stopAfter(at)
      await clean({ disk, log })
      if (leftovers(disk).some((name) => name.endsWith('.swap'))) swaps++
      // Cut off again and again, each time a little later.
      for (let more = 1; disk.hasStopped; more += 2) {
        disk.stopAfter(more)
        try {
          reopen(disk, log)
        } catch (error) {
          if (!disk.hasStopped) throw error
          if (more % 3 === 0) disk.crash(randomOf(more))
        }
      }
      disk.stopAfter(Infinity)
      const reopened = reopen(disk, log)
      expect({ at, values: folded(readCommitted(reopened)) }).toEqual({ at, values: committed })
      expect(reopened.endOffset).toBe(log.endOffset)
    }
    expect(swaps).toBeGreaterThan(5)
  })

  test('never brings back a value whose tombstone is gone', async () => {
    const setUpDeletion = async (): Promise<Setup> => {
      const disk = new StoppingDisk()
      const log = openLog(disk, { config: CONFIG })
      const segmentOf = (...pairs: KeyValue[]): void => {
        log.reconfigure({ ...CONFIG, segmentBytes: 1 })
        for (const pair of pairs) {
          appendPairs(log, [pair])
          log.reconfigure({ ...CONFIG, segmentBytes: 600 })
        }
      }
      segmentOf(['x', '1'])
      segmentOf(['a', '1'])
      segmentOf(['b', '1'], ['c', '1'], ['a', null])
      segmentOf(['b', 'x'.repeat(300)], ['c', '2'])
      segmentOf(['d', '1'])
      // The map is full before the tombstone, which thus gets its horizon while the value stays.
      log.reconfigure({ ...CONFIG, segmentBytes: 1 })
      await cleanLog(log, NOW_MS, { maxMapBytes: 3 * 24 + 24, loadFactor: 0.75 })
      expect(readUncommitted(log).map(({ key }) => key)).toEqual([...'xabcabcd'])
      log.reconfigure({ ...CONFIG, segmentBytes: 600 })
      return { disk, log }
    }
    for (let at = 0, isWhole = false; !isWhole; at++) {
      const { disk, log } = await setUpDeletion()
      disk.stopAfter(at)
      await clean({ disk, log })
      isWhole = !disk.hasStopped
      disk.stopAfter(Infinity)
      const reopened = reopen(disk, log)
      expect({ at, values: folded(readCommitted(reopened)).get('a') })
        .toEqual({ at, values: undefined })
    }
  })

  test('by a failing disk ends the log (H6)', async () => {
    const { disk, log } = await setUp()
    const committed = folded(readCommitted(log))
    disk.stopAfter(20)
    await expect(cleanLog(log, NOW_MS)).rejects.toThrow('the machine stopped')
    expect(log.isFailed).toBe(true)
    expect(log.compaction.cleanable(NOW_MS)).toBeUndefined()
    disk.stopAfter(Infinity)
    expect(folded(readCommitted(reopen(disk, log)))).toEqual(committed)
  })

  test('by its driver leaves no file behind', async () => {
    const { disk, log } = await setUp()
    const before = readUncommitted(log)
    const names = disk.list(DIRECTORY)
    const cleanable = log.compaction.cleanable(NOW_MS)!
    const steps = log.compaction.clean(cleanable, {
      nowMs: NOW_MS, bufferBytes: 4096, maxMapBytes: 10_000, loadFactor: 0.9,
    })
    for (let i = 0; leftovers(disk).length === 0; i++) {
      const step = steps.next(NOW_MS)
      if (step.done !== true) await step.value.wait
    }
    steps.return(undefined)
    expect(disk.list(DIRECTORY)).toEqual(names)
    expect(readUncommitted(log)).toEqual(before)
    await runSteps(log.compaction.clean(log.compaction.cleanable(NOW_MS)!, {
      nowMs: NOW_MS, bufferBytes: 4096, maxMapBytes: 10_000, loadFactor: 0.9,
    }), NOW_MS)
    expect(readUncommitted(log).length).toBeLessThan(before.length)
  })
})

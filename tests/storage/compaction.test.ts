// Cleanings of a log: what stays, what goes, and when (invariants G1 to G3).

import { beforeEach, describe, expect, test } from '@jest/globals'
import { Batch } from '../../protocol/records/batch.ts'
import { CODECS } from '../../protocol/records/compression.ts'
import type { LogConfig } from '../../storage/config.ts'
import type { Log } from '../../storage/log.ts'
import { MemoryDisk } from '../../storage/memory-disk.ts'
import {
  appendMark, appendPairs, cleanLog, COMPACTED, folded, readCommitted, readUncommitted, roll,
} from './compaction-harness.ts'
import { runSteps } from '../../sim/storage/cleaning.ts'
import { batchOf, DIRECTORY, openLog } from './harness.ts'

const REPLICA = { leaderEpoch: 0, nowMs: 1000, origin: 'replica' } as const

let disk = new MemoryDisk()
beforeEach(() => {
  disk = new MemoryDisk()
})

function open(config: Partial<LogConfig> = {}, highWatermark = 0): Log {
  return openLog(disk, { config: { ...COMPACTED, ...config }, highWatermark })
}

/** Without what `roll` adds, as text. */
function contents(log: Log): string[] {
  return readUncommitted(log)
    .filter(({ key }) => key?.startsWith('filler') !== true)
    .map(({ offset, key, value }) => `${offset} ${key}=${value}`)
}

function filesOf(ending: string): string[] {
  return disk.list(DIRECTORY).map(({ name }) => name).filter((name) => name.endsWith(ending))
}

function batches(log: Log): Batch[] {
  return Array.from(log.batches(0), (batch) => new Batch(batch.bytes()))
}

/** The batches that are not there for their records. */
function bareBatches(log: Log): string[] {
  return batches(log).filter(({ isControl, count }) => isControl || count === 0)
    .map(({ baseOffset, isControl, count }) => (
      `${baseOffset} ${isControl ? 'mark' : 'empty'} ${count}`))
}

describe('a cleaning', () => {
  test('keeps the last value of each key, at its offset, in order (G2)', async () => {
    const log = open()
    appendPairs(log, [['a', '1'], ['b', '1'], ['a', '2']])
    appendPairs(log, [['c', '1'], ['b', '2']])
    roll(log)
    appendPairs(log, [['c', '2']])
    const active = log.endOffset - 1
    const cleaned = await cleanLog(log, 2000)
    // The second c is in the active segment, which tells nothing yet (G1).
    expect(contents(log)).toEqual(['2 a=2', '3 c=1', '4 b=2', `${active} c=2`])
    expect(cleaned).toMatchObject({ recordsRead: 7, recordsKept: 5, keys: 5 })
    expect(log.compaction.cleanedTo).toBe(cleaned?.endOffset)
  })

  test.each([...CODECS])('rebuilds a batch in its codec, copies others as they are (%s)',
    async (codec) => {
      const log = open()
      appendPairs(log, [['a', 'x'.repeat(100)], ['b', 'y'.repeat(100)]], { codec })
      appendPairs(log, [['a', 'z'.repeat(100)], ['c', 'w'.repeat(100)]], { codec })
      const second = batches(log)[1]!.bytes()
      roll(log)
      await cleanLog(log, 2000)
      const [first, copied] = batches(log).map((batch) => batch.bytes())
      expect(copied).toEqual(second)
      expect(first!.readInt16BE(21) & 7).toBe(CODECS.indexOf(codec))
      expect(contents(log)).toEqual([
        `1 b=${'y'.repeat(100)}`, `2 a=${'z'.repeat(100)}`, `3 c=${'w'.repeat(100)}`])
    })

  test('drops records without a key', async () => {
    const log = open()
    appendPairs(log, [[null, '1'], ['a', '1']])
    roll(log)
    await cleanLog(log, 2000)
    expect(contents(log)).toEqual(['1 a=1'])
  })

  test('puts small segments together, and lets the old files go (G2)', async () => {
    const log = open()
    for (let i = 0; i < 10; i++) {
      appendPairs(log, [['a', String(i)]])
      roll(log)
    }
    expect(log.segmentCount).toBe(11)
    await cleanLog(log, 2000)
    // What a group becomes cannot be known before: only the next cleaning sees how little is left.
    roll(log)
    await cleanLog(log, 2000)
    expect(log.segmentCount).toBeLessThan(5)
    expect(contents(log)).toHaveLength(1)
    expect(filesOf('.deleted').length).toBeGreaterThan(0)
    for (let i = 0; i < 10; i++) log.tick(2000)
    expect(disk.list(DIRECTORY).filter(({ name }) => /cleaned|swap|deleted/.test(name))).toEqual([])
    expect(filesOf('.log')).toHaveLength(log.segmentCount)
    expect(filesOf('.snapshot').length).toBeGreaterThan(0)
    expect(filesOf('.snapshot').map((name) => name.slice(0, 20)))
      .toEqual(filesOf('.log').map((name) => name.slice(0, 20)).slice(1))
  })

  test('reads batches larger than its buffer', async () => {
    const log = open({ segmentBytes: 100_000 })
    appendPairs(log, [['a', 'x'.repeat(40_000)], ['b', 'y'.repeat(20_000)]])
    appendPairs(log, [['a', 'z'.repeat(50_000)]])
    appendPairs(log, [['c', '1']])
    appendPairs(log, [['a', 'x'.repeat(70_000)]])
    await cleanLog(log, 2000, { bufferBytes: 100 })
    expect(contents(log).map((line) => line.slice(0, 5)))
      .toEqual(['1 b=y', '2 a=z', '3 c=1', '4 a=x'])
  })

  test('reads batches that no client may send here, but Kafka may have taken', async () => {
    const log = open({ segmentBytes: 1_000_000 })
    appendPairs(log, [['a', 'x'.repeat(40 * 1024 * 1024)], ['b', '1']], { codec: 'gzip' })
    appendPairs(log, [['a', '2']])
    log.reconfigure({ ...COMPACTED, segmentBytes: 1 })
    roll(log)
    await cleanLog(log, 2000)
    expect(contents(log)).toEqual(['1 b=1', '2 a=2'])
  })

  test('goes on where a full offset map made it stop', async () => {
    const log = open({ minCleanableDirtyRatio: 0 })
    const keys = Array.from({ length: 12 }, (_, i) => `key ${i}`)
    for (const round of ['1', '2']) for (const key of keys) appendPairs(log, [[key, round]])
    roll(log)
    const keysOfCleanings: number[] = []
    for (;;) {
      const cleaned = await cleanLog(log, 2000, { maxMapBytes: 5 * 24, loadFactor: 1 })
      if (cleaned === undefined) break
      keysOfCleanings.push(cleaned.keys)
    }
    expect(keysOfCleanings.length).toBeGreaterThan(3)
    expect(Math.max(...keysOfCleanings)).toBe(4)
    expect(contents(log)).toEqual(keys.map((key, i) => `${12 + i} ${key}=2`))
  })

  test('leaves the last batch below the high watermark, if need be empty', async () => {
    const log = open()
    roll(log)
    const last = appendPairs(log, [[null, 'x'.repeat(400)]])
    // Not committed yet: followers have to learn from the batch before where the log goes on.
    log.append(batchOf(['x'.repeat(400)], { baseOffset: last + 1 }), REPLICA)
    log.flush()
    expect(log.highWatermark).toBe(last + 1)
    await cleanLog(log, 2000)
    expect(bareBatches(log)).toEqual([`${last} empty 0`])
    log.advanceHighWatermark(last + 2)
    roll(log)
    await cleanLog(log, 2000)
    expect(bareBatches(log)).toEqual([])
  })
})

describe('while and after a log is cleaned', () => {
  test('readers go on in the segment that they had, and then in the new ones', async () => {
    const log = open({ segmentBytes: 400, fileDeleteDelayMs: 100 })
    for (let i = 0; i < 6; i++) appendPairs(log, [['a', `${i}`.repeat(100)], [`b${i}`, 'x']])
    roll(log)
    const before = readUncommitted(log)
    const reader = log.batches(0)
    const first = reader.next().value!
    expect(first.baseOffset).toBe(0)
    await cleanLog(log, 2000)
    await cleanLog(log, 2000)
    const read = [`0 ${first.count}`]
    for (const batch of reader) read.push(`${batch.baseOffset} ${batch.count}`)
    // The first segment holds two batches; of the others only what was left is seen.
    expect(read.slice(0, 4)).toEqual(['0 2', '2 2', '4 1', '6 1'])
    const { records, release } = log.read(0, 1000, { maxOffset: 50, minOneBatch: true })
    expect(new Batch(records)).toMatchObject({ baseOffset: 0, count: 1 })
    release()
    expect(readUncommitted(log).length).toBe(before.length - 5)
    expect(filesOf('.deleted').length).toBeGreaterThan(0)
    log.tick(2100)
    expect(filesOf('.deleted')).toEqual([])
  })

  test('what is asked for by offset and time is found across the gaps', async () => {
    const log = open()
    for (let i = 0; i < 8; i++) {
      appendPairs(log, [['a', `${i}`], ['b', `${i}`]], { timestampMs: 1000 + i })
    }
    roll(log, 1100)
    await cleanLog(log, 2000)
    for (let offset = 0; offset < 14; offset++) {
      const { records, release } = log.read(offset, 1, { maxOffset: 100, minOneBatch: true })
      expect(new Batch(records).baseOffset).toBe(14)
      release()
    }
    expect(log.offsetForTimestamp(1003)).toMatchObject({ offset: 14, timestamp: 1007 })
    expect(log.maxTimestampOffset()).toMatchObject({ timestamp: 1100 })
  })

  test('a crash after the policy has changed takes no gap for a loss', async () => {
    const log = open()
    for (let i = 0; i < 8; i++) appendPairs(log, [['a', `${i}`]])
    roll(log)
    roll(log)
    await cleanLog(log, 2000)
    const before = readUncommitted(log)
    const { recoveryPoint, endOffset } = log
    const config = { ...COMPACTED, cleanupPolicy: new Set(['delete'] as const) }
    const reopened = openLog(disk, { config, recoveryPoint })
    reopened.advanceHighWatermark(endOffset)
    expect(readUncommitted(reopened)).toEqual(before)
    reopened.abandon()
    // Behind the recovery point a gap is one.
    const cut = openLog(disk, { config, recoveryPoint: 0 })
    expect(cut.endOffset).toBeLessThan(endOffset)
  })

  test('a log that is cut is dirty from the active segment on', async () => {
    const log = open()
    for (let i = 0; i < 3; i++) roll(log)
    await cleanLog(log, 2000)
    expect(log.compaction.cleanedTo).toBeGreaterThan(0)
    log.truncateTo(log.compaction.cleanedTo! - 2)
    expect(log.compaction.cleanedTo).toBeLessThan(log.endOffset)
  })

  test('a log that was cut while it was cleaned is left as it is', async () => {
    const log = open()
    for (let i = 0; i < 4; i++) {
      appendPairs(log, [['a', `${i}`]])
      roll(log)
    }
    const cleanable = log.compaction.cleanable(2000)!
    const steps = log.compaction.clean(
      cleanable, { nowMs: 2000, bufferBytes: 4096, maxMapBytes: 10_000, loadFactor: 0.9 })
    let step = steps.next(2000)
    while (filesOf('.cleaned').length === 0) {
      if (step.done !== true) await step.value.wait
      step = steps.next(2000)
    }
    log.truncateTo(2)
    const before = readUncommitted(log)
    expect(await runSteps(steps, 2000)).toBeUndefined()
    expect(readUncommitted(log)).toEqual(before)
    expect(filesOf('.cleaned')).toEqual([])
    expect(log.isFailed).toBe(false)
  })

  test('a policy that no longer says compact ends it', async () => {
    const log = open()
    for (let i = 0; i < 4; i++) {
      appendPairs(log, [['a', `${i}`]])
      roll(log)
    }
    const before = readUncommitted(log)
    const steps = log.compaction.clean(log.compaction.cleanable(2000)!, {
      nowMs: 2000, bufferBytes: 4096, maxMapBytes: 10_000, loadFactor: 0.9,
    })
    for (let i = 0; i < 10; i++) {
      const step = steps.next(2000)
      if (step.done !== true) await step.value.wait
    }
    log.reconfigure({ ...COMPACTED, cleanupPolicy: new Set(['delete']) })
    expect(await runSteps(steps, 2000)).toBeUndefined()
    expect(log.compaction.cleanable(2000)).toBeUndefined()
    expect(readUncommitted(log)).toEqual(before)
  })
})

describe('tombstones', () => {
  test('stay for delete.retention.ms from when they were cleaned first (KIP-534)', async () => {
    const log = open({ deleteRetentionMs: 500 })
    appendPairs(log, [['a', '1'], ['b', '1']])
    appendPairs(log, [['a', null]])
    roll(log)
    await cleanLog(log, 2000)
    expect(contents(log)).toEqual(['1 b=1', '2 a=null'])
    expect(batches(log)[1]?.deleteHorizonMs).toBe(2500)
    roll(log)
    await cleanLog(log, 2499)
    expect(contents(log)).toEqual(['1 b=1', '2 a=null'])
    roll(log)
    await cleanLog(log, 2500)
    expect(contents(log)).toEqual(['1 b=1'])
  })

  test('stay for ever where delete.retention.ms says so', async () => {
    const log = open({ deleteRetentionMs: Infinity })
    appendPairs(log, [['a', null]])
    roll(log)
    await cleanLog(log, 2000)
    expect(batches(log)[0]?.deleteHorizonMs).toBeUndefined()
    roll(log)
    await cleanLog(log, 2 ** 45)
    expect(contents(log)).toEqual(['0 a=null'])
  })
})

describe('transactions', () => {
  const inTransaction = (producerId: number, baseSequence = 0) => (
    { producerId, producerEpoch: 0, baseSequence, isTransactional: true })

  test('aborted data goes at once, its mark after delete.retention.ms (G3)', async () => {
    const log = open({ deleteRetentionMs: 500 })
    appendPairs(log, [['a', '1']], inTransaction(1))
    appendPairs(log, [['b', '1']])
    appendMark(log, 'ABORT', 1)
    // Its last batch would stay for its own sake.
    appendPairs(log, [['c', '1']], inTransaction(1, 1))
    appendMark(log, 'COMMIT', 1)
    roll(log)
    const committed = readCommitted(log)
    await cleanLog(log, 2000)
    expect(contents(log)).toEqual(['1 b=1', '3 c=1'])
    expect(readCommitted(log)).toEqual(committed)
    // The mark was shown with its data gone for the first time now: its horizon begins.
    roll(log)
    await cleanLog(log, 3000)
    expect(bareBatches(log)).toContain('2 mark 1')
    roll(log)
    await cleanLog(log, 3499)
    expect(bareBatches(log)).toContain('2 mark 1')
    roll(log)
    await cleanLog(log, 3500)
    expect(bareBatches(log)).toEqual(['4 mark 1'])
    expect(log.abortedTransactions(0, log.endOffset)).toEqual([])
    expect(readCommitted(log).slice(0, 2)).toEqual(committed.slice(0, 2))
  })

  test('the newest value is not one that was aborted (E1)', async () => {
    const log = open()
    appendPairs(log, [['a', '1']])
    appendPairs(log, [['a', '2']], inTransaction(1))
    appendMark(log, 'ABORT', 1)
    roll(log)
    await cleanLog(log, 2000)
    expect(contents(log)).toEqual(['0 a=1'])
    expect(folded(readCommitted(log)).get('a')).toBe('1')
  })

  test('an aborted transaction that leaves a batch stays in the index, in whatever segment its '
    + 'mark comes to lie', async () => {
    const log = open({ segmentBytes: 700 })
    appendPairs(log, [['a', '1'], ['b', '1']], inTransaction(1))
    roll(log)
    appendMark(log, 'ABORT', 1)
    roll(log)
    await cleanLog(log, 2000)
    // The last batch of producer 1: without records, it tells of the producer (D5).
    expect(bareBatches(log)).toContain('0 empty 0')
    expect(log.abortedTransactions(0, log.endOffset)).toMatchObject([{ producerId: 1 }])
    const reopened = open({}, log.endOffset)
    expect(reopened.producers.get(1)).toMatchObject({ epoch: 0, lastSequence: 1 })
    expect(reopened.producers.firstUnstableOffset).toBeUndefined()
  })

  test('nothing from the first open one on is cleaned (G3)', async () => {
    const log = open()
    appendPairs(log, [['a', '1']])
    appendPairs(log, [['a', '2']])
    roll(log)
    const open1 = appendPairs(log, [['a', '3']], inTransaction(1))
    appendPairs(log, [['a', '4']])
    roll(log)
    roll(log)
    expect(log.lastStableOffset).toBe(open1)
    await cleanLog(log, 2000)
    expect(contents(log)).toEqual(['1 a=2', `${open1} a=3`, `${open1 + 1} a=4`])
    appendMark(log, 'COMMIT', 1)
    await cleanLog(log, 2000)
    expect(contents(log)).toEqual([`${open1 + 1} a=4`])
    expect(bareBatches(log)).toContain(`${open1} empty 0`)
  })

  test('the mark of a committed one stays as long as a batch of it does', async () => {
    const log = open({ deleteRetentionMs: 0 })
    appendPairs(log, [['a', '1']], inTransaction(1))
    const mark = appendMark(log, 'COMMIT', 1)
    appendPairs(log, [['b', '1']], inTransaction(1, 1))
    appendMark(log, 'COMMIT', 1)
    for (let i = 0; i < 3; i++) {
      roll(log)
      await cleanLog(log, 2000 + i)
      expect(bareBatches(log)).toContain(`${mark} mark 1`)
    }
    appendPairs(log, [['a', '2']])
    for (let i = 0; i < 3; i++) {
      roll(log)
      await cleanLog(log, 3000 + i)
    }
    expect(bareBatches(log)).not.toContain(`${mark} mark 1`)
  })

  test('a producer of which only marks are known keeps the last one (D5)', async () => {
    const log = open({ deleteRetentionMs: 0 })
    const mark = appendMark(log, 'ABORT', 1, 1000, 4)
    for (let i = 0; i < 3; i++) {
      roll(log)
      await cleanLog(log, 2000 + i)
    }
    expect(bareBatches(log)).toEqual([`${mark} mark 0`])
  })
})

describe('producers', () => {
  test('are known after a start that reads the cleaned log alone (D5)', async () => {
    const log = open()
    const producer = { producerId: 1, producerEpoch: 2 }
    appendPairs(log, [['a', '1'], ['b', '1']], { ...producer, baseSequence: 0 })
    appendPairs(log, [['a', '2'], ['b', '2']], { ...producer, baseSequence: 2 })
    appendPairs(log, [['a', '3'], ['b', '3']])
    roll(log)
    await cleanLog(log, 2000)
    expect(bareBatches(log)).toEqual(['2 empty 0'])
    log.close()
    for (const name of filesOf('.snapshot')) disk.remove(`${DIRECTORY}/${name}`)
    const reopened = open()
    expect(reopened.producers.get(1)).toMatchObject({ epoch: 2, lastSequence: 3 })
    // Forgotten by the log, they need no batch any more.
    reopened.producers.expire(2 ** 40, 1)
    roll(reopened)
    await cleanLog(reopened, 2000)
    expect(bareBatches(reopened)).toEqual([])
  })
})

test('a log begins where it began, though a recovery finds its first segment empty', async () => {
  const log = open()
  appendPairs(log, [['a', '1']])
  roll(log)
  roll(log)
  appendPairs(log, Array.from({ length: 5 }, (_, i) => [i === 0 ? 'a' : `filler ${i}`, '2']))
  roll(log)
  await cleanLog(log, 2000)
  const values = contents(log)
  log.abandon()
  const recovered = openLog(disk, {
    config: COMPACTED, recoveryPoint: 0, highWatermark: log.endOffset,
  })
  expect(disk.sizeBytes(`${DIRECTORY}/00000000000000000000.log`)).toBe(0)
  expect(recovered.applyRetention(3000)).toBe(0)
  expect(recovered.startOffset).toBe(0)
  expect(contents(recovered)).toEqual(values)
})

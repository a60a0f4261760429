// A log that is read again, from whatever snapshot of its producers, after cleanings have taken
// marks of transactions: what was over stays over (E4), who was fenced stays fenced (D5).

import { beforeEach, describe, expect, test } from '@jest/globals'

import type { Log } from '../../storage/log.ts'
import { decodeSnapshot } from '../../storage/producer-snapshots.ts'
import {
  appendMark, appendPairs, cleanLog, COMPACTED, folded, readCommitted,
} from './compaction-harness.ts'
import { DIRECTORY, openLog } from './harness.ts'
import { randomOf } from './random.ts'
import { StoppingDisk } from './stopping-disk.ts'

const CONFIG = { ...COMPACTED, deleteRetentionMs: 0, segmentBytes: 700 }

let disk = new StoppingDisk()
beforeEach(() => {
  disk = new StoppingDisk()
})

function snapshotNames(): string[] {
  return disk.list(DIRECTORY).map(({ name }) => name).filter((name) => name.endsWith('.snapshot'))
}

function inTransaction(producerId: number, producerEpoch = 0) {
  return { producerId, producerEpoch, baseSequence: 0, isTransactional: true }
}

/** Offsets and the producers that are in a transaction there. */
function openInSnapshots(): Record<number, number[]> {
  const found: Record<number, number[]> = {}
  for (const name of snapshotNames()) {
    const entries = decodeSnapshot(disk.readFile(`${DIRECTORY}/${name}`)!)!
    const open = entries.filter(({ isInTransaction }) => isInTransaction)
    if (open.length > 0) found[Number.parseInt(name, 10)] = open.map((entry) => entry.producerId)
  }
  return found
}

/** To the end of the segment, by keys that come once: no cleaning puts it and another together. */
function fill(log: Log): void {
  const { segmentCount } = log
  while (log.segmentCount === segmentCount) {
    appendPairs(log, [[`at ${log.endOffset}`, 'x'.repeat(200)]])
  }
}

/** Transactions that begin in one segment and end in others; nothing is left of them but marks. */
function appendOldTransactions(log: Log): void {
  appendPairs(log, [['a', '1']], inTransaction(1))
  appendPairs(log, [['b', '1']], inTransaction(2))
  fill(log)
  appendMark(log, 'COMMIT', 1)
  fill(log)
  appendMark(log, 'ABORT', 2)
  appendPairs(log, [['a', '2'], ['b', '2']])
  // Their last batch would stay for their own sake.
  for (const producerId of [1, 2]) {
    appendPairs(log, [[`of ${producerId}`, '1']], { producerId, producerEpoch: 0, baseSequence: 1 })
  }
  fill(log)
}

/** Until nothing changes any more. */
async function cleanWell(log: Log): Promise<void> {
  for (let nowMs = 2000; nowMs < 2004; nowMs++) {
    fill(log)
    await cleanLog(log, nowMs)
  }
}

function marks(log: Log): number[] {
  return Array.from(log.batches(0), ({ isControl, baseOffset }) => isControl ? baseOffset : -1)
    .filter((offset) => offset >= 0)
}

/** The log after a crash that has left of its snapshots those up to the offset. */
function reopened(log: Log, offset: number, isClean = false): Log {
  const { recoveryPoint, highWatermark } = log
  const copy = disk.clone()
  for (const name of snapshotNames()) {
    if (Number.parseInt(name, 10) > offset) copy.remove(`${DIRECTORY}/${name}`)
  }
  return openLog(copy, { config: CONFIG, recoveryPoint, highWatermark, isClean })
}

describe('a snapshot of which a cleaning takes the marks behind it', () => {
  test('no longer says that their transactions are open (E4)', async () => {
    const log = openLog(disk, { config: CONFIG })
    appendOldTransactions(log)
    expect(Object.values(openInSnapshots())).toEqual([[1, 2], [2]])
    await cleanWell(log)
    expect({ marks: marks(log), open: openInSnapshots() }).toEqual({ marks: [], open: {} })
    const producers = [...log.producers.all()]
    for (const offset of [-1, ...snapshotNames().map((name) => Number.parseInt(name, 10))]) {
      const again = reopened(log, offset)
      expect({ offset, stable: again.lastStableOffset })
        .toEqual({ offset, stable: log.endOffset })
      expect(readCommitted(again)).toEqual(readCommitted(log))
      for (const { producerId, epoch, lastSequence } of producers) {
        expect(again.producers.get(producerId)).toMatchObject({ epoch, lastSequence })
      }
    }
  })

  test('goes on to say so while a mark stays', async () => {
    const log = openLog(disk, { config: { ...CONFIG, deleteRetentionMs: 1_000_000 } })
    appendOldTransactions(log)
    const before = openInSnapshots()
    await cleanWell(log)
    expect(marks(log)).toHaveLength(2)
    expect(Object.keys(before)).toHaveLength(2)
    expect(openInSnapshots()).toEqual(before)
  })

  test('says so of a transaction whose own mark stays, though the next one goes', async () => {
    const log = openLog(disk, { config: CONFIG })
    appendPairs(log, [['stays', '1']], inTransaction(1))
    fill(log)
    const own = appendMark(log, 'COMMIT', 1)
    appendPairs(log, [['a', '1']], { ...inTransaction(1), baseSequence: 1 })
    appendMark(log, 'COMMIT', 1)
    appendPairs(log, [['a', '2']], { producerId: 1, producerEpoch: 0, baseSequence: 2 })
    const before = openInSnapshots()
    await cleanWell(log)
    expect({ marks: marks(log), open: openInSnapshots() }).toEqual({ marks: [own], open: before })
    expect(Object.values(before)).toEqual([[1]])
  })

  /** Nobody can look up whether it is open. Answers where the log begins now. */
  function appendDeletedTransaction(log: Log): number {
    appendPairs(log, [['a', '1']], inTransaction(1))
    fill(log)
    const startOffset = appendMark(log, 'COMMIT', 1)
    appendPairs(log, [['b', '1']], { producerId: 1, producerEpoch: 0, baseSequence: 1 })
    log.deleteRecordsTo(startOffset)
    while (log.applyRetention(1000) > 0);
    expect(openInSnapshots()).toEqual({ [startOffset - 1]: [1] })
    return startOffset
  }

  test('no longer says so of one that began before the log (E4)', async () => {
    const log = openLog(disk, { config: CONFIG })
    const startOffset = appendDeletedTransaction(log)
    await cleanWell(log)
    expect({ marks: marks(log), open: openInSnapshots() }).toEqual({ marks: [], open: {} })
    expect(reopened(log, startOffset).lastStableOffset).toBe(log.endOffset)
  })

  test.each([['a kill', false], ['a loss of power', true]])(
    'wherever the cleaning is cut off, by %s', async (_, losesPower) => {
      let isWhole = false
      for (let at = 0; !isWhole; at++) {
        disk = new StoppingDisk()
        const log = openLog(disk, { config: CONFIG })
        const startOffset = appendDeletedTransaction(log)
        fill(log)
        await cleanLog(log, 2000)
        fill(log)
        await log.sync()
        const { endOffset } = log
        disk.stopAfter(at)
        await cleanLog(log, 2001).catch(() => {})
        isWhole = !disk.hasStopped
        disk.stopAfter(Infinity)
        if (losesPower) disk.crash(randomOf(at))
        const again = reopened(log, startOffset)
        expect({ at, stable: again.lastStableOffset }).toEqual({ at, stable: endOffset })
        if (isWhole) expect(marks(again)).toEqual([])
      }
    })
})

test('what was aborted stays so where a cleaning has taken its beginning alone (E1)', async () => {
  let isWhole = false
  for (let at = 0; !isWhole; at++) {
    disk = new StoppingDisk()
    const log = openLog(disk, { config: CONFIG })
    appendPairs(log, [['a', '1']], inTransaction(1))
    fill(log)
    appendPairs(log, [['b', '1']], { ...inTransaction(1), baseSequence: 1 })
    fill(log)
    appendMark(log, 'ABORT', 1)
    const committed = folded(readCommitted(log))
    disk.stopAfter(at)
    await cleanLog(log, 2000).catch(() => {})
    isWhole = !disk.hasStopped
    disk.stopAfter(Infinity)
    for (const offset of [-1, ...snapshotNames().map((name) => Number.parseInt(name, 10))]) {
      const again = reopened(log, offset)
      expect({ at, offset, stable: again.lastStableOffset })
        .toEqual({ at, offset, stable: log.endOffset })
      expect({ at, offset, committed: folded(readCommitted(again)) })
        .toEqual({ at, offset, committed })
    }
  }
})

describe('a directory that Kafka has cleaned', () => {
  /** Its cleaner leaves snapshots as they are. */
  async function cleanAsKafka(log: Log): Promise<void> {
    const snapshots = () => new Map(snapshotNames().map((name) => (
      [name, disk.readFile(`${DIRECTORY}/${name}`)!])))
    const before = snapshots()
    await cleanWell(log)
    for (const name of snapshots().keys()) {
      const bytes = before.get(name)
      if (bytes !== undefined) disk.open(`${DIRECTORY}/${name}`, 'write').write(bytes, 0)
    }
    await log.sync()
  }

  test('has no transaction open of which it has no batch (E4)', async () => {
    const log = openLog(disk, { config: CONFIG })
    appendOldTransactions(log)
    await cleanAsKafka(log)
    const [first] = Object.keys(openInSnapshots()).map(Number)
    const again = reopened(log, first!)
    expect([again.lastStableOffset, again.producers.firstUnstableOffset])
      .toEqual([log.endOffset, undefined])
  })

  test.each([false, true])('has one open that began behind the snapshot; closed: %s (E4)',
    async (isClean) => {
      const log = openLog(disk, { config: CONFIG })
      appendPairs(log, [['a', '1']], inTransaction(1))
      fill(log)
      appendMark(log, 'COMMIT', 1)
      appendPairs(log, [['a', '2']])
      appendPairs(log, [['of 1', '1']], { producerId: 1, producerEpoch: 0, baseSequence: 1 })
      await cleanAsKafka(log)
      expect(marks(log)).toEqual([])
      const [snapshot] = Object.keys(openInSnapshots()).map(Number)
      const second = appendPairs(log, [['b', '1']], { ...inTransaction(1), baseSequence: 2 })
      fill(log)
      fill(log)
      if (isClean) log.close()
      else await log.sync()
      const again = reopened(log, snapshot!, isClean)
      expect([again.lastStableOffset, again.producers.firstUnstableOffset])
        .toEqual([second, second])
    })

  test('has one open where it began, whatever lies before it', () => {
    const log = openLog(disk, { config: CONFIG })
    appendPairs(log, [['a', '1']], inTransaction(1))
    appendMark(log, 'COMMIT', 1)
    const second = appendPairs(log, [['a', '2']], { ...inTransaction(1), baseSequence: 1 })
    fill(log)
    log.truncateTo(appendPairs(log, [['b', '1']]))
    expect(log.producers.firstUnstableOffset).toBe(second)
  })

  test('has one open where the first batch is that is left of it', async () => {
    const log = openLog(disk, { config: CONFIG })
    appendPairs(log, [['a', '1']], inTransaction(1))
    fill(log)
    const second = appendPairs(log, [['b', '1']], { ...inTransaction(1), baseSequence: 1 })
    appendPairs(log, [['a', '2']])
    fill(log)
    const mark = appendMark(log, 'COMMIT', 1)
    await cleanLog(log, 2000)
    // As after an unclean election: what was committed is taken back.
    log.truncateTo(mark)
    expect(log.producers.firstUnstableOffset).toBe(second)
    expect(log.producers.get(1)).toMatchObject({ currentTransactionFirstOffset: second })
  })
})

test('a mark that was emptied, as the last of its producer, fences it still (D5)', async () => {
  const log = openLog(disk, { config: CONFIG })
  appendPairs(log, [['a', '1']], inTransaction(1))
  fill(log)
  appendMark(log, 'COMMIT', 1, 1000, 1)
  appendPairs(log, [['a', '2']])
  await cleanWell(log)
  const emptied = Array.from(log.batches(0), ({ isControl, count }) => isControl && count === 0)
  expect(emptied.filter(Boolean)).toHaveLength(1)
  const again = reopened(log, -1)
  expect(again.producers.get(1)).toMatchObject({ epoch: 1, lastSequence: -1 })
  expect(again.lastStableOffset).toBe(log.endOffset)
})

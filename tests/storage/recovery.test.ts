// Logs with damaged files: what can be repaired is, what was synced stays, nothing stops a start.

import { beforeEach, describe, expect, test } from '@jest/globals'

import { Errors } from '../../protocol/errors.ts'
import { endMarkerBatch } from '../../protocol/records/control.ts'
import { parseLogConfig } from '../../storage/config.ts'
import type { Log, LogOptions } from '../../storage/log.ts'
import { MemoryDisk } from '../../storage/memory-disk.ts'
import {
  append, appendEach, batchOf, DIRECTORY, openLog, pathOf, readValues, silent, valuesOf,
} from './harness.ts'
import { StoppingDisk } from './stopping-disk.ts'

const VALUES = Array.from({ length: 12 }, (_, i) => `value ${i}`)
const config = {
  ...parseLogConfig(new Map()), segmentBytes: 320, indexIntervalBytes: 0,
}
/** Of a batch of one of the values. */
const BATCH_BYTES = batchOf(['value 0']).length

let disk: MemoryDisk
beforeEach(() => { disk = new MemoryDisk() })

/** Four batches in each of three segments, at 100 ms from one another. */
function filled(): Log {
  const log = openLog(disk, { config })
  for (const [i, value] of VALUES.entries()) append(log, [value], { timestampMs: 100 * i })
  log.flush()
  return log
}

function closed(): void {
  filled().close()
}

function reopened(options: Partial<LogOptions> = {}): Log {
  return openLog(disk, { config, highWatermark: VALUES.length, recoveryPoint: 0, ...options })
}

function damage(path: string, change: (file: ReturnType<MemoryDisk['open']>) => void): void {
  change(disk.open(path, 'write'))
}

function expectWhole(log: Log): void {
  expect(valuesOf(log)).toEqual(VALUES)
  for (const [i, value] of VALUES.entries()) {
    expect(readValues(log, i, i + 1)).toEqual([value])
    expect(log.offsetForTimestamp(100 * i - 50)).toMatchObject({ offset: i })
  }
}

describe.each([0, 4, 8])('of the segment at %d', (offset) => {
  describe.each(['.index', '.timeindex'])('the %s', (suffix) => {
    const size = suffix === '.index' ? 8 : 12

    test('is built again when it is missing', () => {
      closed()
      const bytes = disk.readFile(pathOf(offset, suffix))
      disk.remove(pathOf(offset, suffix))
      const log = reopened({ isClean: true })
      expectWhole(log)
      log.close()
      expect(disk.readFile(pathOf(offset, suffix))).toEqual(bytes)
    })

    test.each<[string, (bytes: Buffer) => Buffer]>([
      ['cut off in an entry', (bytes) => bytes.subarray(0, bytes.length - 3)],
      ['full of zeros', (bytes) => Buffer.alloc(bytes.length)],
      ['full of nonsense', (bytes) => Buffer.alloc(bytes.length, 0x5a)],
      ['in disorder', (bytes) => Buffer.concat([bytes.subarray(size), bytes.subarray(0, size)])],
      ['pointing into a batch', (bytes) => {
        const shifted = Buffer.from(bytes)
        shifted[size - 1]! += 3
        return suffix === '.index' ? shifted : bytes
      }],
    ])('is built again when it is %s', (_what, change) => {
      closed()
      damage(pathOf(offset, suffix), (file) => {
        const bytes = change(disk.readFile(file.path)!)
        file.truncate(0)
        file.write(bytes, 0)
      })
      expectWhole(reopened({ isClean: true }))
    })
  })
})

describe('after an unclean end', () => {
  test.each([1, 11, 12, 60, BATCH_BYTES - 1])('a batch cut off after %d bytes goes', (bytes) => {
    filled()
    damage(pathOf(8, '.log'), (file) => file.truncate(3 * BATCH_BYTES + 2 + bytes))
    const log = reopened()
    expect(valuesOf(log)).toEqual(VALUES.slice(0, 11))
    expect(log.highWatermark).toBe(11)
    appendEach(log, 'new')
    expect(valuesOf(reopened())).toEqual([...VALUES.slice(0, 11), 'new'])
  })

  test.each([1, 100, 5000])('%d zeros at the end go', (count) => {
    filled()
    damage(pathOf(8, '.log'), (file) => file.truncate(file.sizeBytes() + count))
    const sizeBytes = reopened().sizeBytes
    expectWhole(reopened())
    expect(reopened().sizeBytes).toBe(sizeBytes)
  })

  test('a batch of which only the first bytes were written is not taken for an old message', () => {
    filled()
    const zeros = Buffer.alloc(BATCH_BYTES - 16)
    damage(pathOf(8, '.log'), (file) => file.write(zeros, BATCH_BYTES + 16))
    expect(valuesOf(reopened())).toEqual(VALUES.slice(0, 9))
  })

  test('a flipped bit ends the log, wherever it is behind the recovery point', () => {
    for (let at = 0; at < BATCH_BYTES; at += 5) {
      // Neither of these is covered by the checksum; a wrong offset shows itself otherwise.
      if (at >= 12 && at < 16) continue
      disk = new MemoryDisk()
      filled()
      damage(pathOf(4, '.log'), (file) => {
        const bytes = disk.readFile(file.path)!
        bytes[BATCH_BYTES + at]! ^= 0x40
        file.write(bytes, 0)
      })
      const log = reopened()
      expect(valuesOf(log)).toEqual(VALUES.slice(0, at < 8 ? log.endOffset : 5))
      expect(log.endOffset).toBeLessThanOrEqual(VALUES.length)
    }
  })

  test('what was on the device already is not looked through', () => {
    closed()
    damage(pathOf(0, '.log'), (file) => file.write(Buffer.from([0xff]), BATCH_BYTES + 65))
    expect(reopened({ recoveryPoint: 12 }).endOffset).toBe(12)
    expect(reopened({ recoveryPoint: 1 }).endOffset).toBe(1)
  })

  test('a segment that is not where the one before ends goes', () => {
    filled()
    damage(pathOf(4, '.log'), (file) => file.truncate(2 * BATCH_BYTES))
    const log = reopened()
    expect(valuesOf(log)).toEqual(VALUES.slice(0, 6))
    expect(log.segmentCount).toBe(2)
  })

  test('of a compacted log it stays: there may be gaps', () => {
    filled()
    damage(pathOf(4, '.log'), (file) => file.truncate(2 * BATCH_BYTES))
    const log = reopened({ config: { ...config, cleanupPolicy: new Set(['compact']) } })
    expect(valuesOf(log)).toEqual([...VALUES.slice(0, 6), ...VALUES.slice(8)])
  })

  test('of a segment that ends behind where the next one begins the end goes', () => {
    filled()
    damage(pathOf(8, '.log'), (file) => {
      damage(pathOf(4, '.log'), (before) => {
        const bytes = disk.readFile(file.path)!
        before.write(bytes, before.sizeBytes())
      })
    })
    const log = reopened()
    expect([log.endOffset, log.segmentCount]).toEqual([12, 3])
    expect(valuesOf(log)).toEqual(VALUES)
  })

  test('complete segments keep the last entry of their time index', () => {
    filled()
    reopened().close()
    const log = reopened({ isClean: true })
    expect(log.offsetForTimestamp(650)).toMatchObject({ offset: 7 })
    expectWhole(log)
  })

  test('all of it is on the device afterwards', () => {
    filled()
    // The directory of the log itself is brought there by the one that it lies in.
    disk.syncDirectory('/data')
    const log = reopened()
    expect(log.recoveryPoint).toBe(12)
    disk.crash()
    expectWhole(reopened({ recoveryPoint: 12 }))
  })
})

describe('files', () => {
  test('that nobody needs go', () => {
    closed()
    const names = ['00000000000000000002.index', '00000000000000000004.log.deleted',
      '00000000000000000000.log.cleaned', 'leader-epoch-checkpoint.tmp']
    for (const name of names) disk.open(`${DIRECTORY}/${name}`, 'create')
    expectWhole(reopened({ recoveryPoint: 12 }))
    const left = disk.list(DIRECTORY).map(({ name }) => name)
    for (const name of names) expect(left).not.toContain(name)
  })

  test('that are damaged, or gone, are told of, whatever can be made of the rest', () => {
    const log = openLog(disk, { config })
    for (let i = 0; i < 9; i++) {
      append(log, ['x'], { producerId: 7, producerEpoch: 0, baseSequence: i })
    }
    log.close()
    damage(pathOf(8, '.snapshot'), (file) => file.write(Buffer.from([0xff]), 12))
    damage(`${DIRECTORY}/leader-epoch-checkpoint`, (file) => file.write(Buffer.from('hello'), 0))
    disk.remove(pathOf(4, '.log'))
    const told: string[] = []
    const logger = { ...silent, warn: (message: string) => { told.push(message) } }
    reopened({ recoveryPoint: 9, logger })
    expect(told).toEqual([
      'indexes without their segment: its records are lost',
      'leader-epoch-checkpoint is damaged and made anew',
      'a snapshot of producers is damaged: the log is read instead',
    ])
  })

  test('that a compaction had ready take the place of the old ones', () => {
    closed()
    for (const suffix of ['.log', '.index', '.timeindex']) {
      const bytes = disk.readFile(pathOf(4, suffix))!
      disk.open(`${pathOf(0, suffix)}.swap`, 'create').write(bytes, 0)
    }
    const log = reopened({
      isClean: true, config: { ...config, cleanupPolicy: new Set(['compact']) },
    })
    expect(valuesOf(log)).toEqual(VALUES.slice(4))
    expect(log.segmentCount).toBe(2)
    expect(disk.list(DIRECTORY).filter(({ name }) => name.endsWith('.swap'))).toEqual([])
  })

  test('that a compaction had not all ready go', () => {
    closed()
    for (const suffix of ['.log.swap', '.log.cleaned']) {
      disk.open(pathOf(0, suffix), 'create').write(Buffer.from('half'), 0)
    }
    expectWhole(reopened({ isClean: true }))
  })

  test('of the old message formats are refused, and left as they are', () => {
    closed()
    const message = Buffer.alloc(12 + 4 + 2 + 8 + 4 + 4 + 3)
    message.writeInt32BE(message.length - 12, 8)
    message[16] = 1
    message.writeInt32BE(-1, 26)
    message.writeInt32BE(3, 30)
    damage(pathOf(0, '.log'), (file) => {
      file.truncate(0)
      file.write(message, 0)
    })
    expect(() => reopened()).toThrow(expect.objectContaining({
      code: Errors.UNSUPPORTED_FOR_MESSAGE_FORMAT,
    }))
    expect(disk.readFile(pathOf(0, '.log'))).toEqual(message)
  })

  test('may all be missing: the log begins where its start was checkpointed', () => {
    const log = openLog(disk, { startOffset: 7 })
    expect([log.startOffset, log.endOffset]).toEqual([7, 7])
  })

  test('may end before the checkpointed start: the log begins anew there', () => {
    closed()
    const log = reopened({ startOffset: 20 })
    expect([log.startOffset, log.endOffset, log.highWatermark]).toEqual([20, 20, 20])
    expect(log.epochs).toEqual([])
    appendEach(log, 'a')
    expect(valuesOf(reopened({ startOffset: 20 }))).toEqual(['a'])
  })
})

describe('producers', () => {
  const producer = (baseSequence: number) => ({ producerId: 7, producerEpoch: 0, baseSequence })
  const isKnown = (log: Log, baseSequence: number) =>
    append(log, ['x'], producer(baseSequence)).duplicate

  function fill(): void {
    const log = openLog(disk, { config })
    for (let i = 0; i < 9; i++) append(log, ['x'], producer(i))
    log.close()
  }
  const snapshots = () => disk.list(DIRECTORY)
    .flatMap(({ name }) => name.endsWith('.snapshot') ? [Number(name.slice(0, 20))] : [])

  test.each([true, false])('are known without snapshots; closed before: %s', (isClean) => {
    fill()
    expect(snapshots()).toEqual([4, 8, 9])
    for (const offset of snapshots()) disk.remove(pathOf(offset, '.snapshot'))
    const log = reopened({ isClean })
    expect([4, 8, 9].map((sequence) => isKnown(log, sequence))).toEqual([true, true, false])
  })

  test('are known by snapshots that a recovery takes anew, of the records that are there', () => {
    fill()
    const whole = snapshots().map((offset) => disk.readFile(pathOf(offset, '.snapshot')))
    // As a loss of power leaves one that was not synced.
    damage(pathOf(4, '.snapshot'), (file) => file.truncate(0))
    reopened().abandon()
    expect(snapshots()).toEqual([4, 8])
    disk.crash()
    expect(snapshots().map((offset) => disk.readFile(pathOf(offset, '.snapshot'))))
      .toEqual(whole.slice(0, 2))
  })

  test('are known with snapshots that are damaged', () => {
    fill()
    for (const offset of snapshots()) {
      damage(pathOf(offset, '.snapshot'), (file) => file.write(Buffer.from([0xff]), 12))
    }
    expect(isKnown(reopened({ isClean: true }), 4)).toBe(true)
  })

  test('may write on when what they wrote last is deleted, and its snapshot lost', () => {
    fill()
    for (const offset of [8, 9]) disk.remove(pathOf(offset, '.snapshot'))
    for (const offset of [0, 4]) disk.remove(pathOf(offset, '.log'))
    const log = reopened({ isClean: true, startOffset: 8 })
    expect(isKnown(log, 8)).toBe(true)
    disk.remove(pathOf(8, '.log'))
    expect(isKnown(reopened({ isClean: true, startOffset: 9 }), 9)).toBe(false)
  })

  test('keep their transactions: what is open, and what was aborted', () => {
    const log = openLog(disk, { config })
    const begun = { producerId: 7, producerEpoch: 0, isTransactional: true, leaderEpoch: 0 }
    const replicate = (bytes: Buffer) =>
      log.append(bytes, { leaderEpoch: 0, nowMs: 1000, origin: 'replica' })
    replicate(batchOf(['a', 'b'], { ...begun, baseSequence: 0, baseOffset: 0 }))
    replicate(endMarkerBatch({
      type: 'ABORT', baseOffset: 2, timestampMs: 1, producerId: 7, producerEpoch: 0,
      coordinatorEpoch: 0, leaderEpoch: 0,
    }))
    for (let i = 3; i < 9; i++) {
      replicate(batchOf(['x'.repeat(60)], { baseOffset: i, leaderEpoch: 0 }))
    }
    replicate(batchOf(['c'], { ...begun, baseSequence: 2, baseOffset: 9 }))
    log.close()
    const aborted = [{ producerId: 7, firstOffset: 0, lastOffset: 2, lastStableOffset: 3 }]
    for (const isClean of [true, false]) {
      const again = reopened({ isClean, highWatermark: 10 })
      expect(again.abortedTransactions(0, 10)).toEqual(aborted)
      expect([again.lastStableOffset, again.highWatermark]).toEqual([9, 10])
    }
    // The index of aborted transactions is built again with the others.
    damage(pathOf(0, '.txnindex'), (file) => file.truncate(20))
    expect(reopened({ isClean: true }).abortedTransactions(0, 10)).toEqual(aborted)
  })
})

describe('leader epochs', () => {
  const path = `${DIRECTORY}/leader-epoch-checkpoint`

  test.each([true, false])('are read from the log without a file; closed before: %s', (isClean) => {
    const log = openLog(disk, { config })
    for (const [i, value] of VALUES.entries()) {
      append(log, [value], {}, { leaderEpoch: Math.floor(i / 5) })
    }
    log.close()
    const expected = [0, 5, 10].map((startOffset, epoch) => ({ epoch, startOffset }))
    expect(reopened({ isClean }).epochs).toEqual(expected)
    disk.remove(path)
    expect(reopened({ isClean, recoveryPoint: 9 }).epochs).toEqual(expected)
    damage(path, (file) => file.write(Buffer.from('9'), 0))
    expect(reopened({ isClean, recoveryPoint: 9 }).epochs).toEqual(expected)
  })

  test('that have no records yet stay, while the log is in use', () => {
    const log = filled()
    log.startEpoch(4)
    expect(log.latestEpoch).toBe(4)
    expect(log.offsetForLeaderEpoch(4)).toEqual({ leaderEpoch: 4, endOffset: 12 })
    expect(log.offsetForLeaderEpoch(0)).toEqual({ leaderEpoch: 0, endOffset: 12 })
  })
})

describe('a batch that goes bad in the middle of a log in use', () => {
  test('is an error, not the end: no record is left out silently', () => {
    const log = filled()
    damage(pathOf(4, '.log'), (file) => file.write(Buffer.alloc(4), BATCH_BYTES + 8))
    const corrupt = expect.objectContaining({ code: Errors.CORRUPT_MESSAGE })
    expect(() => valuesOf(log)).toThrow(corrupt)
    expect(() => readValues(log, 5)).toThrow(corrupt)
    expect(readValues(log, 0, 4)).toEqual(VALUES.slice(0, 4))
  })
})

test('a log that was about to begin anew has no records beside its new segment', () => {
  for (let changes = 0; ; changes++) {
    const stopping = new StoppingDisk()
    let recoveryPoint = 6
    const onTruncate: LogOptions['onTruncate'] = (lowered) => { ({ recoveryPoint } = lowered) }
    const log = openLog(stopping, { config, onTruncate })
    for (const value of VALUES.slice(0, 6)) append(log, [value])
    log.flush()
    stopping.stopAfter(changes)
    let isDone = true
    try {
      log.truncateFully(3)
    } catch (error) {
      if (!stopping.hasStopped) throw error
      isDone = false
    }
    stopping.stopAfter(Infinity)
    const { startOffset, endOffset } = openLog(stopping, { config, recoveryPoint })
    const left = valuesOf(openLog(stopping, { config, recoveryPoint }), startOffset)
    expect({ changes, isWithin: left.length <= endOffset - startOffset })
      .toEqual({ changes, isWithin: true })
    if (isDone) break
  }
})

test('a log that was about to begin anew knows of nobody whose records are gone', () => {
  for (let changes = 0; ; changes++) {
    const stopping = new StoppingDisk()
    const compacted = { ...config, cleanupPolicy: new Set(['compact'] as const) }
    const log = openLog(stopping, { config: compacted })
    for (const [baseSequence, value] of VALUES.entries()) {
      const batch = { producerId: 5, producerEpoch: 0, baseSequence, baseOffset: log.endOffset }
      append(log, [value], batch, { origin: 'replica' })
    }
    log.flush()
    stopping.stopAfter(changes)
    let isDone = true
    try {
      log.truncateFully(20)
    } catch (error) {
      if (!stopping.hasStopped) throw error
      isDone = false
    }
    stopping.stopAfter(Infinity)
    const next = openLog(stopping, { config: compacted, recoveryPoint: 0 })
    append(next, ['new'], { baseOffset: next.endOffset }, { origin: 'replica' })
    next.flush()
    const again = openLog(stopping, { config: compacted, recoveryPoint: next.endOffset })
    const isKnown = valuesOf(again).length > 1
    expect({ changes, isKnown: again.producers.get(5) !== undefined }).toEqual({ changes, isKnown })
    if (isDone) break
  }
})

test('epochs are built again where the first segment was cleaned out (H4)', () => {
  const log = filled()
  log.close()
  disk.open(pathOf(0, '.log'), 'write').truncate(0)
  disk.remove(`${DIRECTORY}/leader-epoch-checkpoint`)
  const cleaned = { ...config, cleanupPolicy: new Set(['compact'] as const) }
  const again = openLog(disk, { config: cleaned, recoveryPoint: 12, highWatermark: 12 })
  expect([again.epochOf(4), again.epochOf(11)]).toEqual([0, 0])
})

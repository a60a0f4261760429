// A disk that fills up: what was acknowledged can be read, what did not fit never happened (H7),
// and everything goes on when there is room (H8).

import { describe, expect, test } from '@jest/globals'

import { Errors } from '../../protocol/errors.ts'
import { endMarkerBatch } from '../../protocol/records/control.ts'
import { parseLogConfig } from '../../storage/config.ts'
import { isDiskFull, StorageError } from '../../storage/disk.ts'
import type { Log } from '../../storage/log.ts'
import { LogDirectory } from '../../storage/log-directory.ts'
import { MemoryDisk } from '../../storage/memory-disk.ts'
import { Reserve, RESERVE_FILE } from '../../storage/reserve.ts'
import { DiskFullError } from '../../storage/room.ts'
import { VolatileDisk } from '../../storage/volatile-disk.ts'
import { type Fault, isChange, SimDisk } from '../../sim/storage/sim-disk.ts'
import {
  append, appendEach, batchOf, DIRECTORY, openLog, readValues, silent, valuesOf,
} from './harness.ts'

const DATA = '/data'
const MB = 1024 * 1024
const config = { ...parseLogConfig(new Map()), segmentBytes: 400, indexIntervalBytes: 0 }
const refused = expect.objectContaining({ code: Errors.KAFKA_STORAGE_ERROR })

function openIn(directory: LogDirectory, topic = 'topic', isLarge = false): Log {
  return directory.openLog({
    topic, partition: 0, topicId: 'AAAAAAAAAAAAAAAAAAAAAg', nowMs: 1000,
    config: isLarge ? parseLogConfig(new Map()) : config,
  })
}

function directoryOn(disk: SimDisk | MemoryDisk): LogDirectory {
  disk.makeDirectory(DATA)
  const directory = new LogDirectory({ disk, path: DATA, logger: silent })
  directory.open()
  return directory
}

/** From the given change on nothing has room that takes some; a write gets as far as it is told. */
function fillAt(disk: SimDisk, change: number, writtenBytes: number): void {
  let left = change
  disk.watcher = ({ kind, path, sizeBytes }): Fault | undefined => {
    if (!['write', 'create', 'makeDirectory'].includes(kind) || left-- > 0) return undefined
    const error = Object.assign(new Error(`ENOSPC: ${path}`), { code: 'ENOSPC', path })
    return kind === 'write' ? { error, writtenBytes: Math.min(writtenBytes, sizeBytes) } : { error }
  }
}

function makeRoom(disk: SimDisk, directory: LogDirectory): void {
  disk.watcher = undefined
  directory.room.look(0)
  expect(directory.room.look(30_000)).toBe(true)
}

const producer = { producerId: 7, producerEpoch: 0 }
const inTransaction = { ...producer, isTransactional: true }
const unverified = { isVerificationRequired: false }

/** What a log says of itself and its producers. */
function stateOf(log: Log): unknown {
  return {
    offsets: [log.startOffset, log.endOffset, log.writtenOffset, log.highWatermark],
    lastStable: log.lastStableOffset, epochs: log.epochs, values: valuesOf(log),
    read: readValues(log, log.startOffset), sizeBytes: log.sizeBytes,
    producers: [...log.producers.all()].map(({ batches, ...entry }) => (
      { ...entry, batches: batches.map((batch) => ({ ...batch })) })),
    aborted: log.abortedTransactions(0, Infinity),
    byTime: log.offsetForTimestamp(1000), latest: log.maxTimestampOffset(),
  }
}

function filled(directory: LogDirectory): Log {
  const log = openIn(directory)
  log.startEpoch(3)
  const leaderEpoch = 3
  append(log, ['a'], { ...producer, baseSequence: 0 }, { leaderEpoch })
  append(log, ['b'], { ...inTransaction, baseSequence: 1 }, { leaderEpoch, ...unverified })
  log.flush()
  log.advanceHighWatermark(2)
  return log
}

describe('ENOSPC', () => {
  // Three more records roll the log once and write it twice.
  const cases = Array.from({ length: 9 }, (_, change) => (
    [0, 1, 50, 1000].map((written): [number, number] => [change, written]))).flat()

  test.each(cases)('at change %d of an append, %d bytes written, leaves what was acknowledged',
    (change, writtenBytes) => {
      const memory = new MemoryDisk()
      const disk = new SimDisk(memory)
      const directory = directoryOn(disk)
      const log = filled(directory)
      let before = stateOf(log)
      let next = 2
      const send = (): void => {
        append(log, [String(next).repeat(60)], { ...inTransaction, baseSequence: next },
          { leaderEpoch: 3, ...unverified })
        log.flush()
        log.advanceHighWatermark(log.endOffset)
        next++
        before = stateOf(log)
      }
      fillAt(disk, change, writtenBytes)
      let error: unknown
      try {
        while (next < 6) send()
      } catch (thrown) {
        error = thrown
      }
      if (next === 6) return expect(change).toBeGreaterThanOrEqual(8)
      expect(error).toBeInstanceOf(DiskFullError)
      const { isFailed, room: { isFull } } = directory
      expect([log.isFailed, isFailed, isFull]).toEqual([false, false, true])
      expect(stateOf(log)).toEqual(before)
      // Refused, without a look at the disk.
      disk.watcher = () => { throw new Error('the disk was asked') }
      expect(send).toThrow(refused)
      makeRoom(disk, directory)
      const count = next
      while (next < 7) send()
      expect(log.endOffset).toBe(7)
      // A duplicate is one still.
      expect(append(log, [String(count).repeat(60)], { ...inTransaction, baseSequence: count },
        { leaderEpoch: 3, ...unverified })).toMatchObject({ duplicate: true, firstOffset: count })
      // And after a kill.
      const again = openIn(directoryOn(memory.clone()))
      again.advanceHighWatermark(7)
      expect(stateOf(again)).toEqual(before)
    })

  test('takes all back that is staged, and the log begins no transaction', () => {
    const disk = new SimDisk(new MemoryDisk())
    const directory = directoryOn(disk)
    const log = openIn(directory)
    appendEach(log, 'a')
    log.advanceHighWatermark(1)
    append(log, ['b'], { ...inTransaction, baseSequence: 0 }, unverified)
    log.startEpoch(5)
    append(log, ['c'], {}, { leaderEpoch: 5 })
    fillAt(disk, 0, 100)
    expect(() => log.flush()).toThrow(DiskFullError)
    expect([log.endOffset, log.lastStableOffset, log.producers.count]).toEqual([1, 1, 0])
    expect(log.epochs).toEqual([{ epoch: 0, startOffset: 0 }, { epoch: 5, startOffset: 1 }])
    expect(valuesOf(log)).toEqual(['a'])
    makeRoom(disk, directory)
    append(log, ['d'], { ...inTransaction, baseSequence: 0 }, { leaderEpoch: 5, ...unverified })
    log.flush()
    expect([log.endOffset, log.lastStableOffset]).toEqual([2, 1])
  })

  test('lets go what has to, and whoever looks at what is staged', () => {
    const disk = new SimDisk(new MemoryDisk())
    const directory = directoryOn(disk)
    const log = openIn(directory)
    appendEach(log, ...Array.from({ length: 12 }, (_, i) => `value ${i} `.repeat(5)))
    log.advanceHighWatermark(12)
    append(log, ['staged'])
    fillAt(disk, 0, 10)
    expect(log.maxTimestampOffset()).toMatchObject({ timestamp: 1000 })
    expect([log.endOffset, directory.room.isFull]).toEqual([12, true])
    const { segmentCount } = log
    log.deleteRecordsTo(8)
    expect(log.applyRetention(2000)).toBeGreaterThan(0)
    expect(log.segmentCount).toBeLessThan(segmentCount)
    expect(readValues(log, 8)).toHaveLength(4)
    directory.remove(log, 2000)
    expect(directory.isFailed).toBe(false)
  })

  test('of a sync is a failure still', async () => {
    const disk = new SimDisk(new MemoryDisk())
    const log = openIn(directoryOn(disk))
    appendEach(log, 'a')
    disk.watcher = ({ kind, path }) => kind === 'sync' && path.endsWith('.log')
      ? { error: Object.assign(new Error(''), { code: 'ENOSPC', syscall: 'fsync' }) } : undefined
    await expect(log.sync()).rejects.toThrow(StorageError)
    expect(log.isFailed).toBe(true)
  })

  test('of a checkpoint puts it off', async () => {
    const memory = new MemoryDisk()
    const disk = new SimDisk(memory)
    const directory = directoryOn(disk)
    const log = openIn(directory)
    appendEach(log, 'a')
    await log.sync()
    fillAt(disk, 0, 3)
    await directory.checkpointAsync()
    directory.checkpoint()
    expect([directory.isFailed, directory.room.isFull]).toEqual([false, true])
    expect(memory.list(DATA).filter(({ name }) => name.endsWith('.tmp'))).toEqual([])
    makeRoom(disk, directory)
    directory.checkpoint()
    expect(memory.readFile(`${DATA}/recovery-point-offset-checkpoint`)?.toString())
      .toBe('0\n1\ntopic 0 1\n')
  })

  test('of a new log leaves nothing of it', () => {
    for (let change = 0; change < 6; change++) {
      const memory = new MemoryDisk()
      const disk = new SimDisk(memory)
      const directory = directoryOn(disk)
      fillAt(disk, change, 5)
      let error: unknown
      try {
        openIn(directory)
      } catch (thrown) {
        error = thrown
      }
      if (change < 5) expect(isDiskFull(error)).toBe(true)
      if (error === undefined) continue
      expect([memory.exists(`${DATA}/topic-0`), directory.room.isFull]).toEqual([false, true])
      makeRoom(disk, directory)
      appendEach(openIn(directory), 'a')
    }
  })
})

describe('a disk of some size', () => {
  test('is full, is read, and takes more when something went', () => {
    const disk = new MemoryDisk()
    disk.capacityBytes = 12 * MB
    const directory = directoryOn(disk)
    const log = openIn(directory, 'kept', true)
    const other = openIn(directory, 'other', true)
    const value = 'x'.repeat(100_000)
    const acknowledged = [0, 0]
    expect(() => {
      for (;;) {
        for (const [i, one] of [log, other].entries()) {
          appendEach(one, value)
          acknowledged[i]!++
        }
      }
    }).toThrow(DiskFullError)
    expect(readValues(log, 0)).toHaveLength(acknowledged[0]!)
    expect(() => append(log, ['y'])).toThrow(refused)
    expect(directory.room.look(0)).toBe(false)
    directory.remove(other, 1000)
    directory.tick(1e9)
    expect(directory.room.look(1)).toBe(true)
    appendEach(log, value)
    expect(readValues(log, 0)).toHaveLength(acknowledged[0]! + 1)
  })

  test('gives the reserve up once, and takes it back when there is room', () => {
    const disk = new MemoryDisk()
    disk.makeDirectory(DATA)
    let givenUp = 0
    const reserve = new Reserve(disk, DATA, silent, () => { givenUp++ })
    expect(reserve.giveUp()).toBe(false)
    reserve.renew()
    expect(disk.sizeBytes(`${DATA}/${RESERVE_FILE}`)).toBe(MB)
    disk.capacityBytes = MB + 10
    expect([reserve.giveUp(), reserve.giveUp(), givenUp]).toEqual([true, false, 1])
    reserve.renew()
    expect(disk.exists(`${DATA}/${RESERVE_FILE}`)).toBe(false)
    disk.capacityBytes = 12 * MB
    reserve.renew()
    expect(new Reserve(disk, DATA, silent, () => {}).giveUp()).toBe(true)
  })

  test('keeps nothing in reserve on a disk that never fills up', () => {
    const disk = new VolatileDisk()
    disk.makeDirectory(DATA)
    const reserve = new Reserve(disk, DATA, silent, () => {})
    reserve.renew()
    expect([disk.list(DATA), reserve.giveUp()]).toEqual([[], false])
  })
})

/** Nothing that the pattern names takes a write. */
function fillFor(disk: SimDisk, pattern: RegExp): void {
  disk.watcher = ({ kind, path }) => ['write', 'create'].includes(kind) && pattern.test(path)
    ? { error: Object.assign(new Error(`ENOSPC: ${path}`), { code: 'ENOSPC', path }) } : undefined
}

/** Appends a transaction that was aborted, as a follower. */
function appendAborted(log: Log): void {
  const baseOffset = log.endOffset
  append(log, ['aborted'], { ...inTransaction, baseSequence: 0, baseOffset, leaderEpoch: 0 },
    { origin: 'replica' })
  log.append(endMarkerBatch({
    type: 'ABORT', baseOffset: baseOffset + 1, timestampMs: 1000, ...producer,
    coordinatorEpoch: 0, leaderEpoch: 0,
  }), { leaderEpoch: 0, nowMs: 1000, origin: 'replica' })
  log.flush()
}

describe('indexes that a recovery had no room for', () => {
  test('are on the device after a clean end', () => {
    const memory = new MemoryDisk()
    const disk = new SimDisk(memory)
    appendAborted(openLog(disk, { config, isClean: true }))
    fillFor(disk, /index$/)
    const log = openLog(disk, { config, recoveryPoint: 0 })
    expect(log.abortedTransactions(0, 2)).toHaveLength(1)
    disk.watcher = undefined
    log.close()
    const { recoveryPoint } = log
    expect(recoveryPoint).toBe(2)
    memory.crash()
    const again = openLog(disk, { config, isClean: true, recoveryPoint, highWatermark: 2 })
    expect([again.endOffset, again.abortedTransactions(0, 2).length]).toEqual([2, 1])
  })

  test('also when their segment is the last one again, after a sync without them', async () => {
    const memory = new MemoryDisk()
    const disk = new SimDisk(memory)
    const first = openLog(disk, { config, isClean: true })
    appendAborted(first)
    while (first.segmentCount === 1) appendEach(first, 'x'.repeat(60))
    const end = first.endOffset - 1
    fillFor(disk, /index$/)
    const log = openLog(disk, { config, recoveryPoint: 0 })
    await log.sync()
    disk.watcher = undefined
    expect(log.segmentCount).toBe(2)
    log.truncateTo(end)
    expect(log.segmentCount).toBe(1)
    log.close()
    const { recoveryPoint } = log
    memory.crash()
    const again = openLog(disk, { config, isClean: true, recoveryPoint, highWatermark: end })
    expect([again.endOffset, again.abortedTransactions(0, 2).length]).toEqual([end, 1])
  })
})

describe('a batch behind a gap that begins a segment, and does not fit', () => {
  const compacted = { ...config, cleanupPolicy: new Set(['compact'] as const) }
  const replica = { leaderEpoch: 4, nowMs: 1000, origin: 'replica' } as const
  const FAR = 2 ** 31 + 100

  /** Of a follower, with so many batches; the next one begins another segment. */
  function follower(disk: SimDisk, count: number): Log {
    const log = openLog(disk, { config: compacted, isClean: true })
    for (let baseOffset = 0; baseOffset < count; baseOffset++) {
      append(log, ['x'.repeat(100)], { ...producer, baseSequence: baseOffset, baseOffset }, replica)
    }
    log.flush()
    log.advanceHighWatermark(count)
    return log
  }

  const cases = [2, 0].flatMap((count) => Array.from({ length: 12 }, (_, change) => (
    [0, 30].map((written): [number, number, number] => [count, change, written]))).flat())

  test.each(cases)('behind %d others, at change %d, %d bytes written', (count, change, written) => {
    const memory = new MemoryDisk()
    const disk = new SimDisk(memory)
    const log = follower(disk, count)
    const before = stateOf(log)
    const files = memory.list(DIRECTORY)
    const send = (): void => {
      const baseOffset = count + FAR
      append(log, ['y'.repeat(200)], { ...producer, baseSequence: count, baseOffset }, replica)
      log.flush()
    }
    fillAt(disk, change, written)
    let error: unknown
    try {
      send()
    } catch (thrown) {
      error = thrown
    }
    disk.watcher = undefined
    if (error === undefined) return expect(change).toBeGreaterThan(4)
    expect(error).toBeInstanceOf(DiskFullError)
    expect([log.isFailed, log.segmentCount]).toEqual([false, 1])
    expect(stateOf(log)).toEqual(before)
    expect(memory.list(DIRECTORY).filter(({ name }) => !name.startsWith('0'.repeat(20))))
      .toEqual(files.filter(({ name }) => !name.startsWith('0'.repeat(20))))
    // What is appended next may as well lie in the gap.
    const killed = openLog(memory.clone(), { config: compacted, highWatermark: count })
    expect(stateOf(killed)).toEqual(before)
    for (const one of [log, killed]) {
      append(one, ['z'], { baseOffset: count, leaderEpoch: 4 }, replica)
      one.flush()
    }
    send()
    log.advanceHighWatermark(Infinity)
    expect(valuesOf(log).slice(count)).toEqual(['z', 'y'.repeat(200)])
    expect(readValues(log, 0)).toEqual(valuesOf(log))
    const again = openLog(memory.clone(), { config: compacted, highWatermark: log.endOffset })
    expect(stateOf(again)).toEqual(stateOf(log))
  })

  test('is taken back in a way that may end at any moment', () => {
    for (let moment = 0; moment < 30; moment++) {
      const memory = new MemoryDisk()
      const disk = new SimDisk(memory)
      const log = follower(disk, 2)
      let left = Infinity
      disk.watcher = (call): Fault | undefined => {
        if (call.kind === 'write' && call.path.endsWith(`${FAR}.log`)) {
          left = moment
          return { error: Object.assign(new Error(''), { code: 'ENOSPC' }), writtenBytes: 20 }
        }
        if (isChange(call) && left-- <= 0) return { error: new Error('killed') }
        return undefined
      }
      const bytes = batchOf(['y'.repeat(200)], { baseOffset: FAR, leaderEpoch: 4 })
      expect(() => { log.append(bytes, replica); log.flush() }).toThrow()
      const again = openLog(memory, { config: compacted, highWatermark: 2 })
      expect(valuesOf(again)).toEqual(Array<string>(2).fill('x'.repeat(100)))
      append(again, ['z'], { baseOffset: FAR + 1, leaderEpoch: 4 }, replica)
      again.flush()
      expect(valuesOf(again).at(-1)).toBe('z')
      if (!log.isFailed) return expect(moment).toBeGreaterThan(6)
    }
    throw new Error('it does not come to an end')
  })
})

describe('a start after a clean end, on a full disk', () => {
  test('opens a log with an epoch that has no records', async () => {
    const memory = new MemoryDisk()
    const directory = directoryOn(memory)
    const log = openIn(directory)
    appendEach(log, 'a')
    log.advanceHighWatermark(1)
    log.startEpoch(3)
    await directory.close({ brokerEpoch: 1 })
    const disk = new SimDisk(memory)
    const next = directoryOn(disk)
    fillFor(disk, /./)
    const again = openIn(next)
    expect([valuesOf(again), next.room.isFull]).toEqual([['a'], false])
    disk.watcher = undefined
    append(again, ['b'], {}, { leaderEpoch: 4 })
    await again.sync()
    expect(again.epochs).toEqual([{ epoch: 0, startOffset: 0 }, { epoch: 4, startOffset: 1 }])
  })

  test('says what is damaged, not that there is no room to note it', () => {
    const memory = new MemoryDisk()
    const log = openLog(memory, { config, isClean: true })
    appendEach(log, 'a', 'b')
    log.close()
    memory.open(`${DIRECTORY}/${'0'.repeat(20)}.log`, 'write').truncate(40)
    const disk = new SimDisk(memory)
    fillFor(disk, /./)
    expect(() => openLog(disk, { config, isClean: true, recoveryPoint: 2 }))
      .toThrow(expect.objectContaining({ code: Errors.CORRUPT_MESSAGE }))
  })
})

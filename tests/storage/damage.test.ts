// Files that go bad at rest: what can be made again is, what cannot is refused by name, and nothing
// is served, cut or left out silently (H3, H4).

import { beforeEach, describe, expect, jest, test } from '@jest/globals'

import { ApiError, Errors } from '../../protocol/errors.ts'
import { Batch } from '../../protocol/records/batch.ts'
import { BatchReader } from '../../storage/batch-reader.ts'
import { parseLogConfig } from '../../storage/config.ts'
import { StorageError } from '../../storage/disk.ts'
import type { Log, LogOptions } from '../../storage/log.ts'
import { MemoryDisk } from '../../storage/memory-disk.ts'
import { encodeSnapshot } from '../../storage/producer-snapshots.ts'
import { ProducerEntry } from '../../storage/producers.ts'
import {
  append, batchOf, DIRECTORY, openLog, pathOf, readValues, silent, valuesOf,
} from './harness.ts'

const VALUES = Array.from({ length: 12 }, (_, i) => `value ${i}`)
const config = { ...parseLogConfig(new Map()), segmentBytes: 320, indexIntervalBytes: 0 }
const BATCH_BYTES = batchOf(['value 0']).length
const corrupt = expect.objectContaining({ code: Errors.CORRUPT_MESSAGE })

let disk: MemoryDisk
beforeEach(() => { disk = new MemoryDisk() })

/** Four batches in each of three segments, at 100 ms from one another, closed. */
function close(): void {
  const log = openLog(disk, { config })
  for (const [i, value] of VALUES.entries()) append(log, [value], { timestampMs: 100 * i })
  log.close()
}

function reopened(options: Partial<LogOptions> = {}): Log {
  return openLog(disk, {
    config, highWatermark: VALUES.length, recoveryPoint: VALUES.length, ...options,
  })
}

function flip(path: string, at: number, mask = 0x40): void {
  const bytes = Buffer.from(disk.readFile(path)!)
  bytes[at]! ^= mask
  disk.open(path, 'write').write(bytes, 0)
}

/** Other files can be made again. */
function batchFiles(): [string, string][] {
  return disk.list(DIRECTORY).filter(({ name }) => name.endsWith('.log')).map(({ name }) => (
    [name, disk.readFile(`${DIRECTORY}/${name}`)!.toString('hex')]))
}

/** What reads from every offset give; undefined where they are refused. */
function answers(log: Log): (string | undefined)[] {
  return VALUES.map((_, offset) => {
    try {
      return readValues(log, offset, offset + 1)[0]
    } catch (error) {
      if (error instanceof ApiError && error.code === Errors.CORRUPT_MESSAGE) return undefined
      throw error
    }
  })
}

describe('a batch of a closed log that went bad', () => {
  test('is refused when it is read, wherever the bit is', () => {
    for (let at = 0; at < BATCH_BYTES; at++) {
      // Nothing tells what the leader's epoch was.
      if (at >= 12 && at < 16) continue
      disk = new MemoryDisk()
      close()
      flip(pathOf(4, '.log'), BATCH_BYTES + at)
      const log = reopened({ isClean: true })
      const found = answers(log)
      expect({ at, found: found[5] }).toEqual({ at, found: undefined })
      // Its neighbours may be doubted with it, nothing else is.
      expect(found.filter((value, i) => value !== VALUES[i] && (i < 4 || i > 6))).toEqual([])
      expect(() => valuesOf(log)).toThrow(corrupt)
      expect(log.isFailed).toBe(false)
    }
  })

  test('ends what a read gives before it', () => {
    close()
    flip(pathOf(4, '.log'), 2 * BATCH_BYTES + 70)
    const { records } = reopened({ isClean: true })
      .read(4, 10_000, { maxOffset: 12, minOneBatch: true })
    expect(records.length).toBe(2 * BATCH_BYTES)
  })

  test('is no answer to a question for a time', () => {
    close()
    flip(pathOf(4, '.log'), BATCH_BYTES + 40)
    const log = reopened({ isClean: true })
    expect(() => log.offsetForTimestamp(450)).toThrow(corrupt)
    expect(log.offsetForTimestamp(850)).toMatchObject({ offset: 9 })
  })

  test('keeps its segment from getting other indexes', () => {
    close()
    flip(pathOf(4, '.log'), BATCH_BYTES + 70)
    disk.remove(pathOf(4, '.index'))
    expect(() => reopened({ isClean: true })).toThrow(corrupt)
  })

  test('is looked at once, and what this process has written never', () => {
    close()
    const log = reopened({ isClean: true })
    append(log, ['new'])
    log.flush()
    const looks = jest.spyOn(Batch.prototype, 'isCrcValid')
    try {
      for (let i = 0; i < 2; i++) {
        expect(answers(log)).toEqual(VALUES)
        expect(readValues(log, 12)).toEqual(['new'])
        expect(looks).toHaveBeenCalledTimes(VALUES.length)
      }
    } finally {
      looks.mockRestore()
    }
  })
})

describe('what was on the device and is damaged is refused at the start, and left there', () => {
  test.each<[string, () => void, Partial<LogOptions>]>([
    ['a flipped bit', () => flip(pathOf(8, '.log'), BATCH_BYTES + 70), {}],
    ['a batch cut off', () => disk.open(pathOf(8, '.log'), 'write').truncate(300), {}],
    ['a batch cut off, of a closed log',
      () => disk.open(pathOf(8, '.log'), 'write').truncate(300), { isClean: true }],
    ['whole batches cut off, of a closed log',
      () => disk.open(pathOf(8, '.log'), 'write').truncate(2 * BATCH_BYTES), { isClean: true }],
    ['a wrong offset at the end of a closed log',
      () => flip(pathOf(8, '.log'), 3 * BATCH_BYTES + 6), { isClean: true }],
    ['the last segment gone', () => {
      for (const suffix of ['.log', '.index', '.timeindex']) disk.remove(pathOf(8, suffix))
    }, {}],
    ['the batches of a segment gone, its indexes left',
      () => disk.remove(pathOf(4, '.log')), { isClean: true }],
    ['all segments gone', () => {
      for (const { name } of disk.list(DIRECTORY)) {
        if (/\.(log|index|timeindex)$/.test(name)) disk.remove(`${DIRECTORY}/${name}`)
      }
    }, {}],
    ['an end before the start, of a closed log', () => {}, { isClean: true, startOffset: 20 }],
  ])('%s', (_, damage, options) => {
    close()
    damage()
    const before = batchFiles()
    expect(() => reopened(options)).toThrow('topic-0 is damaged')
    expect(batchFiles()).toEqual(before)
  })

  test('but not behind the recovery point, or before the start', () => {
    close()
    flip(pathOf(8, '.log'), BATCH_BYTES + 70)
    expect(reopened({ recoveryPoint: 9 }).endOffset).toBe(9)
    expect(reopened({ startOffset: 12 }).endOffset).toBe(12)
  })
})

test('a damaged batch is told of once, however often it is asked for', () => {
  close()
  flip(pathOf(4, '.log'), BATCH_BYTES + 70)
  const told: unknown[] = []
  const logger = { ...silent, error: (_: string, fields?: object) => { told.push(fields) } }
  const log = reopened({ isClean: true, logger })
  for (let time = 0; time < 3; time++) answers(log)
  expect(told).toEqual([{
    log: 'topic-0',
    why: `No sound record batch at position ${BATCH_BYTES} of ${pathOf(4, '.log')}`,
  }])
})

test('zeros behind the last batch that a segment can hold are no loss', () => {
  close()
  const file = disk.open(pathOf(4, '.log'), 'write')
  file.truncate(file.sizeBytes() + 100)
  const log = reopened({ isClean: true })
  expect(valuesOf(log)).toEqual(VALUES)
  expect(log.read(7, 10_000, { maxOffset: 12, minOneBatch: true }).records.length)
    .toBe(BATCH_BYTES)
  expect(answers(log)).toEqual(VALUES)
})

test('a time index that tells a wrong time is made again (H4)', () => {
  const entries = 12 * 4
  for (let at = 0; at < entries; at++) {
    // Indexes count offsets in 31 bits.
    if (at % 12 === 8) continue
    disk = new MemoryDisk()
    close()
    flip(pathOf(4, '.timeindex'), at, 1)
    const log = reopened({ isClean: true })
    const found = VALUES.map((_, i) => log.offsetForTimestamp(100 * i - 50)?.offset)
    expect({ at, found }).toEqual({ at, found: VALUES.map((_, i) => i) })
  }
})

test('an offset index that leads to no batch is made again, and the log is believed (H4)', () => {
  close()
  // Of a producer whose records were deleted a snapshot alone tells.
  const entry = new ProducerEntry(1)
  entry.beginEpoch(3)
  disk.open(pathOf(12, '.snapshot'), 'create').write(encodeSnapshot([entry], 1), 0)
  const index = disk.readFile(pathOf(8, '.index'))!
  flip(pathOf(8, '.index'), index.length - 1, 0x01)
  const log = reopened({ isClean: true })
  expect(log.producers.get(1)).toMatchObject({ epoch: 3 })
  expect(answers(log)).toEqual(VALUES)
})

test('no segment goes because its time index tells a wrong time (G6)', () => {
  close()
  // The last entry of the first segment says a time long ago.
  const bytes = Buffer.from(disk.readFile(pathOf(0, '.timeindex'))!)
  bytes.writeBigInt64BE(201n, bytes.length - 12)
  disk.open(pathOf(0, '.timeindex'), 'write').write(bytes, 0)
  const log = reopened({ isClean: true, config: { ...config, retentionMs: 1000 } })
  expect(log.applyRetention(1250)).toBe(0)
  expect(log.applyRetention(1350)).toBe(1)
})

test('epochs that do not ascend are read from the batches again (H4)', () => {
  const log = openLog(disk, { config })
  for (const [epoch, value] of VALUES.slice(0, 3).entries()) {
    append(log, [value], {}, { leaderEpoch: epoch * 3 })
  }
  log.close()
  const path = `${DIRECTORY}/leader-epoch-checkpoint`
  expect(disk.readFile(path)!.toString()).toBe('0\n3\n0 0\n3 1\n6 2\n')
  for (const text of ['0\n3\n0 0\n3 1\n2 2\n', '0\n3\n0 0\n3 3\n6 2\n']) {
    disk.open(path, 'write').write(Buffer.from(text), 0)
    const again = reopened({ isClean: true, recoveryPoint: 3 })
    expect([0, 1, 2].map((offset) => again.epochOf(offset))).toEqual([0, 3, 6])
  }
})

test('a snapshot of what a truncation took does not come back with a loss of power (D5)', () => {
  const producer = (baseSequence: number) => ({ producerId: 7, producerEpoch: 0, baseSequence })
  const log = openLog(disk, { config })
  for (let i = 0; i < 9; i++) append(log, ['x'], producer(i))
  log.close()
  reopened({ isClean: true, recoveryPoint: 9 }).truncateTo(3)
  disk.crash()
  expect(disk.list(DIRECTORY).filter(({ name }) => name.endsWith('.snapshot'))).toEqual([])
})

test('a first batch that cannot be read when the next one comes fails the log (H6)', () => {
  close()
  const log = reopened({ isClean: true, config: { ...config, segmentBytes: 10_000 } })
  const read = jest.spyOn(BatchReader.prototype, 'next').mockImplementation(() => {
    throw Object.assign(new Error('EIO'), { code: 'EIO' })
  })
  try {
    expect(() => append(log, ['new'])).toThrow(StorageError)
  } finally {
    read.mockRestore()
  }
  expect(log.isFailed).toBe(true)
})

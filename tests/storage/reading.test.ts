// Readers that go on where they ended: one read of the file each, and never anything else than what
// a search would have found.

import { expect, test } from '@jest/globals'

import { Errors } from '../../protocol/errors.ts'
import { Batch, buildBatch, isWholeAt } from '../../protocol/records/batch.ts'
import type { Log } from '../../storage/log.ts'
import { MemoryDisk } from '../../storage/memory-disk.ts'
import { CountingDisk } from './counting-disk.ts'
import { append, appendEach, DIRECTORY, openLog } from './harness.ts'

const LOG_FILE = `${DIRECTORY}/00000000000000000000.log`

/** Batches of so many bytes of one record each; the sizes come round again. */
function fill(log: Log, count: number, ...sizes: number[]): void {
  for (let i = 0; i < count; i++) {
    const value = Buffer.alloc(sizes[i % sizes.length]!, `${i} `)
    const options = { leaderEpoch: 0, nowMs: 1, origin: 'coordinator' } as const
    log.append(buildBatch({ timestampMs: i, records: [{ value }] }), options)
    log.flush()
  }
}

/** The offset behind the whole batches of one read, which must be those from the offset on. */
function readOn(log: Log, offset: number, maxSizeBytes: number, maxOffset = log.endOffset): number {
  const { records, release } = log.read(offset, maxSizeBytes, { maxOffset, minOneBatch: true })
  let next = offset
  for (let at = 0; isWholeAt(records, at);) {
    const batch = new Batch(records, at)
    expect(batch.baseOffset).toBe(next)
    expect(batch.isCrcValid()).toBe(true)
    next = batch.nextOffset
    at += batch.sizeBytes
  }
  expect(next).toBeLessThanOrEqual(maxOffset)
  release()
  return next
}

test('who goes on where the last read ended reads the file once', () => {
  for (const maxSizeBytes of [700, 5000, 64 * 1024]) {
    const disk = new CountingDisk()
    const log = openLog(disk)
    fill(log, 400, 100, 500, 20, 300)
    for (let offset = 0; offset < log.endOffset;) {
      const from = offset
      const reads = disk.readsOf(() => { offset = readOn(log, from, maxSizeBytes) })
      expect(reads).toBe(1)
      expect(offset).toBeGreaterThan(from)
    }
  }
})

test('readers side by side, some in step and some not, keep their places', () => {
  const disk = new CountingDisk()
  const log = openLog(disk)
  fill(log, 1000, 1000)
  const readers = [0, 0, 100, 200, 300, 400].map((offset) => ({ offset }))
  let reads = 0
  for (let round = 0; round < 30; round++) {
    for (const [i, reader] of readers.entries()) {
      // One of them does more often than the others.
      for (let times = 0; times < (i === 3 ? 4 : 1); times++) {
        const found = disk.readsOf(() => { reader.offset = readOn(log, reader.offset, 4000) })
        if (round > 0) reads += found
      }
    }
  }
  expect(reads).toBe(29 * (readers.length + 3))
})

test('what lies behind the end that was asked for is not read, wherever that is', () => {
  const disk = new CountingDisk()
  const log = openLog(disk)
  fill(log, 300, 200)
  for (const step of [1, 7]) {
    for (let offset = 0, end = 3; end < 300; end += step) {
      while (offset < end) offset = readOn(log, offset, 1000, end)
      expect(offset).toBe(end)
      expect(log.readableBytes(offset, end)).toBe(0)
    }
  }
  for (const end of [250, 120, 120, 250]) {
    let bytes = 0
    disk.readsOf(() => { bytes = log.readableBytes(100, end) })
    expect(bytes).toBe((end - 100) * log.sizeBytes / 300)
  }
})

test('an end that readers have in common is searched for once', () => {
  const disk = new CountingDisk()
  const log = openLog(disk)
  fill(log, 300, 200)
  let offset = readOn(log, 0, 1000, 200)
  while (offset < 200) {
    const from = offset
    expect(disk.readsOf(() => { offset = readOn(log, from, 1000, 200) })).toBe(1)
  }
})

test('a batch that is larger than what was asked for is given alone, or not at all', () => {
  const log = openLog(new MemoryDisk())
  fill(log, 20, 100, 5000)
  for (let offset = 0; offset < 20;) offset = readOn(log, offset, 1000)
  const maxOffset = log.endOffset
  for (const maxSizeBytes of [0, 11, 12, 60, 61, 1000]) {
    readOn(log, 0, 1000)
    expect(log.read(1, maxSizeBytes, { maxOffset, minOneBatch: false }).records).toHaveLength(0)
  }
})

test('reads go on in the next segment, and at an end that has moved', () => {
  const log = openLog(new MemoryDisk(), { config: { segmentBytes: 2000 } })
  let offset = 0
  for (let i = 0; i < 50; i++) {
    fill(log, 3, 100)
    while (offset < log.endOffset) offset = readOn(log, offset, 250)
  }
  expect(log.segmentCount).toBeGreaterThan(5)
  expect(offset).toBe(150)
})

test('places are forgotten when the log is cut', () => {
  const log = openLog(new MemoryDisk())
  const nine = 'as 7 + 2 '
  appendEach(log, nine, nine, nine, nine, nine)
  const bytes = log.sizeBytes / 5
  expect(readOn(log, 0, 3 * bytes)).toBe(3)
  log.truncateTo(2)
  // As long as the one that was there: now the next one does not begin with 3, but with 4.
  append(log, ['x', 'y'])
  appendEach(log, nine)
  expect(log.sizeBytes).toBe(4 * bytes)
  const { records } = log.read(3, 1000, { maxOffset: 5, minOneBatch: true })
  expect(new Batch(records).baseOffset).toBe(2)
})

test('an end is forgotten when the log is cut', () => {
  const log = openLog(new MemoryDisk())
  appendEach(log, 'a', 'b', 'longer than all others together. '.repeat(9), 'd', 'e')
  expect(readOn(log, 0, 1000, 4)).toBe(4)
  log.truncateTo(2)
  appendEach(log, 'c', 'd', 'e')
  expect(readOn(log, 0, 1000, 4)).toBe(4)
})

test('damage is found where a reader goes on, when it is first read', () => {
  // Of a batch: its offset, its length, its magic, its last offset, its records.
  for (const at of [7, 10, 16, 26, 65]) {
    const disk = new MemoryDisk()
    const first = openLog(disk)
    fill(first, 10, 100)
    first.close()
    const log = openLog(disk, { isClean: true, recoveryPoint: 10 })
    const sizeBytes = log.sizeBytes / 10
    expect(readOn(log, 0, sizeBytes * 3)).toBe(3)
    const file = disk.open(LOG_FILE, 'write')
    const byte = Buffer.alloc(1)
    file.read(byte, 0, 1, 3 * sizeBytes + at)
    file.write(Buffer.from([byte[0]! ^ 0x40]), 3 * sizeBytes + at)
    const read = (): void => { readOn(log, 3, sizeBytes * 3) }
    expect(read).toThrow(expect.objectContaining({ code: Errors.CORRUPT_MESSAGE }))
  }
})

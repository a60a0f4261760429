// Reads that are made when their bytes are sent: what they give is what a read at once would have,
// or nothing.

import { expect, test } from '@jest/globals'
import { mkdtempSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { bufferOf } from '../../protocol/late-bytes.ts'
import { Batch, batchesOf, buildBatch } from '../../protocol/records/batch.ts'
import type { LateRead } from '../../storage/late-read.ts'
import type { Log } from '../../storage/log.ts'
import { MemoryDisk } from '../../storage/memory-disk.ts'
import { nodeDisk } from '../../storage/node-disk.ts'
import { CountingDisk } from './counting-disk.ts'
import { openLog, pathOf } from './harness.ts'

const BATCH_BYTES = 10_000

function fill(log: Log, count: number): void {
  for (let i = 0; i < count; i++) {
    const value = Buffer.alloc(BATCH_BYTES, `${i} `)
    log.append(buildBatch({ timestampMs: i, records: [{ value }] }),
      { leaderEpoch: 0, nowMs: 1, origin: 'client' })
  }
  log.flush()
}

function filled(count = 100, disk = new MemoryDisk()): Log {
  const log = openLog(disk)
  fill(log, count)
  return log
}

const all = (maxSizeBytes: number, maxOffset: number) =>
  ({ maxSizeBytes, maxOffset, onlyFromFiles: false })

function later(log: Log, offset: number, sizeBytes: number, maxOffset = log.endOffset): LateRead {
  const late = log.readLater(offset, all(sizeBytes, maxOffset))
  expect(late).toBeDefined()
  return late!
}

function atOnce(log: Log, offset: number, maxSizeBytes: number, maxOffset = log.endOffset): Buffer {
  return log.read(offset, maxSizeBytes, { maxOffset, minOneBatch: false }).records
}

test('the bytes are those of a read at once, whole or in pieces', () => {
  const log = filled()
  for (const [offset, sizeBytes, end] of
    [[0, 70_000, 100], [0, 2_000_000, 100], [33, 500_000, 70], [90, 200_000, 100]] as const) {
    const expected = atOnce(log, offset, sizeBytes, end)
    const late = later(log, offset, sizeBytes, end)
    expect(late).toHaveLength(expected.length)
    expect(bufferOf(late).equals(expected)).toBe(true)
    const pieces: Buffer[] = []
    for (let at = 0; at < late.length; at += 30_000) {
      const { bytes, release } = late.read(at, Math.min(30_000, late.length - at))
      pieces.push(Buffer.from(bytes))
      release()
    }
    expect(Buffer.concat(pieces).equals(expected)).toBe(true)
  }
})

test('nothing of the batches is read before', () => {
  const disk = new CountingDisk()
  const log = filled(100, disk)
  let late: LateRead | undefined
  // Headers, to find where the first one is.
  expect(disk.readsOf(() => { late = later(log, 50, 400_000) })).toBeLessThan(4)
  expect(disk.readsOf(() => { bufferOf(late!) })).toBe(1)
})

test('what has to be seen first, or is little, is read at once', () => {
  const disk = new MemoryDisk()
  const first = filled(100, disk)
  expect(first.readLater(0, all(60_000, 100))).toBeUndefined()
  expect(first.readLater(97, all(1_000_000, 100))).toBeUndefined()
  expect(first.readLater(100, all(1_000_000, 100))).toBeUndefined()
  first.close()
  const log = openLog(disk, { isClean: true, recoveryPoint: 100 })
  // This process has not written it, nor read it.
  expect(log.readLater(0, all(500_000, 100))).toBeUndefined()
  atOnce(log, 0, 1_100_000)
  expect(later(log, 0, 500_000)).toHaveLength(500_000)
})

test('a first batch that is larger than what may be given is not given in part', () => {
  const log = openLog(new MemoryDisk())
  const value = Buffer.alloc(200_000)
  log.append(buildBatch({ timestampMs: 1, records: [{ value }] }),
    { leaderEpoch: 0, nowMs: 1, origin: 'client' })
  log.flush()
  expect(log.readLater(0, all(100_000, 1))).toBeUndefined()
})

test('what was appended meanwhile changes nothing', () => {
  const log = filled(50)
  const expected = atOnce(log, 10, 1_000_000)
  const late = later(log, 10, 1_000_000)
  fill(log, 50)
  expect(bufferOf(late).equals(expected)).toBe(true)
})

test('of a log that was cut meanwhile nothing is given', () => {
  const disk = new MemoryDisk()
  const log = filled(50, disk)
  const late = later(log, 10, 300_000)
  log.truncateTo(20)
  expect(() => bufferOf(late)).toThrow()
  expect(log.isFailed).toBe(false)
  expect(new Batch(atOnce(log, 19, 20_000)).baseOffset).toBe(19)
})

test('what lies in memory has no place to be sent from', () => {
  const log = filled()
  const limits = all(500_000, 100)
  expect(log.readLater(0, { ...limits, onlyFromFiles: true })).toBeUndefined()
  expect(log.readLater(0, limits)!.inFile!(0)).toBeUndefined()
})

test('what lies in a file is sent from there: the place of the same bytes, or an error', () => {
  const path = mkdtempSync(join(tmpdir(), 'samsa-late-'))
  try {
    const log = openLog(nodeDisk(), { directory: `${path}/topic-0` })
    fill(log, 50)
    const late = log.readLater(10, { ...all(300_000, 50), onlyFromFiles: true })!
    const sent: Buffer[] = []
    for (let at = 0; at < late.length; at += 70_000) {
      const { descriptor, position } = late.inFile!(at)!
      const bytes = Buffer.alloc(Math.min(70_000, late.length - at))
      expect(readSync(descriptor, bytes, 0, bytes.length, position)).toBe(bytes.length)
      sent.push(bytes)
    }
    expect(Buffer.concat(sent).equals(atOnce(log, 10, 300_000))).toBe(true)
    // The next one who wants it shares what is read with those after him.
    const next = later(log, 10, 300_000)
    expect(next.inFile!(0)).toBeUndefined()
    next.release()
    log.truncateTo(20)
    expect(() => late.inFile!(0)).toThrow('the log was cut')
    expect(log.isFailed).toBe(false)
    late.release()
    log.close()
  } finally {
    rmSync(path, { recursive: true })
  }
})

test('a segment that is deleted meanwhile is read to the end, and then let go of', () => {
  const path = mkdtempSync(join(tmpdir(), 'samsa-late-'))
  try {
    const log = openLog(nodeDisk(), {
      directory: `${path}/topic-0`,
      config: { segmentBytes: 500_000, retentionBytes: 500_000, fileDeleteDelayMs: 0 },
    })
    fill(log, 200)
    log.advanceHighWatermark(200)
    const gone = later(log, 0, 300_000)
    const kept = later(log, 150, 100_000)
    while (log.applyRetention(1000) > 0);
    expect(log.startOffset).toBeGreaterThan(30)
    log.close()
    rmSync(`${path}/topic-0`, { recursive: true })
    for (const late of [gone, kept]) {
      let next = new Batch(bufferOf(late)).baseOffset
      for (const batch of batchesOf(bufferOf(late))) {
        expect(batch.baseOffset).toBe(next)
        expect(batch.isCrcValid()).toBe(true)
        next = batch.nextOffset
      }
      late.release()
      expect(() => late.read(200, 80_000)).toThrow()
    }
    expect(log.isFailed).toBe(false)
  } finally {
    rmSync(path, { recursive: true })
  }
})

test('a disk that fails then fails the log, and a file that is shorter is damaged', () => {
  const short = new MemoryDisk()
  const damaged = filled(50, short)
  const cutOff = later(damaged, 10, 300_000)
  short.open(pathOf(0, '.log'), 'write').truncate(200_000)
  expect(() => bufferOf(cutOff)).toThrow(/No sound record batch at position 200000/)
  expect(damaged.isFailed).toBe(false)

  const disk = new CountingDisk()
  const log = filled(50, disk)
  const late = later(log, 10, 300_000)
  disk.readFailure = new Error('EIO')
  expect(() => bufferOf(late)).toThrow()
  expect(log.isFailed).toBe(true)
})

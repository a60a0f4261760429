// Logs that crash at random: what was on the device must be there afterwards, equal, without gaps.
//
// Every run is a seed; CRASH_SEED=n runs that one alone.

import { describe, expect, test } from '@jest/globals'

import { Batch } from '../../protocol/records/batch.ts'
import type { Log } from '../../storage/log.ts'
import { LogDirectory } from '../../storage/log-directory.ts'
import { parseLogConfig } from '../../storage/config.ts'
import { batchOf, silent } from './harness.ts'
import { randomOf } from './random.ts'
import { StoppingDisk } from './stopping-disk.ts'

const RUNS = 80
const ROUNDS = 6
const OPERATIONS = 30
const only = process.env['CRASH_SEED']
const seeds = only === undefined ? Array.from({ length: RUNS }, (_, i) => i + 1) : [Number(only)]

const config = {
  ...parseLogConfig(new Map()), segmentBytes: 700, indexIntervalBytes: 150, fileDeleteDelayMs: 0,
}

class Run {
  readonly #random: () => number
  readonly #disk = new StoppingDisk()
  #directory!: LogDirectory
  #log!: Log
  /** What was appended, and not truncated again. */
  #batches: Batch[] = []
  /** All below is promised to be there. */
  #promised = 0
  #epoch = 0
  #nowMs = 1000
  readonly #nextSequences = new Map<number, number>()

  constructor(seed: number) {
    this.#random = randomOf(seed)
    this.#disk.makeDirectory('/data')
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit)
  }

  async run(): Promise<void> {
    this.#open()
    for (let round = 0; round < ROUNDS; round++) {
      this.#disk.stopAfter(this.#random() < 0.3 ? Infinity : this.#below(150))
      try {
        for (let i = 0; i < OPERATIONS; i++) await this.#operate()
      } catch (error) {
        if (!this.#disk.hasStopped) throw error
      }
      if (!this.#disk.hasStopped && this.#random() < 0.5) await this.#close()
      this.#disk.stopAfter(Infinity)
      const { writtenOffset, startOffset } = this.#log
      const isPowerLost = this.#random() < 0.7
      if (isPowerLost) this.#disk.crash(this.#random() < 0.8 ? this.#random : undefined)
      this.#open()
      // What is written the system keeps, if it is the process alone that ends.
      if (!isPowerLost && !this.#isTruncating) {
        expect(this.#log.endOffset).toBeGreaterThanOrEqual(writtenOffset)
      }
      this.#check(startOffset)
    }
  }

  #isTruncating = false

  #open(): void {
    this.#directory = new LogDirectory({ disk: this.#disk, path: '/data', logger: silent })
    this.#directory.open()
    this.#log = this.#directory.openLog({
      topic: 'topic', partition: 0, topicId: 'AAAAAAAAAAAAAAAAAAAAAg', config, nowMs: this.#nowMs,
    })
  }

  /** As a node that stops; the next start believes the files, whatever happens to the power. */
  async #close(): Promise<void> {
    try {
      await this.#directory.close({ brokerEpoch: 1 })
      this.#promised = this.#log.endOffset
    } catch (error) {
      if (!this.#disk.hasStopped) throw error
    }
  }

  async #operate(): Promise<void> {
    const log = this.#log
    this.#nowMs += this.#below(100)
    const choice = this.#below(100)
    if (choice < 55) return this.#append()
    if (choice < 70) return log.flush()
    if (choice < 78) {
      await log.sync()
      this.#promised = log.recoveryPoint
      return
    }
    if (choice < 84) return void this.#directory.checkpoint()
    if (choice < 90) return this.#truncate(log.endOffset - this.#below(30))
    if (choice < 94) return log.advanceHighWatermark(log.endOffset - this.#below(5))
    if (choice < 96) {
      log.deleteRecordsTo(Math.min(log.startOffset + this.#below(20), log.highWatermark))
      log.tick(this.#nowMs)
      return
    }
    // Syncs that overlap with everything else.
    const syncing = log.sync()
    syncing.catch(() => {})
    this.#append()
    if (this.#random() < 0.3) this.#truncate(log.endOffset - this.#below(10))
    await Promise.all([syncing, log.sync()])
    this.#promised = log.recoveryPoint
  }

  #append(): void {
    const producerId = this.#below(4) - 1
    const baseSequence = this.#nextSequences.get(producerId) ?? 0
    const values = Array.from({ length: 1 + this.#below(3) }, () => 'x'.repeat(this.#below(90)))
    const producer = producerId < 0 ? {} : { producerId, producerEpoch: 0, baseSequence }
    const bytes = batchOf(values, { timestampMs: this.#nowMs - this.#below(300), ...producer })
    const { endOffset } = this.#log
    try {
      this.#log.append(bytes, { leaderEpoch: this.#epoch, nowMs: this.#nowMs, origin: 'client' })
    } finally {
      // The log patches it where it lies; from then on it may be there after a crash.
      const batch = new Batch(bytes)
      if (batch.baseOffset === endOffset) this.#batches.push(batch)
    }
    if (producerId >= 0) this.#nextSequences.set(producerId, baseSequence + values.length)
  }

  #truncate(wanted: number): void {
    const offset = Math.max(wanted, this.#log.startOffset)
    const cut = this.#batches.find((batch) => batch.nextOffset > offset)?.baseOffset ?? offset
    this.#promised = Math.min(this.#promised, cut)
    this.#isTruncating = true
    this.#log.truncateTo(offset)
    this.#isTruncating = false
    this.#promised = Math.min(this.#promised, this.#log.endOffset)
    this.#forgetFrom(this.#log.endOffset)
    this.#epoch++
  }

  #forgetFrom(offset: number): void {
    this.#batches = this.#batches.filter((batch) => batch.nextOffset <= offset)
    for (const producerId of [0, 1, 2]) {
      const last = this.#batches.findLast((batch) => batch.producerId === producerId)
      if (last === undefined) this.#nextSequences.delete(producerId)
      else this.#nextSequences.set(producerId, last.lastSequence + 1)
    }
  }

  #check(oldStart: number): void {
    const log = this.#log
    const { startOffset, endOffset } = log
    this.#isTruncating = false
    expect(endOffset).toBeGreaterThanOrEqual(this.#promised)
    expect(startOffset).toBeLessThanOrEqual(Math.max(oldStart, endOffset))
    this.#forgetFrom(endOffset)
    const expected = this.#batches.filter((batch) => batch.nextOffset > startOffset)
    expect([...log.batches(startOffset)].length).toBe(expected.length)
    let index = 0
    let nextOffset = startOffset
    for (const batch of log.batches(startOffset)) {
      expect(batch.bytes().equals(expected[index++]!.bytes())).toBe(true)
      expect(batch.baseOffset).toBeLessThanOrEqual(nextOffset)
      nextOffset = batch.nextOffset
    }
    expect(nextOffset).toBe(endOffset)
    this.#promised = Math.min(endOffset, this.#promised)
    this.#checkSearches(expected)
    this.#checkFolds(expected)
    this.#epoch = Math.max(this.#epoch, log.latestEpoch) + 1
  }

  /** What the indexes lead to is what a look at every batch finds. */
  #checkSearches(expected: readonly Batch[]): void {
    const log = this.#log
    for (let offset = log.startOffset; offset < log.endOffset; offset++) {
      const { records, release } = log.read(offset, 1, { maxOffset: Infinity, minOneBatch: true })
      const found = new Batch(records)
      expect([found.baseOffset <= offset, found.lastOffset >= offset]).toEqual([true, true])
      release()
    }
    for (let ms = 800; ms <= this.#nowMs; ms += 150) {
      const first = expected.find((batch) => batch.maxTimestamp >= ms)
      const offset = first && Math.max(first.baseOffset, log.startOffset)
      expect(log.offsetForTimestamp(ms)?.offset).toBe(offset)
    }
  }

  /** Producers and epochs are what the batches make of them. */
  #checkFolds(expected: readonly Batch[]): void {
    const log = this.#log
    for (const producerId of [0, 1, 2]) {
      const last = expected.findLast((batch) => batch.producerId === producerId)
      if (last === undefined) continue
      expect(log.producers.get(producerId)).toMatchObject({ lastSequence: last.lastSequence })
    }
    const starts = new Map<number, number>()
    for (const { leaderEpoch, baseOffset } of expected) {
      if (!starts.has(leaderEpoch)) starts.set(leaderEpoch, Math.max(baseOffset, log.startOffset))
    }
    // An empty log may remember the epoch of its last records.
    if (starts.size === 0) return
    expect(log.epochs).toEqual([...starts].map(([epoch, startOffset]) => ({ epoch, startOffset })))
  }
}

describe('after a crash', () => {
  test('nothing that was promised is lost', async () => {
    for (const seed of seeds) {
      await new Run(seed).run().catch((error: unknown) => {
        throw new Error(`with CRASH_SEED=${seed}`, { cause: error })
      })
    }
  })
})

// A log against an array: whatever is done to it, reads and lookups by offset, time and epoch find
// what a look at every record of the array finds.

import { Batch, buildBatch } from '../../protocol/records/batch.ts'
import { parseLogConfig } from '../../storage/config.ts'
import { Log } from '../../storage/log.ts'
import { MemoryDisk } from '../../storage/memory-disk.ts'
import { Dice } from './dice.ts'
import { silent } from './machine.ts'
import { must, mustEqual } from './promise.ts'
import { readRecords } from './visible.ts'

interface Entry {
  readonly offset: number
  readonly timestamp: number
  readonly value: string
  readonly epoch: number
}

const MOST_ENTRIES = 600
const CONFIG = {
  ...parseLogConfig(new Map()), segmentBytes: 3000, indexIntervalBytes: 300, fileDeleteDelayMs: 0,
}

export class AgainstArray {
  readonly #dice: Dice
  readonly #disk = new MemoryDisk()
  #log: Log
  /** All of the log, one offset after the other. */
  #entries: Entry[] = []
  #epoch = 0
  #nowMs = 1_000_000

  constructor(seed: number) {
    this.#dice = new Dice(seed)
    this.#log = this.#open({})
  }

  #open(options: { isClean?: boolean, recoveryPoint?: number, startOffset?: number }): Log {
    return Log.open({
      disk: this.#disk, directory: '/data/topic-0', logger: silent, nowMs: this.#nowMs,
      topicPartition: { topic: 'topic', partition: 0 }, topicId: 'AAAAAAAAAAAAAAAAAAAAAg',
      config: CONFIG, ...options,
    })
  }

  /** Throws BrokenPromise. Answers what was done how often. */
  run(operations: number): Map<string, number> {
    const counts = new Map<string, number>()
    for (let i = 0; i < operations; i++) {
      const [name, operation] = this.#dice.weighted(this.#operations)
      counts.set(name, (counts.get(name) ?? 0) + 1)
      operation()
      mustEqual('A5', 'where the log begins and ends',
        [this.#log.startOffset, this.#log.endOffset], [this.#start, this.#end])
    }
    return counts
  }

  readonly #operations: readonly (readonly [number, readonly [string, () => void]])[] = [
    [30, ['append', () => this.#append()]],
    [35, ['read', () => this.#read()]],
    [20, ['look up a time', () => this.#lookUpTime()]],
    [10, ['look up an epoch', () => this.#lookUpEpoch()]],
    [4, ['flush', () => this.#log.flush()]],
    [1, ['truncate', () => this.#truncate()]],
    [1, ['delete', () => this.#delete()]],
    [0.2, ['close and open', () => this.#reopen(true)]],
    [0.2, ['recover', () => this.#reopen(false)]],
  ]

  get #start(): number {
    return this.#entries[0]?.offset ?? this.#log.endOffset
  }

  get #end(): number {
    const last = this.#entries.at(-1)
    return last === undefined ? this.#log.startOffset : last.offset + 1
  }

  #append(): void {
    const dice = this.#dice
    this.#nowMs += dice.below(20)
    if (dice.chance(0.02)) this.#epoch++
    const offset = this.#log.endOffset
    const added = Array.from({ length: 1 + dice.below(4) }, (_, i): Entry => ({
      offset: offset + i, timestamp: this.#nowMs - dice.below(100), epoch: this.#epoch,
      value: `${dice.random()}`.repeat(1 + dice.below(4)),
    }))
    const records = added.map(({ timestamp, value }) => ({ timestamp, value: Buffer.from(value) }))
    this.#log.append(buildBatch({ records, codec: dice.chance(0.02) ? 'lz4' : 'none' }),
      { leaderEpoch: this.#epoch, nowMs: this.#nowMs, origin: 'client' })
    this.#entries.push(...added)
    if (this.#entries.length > MOST_ENTRIES) this.#deleteTo(this.#start + MOST_ENTRIES / 2)
  }

  /** An offset of the log, mostly. */
  #place(): number {
    return this.#start + this.#dice.below(this.#entries.length + 1)
  }

  #read(): void {
    const offset = this.#place()
    const maxOffset = this.#dice.chance(0.7) ? this.#end : this.#place()
    const sizeBytes = this.#dice.below(1500)
    const written = Math.min(maxOffset, this.#log.writtenOffset)
    const { records, release } = this.#log.read(offset, sizeBytes, {
      maxOffset, minOneBatch: true })
    let next = offset
    for (const batch = new Batch(records); batch.next();) {
      must('A8', batch.isCrcValid(), () => `the CRC of the batch at ${batch.baseOffset} is wrong`)
      for (const record of readRecords(batch)) {
        if (record.offset >= offset) this.#mustBe(record, next++)
      }
    }
    release()
    must('A6', next <= Math.max(offset, this.#end), () => `a read goes on to ${next}`)
    const isWhole = this.#isBatchBelow(offset, written)
    must('A2', next > offset || !isWhole, () => `a read from ${offset} below ${written} is empty`)
  }

  /** A batch that reaches over the limit is not given. */
  #isBatchBelow(offset: number, limit: number): boolean {
    return offset < limit && [...this.#log.batches(offset, offset + 1)]
      .some(({ nextOffset }) => nextOffset <= limit)
  }

  #mustBe(record: { offset: number, timestamp: number, value: string | null }, at: number): void {
    const entry = this.#entries[at - this.#start]
    must('A5', entry !== undefined && record.offset === at && record.value === entry.value
      && record.timestamp === entry.timestamp,
    () => `at ${at} lies ${JSON.stringify(record)}, should be ${JSON.stringify(entry)}`)
  }

  #lookUpTime(): void {
    const timestamp = this.#nowMs + 50 - this.#dice.below(this.#dice.pick([200, 5000]))
    const found = this.#entries.find((entry) => entry.timestamp >= timestamp)
    mustEqual('H4', `the offset of the time ${timestamp}`,
      this.#log.offsetForTimestamp(timestamp)?.offset, found?.offset)
  }

  #lookUpEpoch(): void {
    const place = this.#place()
    const entry = this.#entries[place - this.#start]
    if (entry === undefined) return
    mustEqual('B6', `the epoch of ${place}`, this.#log.epochOf(place), entry.epoch)
    const end = this.#entries.find(({ epoch }) => epoch > entry.epoch)?.offset ?? this.#end
    mustEqual('B7', `the end of epoch ${entry.epoch}`, this.#log.offsetForLeaderEpoch(entry.epoch),
      { leaderEpoch: entry.epoch, endOffset: end })
  }

  #truncate(): void {
    const offset = Math.max(this.#start, this.#end - this.#dice.below(30))
    this.#log.truncateTo(offset)
    const { endOffset, startOffset } = this.#log
    // Of a batch all records go.
    must('B7', endOffset <= offset && offset - endOffset < 4,
      () => `cut at ${offset}, the log ends at ${endOffset}`)
    this.#entries = this.#entries.filter((entry) => (
      entry.offset < endOffset && entry.offset >= startOffset))
    this.#epoch++
  }

  #delete(): void {
    this.#deleteTo(this.#start + this.#dice.below(Math.ceil(this.#entries.length / 4) + 1))
  }

  #deleteTo(offset: number): void {
    this.#log.flush()
    this.#log.advanceHighWatermark(this.#log.endOffset)
    this.#log.deleteRecordsTo(offset)
    this.#log.tick(this.#nowMs)
    this.#entries = this.#entries.filter((entry) => entry.offset >= offset)
  }

  #reopen(isClean: boolean): void {
    const { startOffset, recoveryPoint } = this.#log
    if (isClean) this.#log.close()
    else this.#log.flush()
    this.#log = this.#open({ isClean, recoveryPoint, startOffset })
    this.#epoch++
  }
}

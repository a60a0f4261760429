// Random histories of a compacted log beside a model that is nothing but lists: after every
// cleaning both show the same records to consumers of either isolation level, and what was ever
// committed reads the same as without any cleaning (invariants G2, G3, E1, D5).
//
// Every run is a seed; COMPACTION_SEED=n runs that one alone.

import { describe, expect, test } from '@jest/globals'

import { CODECS } from '../../protocol/records/compression.ts'
import type { LogConfig } from '../../storage/config.ts'
import type { Log } from '../../storage/log.ts'
import { MemoryDisk } from '../../storage/memory-disk.ts'
import {
  appendMark, appendPairs, cleanLog, COMPACTED, folded, type KeyValue, readCommitted,
  readUncommitted, type Visible,
} from './compaction-harness.ts'
import { DIRECTORY, openLog } from './harness.ts'
import { randomOf } from './random.ts'

const RUNS = 15
const STEPS = 120
const only = process.env['COMPACTION_SEED']
const seeds = only === undefined ? Array.from({ length: RUNS }, (_, i) => i + 1) : [Number(only)]

interface ModelRecord extends Visible {
  readonly isControl: boolean
}

/** A batch as it was appended, and what is left of it. */
interface ModelBatch {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly producerId: number
  readonly epoch: number
  readonly isControl: boolean
  readonly isTransactional: boolean
  /** That it belongs to, or ends; undefined without one. */
  readonly transaction: ModelTransaction | undefined
  records: ModelRecord[]
  horizonMs: number | undefined
}

interface ModelTransaction {
  state: 'open' | 'COMMIT' | 'ABORT'
}

class Model {
  batches: ModelBatch[] = []
  /** All that ever was, but for what was aborted. */
  readonly history: { readonly record: Visible, readonly of: ModelTransaction | undefined }[] = []

  add(batch: ModelBatch): void {
    this.batches.push(batch)
    if (batch.isControl) return
    for (const record of batch.records) {
      this.history.push({ record, of: batch.transaction })
    }
  }

  visible(isCommitted: boolean, end: number): Visible[] {
    return this.batches
      .filter(({ isControl, baseOffset }) => !isControl && baseOffset < end)
      .filter(({ transaction }) => !isCommitted || transaction?.state !== 'ABORT')
      .flatMap(({ records }) => records.map(({ offset, key, value }) => ({ offset, key, value })))
  }

  /** Batches that a read of the log finds, with records or not. */
  remains(): string[] {
    return this.batches.map(({ baseOffset, records }) => `${baseOffset}: ${records.length}`)
  }

  clean(range: CleanedRange, lastOffsets: ReadonlyMap<number, number>): void {
    const newest = this.#newest(range)
    const withData = new Set(this.batches.filter(({ isControl }) => !isControl)
      .map(({ transaction }) => transaction))
    this.batches = this.batches.filter((batch) => {
      if (batch.baseOffset >= range.segmentsEnd) return true
      const lastOffset = lastOffsets.get(batch.producerId)
      const isLast = batch.producerId >= 0
        && (lastOffset === undefined ? batch.isControl : lastOffset === batch.lastOffset)
      cleanBatch(batch, range, newest, withData)
      return batch.records.length > 0 || isLast || batch.lastOffset + 1 === range.highWatermark
    })
  }

  #newest({ from, to }: CleanedRange): Map<string, number> {
    const newest = new Map<string, number>()
    for (const { isControl, transaction, records } of this.batches) {
      if (isControl || transaction?.state === 'ABORT') continue
      for (const { offset, key } of records) {
        if (key !== null && offset >= from && offset < to) newest.set(key, offset)
      }
    }
    return newest
  }
}

interface CleanedRange {
  readonly from: number
  readonly to: number
  /** All segments that begin before it were written anew. */
  readonly segmentsEnd: number
  readonly highWatermark: number
  readonly nowMs: number
  readonly deleteRetentionMs: number
}

function cleanBatch(
  batch: ModelBatch, { to, nowMs, deleteRetentionMs }: CleanedRange,
  newest: ReadonlyMap<string, number>, withData: ReadonlySet<ModelTransaction | undefined>,
): void {
  const isPast = batch.horizonMs !== undefined && batch.horizonMs <= nowMs
  if (batch.isControl) {
    if (withData.has(batch.transaction)) return
    if (isPast) batch.records = []
    else if (batch.records.length > 0) batch.horizonMs ??= nowMs + deleteRetentionMs
    return
  }
  const isAborted = batch.transaction?.state === 'ABORT'
  batch.records = batch.records.filter(({ offset, key, value }) => {
    if (isAborted) return false
    if (offset >= to) return true
    return key !== null && offset >= (newest.get(key) ?? -1) && (value !== null || !isPast)
  })
  if (batch.records.some(({ value }) => value === null)) {
    batch.horizonMs ??= nowMs + deleteRetentionMs
  }
}

class Run {
  readonly #random: () => number
  readonly #disk = new MemoryDisk()
  readonly #model = new Model()
  readonly #config: LogConfig
  #log: Log
  #nowMs = 10_000
  /** By producer; idempotent ones of an even id, transactional ones of an odd. */
  readonly #sequences = new Map<number, number>()
  readonly #epochs = new Map<number, number>()
  readonly #open = new Map<number, ModelTransaction>()
  readonly #lastOffsets = new Map<number, number>()
  cleanings = 0

  constructor(seed: number) {
    this.#random = randomOf(seed)
    this.#config = {
      ...COMPACTED, segmentBytes: 600 + this.#below(1500), deleteRetentionMs: this.#below(3000),
      minCleanableDirtyRatio: this.#random() < 0.5 ? 0 : 0.5,
      minCompactionLagMs: this.#random() < 0.7 ? 0 : 500,
    }
    this.#log = openLog(this.#disk, { config: this.#config })
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit)
  }

  async run(): Promise<void> {
    for (let i = 0; i < STEPS; i++) {
      this.#nowMs += this.#below(100)
      const choice = this.#random()
      if (choice < 0.3) this.#append(-1)
      else if (choice < 0.45) this.#append(this.#below(3) * 2)
      else if (choice < 0.62) this.#append(this.#below(3) * 2 + 1)
      else if (choice < 0.85) this.#end(this.#below(3) * 2 + 1)
      else if (choice < 0.88) this.#reopen()
      else await this.#clean()
    }
    for (const producerId of [...this.#open.keys()]) this.#end(producerId)
    for (let i = 0; i < 3; i++) {
      this.#nowMs += 3000
      await this.#clean()
    }
    this.#reopen()
    this.#check()
  }

  #pairs(): KeyValue[] {
    return Array.from({ length: 1 + this.#below(4) }, () => {
      const key = this.#random() < 0.03 ? null : `key ${this.#below(12)}`
      const value = `${this.#below(1000)}`.repeat(1 + this.#below(20))
      return [key, this.#random() < 0.25 ? null : value] as const
    })
  }

  #append(producerId: number): void {
    const pairs = this.#pairs()
    const isTransactional = producerId >= 0 && producerId % 2 === 1
    const baseSequence = this.#sequences.get(producerId) ?? 0
    const epoch = this.#epochs.get(producerId) ?? 0
    const codec = this.#random() < 0.6 ? 'none' : CODECS[this.#below(CODECS.length)]!
    const baseOffset = appendPairs(this.#log, pairs, {
      codec, timestampMs: this.#nowMs - this.#below(300),
      ...producerId < 0 ? {} : { producerId, producerEpoch: epoch, baseSequence, isTransactional },
    })
    let transaction: ModelTransaction | undefined
    if (isTransactional) {
      transaction = this.#open.get(producerId) ?? { state: 'open' }
      this.#open.set(producerId, transaction)
    }
    if (producerId >= 0) {
      this.#sequences.set(producerId, baseSequence + pairs.length)
      this.#lastOffsets.set(producerId, this.#log.endOffset - 1)
    }
    this.#model.add({
      baseOffset, lastOffset: this.#log.endOffset - 1, producerId, epoch, isTransactional,
      isControl: false, transaction, horizonMs: undefined,
      records: pairs.map(([key, value], i) => ({
        offset: baseOffset + i, key, value, isControl: false,
      })),
    })
  }

  /** Ends a transaction; of a producer without one it is a mark that ends nothing. */
  #end(producerId: number): void {
    const transaction = this.#open.get(producerId) ?? { state: 'open' }
    transaction.state = this.#random() < 0.5 ? 'COMMIT' : 'ABORT'
    this.#open.delete(producerId)
    const epoch = this.#epochs.get(producerId) ?? 0
    const offset = appendMark(this.#log, transaction.state, producerId, this.#nowMs, epoch)
    this.#model.add({
      baseOffset: offset, lastOffset: offset, producerId, epoch, isTransactional: true,
      isControl: true, transaction, horizonMs: undefined,
      records: [{ offset, key: null, value: null, isControl: true }],
    })
  }

  async #clean(): Promise<void> {
    const cleanable = this.#log.compaction.cleanable(this.#nowMs)
    if (cleanable === undefined) return
    const segmentBases = this.#bases()
    const isSmall = this.#random() < 0.2
    const { highWatermark } = this.#log
    const cleaned = await cleanLog(this.#log, this.#nowMs, {
      bufferBytes: 100 + this.#below(5000),
      ...isSmall ? { maxMapBytes: 24 * (3 + this.#below(8)) } : {},
    })
    this.cleanings++
    const to = cleaned!.endOffset
    if (!isSmall) expect(to).toBe(cleanable.firstUncleanableOffset)
    this.#model.clean({
      from: cleanable.firstDirtyOffset, to, highWatermark, nowMs: this.#nowMs,
      segmentsEnd: segmentBases.find((base) => base >= to) ?? Infinity,
      deleteRetentionMs: this.#config.deleteRetentionMs,
    }, this.#lastOffsets)
    this.#check()
  }

  #bases(): number[] {
    return this.#disk.list(DIRECTORY).map(({ name }) => name)
      .filter((name) => name.endsWith('.log')).map((name) => Number(name.slice(0, 20)))
  }

  #reopen(): void {
    const { highWatermark, recoveryPoint, compaction } = this.#log
    const isClean = this.#random() < 0.5
    if (isClean) this.#log.close()
    // A start that reads all of the log must find the same producers.
    const isAllRead = this.#random() < 0.5
    if (isAllRead) {
      for (const { name } of this.#disk.list(DIRECTORY)) {
        if (name.endsWith('.snapshot')) this.#disk.remove(`${DIRECTORY}/${name}`)
      }
    }
    this.#log = openLog(this.#disk, {
      config: this.#config, isClean, highWatermark, recoveryPoint: isAllRead ? 0 : recoveryPoint,
    })
    this.#log.compaction.cleanedTo = compaction.cleanedTo
    this.#check()
  }

  #check(): void {
    const log = this.#log
    const model = this.#model
    expect(readUncommitted(log)).toEqual(model.visible(false, log.highWatermark))
    const committed = readCommitted(log)
    expect(committed).toEqual(model.visible(true, log.lastStableOffset))
    // Independent of what the model takes a cleaning for: nothing that was said is forgotten.
    const said = model.history
      .filter(({ record, of }) => record.offset < log.lastStableOffset && of?.state !== 'ABORT')
      .map(({ record }) => record)
    expect(folded(committed)).toEqual(folded(said))
    const remains = Array.from(log.batches(0), (one) => `${one.baseOffset}: ${one.count}`)
    expect(remains).toEqual(model.remains())
    this.#checkProducers()
  }

  #checkProducers(): void {
    for (const [producerId, sequence] of this.#sequences) {
      if (producerId < 0) continue
      expect(this.#log.producers.get(producerId)).toMatchObject({ lastSequence: sequence - 1 })
    }
    const firstOpen = this.#model.batches.find(({ transaction }) => transaction?.state === 'open')
    expect(this.#log.lastStableOffset).toBe(firstOpen?.baseOffset ?? this.#log.highWatermark)
  }
}

describe('compaction', () => {
  test('leaves what a model says, under both isolation levels', async () => {
    let cleanings = 0
    for (const seed of seeds) {
      const run = new Run(seed)
      await run.run().catch((error: unknown) => {
        throw new Error(`with COMPACTION_SEED=${seed}`, { cause: error })
      })
      cleanings += run.cleanings
    }
    expect(cleanings).toBeGreaterThan(seeds.length * 4)
  })
})

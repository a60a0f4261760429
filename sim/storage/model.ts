// What a log was given, and what it has promised of it: an array of batches and some offsets.

import {
  Batch, buildBatch, type BatchToBuild,
} from '../../protocol/records/batch.ts'
import { endMarkerBatch } from '../../protocol/records/control.ts'
import type { LogConfig } from '../../storage/config.ts'
import type { Log } from '../../storage/log.ts'

export interface ModelRecord {
  readonly offset: number
  readonly timestamp: number
  readonly key: string | null
  readonly value: string | null
}

export interface ModelBatch {
  readonly baseOffset: number
  readonly nextOffset: number
  readonly leaderEpoch: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly lastSequence: number
  readonly isTransactional: boolean
  /** Of one that ends a transaction. */
  readonly mark: 'COMMIT' | 'ABORT' | undefined
  /** None in a mark. */
  readonly records: readonly ModelRecord[]
  readonly maxTimestamp: number
  /** As they must lie in the log. */
  readonly bytes: Buffer
}

/** What is done to the log now, and may have been done in part when the process ends. */
export interface Ongoing {
  /** Records from here on are going. */
  readonly cutTo?: number
  /** All of them are, and the log begins anew here. */
  readonly resetTo?: number
  /** The log may come to begin here. */
  readonly startCeiling?: number
}

/** How a process ends. */
export type End = 'kill' | 'power'

export type NewBatch = Omit<BatchToBuild, 'records'> & {
  readonly pairs: readonly (readonly [key: string | null, value: string | null])[]
  readonly timestamps: readonly number[]
}

export class LogModel {
  readonly topic: string
  readonly topicId: string
  readonly partition = 0
  config: LogConfig
  /** While it is open. */
  log: Log | undefined
  /** All that was appended and not cut off again, whether or not it was deleted since. */
  batches: ModelBatch[] = []
  leaderEpoch = 0
  /** All of this is there after an end of that kind, as it was when the log was last closed. */
  floors: Readonly<Record<End, number>> = { kill: 0, power: 0 }
  /** By a sync that has told so. */
  syncedTo = 0
  startOffset = 0
  /** What checkpoints on the device say. */
  durableStart = 0
  durableHighWatermark = 0
  /** A cleaning may have taken records below it. */
  cleanedBelow = 0
  /** The high watermark of the last cleaning. */
  stableSince = 0
  isCutSinceCleaning = false
  /** Something is missing in the middle, which only a compacted log may come to. */
  hasGap = false
  /** Producers were read from the log, and perhaps a snapshot, when it ended here. */
  producersSince = 0
  ongoing: Ongoing = {}
  /** Whoever appended what lies below was told so. */
  acknowledgedTo = 0
  /** The log may end with a gap, up to here. */
  #gapEnd = 0
  readonly #producerEpochs = new Map<number, number>()

  constructor(topic: string, topicId: string, config: LogConfig) {
    this.topic = topic
    this.topicId = topicId
    this.config = config
  }

  get name(): string {
    return `${this.topic}-${this.partition}`
  }

  get endOffset(): number {
    return Math.max(this.batches.at(-1)?.nextOffset ?? 0, this.startOffset, this.#gapEnd)
  }

  /** Everything below it has to be there after such an end, if it comes now. */
  floor(end: End): number {
    const { log, ongoing: { cutTo = Infinity, resetTo } } = this
    if (resetTo !== undefined) return 0
    const claimed = log === undefined ? this.floors[end]
      : end === 'kill' ? log.writtenOffset : Math.max(log.recoveryPoint, this.syncedTo)
    return Math.min(claimed, cutTo)
  }

  get startCeiling(): number {
    return Math.max(this.startOffset, this.ongoing.startCeiling ?? 0)
  }

  /** A batch as it must lie at the end; it is not there yet. */
  build({ pairs, timestamps, ...batch }: NewBatch): ModelBatch {
    const baseOffset = this.log!.endOffset
    const { leaderEpoch } = this
    const records = pairs.map(([key, value], i) => ({
      key: key === null ? null : Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
      timestamp: timestamps[i]!,
    }))
    return this.#batchOf(buildBatch({ ...batch, records, baseOffset, leaderEpoch }),
      pairs.map(([key, value], i) => ({
        offset: baseOffset + i, timestamp: timestamps[i]!, key, value,
      })))
  }

  buildMark(
    type: 'COMMIT' | 'ABORT', producerId: number, producerEpoch: number, timestampMs: number,
  ): ModelBatch {
    const bytes = endMarkerBatch({
      type, producerId, producerEpoch, timestampMs, coordinatorEpoch: 0,
      baseOffset: this.log!.endOffset, leaderEpoch: this.leaderEpoch,
    })
    return this.#batchOf(bytes, [], type)
  }

  #batchOf(
    bytes: Buffer, records: readonly ModelRecord[], mark?: 'COMMIT' | 'ABORT',
  ): ModelBatch {
    const batch = new Batch(bytes)
    const { baseOffset, nextOffset, leaderEpoch, producerId, producerEpoch } = batch
    return {
      baseOffset, nextOffset, leaderEpoch, producerId, producerEpoch, records, bytes, mark,
      isTransactional: batch.isTransactional, maxTimestamp: batch.maxTimestamp,
      lastSequence: mark === undefined ? batch.lastSequence : -1,
    }
  }

  /** What is cut does not fit on a full disk, or half of it: the log is failed then. */
  get isBeingCut(): boolean {
    return this.ongoing.cutTo !== undefined || this.ongoing.resetTo !== undefined
  }

  acknowledge(): void {
    if (this.log !== undefined) this.acknowledgedTo = this.log.writtenOffset
  }

  /** What is left of the log now is this: it ends here. */
  forgetFrom(endOffset: number): void {
    this.#gapEnd = Math.min(this.#gapEnd, endOffset)
    if (this.endOffset > endOffset) this.isCutSinceCleaning = true
    this.batches = this.batches.filter(({ nextOffset }) => nextOffset <= endOffset)
    this.acknowledgedTo = Math.min(this.acknowledgedTo, endOffset)
    this.syncedTo = Math.min(this.syncedTo, endOffset)
    this.durableHighWatermark = Math.min(this.durableHighWatermark, endOffset)
    this.durableStart = Math.min(this.durableStart, endOffset)
    this.startOffset = Math.min(this.startOffset, endOffset)
  }

  /** As the log says it, after it was looked at: these batches are left. */
  settle(log: Log, batches: readonly ModelBatch[]): void {
    if (this.ongoing.resetTo !== undefined) this.cleanedBelow = log.endOffset
    this.#gapEnd = log.endOffset
    const whole = this.batches.filter(({ nextOffset }) => nextOffset <= log.endOffset)
    this.hasGap ||= batches.length < whole.length
    this.isCutSinceCleaning ||= batches.length < this.batches.length
    this.batches = [...batches]
    this.forgetFrom(log.endOffset)
    this.startOffset = log.startOffset
    this.syncedTo = log.endOffset
    this.floors = { kill: log.endOffset, power: log.endOffset }
    this.ongoing = {}
    this.producersSince = log.endOffset
    this.leaderEpoch = Math.max(this.leaderEpoch, log.latestEpoch) + 1
    this.log = log
    this.acknowledge()
  }

  /** The process has ended: what holds from now on. */
  release(end: End): void {
    this.floors = { kill: this.floor(end), power: this.floor('power') }
    this.log = undefined
    this.producersSince = Infinity
  }

  /** A producer that begins anew has never had it. */
  newProducerEpoch(producerId: number): number {
    const epoch = (this.#producerEpochs.get(producerId) ?? -1) + 1
    this.#producerEpochs.set(producerId, epoch)
    return epoch
  }
}

/** A producer as the batches of a log tell of it. */
export interface ProducerModel {
  epoch: number
  /** The last five: `[lastOffset, lastSequence]`. */
  batches: (readonly [number, number])[]
  /** Where its open transaction begins. */
  openSince: number | undefined
}

export function producersOf(batches: readonly ModelBatch[]): Map<number, ProducerModel> {
  const producers = new Map<number, ProducerModel>()
  for (const batch of batches) {
    const { producerId, producerEpoch } = batch
    if (producerId < 0) continue
    let its = producers.get(producerId)
    if (its === undefined || its.epoch !== producerEpoch) {
      its = { epoch: producerEpoch, batches: [], openSince: its?.openSince }
      producers.set(producerId, its)
    }
    if (batch.mark !== undefined) {
      its.openSince = undefined
      continue
    }
    its.batches = [...its.batches, [batch.nextOffset - 1, batch.lastSequence] as const].slice(-5)
    if (batch.isTransactional) its.openSince ??= batch.baseOffset
  }
  return producers
}

/** The records that a consumer of committed records gets, of batches that are all of a log. */
export function committedOf(batches: readonly ModelBatch[]): ModelRecord[] {
  const open = new Map<number, ModelRecord[]>()
  const committed: ModelRecord[] = []
  for (const { producerId, isTransactional, mark, records } of batches) {
    if (mark !== undefined) {
      if (mark === 'COMMIT') committed.push(...open.get(producerId) ?? [])
      open.delete(producerId)
    } else if (isTransactional) {
      open.set(producerId, [...open.get(producerId) ?? [], ...records])
    } else {
      committed.push(...records)
    }
  }
  return committed.sort((a, b) => a.offset - b.offset)
}

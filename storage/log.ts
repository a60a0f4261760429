// The log of one partition replica: segments, indexes, producer state and leader epochs.
//
// Appends are staged and written together, at the latest by `flush`; offsets are given when staged.
//   startOffset ≤ lastStableOffset ≤ highWatermark ≤ writtenOffset ≤ endOffset
// and recoveryPoint ≤ writtenOffset: below it everything is on the device. After a failed write or
// sync the log is failed for good: what lies on the disk is for the recovery of the next start.

import { ApiError, Errors } from '../protocol/errors.ts'
import { Batch } from '../protocol/records/batch.ts'
import { admit, infoOf } from './admission.ts'
import { BufferPool } from './buffer-pool.ts'
import type { EpochEntry } from './checkpoints.ts'
import { Compaction } from './compaction/compaction.ts'
import { jitterMs, type LogConfig, parseLogConfig } from './config.ts'
import type { Disk } from './disk.ts'
import { type BegunSync, Durability } from './durability.ts'
import type { LeaderEpochs } from './epochs.ts'
import { Guard } from './guard.ts'
import { lastOf, loadLog, type LoadedLog } from './loading.ts'
import type {
  AppendInfo, AppendOptions, EpochEndOffset, LogOptions, ReadOptions, ReadResult,
} from './log-options.ts'
import type { Logger } from './ports.ts'
import type { ProducerState } from './producers.ts'
import { countReadable, readBatches } from './reading.ts'
import { cut, discard, loadProducers, startOver, takeIn } from './recovery.ts'
import { Removals } from './removals.ts'
import { countExpired } from './retention.ts'
import * as search from './search.ts'
import { Segment } from './segment.ts'
import type { Segments } from './segments.ts'
import type { SnapshotFiles } from './snapshot-files.ts'
import { Staging } from './staging.ts'
import type { AbortedTransaction } from './transaction-index.ts'

export type * from './log-options.ts'

const NOTHING: ReadResult = { records: Buffer.alloc(0), release: () => {} }
/** So much may be staged before it is written without waiting for the end of the turn. */
const MAX_STAGED_BYTES = 256 * 1024
const DAY_MS = 86_400_000
const DEFAULTS: LogConfig = parseLogConfig(new Map())

export class Log {
  readonly topic: string
  readonly partition: number
  readonly topicId: string
  /** `topic-partition` */
  readonly name: string
  readonly #disk: Disk
  readonly #logger: Logger
  readonly #buffers: BufferPool
  readonly #segments: Segments
  readonly #epochs: LeaderEpochs
  readonly #snapshots: SnapshotFiles
  readonly producers: ProducerState
  readonly #producerExpirationMs: number
  readonly directory: string
  #config: LogConfig
  #startOffset: number
  #endOffset: number
  #writtenOffset: number
  #highWatermark: number
  readonly #staging = new Staging()
  readonly #durability: Durability
  readonly #onTruncate: LogOptions['onTruncate']
  readonly #onUnsynced: (() => void) | undefined
  readonly #removals: Removals
  #rollJitterMs: number
  readonly #guard: Guard
  /** What cleanings of the log go by. */
  readonly compaction: Compaction

  /** Opens the log, or makes a new one. Throws what the disk says. */
  static open(options: LogOptions): Log {
    return lastOf(Log.opening(options))
  }

  /** As `open`, in steps: a large one that has to be recovered takes seconds. */
  static *opening(options: LogOptions): Generator<void, Log> {
    const config = { ...DEFAULTS, ...options.config }
    return new Log(options, config, yield* loadLog(options, config))
  }

  private constructor(options: LogOptions, config: LogConfig, loaded: LoadedLog) {
    const { disk, directory, topicPartition, logger, nowMs } = options
    const { topic, partition } = topicPartition
    this.topic = topic
    this.partition = partition
    this.topicId = options.topicId
    this.name = `${topic}-${partition}`
    this.#disk = disk
    this.directory = directory
    this.#logger = logger
    this.#config = config
    this.#buffers = options.buffers ?? new BufferPool()
    this.#producerExpirationMs = options.producerExpirationMs ?? DAY_MS
    this.#rollJitterMs = jitterMs(this.#config, this.name)
    this.#onTruncate = options.onTruncate
    this.#onUnsynced = options.onUnsynced
    this.#guard = new Guard(directory, (why) => {
      logger.error('what lies on the disk is damaged', { log: this.name, why })
    })
    this.#removals = options.removals ?? new Removals(disk)
    this.producers = options.producers ?? loaded.producers
    this.#snapshots = loaded.snapshots
    this.#epochs = loaded.epochs
    this.#segments = loaded.segments
    const { startOffset = 0, highWatermark = 0 } = options
    this.#durability = new Durability({
      disk, directory, segments: this.#segments, epochs: this.#epochs,
      recoveryPoint: this.#segments.active.nextOffset, guard: this.#guard,
    })
    this.compaction = new Compaction({
      log: this, disk, segments: this.#segments, snapshots: this.#snapshots,
      removals: this.#removals, guard: this.#guard,
    })
    this.#endOffset = this.#segments.active.nextOffset
    this.#startOffset = Math.max(startOffset, this.#segments.first.baseOffset)
    if (this.#startOffset > this.#endOffset) this.#startOver(this.#startOffset, nowMs)
    this.#writtenOffset = this.#endOffset
    this.#highWatermark = Math.max(this.#startOffset, Math.min(highWatermark, this.#endOffset))
    this.producers.forgetTransactionsBefore(this.#highWatermark)
    this.#epochs.truncateFromEnd(this.#endOffset)
    this.#epochs.truncateFromStart(this.#startOffset)
  }

  get config(): LogConfig {
    return this.#config
  }

  get startOffset(): number {
    return this.#startOffset
  }

  /** With what is staged. */
  get endOffset(): number {
    return this.#endOffset
  }

  /** Everything below was given to the system to write. */
  get writtenOffset(): number {
    return this.#writtenOffset
  }

  /** Everything below is on the device. */
  get recoveryPoint(): number {
    return this.#durability.recoveryPoint
  }

  get highWatermark(): number {
    return this.#highWatermark
  }

  /** Everything below is of transactions that are over, or of none. */
  get lastStableOffset(): number {
    const unstable = this.producers.firstUnstableOffset ?? Infinity
    // Of an open transaction the first records may have been deleted.
    return Math.min(Math.max(unstable, this.#startOffset), this.#highWatermark)
  }

  get sizeBytes(): number {
    return this.#segments.sizeBytes
  }

  get segmentCount(): number {
    return this.#segments.count
  }

  /** Written, and not on the device yet. */
  get unsyncedBytes(): number {
    return this.#durability.unsyncedBytes
  }

  get isFailed(): boolean {
    return this.#guard.failure !== undefined
  }

  /** −1 without any. */
  get latestEpoch(): number {
    return this.#epochs.latest
  }

  get epochs(): readonly EpochEntry[] {
    return this.#epochs.entries
  }

  reconfigure(config: LogConfig): void {
    this.#config = config
    this.#rollJitterMs = jitterMs(config, this.name)
  }

  /**
   * Stages batches at the end. They are patched where they lie, and the buffer is the log's until
   * they are written. Throws `ApiError`, for records `RecordValidationError`: then nothing was
   * appended.
   */
  append(records: Buffer, options: AppendOptions): AppendInfo {
    this.#guard.checkUsable()
    const admitted = admit(records, options, this)
    const isAppendTime = this.#config.timestampType === 'LogAppendTime'
    const logStartOffset = this.#startOffset
    if (admitted.duplicate !== undefined) return infoOf(admitted.duplicate, logStartOffset)
    let sizeBytes = 0
    let maxTimestamp = -1
    for (const batch of admitted.batches) {
      this.#stage(batch, options.nowMs)
      sizeBytes += batch.sizeBytes
      maxTimestamp = Math.max(maxTimestamp, batch.maxTimestamp)
    }
    const firstOffset = admitted.batches[0]?.baseOffset ?? -1
    if (this.#staging.sizeBytes >= MAX_STAGED_BYTES) this.flush()
    return {
      firstOffset, lastOffset: this.#endOffset - 1, maxTimestamp, logStartOffset,
      logAppendTimeMs: isAppendTime ? options.nowMs : -1, duplicate: false, sizeBytes,
    }
  }

  #stage(batch: Batch, nowMs: number): void {
    const { active } = this.#segments
    const isFull = this.#guard.do(() => (
      active.isFullFor(batch, this.#config, this.#rollJitterMs, nowMs)))
    if (isFull) this.#roll(nowMs, batch.baseOffset)
    const segment = this.#segments.active
    takeIn(batch, this.producers, segment)
    this.#guard.do(() => this.#epochs.assign(batch.leaderEpoch, batch.baseOffset))
    segment.note(batch, this.#config.indexIntervalBytes)
    this.#staging.add(batch)
    this.#endOffset = batch.nextOffset
  }

  /** Begins a new segment. The old one is complete then; an empty one makes room. */
  #roll(nowMs: number, baseOffset = this.#endOffset): void {
    this.flush()
    const { active } = this.#segments
    this.#guard.do(() => {
      if (active.sizeBytes > 0) active.finish()
      else discard(this.#disk, this.#segments.removeFrom(active.baseOffset))
      this.#snapshots.write(baseOffset, this.producers)
      this.#segments.push(Segment.create(this.#disk, this.directory, baseOffset, nowMs))
      this.#durability.namesChanged()
    })
  }

  /** Writes what is staged. Throws StorageError; the log is failed then. */
  flush(): void {
    const { sizeBytes } = this.#staging
    if (sizeBytes === 0) return
    // What failed once is not tried again: nobody knows what lies on the disk.
    if (this.#guard.failure !== undefined) throw this.#guard.failure
    this.#guard.do(() => this.#segments.active.write(this.#staging.buffers(), sizeBytes))
    this.#staging.clear()
    if (this.unsyncedBytes === 0) this.#onUnsynced?.()
    this.#durability.wrote(sizeBytes)
    this.#writtenOffset = this.#endOffset
  }

  /** Brings everything to the device; rejects with StorageError, and the log is failed then. */
  async sync(): Promise<void> {
    this.flush()
    this.#guard.checkUsable()
    await this.#durability.finish(
      this.#guard.do(() => this.#durability.begin(this.#writtenOffset)))
  }

  advanceHighWatermark(offset: number): void {
    this.#highWatermark = Math.max(this.#highWatermark, Math.min(offset, this.#writtenOffset))
    this.producers.forgetTransactionsBefore(this.#highWatermark)
  }

  /**
   * Reads batches from the one that holds the offset on. Throws OFFSET_OUT_OF_RANGE outside of the
   * log, KAFKA_STORAGE_ERROR, CORRUPT_MESSAGE.
   */
  read(offset: number, maxSizeBytes: number, { maxOffset, minOneBatch }: ReadOptions): ReadResult {
    this.#guard.checkUsable()
    if (offset < this.#startOffset || offset > this.#endOffset) {
      throw new ApiError(Errors.OFFSET_OUT_OF_RANGE,
        `Received request for offset ${offset} for partition ${this.name}, but we only have log `
        + `segments from offset ${this.#startOffset} up to ${this.#endOffset}.`)
    }
    const end = Math.min(maxOffset, this.#writtenOffset)
    return this.#guard.do(() => (
      readBatches(this.#segments, offset, end, maxSizeBytes, minOneBatch, this.#buffers)
    )) ?? NOTHING
  }

  /** About how many bytes a read from the offset could give. */
  readableBytes(offset: number, maxOffset: number): number {
    const end = Math.min(maxOffset, this.#writtenOffset)
    return this.#guard.do(() => countReadable(this.#segments, offset, end))
  }

  /**
   * The batches from the one that holds `from` on, to the one before `to`. The batch is the same
   * object each time; its bytes stay. Throws CORRUPT_MESSAGE rather than leave something out.
   */
  *batches(from: number, to: number = Infinity): Generator<Batch> {
    this.#guard.checkUsable()
    this.flush()
    try {
      yield* search.batchesOf(this.#segments, from, to)
    } catch (error) {
      throw this.#guard.failed(error)
    }
  }

  /** The transactions aborted among the records from one offset to before another. */
  abortedTransactions(from: number, to: number): AbortedTransaction[] {
    return this.#guard.do(() => search.abortedTransactions(this.#segments, from, to))
  }

  /** The first record that is not older than the timestamp. */
  offsetForTimestamp(timestamp: number): search.TimestampPlace | undefined {
    this.#guard.checkUsable()
    this.flush()
    return this.#guard.do(() => search.findTimestamp(this.#segments, timestamp, this.#startOffset))
  }

  /** The first record with the largest timestamp of all (KIP-734). */
  maxTimestampOffset(): search.TimestampPlace | undefined {
    this.#guard.checkUsable()
    this.flush()
    return this.#guard.do(() => search.findMaxTimestamp(this.#segments))
  }

  /** Where the largest epoch ends that is not larger (KIP-279). */
  offsetForLeaderEpoch(epoch: number): EpochEndOffset {
    const { epoch: leaderEpoch, endOffset } = this.#epochs.endOffsetFor(epoch, this.#endOffset)
    return { leaderEpoch, endOffset }
  }

  /** −1 when unknown. */
  epochOf(offset: number): number {
    return this.#epochs.epochOf(offset)
  }

  /** A leader begins its epoch, with or without records. */
  startEpoch(epoch: number): void {
    this.#guard.do(() => this.#epochs.assign(epoch, this.#endOffset))
  }

  /**
   * The log starts here now; segments that lie before it as a whole go with the next retention.
   * Throws OFFSET_OUT_OF_RANGE for what is not committed.
   */
  deleteRecordsTo(offset: number): void {
    if (offset > this.#highWatermark) {
      throw new ApiError(Errors.OFFSET_OUT_OF_RANGE,
        `Cannot increment the log start offset to ${offset} of partition ${this.name} since it is `
        + `larger than the high watermark ${this.#highWatermark}`)
    }
    if (offset <= this.#startOffset) return
    this.#startOffset = offset
    this.#guard.do(() => this.#epochs.truncateFromStart(offset))
    this.producers.forgetTransactionsBefore(offset)
  }

  /** Removes the records from the offset on. On the device when it returns. */
  truncateTo(offset: number): void {
    this.#guard.checkUsable()
    if (offset >= this.#endOffset) return
    if (offset <= this.#segments.first.baseOffset) return this.truncateFully(offset)
    this.flush()
    this.#guard.do(() => {
      this.#lower(this.#segments.endBelow(offset))
      cut(this.#segments, offset, this.#disk, this.directory)
    })
    this.#truncated()
    this.#guard.do(() => (
      loadProducers(this.#segments, this.#endOffset, this.producers, this.#snapshots)
    ))
    this.producers.forgetTransactionsBefore(this.#highWatermark)
  }

  /** Removes everything; the log begins anew at the offset. */
  truncateFully(offset: number): void {
    this.#guard.checkUsable()
    this.#startOver(offset, this.#segments.active.createdMs)
    this.#truncated()
    this.#highWatermark = offset
  }

  #startOver(offset: number, nowMs: number): void {
    this.#logger.warn('the log starts over', { log: this.name, offset, endOffset: this.#endOffset })
    this.#staging.clear()
    this.#guard.do(() => {
      this.#lower(Math.min(offset, this.#segments.first.baseOffset))
      startOver(this.#segments, offset, this.#disk, this.directory, nowMs)
      this.#snapshots.removeAbove(-1)
      this.#epochs.clear()
    })
    this.producers.clear()
    this.#endOffset = offset
    this.#startOffset = offset
  }

  /** Before the log is cut. */
  #lower(offset: number): void {
    const recoveryPoint = Math.min(offset, this.recoveryPoint)
    this.#onTruncate?.({ recoveryPoint, startOffset: this.#startOffset })
  }

  #truncated(): void {
    this.#endOffset = this.#segments.active.nextOffset
    this.#writtenOffset = this.#endOffset
    this.#durability.truncated(this.#endOffset)
    this.compaction.truncated()
    this.#highWatermark = Math.min(this.#highWatermark, this.#endOffset)
    this.#startOffset = Math.min(this.#startOffset, this.#endOffset)
    this.#guard.do(() => {
      this.#epochs.truncateFromEnd(this.#endOffset)
      this.#snapshots.removeAbove(this.#endOffset)
      // What was removed must not come back, after a crash, among what is appended next.
      this.#segments.active.file.sync()
      this.#disk.syncDirectory(this.directory)
      this.#onTruncate?.(this)
    })
  }

  /** Deletes some segments whose time is over. Answers how many; 0 when there are no more. */
  applyRetention(nowMs: number): number {
    this.#guard.checkUsable()
    const count = this.#guard.do(() => (
      countExpired(this.#segments.all, this.#config, this, nowMs)))
    if (count === 0) return 0
    if (count === this.#segments.count) this.#roll(nowMs)
    const dueMs = nowMs + this.#config.fileDeleteDelayMs
    const removed = this.#segments.removeFirst(count)
    this.#guard.do(() => {
      for (const segment of removed) {
        for (const path of segment.markDeleted()) this.#removals.add(path, dueMs)
      }
      this.#snapshots.removeBelow(this.#segments.first.baseOffset)
    })
    this.#logger.info('deleted segments', {
      log: this.name, count, startOffset: this.#segments.first.baseOffset,
    })
    this.deleteRecordsTo(this.#segments.first.baseOffset)
    return count
  }

  /**
   * What comes round again: retention, forgetting producers, removing deleted files. Answers
   * whether there may be more to do. Throws StorageError.
   */
  tick(nowMs: number): boolean {
    if (this.#guard.failure !== undefined || this.#guard.isClosed) return false
    // Of one that is compacted the cleaner does it, between its cleanings.
    const isCompacted = this.#config.cleanupPolicy.has('compact')
    const count = isCompacted ? 0 : this.applyRetention(nowMs)
    this.producers.expire(nowMs, this.#producerExpirationMs)
    this.#guard.do(() => this.#removals.removeDue(nowMs))
    return count > 0
  }

  /** Writes everything out, so that the next start need not look into it. */
  close(): void {
    try {
      const begun = this.#beginLastSync()
      if (begun !== undefined) this.#guard.do(() => this.#durability.finishNow(begun))
    } finally {
      this.abandon()
    }
  }

  /** As `close`, without holding up the others. */
  async closeAsync(): Promise<void> {
    try {
      const begun = this.#beginLastSync()
      if (begun !== undefined) await this.#durability.finish(begun)
    } finally {
      this.abandon()
    }
  }

  /** Undefined when all that the next start needs is on the device. */
  #beginLastSync(): BegunSync | undefined {
    if (!this.#guard.isUsable) return undefined
    this.flush()
    const isComplete = this.sizeBytes === 0 || this.#snapshots.offsets.at(-1) === this.#endOffset
    if (isComplete && !this.#durability.hasChanged) return undefined
    return this.#guard.do(() => {
      this.#segments.active.finish()
      const snapshotPath = this.#snapshots.write(this.#endOffset, this.producers)
      return this.#durability.begin(this.#writtenOffset, { snapshotPath })
    })
  }

  /** Gives the files back without another word: the log is to be deleted, or its disk is broken. */
  abandon(): void {
    this.#guard.isClosed = true
    this.#staging.clear()
    for (const segment of this.#segments.all) segment.close()
    this.compaction.close()
  }
}

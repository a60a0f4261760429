// The log of one partition replica: segments, indexes, producer state and leader epochs.
//
// Appends are staged and written together, at the latest by `flush`; offsets are given when staged.
//   startOffset ≤ lastStableOffset ≤ highWatermark ≤ writtenOffset ≤ endOffset
// and recoveryPoint ≤ writtenOffset: below it everything is on the device. After a failed write or
// sync the log is failed for good: what lies on the disk is for the recovery of the next start.
// Only what does not fit there is taken back, all that is staged, and the log goes on (H7).

import { Batch } from '../protocol/records/batch.ts'
import { admit, infoOf } from './admission.ts'
import { BufferPool } from './buffer-pool.ts'
import type { EpochEntry } from './checkpoints.ts'
import { Compaction } from './compaction/compaction.ts'
import { jitterMs, type LogConfig, parseLogConfig } from './config.ts'
import { type BegunSync, Durability } from './durability.ts'
import type { LeaderEpochs } from './epochs.ts'
import { Guard } from './guard.ts'
import { findBatches, type LateRead, type LateReadOptions } from './late-read.ts'
import { lastOf, loadLog, type LoadedLog } from './loading.ts'
import type {
  AppendInfo, AppendOptions, EpochEndOffset, LogOptions, ReadOptions, ReadResult,
} from './log-options.ts'
import { checkDeletable, checkReadable } from './out-of-range.ts'
import type { Logger } from './ports.ts'
import type { ProducerState } from './producers.ts'
import { countReadable, readBatches } from './reading.ts'
import { cut, loadProducers, startOver, takeIn } from './recovery.ts'
import { Removals } from './removals.ts'
import { countExpired } from './retention.ts'
import { isFullFor } from './rolling.ts'
import { fits } from './room.ts'
import { SavePoints } from './save-points.ts'
import * as search from './search.ts'
import type { Segments } from './segments.ts'
import type { SnapshotFiles } from './snapshot-files.ts'
import { Staging } from './staging.ts'
import type { AbortedTransaction } from './transaction-index.ts'
import { beginLastSync, letGo, type LogParts, roll, takeBackTo } from './turnover.ts'

export type * from './log-options.ts'

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
  readonly #logger: Logger
  readonly #buffers: BufferPool
  readonly #segments: Segments
  readonly #epochs: LeaderEpochs
  readonly #snapshots: SnapshotFiles
  readonly producers: ProducerState
  readonly #producerExpirationMs: () => number
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
  #rollJitterMs: number
  readonly #guard: Guard
  readonly #parts: LogParts
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
    this.directory = directory
    this.#logger = logger
    this.#config = config
    this.#buffers = options.buffers ?? new BufferPool()
    this.#producerExpirationMs = options.producerExpirationMs ?? (() => DAY_MS)
    this.#rollJitterMs = jitterMs(this.#config, this.name)
    this.#onTruncate = options.onTruncate
    this.#onUnsynced = options.onUnsynced
    const guard = this.#guard = new Guard(directory, (why) => {
      logger.error('what lies on the disk is damaged', { log: this.name, why })
    }, options.room)
    const { segments, epochs, snapshots } = loaded
    const producers = this.producers = options.producers ?? loaded.producers
    this.#snapshots = snapshots
    this.#epochs = epochs
    this.#segments = segments
    const { startOffset = 0, highWatermark = 0, savePoints, removals } = options
    const files = { disk, directory, segments, producers, guard }
    const durability = this.#durability = new Durability({
      ...files, epochs, recoveryPoint: loaded.recoveryPoint,
      savePoints: savePoints && new SavePoints(files, savePoints),
    })
    this.#parts = { ...files, snapshots, durability, removals: removals ?? new Removals(disk) }
    this.compaction = new Compaction(this, this.#parts)
    this.#endOffset = segments.active.nextOffset
    this.#startOffset = Math.max(startOffset, segments.first.baseOffset)
    if (this.#startOffset > this.#endOffset) this.#startOver(this.#startOffset, nowMs)
    this.#writtenOffset = this.#endOffset
    this.#highWatermark = Math.max(this.#startOffset, Math.min(highWatermark, this.#endOffset))
    this.producers.forgetTransactionsBefore(this.#highWatermark)
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
   * appended, but perhaps the first of a follower's batches. `DiskFullError`: nor is anything left
   * of what was staged before.
   */
  append(records: Buffer, options: AppendOptions): AppendInfo {
    this.#guard.checkRoom()
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
      isFullFor(active, batch, this.#config, this.#rollJitterMs, nowMs)))
    if (isFull) this.#roll(nowMs, batch.baseOffset)
    const segment = this.#segments.active
    this.#staging.add(batch, this.producers)
    takeIn(batch, this.producers, segment)
    this.#guard.do(() => this.#epochs.assign(batch.leaderEpoch, batch.baseOffset))
    segment.note(batch, this.#config.indexIntervalBytes)
    this.#endOffset = batch.nextOffset
  }

  #roll(nowMs: number, baseOffset = this.#endOffset): void {
    this.flush()
    roll(this.#parts, baseOffset, nowMs)
  }

  /**
   * Writes what is staged. Throws StorageError: the log is failed then; DiskFullError: the log is
   * what was written of it before.
   */
  flush(): void {
    const { sizeBytes } = this.#staging
    if (sizeBytes === 0) return
    // What failed once is not tried again: nobody knows what lies on the disk.
    if (this.#guard.failure !== undefined) throw this.#guard.failure
    const { active } = this.#segments
    this.#guard.fitting(
      () => active.write(this.#staging.buffers(), sizeBytes), () => this.#takeBack())
    this.#staging.clear()
    if (this.unsyncedBytes === 0) this.#onUnsynced?.()
    this.#durability.wrote(sizeBytes)
    this.#writtenOffset = this.#endOffset
  }

  /** The log is what is written of it, whatever more was staged. */
  #takeBack(): void {
    const { producers } = this.#staging
    this.#staging.clear()
    this.#guard.wholly(() => {
      takeBackTo(this.#parts, this.#writtenOffset)
      this.#endsAt(this.#writtenOffset)
      this.#epochs.takeBack(this.#endOffset)
      this.producers.takeBack(producers, this.#endOffset)
    })
  }

  #endsAt(offset: number): void {
    this.#endOffset = offset
    this.#writtenOffset = offset
    this.#durability.truncated(offset)
    this.compaction.truncated()
  }

  #loadProducers(): void {
    this.#guard.do(() => (
      loadProducers(this.#segments, this.#endOffset, this.producers, this.#snapshots)))
    this.producers.forgetTransactionsBefore(this.#highWatermark)
  }

  /** To the device. Rejects with StorageError, and the log is failed; DiskFullError: not all is. */
  async sync(): Promise<void> {
    fits(() => this.flush())
    this.#guard.checkUsable()
    await this.#durability.finish(
      this.#guard.fitting(() => this.#durability.begin(this.#writtenOffset)))
  }

  advanceHighWatermark(offset: number): void {
    this.#highWatermark = Math.max(this.#highWatermark, Math.min(offset, this.#writtenOffset))
    this.producers.forgetTransactionsBefore(this.#highWatermark)
  }

  /** From the batch that holds the offset. Throws OFFSET_OUT_OF_RANGE outside, CORRUPT_MESSAGE. */
  read(offset: number, maxSizeBytes: number, { maxOffset, minOneBatch }: ReadOptions): ReadResult {
    this.#guard.checkUsable()
    checkReadable(this, offset)
    const end = Math.min(maxOffset, this.#writtenOffset)
    return this.#guard.do(() => (
      readBatches(this.#segments, offset, end, maxSizeBytes, minOneBatch, this.#buffers)
    ))
  }

  /** As `read`, when the bytes are sent; undefined where they have to be seen first. */
  readLater(offset: number, options: LateReadOptions): LateRead | undefined {
    this.#guard.checkUsable()
    checkReadable(this, offset)
    const maxOffset = Math.min(options.maxOffset, this.#writtenOffset)
    return this.#guard.do(() => (
      findBatches(this.#parts, this.#buffers, offset, { ...options, maxOffset })))
  }

  /** About how many bytes a read from the offset could give. */
  readableBytes(offset: number, maxOffset: number): number {
    const end = Math.min(maxOffset, this.#writtenOffset)
    return this.#guard.do(() => countReadable(this.#segments, offset, end))
  }

  /** From the batch that holds `from`, to the one before `to`; see `soundBatches`. */
  *batches(from: number, to: number = Infinity): Generator<Batch> {
    this.#guard.checkUsable()
    fits(() => this.flush())
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
    return this.#look(() => search.findTimestamp(this.#segments, timestamp, this.#startOffset))
  }

  /** The first record with the largest timestamp of all (KIP-734). */
  maxTimestampOffset(): search.TimestampPlace | undefined {
    return this.#look(() => search.findMaxTimestamp(this.#segments))
  }

  /** At what is staged, too, where it fits on the disk. */
  #look<T>(work: () => T): T {
    this.#guard.checkUsable()
    fits(() => this.flush())
    return this.#guard.do(work)
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
    checkDeletable(this, offset)
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
    fits(() => this.flush())
    this.#guard.do(() => {
      this.#lower(this.#segments.endBelow(offset))
      cut(this.#segments, offset, this.#parts.disk, this.directory)
    })
    this.#truncated()
    this.#loadProducers()
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
      this.#snapshots.removeAbove(-1)
      startOver(this.#segments, offset, this.#parts.disk, this.directory, nowMs)
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
    this.#durability.cut()
  }

  #truncated(): void {
    this.#endsAt(this.#segments.active.nextOffset)
    this.#highWatermark = Math.min(this.#highWatermark, this.#endOffset)
    this.#startOffset = Math.min(this.#startOffset, this.#endOffset)
    this.#guard.do(() => {
      this.#epochs.truncateFromEnd(this.#endOffset)
      this.#snapshots.removeAbove(this.#endOffset)
      // What was removed must not come back, after a crash, among what is appended next.
      this.#segments.active.file.sync()
      this.#parts.disk.syncDirectory(this.directory)
      this.#onTruncate?.(this)
    })
  }

  /** Deletes some segments whose time is over. Answers how many; 0 when there are no more. */
  applyRetention(nowMs: number): number {
    this.#guard.checkUsable()
    let count = this.#guard.do(() => (
      countExpired(this.#segments.all, this.#config, this, nowMs)))
    // The active one goes when there is another, for which there may be no room yet.
    if (count === this.#segments.count && !fits(() => this.#roll(nowMs))) count--
    if (count <= 0) return 0
    letGo(this.#parts, count, nowMs + this.#config.fileDeleteDelayMs)
    this.#logger.info('deleted segments', {
      log: this.name, count, startOffset: this.#segments.first.baseOffset,
    })
    this.deleteRecordsTo(this.#segments.first.baseOffset)
    return count
  }

  /** Retention, removing files, forgetting producers. Answers whether there is more to do. */
  tick(nowMs: number): boolean {
    if (this.#guard.failure !== undefined || this.#guard.isClosed) return false
    // Of one that is compacted the cleaner does it, between its cleanings.
    const isCompacted = this.#config.cleanupPolicy.has('compact')
    const count = isCompacted ? 0 : this.applyRetention(nowMs)
    this.producers.expire(nowMs, this.#producerExpirationMs())
    this.#guard.do(() => this.#parts.removals.removeDue(nowMs))
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
    fits(() => this.flush())
    return beginLastSync(this.#parts, this.#endOffset)
  }

  /** Gives the files back without another word: the log is to be deleted, or its disk is broken. */
  abandon(): void {
    this.#guard.isClosed = true
    this.#staging.clear()
    for (const segment of this.#segments.all) segment.close()
    this.compaction.close()
  }
}

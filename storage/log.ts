// The log of one partition replica: segments, indexes, producer state and leader epochs.
//
// Appends are staged and written together, at the latest by `flush`; offsets are given when staged.
//   startOffset ≤ lastStableOffset ≤ highWatermark ≤ writtenOffset ≤ endOffset
// and recoveryPoint ≤ writtenOffset: below it everything is on the device. After a failed write or
// sync the log is failed for good: what lies on the disk is for the recovery of the next start.

import { dirname } from 'node:path'

import { ApiError, Errors } from '../protocol/errors.ts'
import { Batch } from '../protocol/records/batch.ts'
import { admit } from './admission.ts'
import { BufferPool } from './buffer-pool.ts'
import { claimDirectory, type EpochEntry } from './checkpoints.ts'
import { jitterMs, type LogConfig, parseLogConfig } from './config.ts'
import { type Disk, StorageError } from './disk.ts'
import { LEADER_EPOCH_FILE, LeaderEpochs } from './epochs.ts'
import type {
  AppendInfo, AppendOptions, EpochEndOffset, LogOptions, ReadOptions, ReadResult,
} from './log-options.ts'
import type { Logger } from './ports.ts'
import { ProducerState } from './producers.ts'
import { discard, loadProducers, loadSegments, takeIn } from './recovery.ts'
import { Removals } from './removals.ts'
import { countExpired } from './retention.ts'
import * as search from './search.ts'
import { Segment } from './segment.ts'
import type { Segments } from './segments.ts'
import { SnapshotFiles } from './snapshot-files.ts'
import type { AbortedTransaction } from './transaction-index.ts'

export type * from './log-options.ts'

interface BegunSync {
  readonly segments: readonly Segment[]
  readonly active: Segment
  readonly endOffset: number
  readonly sizeBytes: number
  readonly truncations: number
}

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
  #recoveryPoint: number
  #highWatermark: number
  #staged: Buffer[] = []
  #stagedBytes = 0
  #unsyncedBytes = 0
  #isDirectorySynced = false
  #truncations = 0
  readonly #removals: Removals
  #rollJitterMs: number
  #failure: StorageError | undefined
  #isClosed = false

  /** Opens the log, or makes a new one. Throws what the disk says. */
  static open(options: LogOptions): Log {
    return new Log(options)
  }

  private constructor(options: LogOptions) {
    const { disk, directory, topicPartition, logger, nowMs } = options
    const { topic, partition } = topicPartition
    this.topic = topic
    this.partition = partition
    this.topicId = options.topicId
    this.name = `${topic}-${partition}`
    this.#disk = disk
    this.directory = directory
    this.#logger = logger
    this.#config = { ...DEFAULTS, ...options.config }
    this.#buffers = options.buffers ?? new BufferPool()
    this.#producerExpirationMs = options.producerExpirationMs ?? DAY_MS
    this.#rollJitterMs = jitterMs(this.#config, this.name)
    this.#removals = new Removals(disk)
    claimDirectory(disk, directory, topic, options.topicId)
    this.producers = new ProducerState(this.name)
    this.#snapshots = new SnapshotFiles(disk, directory)
    this.#epochs = new LeaderEpochs(disk, `${directory}/${LEADER_EPOCH_FILE}`)
    this.#epochs.load()
    const { startOffset = 0, recoveryPoint = 0, highWatermark = 0, isClean = false } = options
    const { indexIntervalBytes } = this.#config
    this.#segments = loadSegments({
      disk, directory, name: this.name, logger, nowMs, isClean, recoveryPoint, startOffset,
      indexIntervalBytes, epochs: this.#epochs, producers: this.producers,
      snapshots: this.#snapshots,
    })
    this.#endOffset = this.#segments.active.nextOffset
    this.#startOffset = Math.max(startOffset, this.#segments.first.baseOffset)
    if (this.#startOffset > this.#endOffset) this.#startOver(this.#startOffset, nowMs)
    this.#writtenOffset = this.#endOffset
    this.#recoveryPoint = Math.min(isClean ? this.#endOffset : recoveryPoint, this.#endOffset)
    this.#highWatermark = Math.max(this.#startOffset, Math.min(highWatermark, this.#endOffset))
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
    return this.#recoveryPoint
  }

  get highWatermark(): number {
    return this.#highWatermark
  }

  /** Everything below is of transactions that are over, or of none. */
  get lastStableOffset(): number {
    const unstable = this.producers.firstUnstableOffset
    return unstable !== undefined && unstable < this.#highWatermark ? unstable : this.#highWatermark
  }

  get sizeBytes(): number {
    return this.#segments.sizeBytes
  }

  get segmentCount(): number {
    return this.#segments.count
  }

  /** Written, and not on the device yet. */
  get unsyncedBytes(): number {
    return this.#unsyncedBytes
  }

  get isFailed(): boolean {
    return this.#failure !== undefined
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
    this.#checkUsable()
    const { config, producers, name } = this
    const nextOffset = this.#endOffset
    const admitted = admit(records, options, { config, producers, name, nextOffset })
    const isAppendTime = config.timestampType === 'LogAppendTime'
    const logStartOffset = this.#startOffset
    if (admitted.duplicate !== undefined) {
      const { lastOffset, offsetDelta, timestamp } = admitted.duplicate
      return {
        firstOffset: lastOffset - offsetDelta, lastOffset, maxTimestamp: timestamp, logStartOffset,
        logAppendTimeMs: isAppendTime ? timestamp : -1, duplicate: true, sizeBytes: 0,
      }
    }
    let sizeBytes = 0
    let maxTimestamp = -1
    for (const batch of admitted.batches) {
      this.#stage(batch, options.nowMs)
      sizeBytes += batch.sizeBytes
      maxTimestamp = Math.max(maxTimestamp, batch.maxTimestamp)
    }
    const firstOffset = admitted.batches[0]!.baseOffset
    if (this.#stagedBytes >= MAX_STAGED_BYTES) this.flush()
    return {
      firstOffset, lastOffset: this.#endOffset - 1, maxTimestamp, logStartOffset,
      logAppendTimeMs: isAppendTime ? options.nowMs : -1, duplicate: false, sizeBytes,
    }
  }

  #stage(batch: Batch, nowMs: number): void {
    const { active } = this.#segments
    if (active.isFullFor(batch, this.#config, this.#rollJitterMs, nowMs)) this.#roll(nowMs)
    const segment = this.#segments.active
    segment.note(batch, this.#config.indexIntervalBytes)
    this.#epochs.assign(batch.leaderEpoch, batch.baseOffset)
    takeIn(batch, this.producers, segment)
    this.#staged.push(batch.bytes())
    this.#stagedBytes += batch.sizeBytes
    this.#endOffset = batch.nextOffset
  }

  /** Begins a new segment at the end. The old one is complete then. */
  #roll(nowMs: number): void {
    this.flush()
    this.#io(() => {
      this.#segments.active.finish()
      this.#snapshots.write(this.#endOffset, this.producers, false)
      this.#segments.push(Segment.create(this.#disk, this.directory, this.#endOffset, nowMs))
      this.#isDirectorySynced = false
    })
  }

  /** Writes what is staged. Throws StorageError; the log is failed then. */
  flush(): void {
    if (this.#stagedBytes === 0) return
    const sizeBytes = this.#stagedBytes
    this.#io(() => this.#segments.active.write(this.#staged, sizeBytes))
    this.#staged = []
    this.#stagedBytes = 0
    this.#unsyncedBytes += sizeBytes
    this.#writtenOffset = this.#endOffset
  }

  /** Brings everything to the device; rejects with StorageError, and the log is failed then. */
  async sync(): Promise<void> {
    const begun = this.#beginSync()
    for (const segment of begun.segments) {
      try {
        await segment.file.syncAsync()
      } catch (error) {
        // It may have been deleted, or closed, meanwhile.
        if (this.#isClosed || !this.#segments.all.includes(segment)) continue
        throw this.#fail(error)
      }
    }
    this.#endSync(begun)
  }

  syncNow(): void {
    const begun = this.#beginSync()
    this.#io(() => { for (const segment of begun.segments) segment.file.sync() })
    this.#endSync(begun)
  }

  #beginSync(): BegunSync {
    this.flush()
    this.#checkUsable()
    const { active, all } = this.#segments
    const segments = all.filter(({ isSynced }) => !isSynced)
    this.#io(() => {
      this.#epochs.sync()
      for (const segment of segments) {
        // Those of the active segment are built again after a crash, whatever is in them.
        if (segment !== active) segment.syncIndexes()
      }
      if (this.#isDirectorySynced) return
      this.#disk.syncDirectory(this.directory)
      this.#disk.syncDirectory(dirname(this.directory))
      this.#isDirectorySynced = true
    })
    return {
      segments, active, endOffset: this.#writtenOffset, sizeBytes: this.#unsyncedBytes,
      truncations: this.#truncations,
    }
  }

  #endSync({ segments, active, endOffset, sizeBytes, truncations }: BegunSync): void {
    for (const segment of segments) segment.isSynced = segment !== active
    // After a truncation the offsets below may name other records, not on the device yet.
    if (truncations !== this.#truncations) return
    this.#unsyncedBytes -= sizeBytes
    this.#recoveryPoint = Math.max(this.#recoveryPoint, endOffset)
  }

  advanceHighWatermark(offset: number): void {
    this.#highWatermark = Math.max(this.#highWatermark, Math.min(offset, this.#endOffset))
    this.producers.forgetTransactionsBefore(this.#highWatermark)
  }

  /**
   * Reads batches from the one that holds the offset on. Throws OFFSET_OUT_OF_RANGE outside of the
   * log, KAFKA_STORAGE_ERROR, CORRUPT_MESSAGE.
   */
  read(offset: number, maxSizeBytes: number, { maxOffset, minOneBatch }: ReadOptions): ReadResult {
    this.#checkUsable()
    if (offset < this.#startOffset || offset > this.#endOffset) {
      throw new ApiError(Errors.OFFSET_OUT_OF_RANGE,
        `Received request for offset ${offset} for partition ${this.name}, but we only have log `
        + `segments from offset ${this.#startOffset} up to ${this.#endOffset}.`)
    }
    const range = search.findRange(this.#segments, offset, Math.min(maxOffset, this.#writtenOffset))
    if (range === undefined) return NOTHING
    const { segment, position, firstBatchBytes, endPosition } = range
    if (firstBatchBytes > maxSizeBytes && !minOneBatch) return NOTHING
    const sizeBytes = Math.min(Math.max(maxSizeBytes, firstBatchBytes), endPosition - position)
    const lease = this.#buffers.lease(sizeBytes)
    const count = this.#io(() => segment.file.read(lease.bytes, 0, sizeBytes, position))
    return { records: lease.bytes.subarray(0, count), release: lease.release }
  }

  /** About how many bytes a read from the offset could give. */
  readableBytes(offset: number, maxOffset: number): number {
    return search.countReadable(this.#segments, offset, Math.min(maxOffset, this.#writtenOffset))
  }

  /**
   * The batches from the one that holds `from` on, to the one before `to`. The batch is the same
   * object each time; its bytes stay.
   */
  batches(from: number, to: number = Infinity): Iterable<Batch> {
    this.flush()
    return search.batchesOf(this.#segments, from, to)
  }

  /** The transactions aborted among the records from one offset to before another. */
  abortedTransactions(from: number, to: number): AbortedTransaction[] {
    return search.abortedTransactions(this.#segments, from, to)
  }

  /** The first record that is not older than the timestamp. */
  offsetForTimestamp(timestamp: number): search.TimestampPlace | undefined {
    this.flush()
    return search.findTimestamp(this.#segments, timestamp, this.#startOffset)
  }

  /** The first record with the largest timestamp of all (KIP-734). */
  maxTimestampOffset(): search.TimestampPlace | undefined {
    this.flush()
    return search.findMaxTimestamp(this.#segments)
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
    this.#io(() => this.#epochs.assign(epoch, this.#endOffset))
  }

  /** The log starts here now; segments that lie before it as a whole go. */
  deleteRecordsTo(offset: number): void {
    if (offset <= this.#startOffset) return
    this.#startOffset = offset
    this.#highWatermark = Math.max(this.#highWatermark, offset)
    this.#io(() => this.#epochs.truncateFromStart(offset))
    this.producers.forgetTransactionsBefore(offset)
  }

  /** Removes the records from the offset on. */
  truncateTo(offset: number): void {
    if (offset >= this.#endOffset) return
    if (offset <= this.#segments.first.baseOffset) return this.truncateFully(offset)
    this.flush()
    this.#io(() => {
      discard(this.#disk, this.#segments.removeFrom(offset))
      this.#segments.active.truncateTo(offset)
      this.#segments.active.saveIndexes()
    })
    this.#truncated()
    this.#snapshots.removeAbove(this.#endOffset)
    loadProducers(this.#segments, this.#endOffset, this.producers, this.#snapshots)
  }

  /** Removes everything; the log begins anew at the offset. */
  truncateFully(offset: number): void {
    this.#startOver(offset, this.#segments.active.createdMs)
    this.#truncated()
  }

  #startOver(offset: number, nowMs: number): void {
    this.#logger.warn('the log starts over', { log: this.name, offset, endOffset: this.#endOffset })
    this.#staged = []
    this.#stagedBytes = 0
    this.#io(() => {
      discard(this.#disk, this.#segments.removeFrom(0))
      this.#segments.push(Segment.create(this.#disk, this.directory, offset, nowMs))
      this.#snapshots.removeAbove(-1)
    })
    this.producers.clear()
    this.#endOffset = offset
    this.#startOffset = offset
  }

  #truncated(): void {
    this.#truncations++
    this.#isDirectorySynced = false
    this.#endOffset = this.#segments.active.nextOffset
    this.#writtenOffset = this.#endOffset
    this.#recoveryPoint = Math.min(this.#recoveryPoint, this.#endOffset)
    this.#highWatermark = Math.min(this.#highWatermark, this.#endOffset)
    this.#startOffset = Math.min(this.#startOffset, this.#endOffset)
    this.#io(() => this.#epochs.truncateFromEnd(this.#endOffset))
  }

  /** Deletes the segments whose time is over. Answers how many. */
  applyRetention(nowMs: number): number {
    this.#checkUsable()
    const count = countExpired(this.#segments.all, this.#config, this, nowMs)
    if (count === 0) return 0
    if (count === this.#segments.count) this.#roll(nowMs)
    const dueMs = nowMs + this.#config.fileDeleteDelayMs
    const removed = this.#segments.removeFirst(count)
    this.#io(() => {
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

  /** What comes round again: retention, forgetting producers, removing deleted files. */
  tick(nowMs: number): void {
    this.applyRetention(nowMs)
    this.producers.expire(nowMs, this.#producerExpirationMs)
    this.#removals.removeDue(nowMs)
  }

  /** Writes everything out, so that the next start need not look into it. */
  close(): void {
    if (this.#isClosed) return
    if (this.#failure === undefined) {
      this.flush()
      this.#io(() => {
        this.#segments.active.finish()
        this.#snapshots.write(this.#endOffset, this.producers, true)
        this.#segments.active.syncIndexes()
      })
      this.syncNow()
    }
    this.abandon()
  }

  /** Gives the files back without another word: the log is to be deleted, or its disk is broken. */
  abandon(): void {
    this.#isClosed = true
    for (const segment of this.#segments.all) segment.close()
  }

  #checkUsable(): void {
    if (this.#failure === undefined && !this.#isClosed) return
    throw new ApiError(Errors.KAFKA_STORAGE_ERROR)
  }

  /** Does something with the disk; when that fails the log is failed. */
  #io<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw error instanceof ApiError ? error : this.#fail(error)
    }
  }

  #fail(error: unknown): StorageError {
    const isOurs = error instanceof StorageError
    return this.#failure ??= isOurs ? error : new StorageError(this.directory, error)
  }
}

// One partition as this node holds it: who leads it, what may be appended, what is committed.
//
// Appends are staged in the log and written once, at the end of the turn (see world/turn.ts); then
// the high watermark moves to the least end of all in-sync replicas, and whoever waited is told.

import type { Partition as PartitionState } from '../../controller/image/topics.ts'
import { ApiError, type ErrorCode, Errors } from '../../protocol/errors.ts'
import { StorageError } from '../../storage/disk.ts'
import type { AppendInfo, AppendOptions, Log } from '../../storage/log.ts'
import type { LogDirectory } from '../../storage/log-directory.ts'
import { DiskFullError } from '../../storage/room.ts'
import type { TransactionStart, Verification } from '../../storage/verifications.ts'
import type { Turn } from '../world/turn.ts'
import { CommitQueue, type OnCommitted } from './commit-queue.ts'
import type { TopicTraffic, Traffic } from './traffic.ts'

/** What a request appends with; see KIP-679 for acks. */
export interface PartitionAppend extends Omit<AppendOptions, 'leaderEpoch'> {
  /** 0 none, 1 the leader, −1 all in-sync replicas: with −1 there must be enough of them. */
  readonly acks: number
}

/** Hears that more can be read of the partition, or that nothing can be read here any more. */
export type OnReadable = (partition: Partition) => void

export interface PartitionOptions {
  readonly nodeId: number
  readonly topic: string
  readonly topicId: string
  readonly index: number
  readonly log: Log
  /** Where it lies. */
  readonly directory: LogDirectory
  readonly turn: Turn
  /** Of all topics. */
  readonly traffic: Traffic
  /** The log could not be written: its directory is no longer trusted. */
  onFailure(partition: Partition, error: unknown): void
}

const ALL_IN_SYNC = -1

/** How many replicas have to be in sync for an append that asks for them all. */
export function leastIsr({ log, replicas }: Pick<Partition, 'log' | 'replicas'>): number {
  return Math.min(log.config.minInsyncReplicas, replicas.length)
}

/** The current leader epoch of a request that does not tell; so is any negative one. */
export const ANY_EPOCH = -1

export class Partition {
  readonly topic: string
  readonly topicId: string
  readonly index: number
  readonly #options: PartitionOptions
  #log: Log
  #directory: LogDirectory
  readonly #committing = new CommitQueue()
  readonly #writing = new CommitQueue()
  #readers: Set<OnReadable> | undefined
  #traffic: TopicTraffic | undefined
  #leaderEpoch = -1
  /** Where the present leader epoch began. */
  #epochStartOffset = 0
  #isLeader = false
  #replicas: readonly number[] = []
  #isr: readonly number[] = []
  #isFlushDue = false
  #isSyncing = false
  #isFailed = false
  #isDeleted = false

  constructor(options: PartitionOptions) {
    this.#options = options
    this.topic = options.topic
    this.topicId = options.topicId
    this.index = options.index
    this.#log = options.log
    this.#directory = options.directory
  }

  get log(): Log {
    return this.#log
  }

  get directory(): LogDirectory {
    return this.#directory
  }

  /** False where nothing can be read or written any more. */
  get isUsable(): boolean {
    return !this.#isFailed && !this.#isDeleted
  }

  /** The log lies in another directory from now on; it has all that the present one has. */
  moveTo(log: Log, directory: LogDirectory): void {
    this.#log = log
    this.#directory = directory
    this.#flushLater()
  }

  get leaderEpoch(): number {
    return this.#leaderEpoch
  }

  get isLeader(): boolean {
    return this.#isLeader
  }

  get replicas(): readonly number[] {
    return this.#replicas
  }

  get isr(): readonly number[] {
    return this.#isr
  }

  /** That of its topic. */
  get traffic(): TopicTraffic {
    return this.#traffic ??= this.#options.traffic.ofTopic(this.topic)
  }

  /** Of all topics. */
  get allTraffic(): Traffic {
    return this.#options.traffic
  }

  hasReplica(nodeId: number): boolean {
    return this.#replicas.includes(nodeId)
  }

  /** The high watermark may lag behind the start of a new leader's epoch (KIP-207). */
  get isHighWatermarkLagging(): boolean {
    return this.log.highWatermark < this.#epochStartOffset
  }

  /** Follows what the cluster decided. Throws StorageError. */
  follow(state: PartitionState): void {
    const { nodeId } = this.#options
    const wasLeader = this.#isLeader
    this.#isr = state.isr
    this.#replicas = state.replicas
    this.#isLeader = state.leader === nodeId && !this.#isFailed
    const isNewEpoch = state.leaderEpoch !== this.#leaderEpoch
    this.#leaderEpoch = state.leaderEpoch
    if (this.#isLeader) {
      if (isNewEpoch) {
        this.#epochStartOffset = this.log.endOffset
        this.log.startEpoch(state.leaderEpoch)
      }
      this.#advance()
    } else if (wasLeader) {
      this.#failWaiting(Errors.NOT_LEADER_OR_FOLLOWER)
    }
  }

  /** The topic is gone; so is the log. */
  deleted(): void {
    this.#isDeleted = true
    this.#isLeader = false
    this.#failWaiting(Errors.UNKNOWN_TOPIC_OR_PARTITION)
  }

  /** The node stops. */
  close(): void {
    this.#failWaiting(Errors.NOT_LEADER_OR_FOLLOWER)
  }

  /** The log directory is no longer trusted. Nothing more is read or written here. */
  failed(): void {
    this.#isFailed = true
    this.#isLeader = false
    this.#failWaiting(Errors.KAFKA_STORAGE_ERROR)
  }

  /** Throws the error of a request that may only be served by the leader, in its epoch. */
  checkLeader(currentLeaderEpoch: number = ANY_EPOCH): void {
    if (this.#isFailed) throw new ApiError(Errors.KAFKA_STORAGE_ERROR)
    if (this.#isDeleted) throw new ApiError(Errors.UNKNOWN_TOPIC_OR_PARTITION)
    if (currentLeaderEpoch !== ANY_EPOCH) {
      if (currentLeaderEpoch < this.#leaderEpoch) throw new ApiError(Errors.FENCED_LEADER_EPOCH)
      if (currentLeaderEpoch > this.#leaderEpoch) throw new ApiError(Errors.UNKNOWN_LEADER_EPOCH)
    }
    if (!this.#isLeader) throw new ApiError(Errors.NOT_LEADER_OR_FOLLOWER)
  }

  /**
   * Stages records at the end of the log. They are written at the end of the turn: wait for it with
   * `whenWritten` or `whenCommitted`. The buffer is the log's until then. Throws `ApiError`.
   */
  append(records: Buffer, options: PartitionAppend): AppendInfo {
    const { traffic } = this
    traffic.asked()
    this.checkLeader()
    if (options.acks === ALL_IN_SYNC) this.#checkInSync()
    this.#failTakenBack()
    const info = this.guarded(() => this.log.append(records, this.#asLeader(options)))
    const { firstOffset, lastOffset, sizeBytes, duplicate } = info
    if (!duplicate && firstOffset >= 0) traffic.appended(lastOffset - firstOffset + 1, sizeBytes)
    this.#flushLater()
    return info
  }

  /** Field by field: taking an object apart and spreading it costs much for something so hot. */
  #asLeader(options: PartitionAppend): AppendOptions {
    const { nowMs, origin, verification, isVerificationRequired, transactionVersion } = options
    return {
      leaderEpoch: this.#leaderEpoch, nowMs, origin, verification, isVerificationRequired,
      transactionVersion,
    }
  }

  /**
   * What an append has to show to begin a transaction; undefined when the producer has one open.
   * Throws `ApiError`.
   */
  beginVerification(start: TransactionStart, nowMs: number): Verification | undefined {
    this.checkLeader()
    return this.log.producers.beginVerification(start, nowMs)
  }

  /** Works with the log. Throws KAFKA_STORAGE_ERROR when the disk fails; so does its directory. */
  guarded<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      if (!(error instanceof StorageError)) throw error
      this.#options.onFailure(this, error)
      throw new ApiError(Errors.KAFKA_STORAGE_ERROR)
    }
  }

  #checkInSync(): void {
    const least = leastIsr(this)
    if (this.#isr.length >= least) return
    throw new ApiError(Errors.NOT_ENOUGH_REPLICAS,
      `The size of the current ISR ${this.#isr.join(',')} is insufficient to satisfy ` +
      `the min.isr requirement of ${least} for partition ${this.topic}-${this.index}`)
  }

  /** Calls back when this log holds all records below the offset as surely as it promises. */
  whenWritten(offset: number, callback: OnCommitted): void {
    if (offset <= this.#writtenOffset()) callback()
    else this.#writing.push(offset, callback)
  }

  /** Calls back when all in-sync replicas have all records below the offset. */
  whenCommitted(offset: number, callback: OnCommitted): void {
    if (offset <= this.log.highWatermark) callback()
    else this.#committing.push(offset, callback)
  }

  /** Who waits for more to read. */
  get readerCount(): number {
    return this.#readers?.size ?? 0
  }

  /** Has the listener told of records that become readable, until it is removed. */
  addReader(onReadable: OnReadable): void {
    this.#readers ??= new Set()
    this.#readers.add(onReadable)
  }

  removeReader(onReadable: OnReadable): void {
    this.#readers?.delete(onReadable)
  }

  /** Deletes records below the offset; −1: the high watermark. Gives the new low watermark. */
  deleteRecords(offset: number): number {
    this.checkLeader()
    const { config, highWatermark } = this.log
    if (config.cleanupPolicy.size > 0 && !config.cleanupPolicy.has('delete')) {
      throw new ApiError(Errors.POLICY_VIOLATION)
    }
    const target = offset === -1 ? highWatermark : offset
    if (target < 0 || target > highWatermark) throw new ApiError(Errors.OFFSET_OUT_OF_RANGE)
    if (target > this.log.startOffset) this.guarded(() => this.log.deleteRecordsTo(target))
    return this.log.startOffset
  }

  /** Writes what was appended now, not with the turn. Throws KAFKA_STORAGE_ERROR. */
  write(): void {
    this.guarded(() => this.log.flush())
  }

  /** What did not fit on the disk is no longer in the log: offsets behind its end are free. */
  #failTakenBack(): void {
    const { endOffset } = this.log
    const error = (): ApiError => new ApiError(Errors.KAFKA_STORAGE_ERROR)
    this.#writing.failBeyond(endOffset, error)
    this.#committing.failBeyond(endOffset, error)
  }

  #flushLater(): void {
    if (this.#isFlushDue) return
    this.#isFlushDue = true
    this.#options.turn.onStorage(this.#flush)
  }

  readonly #flush = (): void => {
    this.#isFlushDue = false
    if (this.#isFailed || this.#isDeleted) return
    try {
      this.log.flush()
    } catch (error) {
      if (!(error instanceof DiskFullError)) return this.#options.onFailure(this, error)
    }
    this.#failTakenBack()
    const unsynced = this.log.endOffset - this.log.recoveryPoint
    if (unsynced >= this.log.config.flushMessages) this.#sync()
    this.#advance()
  }

  /** `flush.messages`: one fdatasync for all that was written; nobody is answered before. */
  #sync(): void {
    if (this.#isSyncing) return
    this.#isSyncing = true
    this.log.sync().then(() => {
      this.#isSyncing = false
      // Written meanwhile, and due too.
      this.#flushLater()
    }, (error: unknown) => {
      this.#isSyncing = false
      if (!(error instanceof DiskFullError)) return this.#options.onFailure(this, error)
      // It is in the log, and not as sure as was asked for: nobody is told that it is.
      this.#failWaiting(Errors.KAFKA_STORAGE_ERROR)
    })
  }

  /** How far the log keeps its promise: on the device where `flush.messages` asks for it. */
  #writtenOffset(): number {
    const { writtenOffset, recoveryPoint, config } = this.log
    return writtenOffset - recoveryPoint >= config.flushMessages ? recoveryPoint : writtenOffset
  }

  #advance(): void {
    const written = this.#writtenOffset()
    this.#writing.advance(written)
    // With other replicas in sync their ends count too; a node alone is its own ISR.
    const { nodeId } = this.#options
    const isAlone = this.#isr.length === 1 && this.#isr[0] === nodeId
    if (!this.#isLeader || !isAlone || written <= this.log.highWatermark) return
    this.log.advanceHighWatermark(written)
    this.#committing.advance(written)
    this.#tellReaders()
  }

  #tellReaders(): void {
    if (this.#readers === undefined || this.#readers.size === 0) return
    for (const onReadable of [...this.#readers]) onReadable(this)
  }

  #failWaiting(code: ErrorCode): void {
    // Thousands of partitions stop at once, mostly with nobody waiting: errors are not for free.
    if (this.#writing.length > 0 || this.#committing.length > 0) {
      const error = new ApiError(code)
      this.#writing.fail(error)
      this.#committing.fail(error)
    }
    this.#tellReaders()
  }
}

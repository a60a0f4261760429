// One of the directories that hold logs: which are there, what the checkpoints say of them, and how
// they go when their topics do.

import { BufferPool } from './buffer-pool.ts'
import {
  CLEAN_SHUTDOWN_FILE, readCleanShutdown, topicIdIn, writeCleanShutdown, writeEpochs,
} from './checkpoints.ts'
import { type Disk, isDiskFull, renameOrRemove, storageErrorOf, takeBack } from './disk.ts'
import { LEADER_EPOCH_FILE } from './epochs.ts'
import { FutureLogs } from './future-logs.ts'
import { lastOf } from './loading.ts'
import { Log, type LogOptions, type OpenLog } from './log.ts'
import { endOffsetOf } from './log-end.ts'
import { OffsetsOfLogs } from './offsets-of-logs.ts'
import type { Logger } from './ports.ts'
import { Removals } from './removals.ts'
import { DiskFullError, Room } from './room.ts'
import type { SavePointsOptions } from './save-points.ts'
import { DELETE_SUFFIX, freePath, STRAY_SUFFIX } from './set-aside-names.ts'

export interface LogDirectoryOptions {
  readonly disk: Disk
  readonly path: string
  readonly logger: Logger
  /** `producer.id.expiration.ms` */
  readonly producerExpirationMs?: () => number
  /** How far save points lie apart at least; left out: 32 MB. */
  readonly savePointBytes?: number
}

const RECOVERY_POINTS = 'recovery-point-offset-checkpoint'
const START_OFFSETS = 'log-start-offset-checkpoint'
const HIGH_WATERMARKS = 'replication-offset-checkpoint'
const METADATA_LOG = '__cluster_metadata-0'
const LOGS_CLOSED_AT_ONCE = 32

export class LogDirectory {
  readonly path: string
  readonly #disk: Disk
  readonly #logger: Logger
  readonly #producerExpirationMs: (() => number) | undefined
  readonly #savePoints: SavePointsOptions
  readonly buffers = new BufferPool()
  readonly #logs = new Map<string, Log>()
  /** Directories of partitions that are not opened (yet); whose they are, if that was looked up. */
  readonly #found = new Map<string, string | undefined>()
  readonly #checkpoints: readonly OffsetsOfLogs[]
  readonly #recoveryPoints: OffsetsOfLogs
  readonly #startOffsets: OffsetsOfLogs
  readonly #highWatermarks: OffsetsOfLogs
  readonly #removals: Removals
  /** Logs that are on their way here from other directories. */
  readonly futures: FutureLogs
  readonly room: Room
  /** Names of logs that were written to since they were on the device as a whole. */
  readonly #unsynced = new Set<string>()
  /** Directories have got other names, and the device may not know. */
  #isRenamed = false
  #isClean = false
  #previousBrokerEpoch = -1
  #isFailed = false

  constructor(
    { disk, path, logger, producerExpirationMs, savePointBytes }: LogDirectoryOptions,
  ) {
    this.path = path
    this.#disk = disk
    this.#logger = logger
    this.#producerExpirationMs = producerExpirationMs
    this.#savePoints = {
      everyBytes: savePointBytes, writeRecoveryPoint: () => this.#save(this.#recoveryPoints),
    }
    this.#removals = new Removals(disk)
    this.room = new Room(disk, path, logger)
    this.futures = new FutureLogs(disk, path, {
      logger, buffers: this.buffers, room: this.room, ...this.#ofProducers,
    })
    const checkpoint = (
      file: string, offsetOf: (log: Log) => number, mustBeWhole = false,
    ): OffsetsOfLogs => (
      new OffsetsOfLogs({ disk, path: `${path}/${file}`, logger, offsetOf, mustBeWhole }))
    this.#recoveryPoints = checkpoint(RECOVERY_POINTS, (log) => log.recoveryPoint, true)
    this.#startOffsets = checkpoint(START_OFFSETS, (log) => log.startOffset)
    this.#highWatermarks = checkpoint(HIGH_WATERMARKS, (log) => log.highWatermark)
    this.#checkpoints = [this.#recoveryPoints, this.#startOffsets, this.#highWatermarks]
  }

  get isFailed(): boolean {
    return this.#isFailed
  }

  /** Of the broker that closed the directory as it should be (KIP-966); −1 when unknown. */
  get previousBrokerEpoch(): number {
    return this.#previousBrokerEpoch
  }

  /** Reads what is there. Throws what the disk says. */
  open(): void {
    const marker = `${this.path}/${CLEAN_SHUTDOWN_FILE}`
    const epoch = readCleanShutdown(this.#disk, marker)
    this.#isClean = epoch !== undefined
    this.futures.isClean = this.#isClean
    this.#previousBrokerEpoch = epoch ?? -1
    for (const checkpoint of this.#checkpoints) checkpoint.load()
    for (const { name, isDirectory } of this.#disk.list(this.path)) {
      if (!isDirectory || name === METADATA_LOG) continue
      if (name.endsWith(DELETE_SUFFIX)) this.#removals.add(this.#pathOf(name), 0)
      else if (this.futures.notice(name)) continue
      else if (/^.+-\d+$/.test(name)) this.#found.set(name, undefined)
    }
    // Once there are logs, a checkpoint that is not there is a loss.
    if (this.#found.size === 0) this.#recoveryPoints.save(this.#logs, this.#found)
    // From the first change on the directory is no longer as it was closed.
    this.#disk.remove(marker)
    this.#disk.syncDirectory(this.path)
  }

  #pathOf(name: string): string {
    return `${this.path}/${name}`
  }

  /** Partitions that were found and nobody has opened. */
  names(): string[] {
    return [...this.#found.keys()]
  }

  has(topic: string, partition: number): boolean {
    const name = `${topic}-${partition}`
    return this.#logs.has(name) || this.#found.has(name)
  }

  get(topic: string, partition: number): Log | undefined {
    return this.#logs.get(`${topic}-${partition}`)
  }

  logs(): Iterable<Log> {
    return this.#logs.values()
  }

  /** Those with something written that is not on the device. */
  unsyncedLogs(): Log[] {
    const logs: Log[] = []
    for (const name of this.#unsynced) {
      const log = this.#logs.get(name)
      if (log === undefined || log.unsyncedBytes === 0) this.#unsynced.delete(name)
      else logs.push(log)
    }
    return logs
  }

  get logCount(): number {
    return this.#logs.size + this.futures.count
  }

  /**
   * Opens the log that is there, or makes a new one. Throws what the disk says; where it is full,
   * nothing is left of a new one.
   */
  openLog(options: OpenLog): Log {
    return lastOf(this.opening(options))
  }

  /** As `openLog`, in steps: a large one that has to be recovered takes seconds. */
  *opening(options: OpenLog): Generator<void, Log> {
    const name = `${options.topic}-${options.partition}`
    const isThere = this.#found.has(name)
    try {
      return yield* this.#opening(options, name, isThere)
    } catch (error) {
      if (isDiskFull(error)) {
        this.room.filled()
        // It would lie beside that of another directory at the next start.
        if (!isThere) takeBack(this.#pathOf(name), () => this.#removeNew(name))
      }
      throw error
    }
  }

  #removeNew(name: string): void {
    this.#disk.removeTree(this.#pathOf(name))
    this.#disk.syncDirectory(this.path)
  }

  *#opening(
    { topic, partition, topicId, config, nowMs }: OpenLog, name: string, isThere: boolean,
  ): Generator<void, Log> {
    if (!isThere) this.#forget(name)
    const log = yield* Log.opening({
      ...this.#ofLog(topic, partition), topicId, nowMs, config,
      ...isThere ? this.#checkpointed(name) : { isClean: true, isNew: true },
    })
    try {
      this.#lowerCheckpoints(name, log)
    } catch (error) {
      log.abandon()
      throw error
    }
    this.#found.delete(name)
    this.#logs.set(name, log)
    return log
  }

  /** What all logs of the directory are opened with. */
  #ofLog(topic: string, partition: number) {
    const name = `${topic}-${partition}`
    return {
      disk: this.#disk, directory: this.#pathOf(name), topicPartition: { topic, partition },
      logger: this.#logger, buffers: this.buffers, removals: this.#removals,
      room: this.room, ...this.#ofProducers, savePoints: this.#savePoints,
      onTruncate: (lowered: Lowered) => this.#lowerCheckpoints(name, lowered),
      onUnsynced: () => { this.#unsynced.add(name) },
    } satisfies Partial<LogOptions>
  }

  get #ofProducers(): Pick<LogOptions, 'producerExpirationMs'> {
    return this.#producerExpirationMs === undefined
      ? {} : { producerExpirationMs: this.#producerExpirationMs }
  }

  /**
   * A future log of this directory takes the place of the present one of another directory, and has
   * all that it has. That one is to be removed next, in the same turn. Throws StorageError; where
   * something does not fit, the future log is closed, and still there if nothing was exchanged.
   */
  promote(future: Log, present: Log, nowMs: number): Log {
    const { name, topic, partition, topicId, endOffset } = future
    future.close()
    return this.#io(() => {
      // Epochs without records are no part of what was copied.
      writeEpochs(this.#disk, `${future.directory}/${LEADER_EPOCH_FILE}`, present.epochs)
      this.#disk.rename(future.directory, this.#pathOf(name))
      this.futures.forget(name)
      // Before the other one goes: a loss of power must not take both.
      this.#disk.syncDirectory(this.path)
      const log = lastOf(Log.opening({
        ...this.#ofLog(topic, partition), topicId, config: present.config, nowMs,
        isClean: true, foundTopicId: topicId, recoveryPoint: endOffset,
        startOffset: present.startOffset, highWatermark: present.highWatermark,
        producers: present.producers,
      }))
      if (log.latestEpoch < present.latestEpoch) log.startEpoch(present.latestEpoch)
      log.compaction.cleanedTo = present.compaction.cleanedTo
      this.#logs.set(name, log)
      for (const checkpoint of this.#checkpoints) checkpoint.save(this.#logs, this.#found)
      return log
    })
  }

  /** The future log of a partition that has no other log any more becomes its log. */
  adoptFuture(name: string): void {
    const path = this.futures.pathOf(name)
    if (path === undefined) return
    this.futures.forget(name)
    this.#io(() => {
      this.#disk.rename(path, this.#pathOf(name))
      this.#disk.syncDirectory(this.path)
    })
    this.#found.set(name, undefined)
  }

  /** Removes a future log that nobody wants any more, opened or not. Throws StorageError. */
  removeFuture(name: string, nowMs: number): void {
    const path = this.futures.pathOf(name)
    if (path === undefined) return
    for (const log of this.futures.all()) if (log.name === name) log.abandon()
    this.futures.forget(name)
    const to = this.#freePath(name, path, nowMs, DELETE_SUFFIX)
    if (this.#io(() => renameOrRemove(this.#disk, path, to))) this.#removals.add(to, nowMs)
  }

  /** Where a log ends that nobody has opened. Throws StorageError. */
  endOffsetOf(name: string): number {
    return this.#io(() => endOffsetOf(this.#disk, this.#pathOf(name)))
  }

  /** What was said of a log that had the name must not be taken for the new one's. */
  #forget(name: string): void {
    this.#io(() => {
      // To make it again would hide that a device, or a whole directory, is gone.
      if (!this.#disk.exists(this.path)) throw new Error('the log directory is not there any more')
      // Nor may its directory come back under the name when power is lost.
      if (this.#isRenamed) this.#disk.syncDirectory(this.path)
      this.#isRenamed = false
      for (const checkpoint of this.#checkpoints) {
        if (checkpoint.mentions(name)) checkpoint.save(this.#logs, this.#found)
      }
    })
  }

  /**
   * A recovery point that is too high would hide from a recovery what is appended next; a start
   * that is would hide it from everybody.
   */
  #lowerCheckpoints(name: string, { recoveryPoint, startOffset }: Lowered): void {
    this.#io(() => {
      this.#startOffsets.lower(name, startOffset)
      this.#recoveryPoints.lower(name, recoveryPoint)
    })
  }

  #checkpointed(name: string) {
    return {
      isClean: this.#isClean,
      foundTopicId: this.#found.get(name),
      recoveryPoint: this.#recoveryPoints.isLost
        ? undefined : this.#recoveryPoints.loaded(name) ?? 0,
      startOffset: this.#startOffsets.loaded(name) ?? 0,
      highWatermark: this.#highWatermarks.loaded(name) ?? 0,
    }
  }

  /** Takes a log out of use; its files go some time later. Throws StorageError. */
  remove(log: Log, nowMs: number): void {
    this.#logs.delete(log.name)
    log.abandon()
    const path = this.#freePath(log.name, log.topicId, nowMs, DELETE_SUFFIX)
    const isThere = this.#io(() => renameOrRemove(this.#disk, log.directory, path))
    this.#isRenamed = true
    if (isThere) this.#removals.add(path, nowMs + log.config.fileDeleteDelayMs)
  }

  /** The topic that a partition belongs to which nobody has opened; undefined when it is unsaid. */
  topicIdOf(name: string): string | undefined {
    const topicId = this.#io(() => topicIdIn(this.#disk, this.#pathOf(name)))
    if (this.#found.has(name)) this.#found.set(name, topicId)
    return topicId
  }

  /** Puts what nobody has opened out of the way under another name. Throws StorageError. */
  setAside(name: string, nowMs: number): void {
    const path = this.#freePath(name, this.path, nowMs, STRAY_SUFFIX)
    this.#io(() => this.#disk.rename(this.#pathOf(name), path))
    this.#isRenamed = true
    this.#found.delete(name)
    this.#logger.warn('set aside a partition that is not of this node', { path })
  }

  #freePath(name: string, salt: string, nowMs: number, suffix: string): string {
    return freePath(this.#disk, this.path, name, { suffix, salt, nowMs })
  }

  /**
   * Removes some of the files whose time has come. False when there are no more of them. Throws
   * StorageError.
   */
  tick(nowMs: number): boolean {
    if (this.#isFailed) return false
    const removed = this.#io(() => this.#removals.removeDue(nowMs))
    for (const path of removed) this.#logger.debug('removed what was deleted', { path })
    return removed.length > 0
  }

  /** Writes the checkpoints that have changed; false if some do not fit. Throws StorageError. */
  checkpoint(): boolean {
    let isWritten = true
    for (const checkpoint of this.#checkpoints) {
      if (this.#isFailed) return false
      try {
        checkpoint.save(this.#logs, this.#found)
      } catch (error) {
        this.#notWritten(error)
        isWritten = false
      }
    }
    return isWritten
  }

  /** What has no room now is written another time. Throws StorageError for everything else. */
  #notWritten(error: unknown): void {
    if (!isDiskFull(error)) throw storageErrorOf(this.path, error)
    this.room.filled()
  }

  /** As `checkpoint`, without holding up the others: they are let in where `pause` is given. */
  async checkpointAsync(pause?: () => Promise<void>): Promise<void> {
    for (const checkpoint of this.#checkpoints) {
      await this.#save(checkpoint)
      await pause?.()
    }
  }

  /** Whether it is written. Rejects with StorageError. */
  async #save(checkpoint: OffsetsOfLogs): Promise<boolean> {
    if (this.#isFailed) return false
    try {
      await checkpoint.saveAsync(this.#logs, this.#found)
      return true
    } catch (error) {
      this.#notWritten(error)
      return false
    }
  }

  #io<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw storageErrorOf(this.path, error)
    }
  }

  /** The disk cannot be trusted any more: nothing is read or written here from now on. */
  fail(): void {
    this.#isFailed = true
    this.futures.abandon()
  }

  /**
   * Closes the logs, and says so for the next start; after a failure it says nothing. Rejects with
   * StorageError, when everything is closed.
   */
  async close({ brokerEpoch }: { readonly brokerEpoch: number }): Promise<void> {
    const isClosed = await this.#closeLogs()
    if (this.#isFailed) return
    const areFuturesClosed = await this.futures.close()
    if (!this.checkpoint() || !isClosed || !areFuturesClosed) {
      this.#logger.warn('There was no room for a clean end: the next start looks through the logs',
        { directory: this.path })
      return
    }
    // Logs that still wait for their recovery are not clean: a start that failed half-way.
    const isRecovered = this.#isClean || this.#found.size === 0
    const isSound = isRecovered && [...this.#logs.values()].every((log) => !log.isFailed)
    if (!isSound) return
    this.#io(() => (
      writeCleanShutdown(this.#disk, this.#pathOf(CLEAN_SHUTDOWN_FILE), brokerEpoch)
    ))
  }

  /**
   * Several at a time: what they wait for is the same device. False if for some there is no room to
   * write all that the next start needs.
   */
  async #closeLogs(): Promise<boolean> {
    let isWritten = true
    const failures: unknown[] = []
    const left = this.#logs.values()
    const closeOneByOne = async (): Promise<void> => {
      for (const log of left) {
        if (this.#isFailed) log.abandon()
        else await log.closeAsync().catch((error: unknown) => {
          isWritten &&= !(error instanceof DiskFullError)
          if (!(error instanceof DiskFullError)) failures.push(error)
        })
      }
    }
    await Promise.all(Array.from({ length: LOGS_CLOSED_AT_ONCE }, closeOneByOne))
    if (failures.length > 0) throw failures[0]
    return isWritten
  }
}

type Lowered = Pick<Log, 'recoveryPoint' | 'startOffset'>

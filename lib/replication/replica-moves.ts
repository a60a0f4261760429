// Moves logs from one directory of this node to another while they are written and read (KIP-113).
//
// A future log takes in what the present one has, piece by piece. When it has all, and all of it is
// on the device, the metadata is told where the replica will lie (KIP-858). Once that is said, the
// rest is copied and the logs change places within one turn: first the future log gets the name of
// the partition, then the present one loses it. A crash between any two of these steps leaves at
// least one log that has everything, and the next start finds it (`directory-choice.ts`).

import { ApiError, Errors } from '../../protocol/errors.ts'
import { wholeBatches } from '../../protocol/records/batch.ts'
import { isDiskFull, StorageError, storageErrorOf } from '../../storage/disk.ts'
import { lastOf } from '../../storage/loading.ts'
import type { Log } from '../../storage/log.ts'
import type { LogDirectory } from '../../storage/log-directory.ts'
import type { Logger } from '../../storage/ports.ts'
import { fits } from '../../storage/room.ts'
import { type Clock, nextTurn } from '../world/clock.ts'
import type { Partition } from './partition.ts'
import type { ReplicaPlaces } from './replica-places.ts'
import type { ReplicationQuota } from './replication-quota.ts'

export interface ReplicaMovesOptions {
  readonly directories: readonly LogDirectory[]
  readonly places: Pick<ReplicaPlaces, 'assign'>
  readonly clock: Clock
  readonly logger: Logger
  readonly quota: ReplicationQuota
  /** `replica.alter.log.dirs.io.max.bytes.per.second` as it is now; Infinity without any. */
  bytesPerSecond(): number
  /** The disk failed: the directory is no longer trusted. */
  onFailure(directory: LogDirectory, error: StorageError): void
}

const PIECE_BYTES = 1024 * 1024
/** So many are copied of a log before others have their turn: faster than producers are at it. */
const PIECES_AT_ONCE = 4
/** Bytes that are not on the device slow down every later write. */
const MAX_UNSYNCED_BYTES = 32 * 1024 * 1024
/** Where there is nothing to copy it is looked up again so soon. */
const IDLE_MS = 10
/** Where more was copied than the rate allows. */
const NAP_MS = 100

interface Move {
  readonly partition: Partition
  readonly destination: LogDirectory
  /** Undefined while it is opened. */
  future: Log | undefined
  /** What the metadata knows of it. */
  place: 'untold' | 'telling' | 'told'
}

export class ReplicaMoves {
  readonly #options: ReplicaMovesOptions
  readonly #moves = new Map<Partition, Move>()
  #isStopping = false
  #running: Promise<void> | undefined

  constructor(options: ReplicaMovesOptions) {
    this.#options = options
  }

  /** No log changes its place any more; resolves when no work is under way. */
  async stop(): Promise<void> {
    this.#isStopping = true
    await this.#running
  }

  /** How many records the slowest move is behind; 0 without any. */
  get mostLag(): number {
    let most = 0
    for (const { partition: { log }, future } of this.#moves.values()) {
      most = Math.max(most, log.endOffset - (future?.endOffset ?? log.startOffset))
    }
    return most
  }

  /** The log of a partition has been opened: what was on its way goes on. */
  opened(partition: Partition): void {
    const name = nameOf(partition)
    for (const directory of this.#options.directories) {
      if (directory.isFailed || directory.futures.pathOf(name) === undefined) continue
      const topicId = directory.futures.foundTopicId(name) ?? partition.topicId
      const isUsable = directory !== partition.directory && topicId === partition.topicId
        && !this.#moves.has(partition)
      if (isUsable) this.#begin(partition, directory)
      else this.#guarded(directory, () => this.#removeFuture(directory, name))
    }
  }

  /** Moves a partition; it may be under way to another directory, or lie there already. */
  move(partition: Partition, destination: LogDirectory): void {
    const move = this.#moves.get(partition)
    if (move !== undefined && move.destination !== destination) this.#giveUp(move)
    if (partition.directory === destination || this.#moves.has(partition)) return
    this.#begin(partition, destination)
  }

  /** Whether that would be a move that is not under way. */
  isNew(partition: Partition, destination: LogDirectory): boolean {
    return partition.directory !== destination
      && this.#moves.get(partition)?.destination !== destination
  }

  /** The partition is none of this node's any more. */
  removed(partition: Partition): void {
    const move = this.#moves.get(partition)
    if (move !== undefined) this.#giveUp(move)
  }

  /** What was on its way there, or from there, is not. */
  directoryFailed(directory: LogDirectory): void {
    for (const move of [...this.#moves.values()]) {
      if (move.destination === directory) this.#giveUp(move)
      // What it has got may be wanted at the next start.
      else if (move.partition.directory === directory) this.#moves.delete(move.partition)
    }
  }

  #begin(partition: Partition, destination: LogDirectory): void {
    const move: Move = { partition, destination, future: undefined, place: 'untold' }
    this.#moves.set(partition, move)
    partition.log.compaction.isPaused = true
    // A new one is there as soon as the request is answered, for whoever asks then.
    if (!destination.isFailed && destination.futures.pathOf(nameOf(partition)) === undefined) {
      try {
        move.future = lastOf(this.#opening(move))
      } catch (error) {
        if (!isRefusal(error)) this.#fail(destination, error)
        else this.#hasNoRoom(move)
        return
      }
    }
    this.#options.logger.info('A log moves to another directory', {
      log: nameOf(partition), from: partition.directory.path, to: destination.path,
    })
    this.#running ??= this.#run().finally(() => { this.#running = undefined })
  }

  #opening({ partition, destination }: Move): Generator<void, Log> {
    const { topic, topicId, index, log } = partition
    return destination.futures.opening({
      topic, partition: index, topicId, config: log.config, nowMs: this.#options.clock.nowMs(),
    })
  }

  async #run(): Promise<void> {
    while (this.#moves.size > 0 && !this.#isStopping) {
      let copiedBytes = 0
      for (const move of [...this.#moves.values()]) {
        // Given up, or the node stops, while others had their turn.
        if (this.#isStopping || this.#moves.get(move.partition) !== move) continue
        copiedBytes += await this.#step(move)
        await nextTurn(this.#options.clock)
      }
      await this.#rest(copiedBytes)
    }
  }

  /** Answers how many bytes were copied. */
  async #step(move: Move): Promise<number> {
    try {
      if (move.future === undefined) return await this.#resume(move)
      const copiedBytes = this.#copy(move)
      const { future } = move
      if (future.unsyncedBytes >= MAX_UNSYNCED_BYTES) await future.sync()
      if (!this.#isLevel(move)) return copiedBytes
      if (move.place === 'untold') await this.#tell(move)
      else if (move.place === 'told') this.#exchange(move)
      return copiedBytes
    } catch (error) {
      if (this.#moves.get(move.partition) === move) this.#failed(move, error)
      return 0
    }
  }

  /** Opens what an earlier run has left, and takes away what the present log does not have. */
  async #resume(move: Move): Promise<number> {
    const steps = this.#opening(move)
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done === true) {
        move.future = step.value
        break
      }
      await nextTurn(this.#options.clock)
      if (this.#isStopping || !this.#moves.has(move.partition)) {
        steps.return(undefined as never)
        return 0
      }
    }
    const { log } = move.partition
    for (let end = commonEnd(move.future, log); end < move.future.endOffset;) {
      move.future.truncateTo(end)
      end = commonEnd(move.future, log)
    }
    return 0
  }

  #isLevel({ partition, future }: Move): boolean {
    return future!.endOffset === partition.log.endOffset
  }

  /** Copies some pieces. Throws StorageError, CORRUPT_MESSAGE. */
  #copy({ partition, future }: Move): number {
    const { log } = partition
    fits(() => log.flush())
    if (future!.config !== log.config) future!.reconfigure(log.config)
    if (future!.endOffset < log.startOffset) future!.truncateFully(log.startOffset)
    // Where a rate is set, it is looked at after each.
    const pieces = this.#options.bytesPerSecond() < Infinity ? 1 : PIECES_AT_ONCE
    let copiedBytes = 0
    for (let i = 0; i < pieces && future!.endOffset < log.endOffset; i++) {
      copiedBytes += this.#copyPiece(partition, future!)
    }
    future!.advanceHighWatermark(log.highWatermark)
    if (log.startOffset > future!.startOffset) {
      future!.deleteRecordsTo(Math.min(log.startOffset, future!.highWatermark))
      future!.tick(this.#options.clock.nowMs())
    }
    return copiedBytes
  }

  #copyPiece({ log, leaderEpoch }: Partition, future: Log): number {
    const { clock } = this.#options
    const { records, release } = log.read(
      future.endOffset, PIECE_BYTES, { maxOffset: log.writtenOffset, minOneBatch: true })
    try {
      // The last one that was read may be cut off.
      const whole = records.subarray(0, wholeBatches(records))
      future.append(whole, { leaderEpoch, nowMs: clock.nowMs(), origin: 'replica' })
      future.flush()
      return whole.length
    } finally {
      release()
    }
  }

  /** All is on the device before anybody is told that the replica lies there. */
  async #tell(move: Move): Promise<void> {
    await move.future!.sync()
    if (this.#moves.get(move.partition) !== move) return
    move.place = 'telling'
    const { topicId, index } = move.partition
    void this.#options.places.assign(topicId, index, move.destination)
      .then(() => { move.place = 'told' })
  }

  /** From here to the end of the exchange nothing else happens. Throws StorageError. */
  #exchange(move: Move): void {
    const { partition, destination, future } = move
    if (!partition.isUsable) return
    this.#copy(move)
    if (!this.#isLevel(move)) return
    const { log: present, directory: source } = partition
    const nowMs = this.#options.clock.nowMs()
    this.#moves.delete(partition)
    let log: Log
    try {
      log = destination.promote(future!, present, nowMs)
    } catch (error) {
      // Where nothing was exchanged yet, nothing is lost with it.
      const isThere = destination.futures.pathOf(nameOf(partition)) !== undefined
      if (isDiskFull(error) && isThere) return this.#hasNoRoom(move)
      this.#takeBack(move)
      this.#fail(destination, error)
      return
    }
    partition.moveTo(log, destination)
    this.#guarded(source, () => source.remove(present, nowMs))
    this.#options.logger.info('A log has moved', { log: log.name, to: destination.path })
  }

  #failed(move: Move, error: unknown): void {
    const { partition, destination } = move
    const isSource = error instanceof StorageError && error.path.startsWith(partition.log.directory)
    if (!isSource && isRefusal(error)) return this.#hasNoRoom(move)
    if (error instanceof StorageError) {
      this.#fail(isSource ? partition.directory : destination, error)
      return
    }
    // Damaged, here or there: a copy of it is no good.
    this.#options.logger.error('A log does not move: it cannot be copied', {
      log: nameOf(partition), to: destination.path, error,
    })
    this.#giveUp(move)
  }

  #hasNoRoom(move: Move): void {
    this.#options.logger.warn('A log does not move: there is no room where it was to go', {
      log: nameOf(move.partition), to: move.destination.path,
    })
    this.#giveUp(move)
  }

  #fail(directory: LogDirectory, error: unknown): void {
    if (directory.isFailed) return
    this.#options.onFailure(directory, storageErrorOf(directory.path, error))
  }

  /** The partition stays where it is. */
  #giveUp(move: Move): void {
    const { partition, destination } = move
    this.#moves.delete(partition)
    this.#takeBack(move)
    this.#guarded(destination, () => this.#removeFuture(destination, nameOf(partition)))
  }

  #takeBack({ partition, place }: Move): void {
    partition.log.compaction.isPaused = false
    if (place === 'untold' || !partition.isUsable) return
    void this.#options.places.assign(partition.topicId, partition.index, partition.directory)
  }

  #removeFuture(directory: LogDirectory, name: string): void {
    directory.removeFuture(name, this.#options.clock.nowMs())
  }

  #guarded(directory: LogDirectory, work: () => void): void {
    if (directory.isFailed) return
    try {
      work()
    } catch (error) {
      this.#fail(directory, error)
    }
  }

  /** As long as the rate asks for, or for a moment where nothing was to do. */
  async #rest(copiedBytes: number): Promise<void> {
    const { bytesPerSecond, clock, quota } = this.#options
    if (copiedBytes > 0) quota.record(copiedBytes)
    let isTooFast = quota.isExceeded(bytesPerSecond())
    let napMs = isTooFast ? NAP_MS : copiedBytes > 0 ? 0 : IDLE_MS
    while (napMs > 0 && !this.#isStopping && this.#moves.size > 0) {
      await new Promise<void>((resolve) => { clock.setTimer(napMs, resolve) })
      isTooFast = quota.isExceeded(bytesPerSecond())
      napMs = isTooFast ? NAP_MS : 0
    }
  }
}

/** Something did not fit, or is not even tried. */
function isRefusal(error: unknown): boolean {
  return isDiskFull(error)
    || error instanceof ApiError && error.code === Errors.KAFKA_STORAGE_ERROR
}

function nameOf({ topic, index }: Partition): string {
  return `${topic}-${index}`
}

/** Up to here both have the same records, as far as one look at their epochs tells (KIP-101). */
function commonEnd(future: Log, present: Log): number {
  const latest = future.latestEpoch
  if (latest < 0) return Math.min(future.endOffset, present.endOffset)
  const { leaderEpoch, endOffset } = present.offsetForLeaderEpoch(latest)
  if (leaderEpoch < 0) return future.startOffset
  const ownEnd = leaderEpoch === latest
    ? future.endOffset : future.offsetForLeaderEpoch(leaderEpoch).endOffset
  return Math.max(Math.min(endOffset, ownEnd, present.endOffset), future.startOffset)
}

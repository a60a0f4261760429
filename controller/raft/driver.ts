// Runs the Raft step function over a real log: carries out its effects, brings it time and finished
// flushes.

import { Batch, buildBatch } from '../../protocol/records/batch.ts'
import { type Disk, isDiskFull } from '../../storage/disk.ts'
import type { Log } from '../../storage/log.ts'
import type { Logger } from '../../storage/ports.ts'
import { type HeldRoom, withReserve } from '../../storage/reserve.ts'
import type { Timers } from '../ports.ts'
import type { RaftEffect, RaftEvent } from './events.ts'
import { leaderChangeBatch } from './leader-change.ts'
import { type Quorum, quorumAfter, quorumBatch, quorumRecords } from './quorum.ts'
import { readQuorumState, writeQuorumState } from './quorum-state.ts'
import { nextTimeoutMs, step } from './raft.ts'
import {
  type EpochStart, initialState, type LogState, type PersistedState, type RaftSettings,
  type RaftState,
} from './state.ts'

export interface DriverOptions {
  readonly log: Log
  readonly disk: Disk
  /** Holds the log and `quorum-state`. */
  readonly directory: string
  readonly settings: RaftSettings
  readonly timers: Timers
  readonly logger: Logger
  readonly seed: number
  /** As the newest snapshot has it; what the log says later counts more. */
  readonly quorum: Quorum
  readonly reserve?: HeldRoom | undefined
  /**
   * Records below `highWatermark` are committed; called after what was proposed meanwhile is
   * counted.
   */
  onCommit(highWatermark: number): void
  onElected(epoch: number): void
  onDeposed(): void
  /** The log cannot be written: the process must not go on. */
  onFailure(error: unknown): void
}

export class RaftDriver {
  readonly #options: DriverOptions
  #state: RaftState
  #timer: { cancel(): void } | undefined
  #isFlushing = false
  #truncations = 0
  #isClosed = false
  #quorum: Quorum

  constructor(options: DriverOptions) {
    const { log, disk, directory, settings, seed } = options
    this.#options = options
    const persisted = readQuorumState(disk, directory)
    const read = readLog(log, options.quorum)
    this.#quorum = read.quorum
    this.#state = initialState(settings, persisted, read.state, seed)
  }

  get state(): RaftState {
    return this.#state
  }

  get quorum(): Quorum {
    return this.#quorum
  }

  /** The offset that the next record proposed will get. */
  get nextOffset(): number {
    return this.#state.log.endOffset
  }

  start(): void {
    this.#take({ type: 'start' })
  }

  /**
   * Appends record values as one batch: all are committed, or none. Only a leader may call this.
   */
  propose(values: readonly Buffer[]): void {
    const { epoch, log } = this.#state
    const timestamp = this.#options.timers.nowMs()
    const batch = buildBatch({
      baseOffset: log.endOffset, leaderEpoch: epoch,
      records: values.map((value) => ({ key: null, value, headers: [], timestamp })),
    })
    this.#take({ type: 'propose', records: batch, count: values.length })
  }

  /** The quorum is another one from now on. Only a leader may call this, and where it is alone. */
  change(quorum: Quorum): void {
    const { epoch: leaderEpoch, log } = this.#state
    const timestamp = this.#options.timers.nowMs()
    const batch = quorumBatch(quorum, { baseOffset: log.endOffset, leaderEpoch, timestamp })
    this.#quorum = quorum
    this.#take({ type: 'propose', records: batch, count: quorumRecords(quorum).length })
  }

  /** Ends leadership and timers; what is appended stays. */
  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
  }

  #take(event: RaftEvent<Buffer>): void {
    if (this.#isClosed) return
    const { state, effects } = step(this.#state, event, this.#options.timers.monotonicMs())
    this.#state = state
    try {
      for (const effect of effects) this.#carryOut(effect)
    } catch (error) {
      this.close()
      this.#options.onFailure(error)
      return
    }
    this.#schedule()
  }

  #carryOut(effect: RaftEffect<Buffer>): void {
    const { log, onCommit, onElected, onDeposed } = this.#options
    switch (effect.type) {
      case 'persist': return this.#persist(effect.state)
      case 'appendLeaderChange': {
        const { nodeId, voters } = this.#state.settings
        const { epoch, baseOffset, grantingVoters } = effect
        const timestamp = this.#options.timers.nowMs()
        return this.#append(leaderChangeBatch({
          baseOffset, epoch, timestamp, leaderId: nodeId, voters, grantingVoters,
        }), epoch)
      }
      case 'append': return this.#append(effect.records, effect.epoch)
      case 'appendFetched': {
        const batch = new Batch(effect.records)
        return this.#append(effect.records, batch.next() ? batch.leaderEpoch : 0)
      }
      case 'truncate':
        this.#truncations++
        return log.truncateTo(effect.endOffset)
      case 'flush': return this.#flush()
      case 'commit':
        log.advanceHighWatermark(effect.highWatermark)
        return onCommit(effect.highWatermark)
      case 'elected': return onElected(effect.epoch)
      case 'deposed': return onDeposed()
      // A quorum of one has nobody to talk to; the transport comes with clusters of more.
      case 'send': case 'respond':
        throw new Error(`no transport for ${effect.type}`)
    }
  }

  #persist(state: PersistedState): void {
    const { disk, directory, settings, reserve } = this.#options
    withReserve(reserve, () => (
      writeQuorumState(disk, directory, state, settings.voters, this.#quorum)))
  }

  #append(batch: Buffer, leaderEpoch: number): void {
    const { log, timers, reserve } = this.#options
    withReserve(reserve, () => {
      log.append(batch, { leaderEpoch, nowMs: timers.nowMs(), origin: 'controller' })
      log.flush()
    })
  }

  /** One fsync at a time; what is appended during one is covered by the next (group commit). */
  #flush(): void {
    if (this.#isFlushing || this.#isClosed) return
    const { log, onFailure, reserve } = this.#options
    const { endOffset } = this.#state.log
    const truncations = this.#truncations
    this.#isFlushing = true
    log.sync().then(
      () => {
        this.#isFlushing = false
        // After a truncation the offsets below may name other records, not on the disk yet.
        if (truncations === this.#truncations) this.#take({ type: 'flushed', endOffset })
        if (this.#state.log.flushedOffset < this.#state.log.endOffset) this.#flush()
      },
      (error: unknown) => {
        this.#isFlushing = false
        // Nothing was synced yet: files beside the log did not fit.
        if (isDiskFull(error) && reserve?.giveUp() === true) return this.#flush()
        this.close()
        onFailure(error)
      })
  }

  #schedule(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    const dueMs = nextTimeoutMs(this.#state)
    if (this.#isClosed || dueMs === Infinity) return
    const { timers } = this.#options
    const delayMs = Math.max(0, dueMs - timers.monotonicMs())
    this.#timer = timers.setTimer(delayMs, () => this.#take({ type: 'tick' }))
  }
}

function readLog(log: Log, before: Quorum): { state: LogState, quorum: Quorum } {
  const epochs: EpochStart[] = []
  let quorum = before
  for (const batch of log.batches(log.startOffset)) {
    quorum = quorumAfter(quorum, batch)
    if (batch.leaderEpoch === epochs.at(-1)?.epoch) continue
    epochs.push({ epoch: batch.leaderEpoch, startOffset: batch.baseOffset })
  }
  const { startOffset, endOffset } = log
  const state = { startOffset, endOffset, flushedOffset: log.recoveryPoint, epochs }
  return { state, quorum }
}

// The controller: one queue through which every change to the cluster's metadata goes.
//
// A decision is made against the newest image, its records are appended as one batch, and applied
// to that image at once, so that the next decision sees them. When they are committed (on the disks
// of a majority) the image with them is published, subscribers hear of it, and only then the answer
// is given.

import { ApiError, Errors } from '../protocol/errors.ts'
import type { Disk } from '../storage/disk.ts'
import { Log } from '../storage/log.ts'
import type { Logger } from '../storage/ports.ts'
import { type HeldRoom, withReserve } from '../storage/reserve.ts'
import { fits } from '../storage/room.ts'
import { activationRecords } from './activation.ts'
import { Change, type RecordBytes } from './change.ts'
import type { Decision, DecisionSettings } from './decisions/decision.ts'
import { DeltaCollector, EMPTY_IMAGE, type Image, type ImageDelta } from './image/image.ts'
import { MetadataLoader } from './loader.ts'
import type { Randomness, Timers } from './ports.ts'
import { RaftDriver } from './raft/driver.ts'
import type { Quorum, Voter } from './raft/quorum.ts'
import type { RaftState } from './raft/state.ts'
import { RecentValues } from './recent-values.ts'
import { type SnapshotPolicy, Snapshots } from './snapshots.ts'

export interface ControllerOptions {
  /** `metadata.log.dir`: the directory that holds `__cluster_metadata-0`. */
  readonly metadataLogDir: string
  readonly disk: Disk
  readonly timers: Timers
  readonly random: Randomness
  readonly logger: Logger
  readonly settings: DecisionSettings
  readonly voters: readonly number[]
  /** This node as the log is to have it, once voters are in it; left out: it cannot. */
  readonly voter?: Voter
  /** `controller.quorum.*.ms` */
  readonly electionTimeoutMs: number
  readonly fetchTimeoutMs: number
  readonly retryBackoffMs: number
  /** `metadata.log.segment.bytes` */
  readonly segmentBytes: number
  readonly snapshots: SnapshotPolicy
  /** What is held of the disk for the metadata. */
  readonly reserve?: HeldRoom | undefined
  /** The metadata log is broken: the node must stop without acknowledging anything more. */
  onFailure(error: unknown): void
}

export type ImageListener = (image: Image, delta: ImageDelta) => void

/** Somebody who is told how it went. */
interface Asking {
  answer(): void
  fail(error: unknown): void
}

/** A batch appended and not yet committed. */
interface Pending extends Asking {
  readonly endOffset: number
  readonly image: Image
  readonly delta: DeltaCollector
  readonly sizeBytes: number
  /** Undefined for what only waits for others' records. */
  readonly appendedMs?: number
}

/** So many records are taken in between others' requests: about a millisecond. */
const RECORDS_AT_ONCE = 256
/** The log is replayed for so long at a time: others want to be heard, a signal for one. */
const REPLAY_SLICE_MS = 4
const TELL_PROGRESS_MS = 5000

export const METADATA_TOPIC = '__cluster_metadata'
/** The topic id of the metadata log, the same in every cluster. */
const METADATA_TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'

export class Controller {
  /** How long changes took from their append until they were on the disks of a majority. */
  readonly commitTimesMs = new RecentValues()
  readonly #options: ControllerOptions
  readonly #log: Log
  readonly #driver: RaftDriver
  readonly #snapshots: Snapshots
  readonly #listeners = new Set<ImageListener>()
  #pending: Pending[] = []
  /** Not appended yet. Decisions that come meanwhile wait, for they are to see it. */
  #change: { readonly change: Change, readonly asking: Asking } | undefined
  #waiting: Asking[] = []
  /** With everything appended, committed or not: what decisions are made against. */
  #head: Image = EMPTY_IMAGE
  #image: Image = EMPTY_IMAGE
  /** The offset of the last record in `image`. */
  #appliedOffset = -1
  #isActive = false
  #isStopped = false
  /** Follows the log while this node is not active. */
  #loader: MetadataLoader | undefined
  /** Committed while this node is not active: to be replayed up to here. */
  #replayTo = 0
  #replaying: Generator<void, number> | undefined
  #toldProgressMs = 0
  #activeWaiters: { resolve(): void, reject(error: unknown): void }[] = []
  #failure: unknown

  constructor(options: ControllerOptions) {
    const { disk, metadataLogDir, logger, timers, random, settings } = options
    this.#options = options
    const name = `${METADATA_TOPIC}-0`
    const directory = `${metadataLogDir}/${name}`
    this.#snapshots = new Snapshots({ disk, directory, logger, timers, policy: options.snapshots })
    const { snapshot, quorum } = this.#snapshots.newest()
    this.#log = withReserve(options.reserve, () => Log.open({
      disk, directory, topicPartition: { topic: METADATA_TOPIC, partition: 0 },
      topicId: METADATA_TOPIC_ID, logger, nowMs: timers.nowMs(),
      // Snapshots tell what may go, not time or size.
      config: { segmentBytes: options.segmentBytes, retentionMs: -1, retentionBytes: -1 },
    }))
    this.#loader = MetadataLoader.from(snapshot)
    this.#appliedOffset = this.#loader.endOffset - 1
    this.#driver = new RaftDriver({
      log: this.#log, disk, directory, timers, logger, seed: random.integer(2 ** 32),
      quorum, reserve: options.reserve,
      settings: {
        nodeId: settings.nodeId, voters: options.voters,
        electionTimeoutMs: options.electionTimeoutMs, fetchTimeoutMs: options.fetchTimeoutMs,
        fetchMaxWaitMs: 500, retryBackoffMs: options.retryBackoffMs,
      },
      onCommit: (highWatermark) => this.#onCommit(highWatermark),
      onElected: (epoch) => logger.debug('elected', { epoch }),
      onDeposed: () => this.#onDeposed(),
      onFailure: (error) => this.#onFailure(error),
    })
  }

  /** Metadata as far as it is committed. */
  get image(): Image {
    return this.#image
  }

  /** Offset of the last committed record in the image; −1 before the first. */
  get appliedOffset(): number {
    return this.#appliedOffset
  }

  get isActive(): boolean {
    return this.#isActive
  }

  /** The node that leads the quorum; −1 when unknown. */
  get leaderId(): number {
    return this.#driver.state.leaderId
  }

  get leaderEpoch(): number {
    return this.#driver.state.epoch
  }

  /** What the last snapshot was; `writtenMs` by the clock that never goes back. */
  get latestSnapshot(): Snapshots['latest'] {
    return this.#snapshots.latest
  }

  get log(): Log {
    return this.#log
  }

  get quorum(): Quorum {
    return this.#driver.quorum
  }

  get raftState(): RaftState {
    return this.#driver.state
  }

  /** Resolves when the log is replayed and this node is the active controller. */
  async start(): Promise<void> {
    const active = new Promise<void>((resolve, reject) => {
      this.#activeWaiters.push({ resolve, reject })
    })
    this.#driver.start()
    await active
  }

  /** Ends without waiting for what is not committed yet: nobody was told of it. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#driver.close()
    this.#failPending(new ApiError(Errors.NOT_CONTROLLER))
    await Promise.resolve()
    // What there is no room for the next start finds out.
    if (this.#failure === undefined) fits(() => this.#log.close())
  }

  /**
   * Calls the listener with every published image; at once with the present one when there is one.
   */
  subscribe(listener: ImageListener): () => void {
    this.#listeners.add(listener)
    if (this.#image !== EMPTY_IMAGE) {
      listener(this.#image, { ...new DeltaCollector().delta(EMPTY_IMAGE), isSnapshot: true })
    }
    return () => this.#listeners.delete(listener)
  }

  /**
   * Decides, and answers when the decision's records are committed and applied. Rejects with the
   * `ApiError` of the decision, or NOT_CONTROLLER.
   */
  submit<A>(decision: Decision<A>): Promise<A> {
    return new Promise((resolve, fail) => {
      const answer = (): void => this.#decide(decision, resolve, fail)
      if (this.#change === undefined) answer()
      else this.#waiting.push({ answer, fail })
    })
  }

  #decide<A>(
    decision: Decision<A>, resolve: (answer: A) => void, fail: (error: unknown) => void,
  ): void {
    if (!this.#isActive) return fail(new ApiError(Errors.NOT_CONTROLLER))
    const { settings, random } = this.#options
    const { nextOffset } = this.#driver
    try {
      const { voter } = this.#options
      const quorum = { version: this.#driver.quorum.version, canHaveVoters: voter !== undefined }
      const decided = decision({ image: this.#head, nextOffset, settings, random, quorum })
      const version = decided.quorumVersion ?? quorum.version
      if (version !== quorum.version) this.#driver.change({ version, voters: [voter!] })
      const asking = { answer: () => resolve(decided.answer), fail }
      if (decided.records.length === 0) this.#whenSettled(asking)
      else this.#append(decided.records, asking)
    } catch (error) {
      fail(error)
    }
  }

  #append(records: readonly RecordBytes[], asking: Asking): void {
    this.#change = { change: new Change(records, this.#head), asking }
    this.#appendSome()
  }

  /** Takes in some records of a change; the others when what came meanwhile was handled. */
  readonly #appendSome = (): void => {
    if (this.#change === undefined) return
    const { change, asking } = this.#change
    try {
      change.takeSome(RECORDS_AT_ONCE)
    } catch (error) {
      this.#change = undefined
      asking.fail(error)
      this.#decideWaiting()
      return
    }
    if (!change.isComplete) return this.#options.timers.afterTurn(this.#appendSome)
    this.#change = undefined
    const { image, delta, values, sizeBytes } = change
    this.#head = image
    const endOffset = this.#driver.nextOffset + values.length
    const appendedMs = this.#options.timers.monotonicMs()
    this.#pending.push({ endOffset, image, delta, sizeBytes, appendedMs, ...asking })
    this.#driver.propose(values)
    this.#decideWaiting()
  }

  #decideWaiting(): void {
    while (this.#change === undefined && this.#waiting.length > 0) this.#waiting.shift()!.answer()
  }

  /** An answer that changes nothing may still tell of what is not committed: it waits for that. */
  #whenSettled(asking: Asking): void {
    const last = this.#pending.at(-1)
    if (last === undefined) return asking.answer()
    const { endOffset, image } = last
    this.#pending.push({
      endOffset, image, delta: new DeltaCollector(), sizeBytes: 0, ...asking,
    })
  }

  #onCommit(highWatermark: number): void {
    if (!this.#isActive) {
      this.#replayTo = highWatermark
      if (this.#replaying === undefined) this.#replay()
      return
    }
    const delta = new DeltaCollector()
    const before = this.#image
    const committed: Pending[] = []
    let sizeBytes = 0
    while (this.#pending.length > 0 && this.#pending[0]!.endOffset <= highWatermark) {
      const next = this.#pending.shift()!
      committed.push(next)
      delta.merge(next.delta)
      sizeBytes += next.sizeBytes
      this.#image = next.image
    }
    this.#appliedOffset = highWatermark - 1
    this.#measure(committed)
    if (this.#image !== before) this.#publish(delta.delta(before))
    for (const { answer } of committed) answer()
    this.#snapshots.committed(sizeBytes, () => ({
      image: this.#image, endOffset: highWatermark, epoch: this.leaderEpoch,
      lastTimestampMs: this.#options.timers.nowMs(), quorum: this.#driver.quorum,
    }), this.#log)
  }

  #measure(committed: readonly Pending[]): void {
    const nowMs = this.#options.timers.monotonicMs()
    for (const { appendedMs } of committed) {
      if (appendedMs !== undefined) this.commitTimesMs.add(nowMs - appendedMs, nowMs)
    }
  }

  #replay(): void {
    this.#loader ??= MetadataLoader.after(this.#image, this.#appliedOffset + 1)
    this.#replaying = this.#loader.load(this.#log, this.#replayTo)
    this.#toldProgressMs = this.#options.timers.monotonicMs()
    this.#replaySome(this.#replayTo)
  }

  #replaySome(highWatermark: number): void {
    if (this.#isStopped) return
    const { timers } = this.#options
    const endMs = timers.monotonicMs() + REPLAY_SLICE_MS
    try {
      let step = this.#replaying!.next()
      while (step.done !== true && timers.monotonicMs() < endMs) step = this.#replaying!.next()
      if (step.done !== true) {
        this.#tellProgress(highWatermark)
        timers.afterTurn(() => this.#replaySome(highWatermark))
        return
      }
      this.#replaying = undefined
      this.#replayed(highWatermark, step.value)
    } catch (error) {
      this.#onFailure(error)
      return
    }
    if (!this.#isActive && highWatermark < this.#replayTo) this.#replay()
  }

  #tellProgress(highWatermark: number): void {
    const { timers, logger } = this.#options
    if (timers.monotonicMs() - this.#toldProgressMs < TELL_PROGRESS_MS) return
    this.#toldProgressMs = timers.monotonicMs()
    const { endOffset: offset } = this.#loader!
    logger.info('replays the metadata', { offset, endOffset: highWatermark })
  }

  /** Where everything up to the own LeaderChange record is committed, this node leads. */
  #replayed(highWatermark: number, sizeBytes: number): void {
    const before = this.#image
    const { image, isInTransaction } = this.#loader!
    this.#appliedOffset = highWatermark - 1
    this.#image = image
    this.#head = image
    this.#publish({ ...new DeltaCollector().delta(before), isSnapshot: true })
    const { role } = this.#driver.state
    if (role.name !== 'leader') return
    this.#isActive = true
    // It would keep an image of which nothing is left in use.
    this.#loader = undefined
    this.#snapshots.loaded(sizeBytes)
    const records = activationRecords({
      image, isInTransaction,
      bootstrap: this.#snapshots.bootstrapRecords(), settings: this.#options.settings,
    })
    const activated = (): void => {
      for (const { resolve } of this.#activeWaiters.splice(0)) resolve()
    }
    if (records.length === 0) activated()
    else {
      const fail = (error: unknown): void => this.#onFailure(error)
      this.#append(records.map((bytes) => ({ bytes })), { answer: activated, fail })
    }
  }

  #publish(delta: ImageDelta): void {
    for (const listener of this.#listeners) listener(this.#image, delta)
  }

  #onDeposed(): void {
    this.#isActive = false
    this.#head = this.#image
    this.#failPending(new ApiError(Errors.NOT_CONTROLLER))
  }

  #failPending(error: unknown): void {
    for (const { fail } of this.#pending.splice(0)) fail(error)
    this.#change?.asking.fail(error)
    this.#change = undefined
    for (const { fail } of this.#waiting.splice(0)) fail(error)
    for (const { reject } of this.#activeWaiters.splice(0)) reject(error)
  }

  #onFailure(error: unknown): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    this.#isActive = false
    this.#driver.close()
    this.#failPending(new ApiError(Errors.KAFKA_STORAGE_ERROR))
    this.#options.onFailure(error)
  }
}

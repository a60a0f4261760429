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
import { activationRecords } from './activation.ts'
import type { Decision, DecisionSettings } from './decisions/decision.ts'
import { ImageBuilder } from './image/builder.ts'
import { DeltaCollector, EMPTY_IMAGE, type Image, type ImageDelta } from './image/image.ts'
import { MetadataLoader } from './loader.ts'
import { readRecord } from './metadata-records.ts'
import type { Randomness, Timers } from './ports.ts'
import { RaftDriver } from './raft/driver.ts'
import type { RaftState } from './raft/state.ts'
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
  /** `controller.quorum.*.ms` */
  readonly electionTimeoutMs: number
  readonly fetchTimeoutMs: number
  readonly retryBackoffMs: number
  /** `metadata.log.segment.bytes` */
  readonly segmentBytes: number
  readonly snapshots: SnapshotPolicy
  /** The metadata log is broken: the node must stop without acknowledging anything more. */
  onFailure(error: unknown): void
}

export type ImageListener = (image: Image, delta: ImageDelta) => void

/** A batch appended and not yet committed. */
interface Pending {
  readonly endOffset: number
  readonly image: Image
  readonly delta: DeltaCollector
  readonly sizeBytes: number
  answer(): void
  fail(error: unknown): void
}

export const METADATA_TOPIC = '__cluster_metadata'
/** The topic id of the metadata log, the same in every cluster. */
export const METADATA_TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'

export class Controller {
  readonly #options: ControllerOptions
  readonly #log: Log
  readonly #driver: RaftDriver
  readonly #snapshots: Snapshots
  readonly #loader: MetadataLoader
  readonly #listeners = new Set<ImageListener>()
  #pending: Pending[] = []
  /** With everything appended, committed or not: what decisions are made against. */
  #head: Image = EMPTY_IMAGE
  #image: Image = EMPTY_IMAGE
  /** The offset of the last record in `image`. */
  #appliedOffset = -1
  #isActive = false
  #activeWaiters: { resolve(): void, reject(error: unknown): void }[] = []
  #failure: unknown

  constructor(options: ControllerOptions) {
    const { disk, metadataLogDir, logger, timers, random, settings } = options
    this.#options = options
    const name = `${METADATA_TOPIC}-0`
    const directory = `${metadataLogDir}/${name}`
    this.#snapshots = new Snapshots({ disk, directory, logger, timers, policy: options.snapshots })
    const snapshot = this.#snapshots.newest()
    this.#log = Log.open({
      disk, directory, topicPartition: { topic: METADATA_TOPIC, partition: 0 },
      topicId: METADATA_TOPIC_ID, logger, nowMs: timers.nowMs(),
      // Snapshots tell what may go, not time or size.
      config: { segmentBytes: options.segmentBytes, retentionMs: -1, retentionBytes: -1 },
    })
    this.#loader = new MetadataLoader(snapshot)
    this.#appliedOffset = this.#loader.endOffset - 1
    this.#driver = new RaftDriver({
      log: this.#log, disk, directory, timers, logger, seed: random.integer(2 ** 32),
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

  get log(): Log {
    return this.#log
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
    this.#driver.close()
    this.#failPending(new ApiError(Errors.NOT_CONTROLLER))
    await Promise.resolve()
    if (this.#failure === undefined) this.#log.close()
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
    return new Promise((resolve, reject) => {
      if (!this.#isActive) {
        reject(new ApiError(Errors.NOT_CONTROLLER))
        return
      }
      const { settings, random } = this.#options
      const nextOffset = this.#driver.nextOffset
      const { records, answer } = decision({ image: this.#head, nextOffset, settings, random })
      if (records.length === 0) {
        this.#whenSettled(() => resolve(answer), reject)
        return
      }
      this.#append(records.map(({ bytes }) => bytes), () => resolve(answer), reject)
    })
  }

  #append(values: readonly Buffer[], answer: () => void, fail: (error: unknown) => void): void {
    const delta = new DeltaCollector()
    const builder = new ImageBuilder(this.#head)
    let sizeBytes = 0
    for (const value of values) {
      // What is applied is what is written: a record is read back from its bytes.
      const record = readRecord(value)
      // Few records look at what was before: the others must not have it built for them.
      delta.add(record, builder)
      builder.add(record)
      sizeBytes += value.length
    }
    const { image } = builder
    this.#head = image
    const endOffset = this.#driver.nextOffset + values.length
    this.#pending.push({ endOffset, image, delta, sizeBytes, answer, fail })
    this.#driver.propose(values)
  }

  /** An answer that changes nothing may still tell of what is not committed: it waits for that. */
  #whenSettled(answer: () => void, fail: (error: unknown) => void): void {
    const last = this.#pending.at(-1)
    if (last === undefined) {
      answer()
      return
    }
    const { endOffset, image } = last
    this.#pending.push({
      endOffset, image, delta: new DeltaCollector(), sizeBytes: 0, answer, fail,
    })
  }

  #onCommit(highWatermark: number): void {
    if (!this.#isActive) {
      this.#replay(highWatermark)
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
    if (this.#image !== before) this.#publish(delta.delta(before))
    for (const { answer } of committed) answer()
    this.#snapshots.committed(sizeBytes, () => ({
      image: this.#image, endOffset: highWatermark, epoch: this.leaderEpoch,
      lastTimestampMs: this.#options.timers.nowMs(),
    }), this.#log)
  }

  /** Everything up to the own LeaderChange record is committed: load it, and lead. */
  #replay(highWatermark: number): void {
    const before = this.#image
    const sizeBytes = this.#loader.load(this.#log, highWatermark)
    this.#appliedOffset = highWatermark - 1
    this.#image = this.#loader.image
    this.#head = this.#loader.image
    this.#publish({ ...new DeltaCollector().delta(before), isSnapshot: true })
    const { role } = this.#driver.state
    if (role.name !== 'leader') return
    this.#isActive = true
    this.#snapshots.loaded(sizeBytes)
    const records = activationRecords({
      image: this.#image, isInTransaction: this.#loader.isInTransaction,
      bootstrap: this.#snapshots.bootstrapRecords(), settings: this.#options.settings,
    })
    const activated = (): void => {
      for (const { resolve } of this.#activeWaiters.splice(0)) resolve()
    }
    if (records.length === 0) activated()
    else this.#append(records, activated, (error) => this.#onFailure(error))
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

// A coordinator's share of the world: a state machine on one partition of an internal topic.
//
// Everything goes one way. A decision reads the state and gives records and an answer; the records
// change the state at once, so that the next decision sees them, and wait for the end of the turn,
// when all of them are appended as one batch; the answer is given when that batch is committed.
// A decision without records is answered when what it may have seen is committed, so nobody is told
// of what may still be lost. If the batch cannot be appended, its changes are taken back in reverse
// order and every answer that rests on it fails. After a restart, or when the partition comes to be
// led here, the same records are replayed.

import { ApiError, Errors } from '../../protocol/errors.ts'
import type { Logger } from '../../storage/ports.ts'
import type { Verification } from '../../storage/verifications.ts'
import { Later } from '../server/later.ts'
import { coordinatorError } from './errors.ts'
import { LoadQueue } from './load-queue.ts'
import { type AlarmClock, Timers } from './timers.ts'

/** A record as it lies in the partition; a null value is a tombstone. */
export interface KeyValue {
  readonly key: Buffer
  readonly value: Buffer | null
}

export interface StoredRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly offset: number
  /** −1 unless the record is part of a transaction: then a mark tells whether it counts. */
  readonly producerId: number
}

/** Whose transaction records are part of. */
export interface TransactionalProducer {
  readonly producerId: number
  readonly producerEpoch: number
  /** What lets them in where they begin the transaction; see `Partition.beginVerification`. */
  readonly verification: Verification | undefined
  /** False where `transaction.partition.verification.enable` is. */
  readonly isVerificationRequired: boolean
}

/** The end of a producer's transaction. */
export interface EndMark {
  readonly producerId: number
  readonly producerEpoch: number
  readonly coordinatorEpoch: number
  readonly isCommitted: boolean
  /** How strictly the epoch is looked at: with version 2 it has risen (KIP-1228). */
  readonly transactionVersion: number
}

export interface StoredMark {
  readonly mark: Pick<EndMark, 'producerId' | 'isCommitted'>
}

/** The partition under a shard, as far as it is needed here. */
export interface ShardLog {
  /** The offset that the next appended record gets. */
  readonly endOffset: number
  /** Most bytes of records that one batch can hold. */
  readonly maxBatchSizeBytes: number
  /**
   * Appends one batch, stamped with `nowMs`, and writes it; throws `ApiError`: then nothing is left
   * of it. Gives the end offset after it.
   */
  append(records: readonly KeyValue[], nowMs: number, producer?: TransactionalProducer): number
  /** As `append`. */
  appendMark(mark: EndMark, nowMs: number): number
  /** Calls once when all below `offset` is committed, or with the reason why it never will be. */
  whenCommitted(offset: number, callback: (error?: ApiError) => void): void
  /** Every record from the log's start to its end, in order, and the ends of transactions. */
  records(): Iterable<StoredRecord | StoredMark>
}

/** How the records of a shard are written and read. */
export interface RecordCodec<R> {
  encode(record: R): KeyValue
  /** Undefined for a type of record that is not known here. */
  decode(key: Buffer, value: Buffer | null): R | undefined
}

export interface ShardState<R> {
  /**
   * Applies one record, newly decided or replayed, and tells how to take it back. `producerId`:
   * that of the transaction that it is part of, or −1.
   */
  apply(record: R, offset: number, producerId: number): () => void
  /** A producer's transaction has ended, newly or in a replay. Left out: there are none here. */
  ended?(producerId: number, isCommitted: boolean): void
  /** The whole log was replayed; timers may be set. */
  loaded(): void
  /** The partition goes away: what clients wait for is answered now. Timers are cancelled after. */
  unloaded(): void
}

/** What a decision wants to have written. */
export interface Writes<R> {
  readonly records: readonly R[]
  /**
   * The records tell what the state becomes by `settled` (or already is), and are applied in a
   * replay only.
   */
  readonly replayOnly?: boolean
  /**
   * Not, if false: where they are too many for one batch they become several, in their order, and
   * some may be written although others fail. For clean-up, which then goes on another time.
   */
  readonly isAtomic?: boolean
  /** The records are part of this one's transaction. */
  readonly producer?: TransactionalProducer
  /** This is written, in the place of records. */
  readonly mark?: EndMark
  /** Called when they are committed, or with the error that clients get. */
  readonly settled?: (error: ApiError | undefined) => void
}

export interface Decision<R, A> extends Writes<R> {
  readonly answer: A
}

export interface ShardClock extends AlarmClock {
  nowMs(): number
  afterTurn(fn: () => void): void
}

export interface ShardOptions<R, S extends ShardState<R>> {
  readonly name: string
  readonly log: ShardLog
  readonly codec: RecordCodec<R>
  readonly clock: ShardClock
  /** Shared with other shards; left out: its own. */
  readonly loads?: LoadQueue
  /** Registers work for the storage phase of this turn. */
  readonly onStorage: (fn: () => void) => void
  readonly logger: Logger
  createState(shard: Shard<R, S>): S
}

/** Records decided in one turn, and who waits for them. */
interface Batch {
  readonly records: KeyValue[]
  readonly undo: (() => void)[]
  readonly waiting: ((error: ApiError | undefined) => void)[]
  sizeBytes: number
}

// Bounds of a record beyond its key and value: attributes, varints of lengths and deltas.
const RECORD_OVERHEAD_BYTES = 32
const NO_PRODUCER = -1
const { NOT_COORDINATOR } = Errors

export class Shard<R, S extends ShardState<R>> {
  readonly timers: Timers
  readonly #options: ShardOptions<R, S>
  readonly #state: S
  #status: 'new' | 'loading' | 'active' | 'closed' = 'new'
  /** Batches of this turn, to be appended at its end. */
  #staged: Batch[] = []
  /** The last batch that is not committed yet. */
  #newest: Batch | undefined
  readonly #inFlight = new Set<Batch>()
  /** The offset of the next record that is decided. */
  #nextOffset = 0

  constructor(options: ShardOptions<R, S>) {
    this.#options = options
    this.timers = new Timers(options.clock)
    this.#state = options.createState(this)
  }

  get isActive(): boolean {
    return this.#status === 'active'
  }

  get isClosed(): boolean {
    return this.#status === 'closed'
  }

  /** To be looked at, and no more; undefined until it is loaded. */
  get state(): S | undefined {
    return this.isActive ? this.#state : undefined
  }

  /** Replays the partition, a slice per turn; small ones are there when the call returns. */
  load(): void {
    if (this.#status !== 'new') return
    this.#status = 'loading'
    const { log, clock } = this.#options
    const { loads = new LoadQueue({
      afterTurn: (fn) => clock.afterTurn(fn), monotonicMs: () => clock.nowMs(),
    }) } = this.#options
    let records: Iterator<StoredRecord | StoredMark> | undefined
    loads.add((mayGoOn) => {
      if (this.#status !== 'loading') return true
      try {
        records ??= log.records()[Symbol.iterator]()
        return this.#replaySome(records, mayGoOn)
      } catch (error) {
        this.#options.logger.error(`${this.#options.name} could not be loaded`, { error })
        this.close()
        return true
      }
    })
  }

  /**
   * Decides on the state as it is, and answers when all that the answer rests on is committed.
   * Fails with COORDINATOR_LOAD_IN_PROGRESS, NOT_COORDINATOR, what `decide` throws, or what became
   * of the write.
   */
  run<A>(decide: (state: S) => Decision<R, A>): Later<A> {
    const later = new Later<A>()
    try {
      this.#checkActive()
      const decision = decide(this.#state)
      const settled = (error: ApiError | undefined): void => {
        decision.settled?.(error)
        if (error === undefined) later.complete(decision.answer)
        else later.fail(error)
      }
      try {
        this.#stage(decision, settled)
      } catch (error) {
        // Whoever decided has to hear of it, as of a write that failed later.
        if (!(error instanceof ApiError)) throw error
        settled(error)
      }
    } catch (error) {
      later.fail(error)
    }
    return later
  }

  /** As `run`, for what nobody waits for. Failures are logged as those of `name`. */
  runUnasked(name: string, decide: (state: S) => Writes<R>): void {
    this.run((state) => ({ ...decide(state), answer: undefined })).settle(() => {}, (error) => {
      this.#tell(`${name} failed`, error)
    })
  }

  /** As `runUnasked`, after a while. */
  runLater(name: string, delayMs: number, decide: (state: S) => Writes<R>): void {
    this.timers.set(name, delayMs, () => this.runUnasked(name, decide))
  }

  /** Stops: what is staged or waiting fails with NOT_COORDINATOR. */
  close(): void {
    if (this.#status === 'closed') return
    const wasActive = this.#status === 'active'
    this.#status = 'closed'
    const batches = [...this.#inFlight, ...this.#staged]
    this.#staged = []
    this.#inFlight.clear()
    this.#newest = undefined
    for (const batch of batches) settle(batch, new ApiError(Errors.NOT_COORDINATOR))
    if (wasActive) this.#state.unloaded()
    this.timers.cancelAll()
  }

  /** Gives whether the shard is loaded. */
  #replaySome(
    records: Iterator<StoredRecord | StoredMark>, mayGoOn: (sizeBytes: number) => boolean,
  ): boolean {
    for (;;) {
      const next = records.next()
      if (next.done === true) {
        this.#finishLoad()
        return true
      }
      this.#replay(next.value)
      if (!mayGoOn(storedSizeBytes(next.value))) return false
    }
  }

  #finishLoad(): void {
    this.#status = 'active'
    this.#nextOffset = this.#options.log.endOffset
    this.#state.loaded()
  }

  #replay(stored: StoredRecord | StoredMark): void {
    if ('mark' in stored) {
      this.#state.ended?.(stored.mark.producerId, stored.mark.isCommitted)
      return
    }
    const { key, value, offset, producerId } = stored
    const record = key === null ? undefined : this.#options.codec.decode(key, value)
    if (record !== undefined) this.#state.apply(record, offset, producerId)
  }

  #checkActive(): void {
    if (this.#status === 'loading') throw new ApiError(Errors.COORDINATOR_LOAD_IN_PROGRESS)
    if (this.#status !== 'active') throw new ApiError(Errors.NOT_COORDINATOR)
  }

  #stage(writes: Writes<R>, waiter: (error: ApiError | undefined) => void): void {
    const isEmpty = writes.records.length === 0 && writes.mark === undefined
    if (!isEmpty && (writes.producer ?? writes.mark) !== undefined) {
      this.#writeNow(writes, waiter)
      return
    }
    if (isEmpty) {
      if (this.#newest === undefined) waiter(undefined)
      else this.#newest.waiting.push(waiter)
      return
    }
    const encoded = writes.records.map((record) => this.#options.codec.encode(record))
    const sizeBytes = sizeBytesOf(encoded)
    const isTooLarge = sizeBytes > this.#options.log.maxBatchSizeBytes
    if (isTooLarge && writes.isAtomic === false && encoded.length > 1) {
      const middle = encoded.length >> 1
      this.#stage({ ...writes, records: writes.records.slice(0, middle) }, () => {})
      // When the first half fails this one does too, as it comes after it.
      return this.#stage({ ...writes, records: writes.records.slice(middle) }, waiter)
    }
    const batch = this.#batchFor(sizeBytes)
    batch.records.push(...encoded)
    batch.waiting.push(waiter)
    for (const record of writes.records) {
      const offset = this.#nextOffset++
      if (writes.replayOnly !== true) {
        batch.undo.push(this.#state.apply(record, offset, NO_PRODUCER))
      }
    }
  }

  /**
   * What belongs to a transaction goes into the log at once, behind all that was decided before:
   * the log may refuse it, and nobody else shall suffer for that.
   */
  #writeNow(writes: Writes<R>, waiter: (error: ApiError | undefined) => void): void {
    const { log, codec, clock } = this.#options
    const { records, producer, mark } = writes
    this.#appendStaged()
    const batch: Batch = { records: [], undo: [], waiting: [waiter], sizeBytes: 0 }
    let endOffset: number
    try {
      endOffset = mark === undefined
        ? log.append(records.map((record) => codec.encode(record)), clock.nowMs(), producer)
        : log.appendMark(mark, clock.nowMs())
    } catch (error) {
      throw asSeenByClients(error)
    }
    this.#nextOffset = endOffset
    if (mark !== undefined) this.#state.ended?.(mark.producerId, mark.isCommitted)
    for (const [index, record] of records.entries()) {
      this.#state.apply(record, endOffset - records.length + index, producer!.producerId)
    }
    this.#newest = batch
    this.#awaitCommit(batch, endOffset)
  }

  /** For the records of one decision, which are there together or not at all. */
  #batchFor(sizeBytes: number): Batch {
    const last = this.#staged.at(-1)
    const limitBytes = this.#options.log.maxBatchSizeBytes
    if (sizeBytes > limitBytes) throw new ApiError(Errors.UNKNOWN_SERVER_ERROR)
    if (last !== undefined && last.sizeBytes + sizeBytes <= limitBytes) {
      last.sizeBytes += sizeBytes
      return last
    }
    if (last === undefined) this.#options.onStorage(() => this.#appendStaged())
    const batch: Batch = { records: [], undo: [], waiting: [], sizeBytes }
    this.#staged.push(batch)
    this.#newest = batch
    return batch
  }

  #appendStaged(): void {
    const staged = this.#staged
    this.#staged = []
    for (const [index, batch] of staged.entries()) {
      try {
        this.#append(batch)
      } catch (error) {
        // Later batches were decided on top of this one.
        return this.#takeBack(staged.slice(index), error)
      }
    }
  }

  #append(batch: Batch): void {
    const endOffset = this.#options.log.append(batch.records, this.#options.clock.nowMs())
    this.#awaitCommit(batch, endOffset)
  }

  #awaitCommit(batch: Batch, endOffset: number): void {
    this.#inFlight.add(batch)
    this.#options.log.whenCommitted(endOffset, (error) => {
      if (!this.#inFlight.delete(batch)) return
      if (this.#newest === batch) this.#newest = undefined
      if (error === undefined) return settle(batch, undefined)
      // What was appended may be lost or not: the log of the next leader tells.
      settle(batch, new ApiError(coordinatorError(error)))
      this.close()
    })
  }

  /** That the log cannot be written now others tell of, and whoever asked: it may be often. */
  #tell(what: string, error: unknown): void {
    const { name, logger } = this.#options
    const isPassing = error instanceof ApiError && coordinatorError(error) === NOT_COORDINATOR
    logger[isPassing ? 'debug' : 'warn'](`${name}: ${what}`, { error })
  }

  #takeBack(batches: readonly Batch[], reason: unknown): void {
    const error = new ApiError(coordinatorError(reason))
    this.#tell('write failed', reason)
    for (const batch of batches.toReversed()) {
      for (const undo of batch.undo.toReversed()) undo()
    }
    this.#newest = [...this.#inFlight].at(-1)
    this.#nextOffset = this.#options.log.endOffset
    for (const batch of batches) settle(batch, error)
  }
}

/** An answer of the log that clients may have stays as it is. */
function asSeenByClients(error: unknown): unknown {
  const code = coordinatorError(error)
  return error instanceof ApiError && error.code !== code ? new ApiError(code) : error
}

function settle(batch: Batch, error: ApiError | undefined): void {
  for (const waiter of batch.waiting) waiter(error)
}

function sizeBytesOf(records: readonly KeyValue[]): number {
  return records.reduce((sum, { key, value }) =>
    sum + key.length + (value?.length ?? 0) + RECORD_OVERHEAD_BYTES, 0)
}

function storedSizeBytes(stored: StoredRecord | StoredMark): number {
  return 'mark' in stored ? 0 : (stored.key?.length ?? 0) + (stored.value?.length ?? 0)
}

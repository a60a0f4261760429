// What a log knows of the producers that write to it (KIP-98): the last five batches of each, to
// recognise what was sent twice or out of order, and the transactions that are open.

import { ApiError, Errors } from '../protocol/errors.ts'
import { addSequence, type Batch } from '../protocol/records/batch.ts'
import type { Origin } from './validate.ts'
import { type TransactionStart, type Verification, Verifications } from './verifications.ts'

const MAX_SEQUENCE = 0x7fffffff
const BATCHES_KEPT = 5
const NONE = -1

/** A batch that was appended, as far as it is remembered. */
export interface BatchMetadata {
  readonly lastSequence: number
  readonly lastOffset: number
  readonly offsetDelta: number
  readonly timestamp: number
}

export function firstSequenceOf({ lastSequence, offsetDelta }: BatchMetadata): number {
  return lastSequence < 0 ? lastSequence : decrementSequence(lastSequence, offsetDelta)
}

function decrementSequence(sequence: number, decrement: number): number {
  return sequence < decrement
    ? MAX_SEQUENCE - (decrement - sequence) + 1
    : sequence - decrement
}

export class ProducerEntry {
  readonly producerId: number
  epoch = NONE
  coordinatorEpoch = NONE
  lastTimestamp = NONE
  /** Of the open transaction's first record; −1 without one. */
  currentTransactionFirstOffset = NONE
  /** Oldest first, at most five. */
  readonly batches: BatchMetadata[]

  constructor(producerId: number, batches: BatchMetadata[] = []) {
    this.producerId = producerId
    this.batches = batches
  }

  get lastBatch(): BatchMetadata | undefined {
    return this.batches.at(-1)
  }

  /** −1 without batches. */
  get lastSequence(): number {
    return this.lastBatch?.lastSequence ?? NONE
  }

  get isInTransaction(): boolean {
    return this.currentTransactionFirstOffset !== NONE
  }

  endTransaction(): void {
    this.currentTransactionFirstOffset = NONE
  }

  beginEpoch(epoch: number): void {
    if (this.epoch === epoch) return
    this.epoch = epoch
    this.batches.length = 0
  }

  addBatch(
    lastSequence: number, lastOffset: number, offsetDelta: number, timestamp: number,
  ): void {
    this.lastTimestamp = timestamp
    if (this.batches.length === BATCHES_KEPT) this.batches.shift()
    this.batches.push({ lastSequence, lastOffset, offsetDelta, timestamp })
  }

  /** As it is now. */
  copy(): ProducerEntry {
    const copy = new ProducerEntry(this.producerId, this.batches.slice())
    copy.epoch = this.epoch
    copy.coordinatorEpoch = this.coordinatorEpoch
    copy.lastTimestamp = this.lastTimestamp
    copy.currentTransactionFirstOffset = this.currentTransactionFirstOffset
    return copy
  }
}

export interface CompletedTransaction {
  readonly producerId: number
  readonly firstOffset: number
  /** Of the mark. */
  readonly lastOffset: number
  readonly isAborted: boolean
  /** Of the partition, now that the transaction has ended. */
  readonly lastStableOffset: number
}

/** Its mark may not be below the high watermark yet. */
export interface UnreplicatedTransaction {
  readonly firstOffset: number
  /** Of the mark. */
  readonly lastOffset: number
}

/** What a mark at the end of a transaction says. */
export interface EndMark {
  readonly isAborted: boolean
  readonly coordinatorEpoch: number
  readonly timestamp: number
}

export interface CheckOptions {
  readonly origin: Origin
  /** The batch may begin a transaction here: the coordinator knows of it, or need not (KIP-890). */
  readonly isVerified: boolean
  /** Of the feature `transaction.version`, for marks. */
  readonly transactionVersion: number
}

export class ProducerState {
  readonly #name: string
  /** Made with the first: most logs have none. */
  #entries: Map<number, ProducerEntry> | undefined
  /** Producer id by the first offset of its open transaction; in ascending order. */
  #ongoing: Map<number, number> | undefined
  /** Of transactions that are about to begin here. */
  readonly verifications = new Verifications()
  /** Ended, but the mark is not below the high watermark yet. */
  #unreplicated: UnreplicatedTransaction[] = []

  /** `name`: of the partition, for messages. */
  constructor(name: string) {
    this.#name = name
  }

  get(producerId: number): ProducerEntry | undefined {
    return this.#entries?.get(producerId)
  }

  /** Every producer that has not expired. */
  all(): IterableIterator<ProducerEntry> {
    return this.#entries?.values() ?? [].values()
  }

  get count(): number {
    return this.#entries?.size ?? 0
  }

  /** The first offset that belongs to a transaction not known to be over; undefined: none. */
  get firstUnstableOffset(): number | undefined {
    let first = this.firstUndecidedOffset
    for (const { firstOffset } of this.#unreplicated) {
      if (first === undefined || firstOffset < first) first = firstOffset
    }
    return first
  }

  get unreplicated(): readonly UnreplicatedTransaction[] {
    return this.#unreplicated
  }

  /** The first offset of the transactions that have no mark yet. */
  get firstUndecidedOffset(): number | undefined {
    for (const firstOffset of this.#ongoing?.keys() ?? []) return firstOffset
    return undefined
  }

  /** The batch that this one repeats (same epoch and sequences), if it is one of the last five. */
  findDuplicate(batch: Batch): BatchMetadata | undefined {
    const entry = this.#entries?.get(batch.producerId)
    if (entry === undefined || entry.epoch !== batch.producerEpoch) return undefined
    const { baseSequence, lastSequence } = batch
    for (const metadata of entry.batches) {
      if (metadata.lastSequence === lastSequence && firstSequenceOf(metadata) === baseSequence) {
        return metadata
      }
    }
    return undefined
  }

  /**
   * What an append has to show to begin a transaction; undefined when the producer has one open.
   * Throws INVALID_PRODUCER_EPOCH.
   */
  beginVerification(start: TransactionStart, nowMs: number): Verification | undefined {
    const { producerId, producerEpoch } = start
    const entry = this.#entries?.get(producerId)
    if (entry !== undefined && producerEpoch < entry.epoch) {
      throw new ApiError(Errors.INVALID_PRODUCER_EPOCH, `Epoch of producer ${producerId} is ` +
        `${producerEpoch}, which is smaller than the last seen epoch ${entry.epoch}`)
    }
    if (isOngoing(entry, producerEpoch)) return undefined
    return this.verifications.begin(start, nowMs)
  }

  /**
   * Whether a client or a coordinator may append the batch at the offset. Throws
   * INVALID_PRODUCER_EPOCH, OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_TXN_STATE.
   */
  check(batch: Batch, offset: number, options: CheckOptions): void {
    const entry = this.#entries?.get(batch.producerId)
    const { isTransactional } = batch
    if (isTransactional && !isOngoing(entry, batch.producerEpoch)) {
      this.#checkEpoch(entry, batch, offset)
      if (!options.isVerified) {
        throw new ApiError(
          Errors.INVALID_TXN_STATE, 'Record was not part of an ongoing transaction')
      }
    }
    this.#checkEpoch(entry, batch, offset)
    if (options.origin === 'client') this.#checkSequence(entry, batch, offset)
    if (entry?.isInTransaction === true && !isTransactional) {
      throw new ApiError(Errors.INVALID_TXN_STATE, `Expected transactional write from producer ` +
        `${batch.producerId} at offset ${offset} in partition ${this.#name}`)
    }
  }

  #checkEpoch(entry: ProducerEntry | undefined, batch: Batch, offset: number): void {
    if (entry === undefined || batch.producerEpoch >= entry.epoch) return
    throw new ApiError(Errors.INVALID_PRODUCER_EPOCH, `Epoch of producer ${batch.producerId} at ` +
      `offset ${offset} in ${this.#name} is ${batch.producerEpoch}, which is smaller than the ` +
      `last seen epoch ${entry.epoch}`)
  }

  #checkSequence(entry: ProducerEntry | undefined, batch: Batch, offset: number): void {
    const { baseSequence, producerId, producerEpoch } = batch
    const where = `producer ${producerId} at offset ${offset} in partition ${this.#name}`
    this.verifications.checkFirst(batch, entry?.lastBatch !== undefined, where)
    // Nothing is known of the producer (new, expired, or its records deleted): any start will do.
    if (entry === undefined || entry.epoch === NONE) return
    if (producerEpoch !== entry.epoch) {
      if (baseSequence === 0) return
      throw new ApiError(Errors.OUT_OF_ORDER_SEQUENCE_NUMBER,
        `Invalid sequence number for new epoch of ${where}: ${producerEpoch} (request epoch), ` +
        `${baseSequence} (seq. number), ${entry.epoch} (current producer epoch)`)
    }
    const { lastSequence } = entry
    if (baseSequence === (lastSequence === NONE ? 0 : addSequence(lastSequence, 1))) return
    throw new ApiError(Errors.OUT_OF_ORDER_SEQUENCE_NUMBER,
      `Out of order sequence number for ${where}: ${baseSequence} (incoming seq. number), ` +
      `${lastSequence} (current end sequence number)`)
  }

  /**
   * Whether a coordinator may append the mark. Throws INVALID_PRODUCER_EPOCH,
   * TRANSACTION_COORDINATOR_FENCED.
   */
  checkMark(
    batch: Batch, mark: EndMark, offset: number, { transactionVersion }: CheckOptions,
  ): void {
    const entry = this.#entries?.get(batch.producerId)
    if (entry === undefined) return
    const { producerEpoch } = batch
    // With version 2 of transactions the epoch was bumped, except for a mark that is sent again.
    const isRepeated = producerEpoch === entry.epoch
      && (!entry.isInTransaction || producerEpoch === 0x7fff)
    const isTooOld = producerEpoch < entry.epoch
      || transactionVersion >= 2 && producerEpoch === entry.epoch && !isRepeated
    if (isTooOld) this.#refuseMark(batch, entry, offset, transactionVersion)
    if (entry.coordinatorEpoch > mark.coordinatorEpoch) {
      throw new ApiError(Errors.TRANSACTION_COORDINATOR_FENCED,
        `Invalid coordinator epoch for producerId ${batch.producerId} at offset ${offset} in ` +
        `partition ${this.#name}: ${mark.coordinatorEpoch} (zombie), ${entry.coordinatorEpoch} ` +
        '(current)')
    }
  }

  #refuseMark(batch: Batch, entry: ProducerEntry, offset: number, version: number): never {
    throw new ApiError(Errors.INVALID_PRODUCER_EPOCH, `Epoch of producer ${batch.producerId} at ` +
      `offset ${offset} in ${this.#name} is ${batch.producerEpoch}, which is ` +
      `${version >= 2 ? '<=' : '<'} the last seen epoch ${entry.epoch} (TV${version})`)
  }

  /** Takes in a batch of data that stands in the log, with its offsets. */
  add(batch: Batch): void {
    const { producerId, lastOffset, lastOffsetDelta } = batch
    const entry = this.#entryOf(producerId)
    entry.beginEpoch(batch.producerEpoch)
    entry.addBatch(batch.lastSequence, lastOffset, lastOffsetDelta, batch.maxTimestamp)
    if (!batch.isTransactional) return
    this.verifications.begun(producerId)
    if (!entry.isInTransaction) {
      const firstOffset = lastOffset - lastOffsetDelta
      entry.currentTransactionFirstOffset = firstOffset
      this.#begun(firstOffset, producerId)
    }
  }

  /** Takes in the mark that ends a transaction. Undefined when none was open. */
  addMark(batch: Batch, mark: EndMark): CompletedTransaction | undefined {
    const { producerId, baseOffset } = batch
    const entry = this.#entryOf(producerId)
    this.verifications.ended(producerId, batch.producerEpoch)
    entry.beginEpoch(batch.producerEpoch)
    entry.coordinatorEpoch = mark.coordinatorEpoch
    entry.lastTimestamp = mark.timestamp
    const firstOffset = entry.currentTransactionFirstOffset
    if (firstOffset === NONE) return undefined
    entry.endTransaction()
    this.#ongoing?.delete(firstOffset)
    this.#unreplicated.push({ firstOffset, lastOffset: baseOffset })
    return {
      producerId, firstOffset, lastOffset: baseOffset, isAborted: mark.isAborted,
      lastStableOffset: this.firstUndecidedOffset ?? baseOffset + 1,
    }
  }

  /** Takes in a mark that a cleaning has emptied, as the last that is known of its producer. */
  addEmptiedMark({ producerId, producerEpoch, maxTimestamp }: Batch): void {
    const entry = this.#entryOf(producerId)
    entry.beginEpoch(producerEpoch)
    entry.lastTimestamp = maxTimestamp
  }

  #put(entry: ProducerEntry): void {
    this.#entries ??= new Map()
    this.#entries.set(entry.producerId, entry)
  }

  #begun(firstOffset: number, producerId: number): void {
    this.#ongoing ??= new Map()
    this.#ongoing.set(firstOffset, producerId)
  }

  #entryOf(producerId: number): ProducerEntry {
    let entry = this.#entries?.get(producerId)
    if (entry === undefined) {
      entry = new ProducerEntry(producerId)
      this.#put(entry)
    }
    return entry
  }

  /** Marks below the high watermark, or below the start of the log, are known everywhere. */
  forgetTransactionsBefore(offset: number): void {
    if (this.#unreplicated.length === 0) return
    this.#unreplicated = this.#unreplicated.filter(({ lastOffset }) => lastOffset >= offset)
  }

  /** Forgets producers that wrote nothing for that long and have no open transaction. */
  expire(nowMs: number, expirationMs: number): void {
    for (const entry of this.all()) {
      if (!entry.isInTransaction && nowMs - entry.lastTimestamp >= expirationMs) {
        this.#entries?.delete(entry.producerId)
      }
    }
    this.verifications.expire(nowMs, expirationMs)
  }

  clear(): void {
    this.#entries = undefined
    this.#ongoing = undefined
    this.verifications.clear()
    this.#unreplicated = []
  }

  /** Starts from what a snapshot says, or a save point. */
  load(
    entries: readonly ProducerEntry[], unreplicated: readonly UnreplicatedTransaction[] = [],
  ): void {
    this.clear()
    this.#unreplicated = [...unreplicated]
    for (const entry of entries) this.#put(entry)
    this.#listOngoing()
  }

  /** The open transaction begins there, or nowhere: the log knows better than a snapshot. */
  correctTransaction(producerId: number, firstOffset: number = NONE): void {
    const entry = this.#entries?.get(producerId)
    if (entry === undefined) return
    entry.currentTransactionFirstOffset = firstOffset
    this.#listOngoing()
  }

  /** These are as they were when the log ended at the offset, where it ends again. */
  takeBack(before: ReadonlyMap<number, ProducerEntry | undefined>, endOffset: number): void {
    for (const [producerId, entry] of before) {
      if (entry === undefined) this.#entries?.delete(producerId)
      else this.#put(entry)
    }
    this.#unreplicated = this.#unreplicated.filter(({ lastOffset }) => lastOffset < endOffset)
    this.#listOngoing()
  }

  #listOngoing(): void {
    const open = [...this.all()].filter(({ isInTransaction }) => isInTransaction)
    open.sort((a, b) => a.currentTransactionFirstOffset - b.currentTransactionFirstOffset)
    this.#ongoing = undefined
    for (const { currentTransactionFirstOffset, producerId } of open) {
      this.#begun(currentTransactionFirstOffset, producerId)
    }
  }
}

function isOngoing(entry: ProducerEntry | undefined, epoch: number): boolean {
  return entry !== undefined && entry.isInTransaction && entry.epoch === epoch
}

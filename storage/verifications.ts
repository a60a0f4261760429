// Questions to the transaction coordinator that a log waits for: whether a producer's transaction
// includes its partition (KIP-890). Only what was asked for may begin a transaction in the log.

import { ApiError, Errors } from '../protocol/errors.ts'
import type { Batch } from '../protocol/records/batch.ts'

/** What is going to be written in a transaction. */
export interface TransactionStart {
  readonly producerId: number
  readonly producerEpoch: number
  /** Of the first batch; −1 for what has none. */
  readonly sequence: number
  /** The producer's epoch rises with every transaction, so each one begins at sequence 0. */
  readonly hasEpochBump: boolean
}

/**
 * One question. Every one is another object: the answer to an old question lets nothing into a
 * later transaction.
 */
export class Verification {
  readonly hasEpochBump: boolean
  readonly createdMs: number
  epoch: number
  /** Of the batches that asked: an answer to one lets no later one pass before it. */
  lowestSequence: number

  constructor({ producerEpoch, sequence, hasEpochBump }: TransactionStart, createdMs: number) {
    this.epoch = producerEpoch
    this.lowestSequence = sequence
    this.hasEpochBump = hasEpochBump
    this.createdMs = createdMs
  }

  take({ producerEpoch, sequence }: TransactionStart): void {
    if (producerEpoch === this.epoch) {
      this.lowestSequence = Math.min(this.lowestSequence, sequence)
    } else if (producerEpoch > this.epoch) {
      this.epoch = producerEpoch
      this.lowestSequence = sequence
    }
  }
}

export class Verifications {
  /** Made when it is needed: there are thousands of logs without a transaction. */
  #byProducer: Map<number, Verification> | undefined

  /** The question that is open for the producer already, or a new one. */
  begin(start: TransactionStart, nowMs: number): Verification {
    const byProducer = this.#byProducer ??= new Map()
    const known = byProducer.get(start.producerId)
    if (known !== undefined) {
      known.take(start)
      return known
    }
    const verification = new Verification(start, nowMs)
    byProducer.set(start.producerId, verification)
    return verification
  }

  isOpen(producerId: number, verification: Verification | undefined): boolean {
    return verification !== undefined && this.#byProducer?.get(producerId) === verification
  }

  /**
   * A batch that begins a transaction must not have overtaken what was sent before it. Throws
   * OUT_OF_ORDER_SEQUENCE_NUMBER.
   */
  checkFirst({ baseSequence, producerId }: Batch, isKnown: boolean, where: string): void {
    const verification = this.#byProducer?.get(producerId)
    if (verification === undefined) return
    if (verification.hasEpochBump && !isKnown && baseSequence !== 0) {
      throw new ApiError(Errors.OUT_OF_ORDER_SEQUENCE_NUMBER,
        `Invalid sequence number for ${where}: ${baseSequence} (incoming seq. number). Expected ` +
        'sequence 0 for transactions v2 idempotent producer with no existing state.')
    }
    if (baseSequence <= verification.lowestSequence) return
    throw new ApiError(Errors.OUT_OF_ORDER_SEQUENCE_NUMBER,
      `Out of order sequence number for ${where}: ${baseSequence} (incoming seq. number), ` +
      `${verification.lowestSequence} (earliest seen sequence)`)
  }

  /** The transaction is in the log: the next one asks anew. */
  begun(producerId: number): void {
    this.#byProducer?.delete(producerId)
  }

  /** The transaction has its mark. With a raised epoch the next one may have asked already. */
  ended(producerId: number, markEpoch: number): void {
    const verification = this.#byProducer?.get(producerId)
    const isOfNext = verification?.hasEpochBump === true && verification.epoch === markEpoch
    if (!isOfNext) this.#byProducer?.delete(producerId)
  }

  /** Forgets those that were never answered. */
  expire(nowMs: number, expirationMs: number): void {
    for (const [producerId, { createdMs }] of this.#byProducer ?? []) {
      if (nowMs - createdMs >= expirationMs) this.#byProducer?.delete(producerId)
    }
  }

  clear(): void {
    this.#byProducer = undefined
  }
}

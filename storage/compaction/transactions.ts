// What a walk through a log knows of its transactions: which batches belong to an aborted one, and
// which marks nobody needs any more.
//
// The batches have to be shown in the order of the log, from where the first of the aborted
// transactions may begin.

import type { Batch } from '../../protocol/records/batch.ts'
import { endMarkOf } from '../end-mark.ts'
import type { AbortedTransaction } from '../transaction-index.ts'

interface OpenAborted {
  readonly transaction: AbortedTransaction
  /** A batch of it is still in the log. */
  hasBatches: boolean
}

export class CleanedTransactions {
  /** By their first offset; those that begin further on wait here. */
  readonly #coming: AbortedTransaction[]
  #next = 0
  readonly #aborted = new Map<number, OpenAborted>()
  /** Producers of which batches were seen that are not of an aborted transaction. */
  readonly #committed = new Set<number>()
  readonly #keepAborted: (transaction: AbortedTransaction) => void

  /** `keepAborted` is told of each transaction of which batches are left, at its mark. */
  constructor(
    aborted: readonly AbortedTransaction[],
    keepAborted: (transaction: AbortedTransaction) => void = () => {},
  ) {
    this.#coming = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset)
    this.#keepAborted = keepAborted
  }

  /**
   * Takes in the next batch. True for one that tells nothing any more: data of an aborted
   * transaction, or the mark of one of which no data is left.
   */
  isObsolete(batch: Batch): boolean {
    this.#open(batch.lastOffset)
    if (batch.isControl) return this.#isMarkObsolete(batch)
    if (!batch.isTransactional) return false
    const open = this.#aborted.get(batch.producerId)
    if (open === undefined) {
      this.#committed.add(batch.producerId)
      return false
    }
    open.hasBatches = true
    return true
  }

  #open(lastOffset: number): void {
    for (; this.#next < this.#coming.length; this.#next++) {
      const transaction = this.#coming[this.#next]!
      if (transaction.firstOffset > lastOffset) return
      if (this.#aborted.has(transaction.producerId)) continue
      this.#aborted.set(transaction.producerId, { transaction, hasBatches: false })
    }
  }

  #isMarkObsolete(batch: Batch): boolean {
    // An earlier cleaning took the mark, and left the batch for its offset or its producer.
    if (batch.count === 0) return true
    const mark = endMarkOf(batch)
    if (mark === undefined) return false
    const { producerId } = batch
    if (!mark.isAborted) return !this.#committed.delete(producerId)
    const open = this.#aborted.get(producerId)
    this.#aborted.delete(producerId)
    if (open?.hasBatches !== true) return true
    this.#keepAborted(open.transaction)
    return false
  }
}

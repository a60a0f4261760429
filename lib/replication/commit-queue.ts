// Who waits for records of a partition to be written or committed, in the order of their offsets.

import type { ApiError } from '../../protocol/errors.ts'
import { Queue } from '../server/queue.ts'

/** Called once: without an error when the records are there for good. */
export type OnCommitted = (error?: ApiError) => void

interface Waiter {
  /** The offset that must be reached: one past the last record. */
  readonly offset: number
  readonly callback: OnCommitted
}

export class CommitQueue {
  readonly #waiters = new Queue<Waiter>()

  get length(): number {
    return this.#waiters.length
  }

  /** Offsets mostly rise; one that does not waits for those before it, never too short. */
  push(offset: number, callback: OnCommitted): void {
    this.#waiters.push({ offset, callback })
  }

  /** Lets those go whose offset is reached. */
  advance(offset: number): void {
    while (this.#waiters.first && this.#waiters.first.offset <= offset) {
      this.#waiters.shift()!.callback()
    }
  }

  fail(error: ApiError): void {
    // What a callback adds anew is not part of what failed.
    for (let left = this.#waiters.length; left > 0; left--) this.#waiters.shift()!.callback(error)
  }
}

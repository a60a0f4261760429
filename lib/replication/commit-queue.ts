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
  /** Nobody waits for a larger one. */
  #mostOffset = 0

  get length(): number {
    return this.#waiters.length
  }

  /** Offsets mostly rise; one that does not waits for those before it, never too short. */
  push(offset: number, callback: OnCommitted): void {
    this.#waiters.push({ offset, callback })
    this.#mostOffset = Math.max(this.#mostOffset, offset)
  }

  /** Lets those go whose offset is reached. */
  advance(offset: number): void {
    while (this.#waiters.first && this.#waiters.first.offset <= offset) {
      this.#waiters.shift()!.callback()
    }
  }

  /** What was staged behind the offset is gone: nobody gets it who waits for more. */
  failBeyond(offset: number, error: () => ApiError): void {
    if (this.#mostOffset <= offset) return
    this.#mostOffset = offset
    const reason = error()
    for (let left = this.#waiters.length; left > 0; left--) {
      const waiter = this.#waiters.shift()!
      if (waiter.offset <= offset) this.#waiters.push(waiter)
      else waiter.callback(reason)
    }
  }

  fail(error: ApiError): void {
    // What a callback adds anew is not part of what failed.
    for (let left = this.#waiters.length; left > 0; left--) this.#waiters.shift()!.callback(error)
  }
}

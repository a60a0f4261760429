// One turn of the event loop, in the order that makes answers honest: storage first, then replies.
//
// While a turn handles what the sockets brought, appends are only staged and answers only
// collected. At its end the two phases run, one after the other:
//   1. storage: every partition with staged bytes writes them (`onStorage`); high watermarks
//      advance, waiters fire, pending answers complete. What registers meanwhile still runs in it.
//   2. replies: every connection sends what it has collected (`onReplies`), in one write.
// So an answer leaves the process only after write(2) returned for what it acknowledges (invariant
// A4), and a partition with a thousand requests in a turn is written once. What phase 2 registers
// is for the next turn.

import type { Clock } from './clock.ts'

export class Turn {
  readonly #clock: Clock
  #storage: (() => void)[] = []
  #replies: (() => void)[] = []
  #isScheduled = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Runs in the storage phase of this turn. Register once per turn; `fn` must not throw. */
  onStorage(fn: () => void): void {
    this.#storage.push(fn)
    this.#schedule()
  }

  /** Runs in the reply phase of this turn, after all storage work. */
  onReplies(fn: () => void): void {
    this.#replies.push(fn)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#clock.afterTurn(() => this.#end())
  }

  #end(): void {
    try {
      for (let i = 0; i < this.#storage.length; i++) this.#storage[i]!()
    } finally {
      this.#storage = []
      const replies = this.#replies
      this.#replies = []
      this.#isScheduled = false
      for (const reply of replies) reply()
    }
  }
}

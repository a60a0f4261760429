// What answers of one connection wait: until the turn of the event loop that they were made in ends
// and they are handed to the system, and from then on until the system has taken them.

import type { Exchange } from '../server/exchange.ts'
import type { ApiStats, RequestStats } from './request-stats.ts'

interface Leaving {
  readonly stats: ApiStats
  readonly beganMs: number
  readonly sinceMs: number
}

export class AnswerTimes {
  readonly #stats: RequestStats
  /** Of this turn. */
  readonly #made: Exchange[] = []
  /** The system has not taken all of these: mostly there are none. */
  #leaving: Leaving[] = []

  constructor(stats: RequestStats) {
    this.#stats = stats
  }

  made(exchange: Exchange): void {
    this.#made.push(exchange)
  }

  /** What was made is handed to the system by `send`, which gives whether that has taken it all. */
  leave(send: () => boolean): void {
    const sinceMs = this.#made.length === 0 ? 0 : this.#stats.nowMs()
    const isOut = send()
    if (isOut) this.left()
    if (this.#made.length === 0) return
    const nowMs = this.#stats.nowMs()
    for (const exchange of this.#made) {
      const stats = this.#stats.of(exchange)
      // A version that is not served does not count.
      if (stats === undefined) continue
      const { beganMs, doneMs } = exchange
      stats.responseQueueMs.add(sinceMs - doneMs, nowMs)
      if (isOut) stats.left(beganMs, sinceMs, nowMs)
      else this.#leaving.push({ stats, beganMs, sinceMs })
    }
    this.#made.length = 0
  }

  /** The system has taken all that was sent, or never will. */
  left(): void {
    if (this.#leaving.length === 0) return
    const nowMs = this.#stats.nowMs()
    for (const { stats, beganMs, sinceMs } of this.#leaving) stats.left(beganMs, sinceMs, nowMs)
    this.#leaving = []
  }
}

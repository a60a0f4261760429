// Holds work to so many bytes a second, on average: as Kafka's cleaner counts, over a third of a
// second or more.

import type { Clock } from './world/clock.ts'

const WINDOW_MS = 300

export class Throttle {
  /** May change: what is resting rests on. */
  bytesPerSecond: number
  readonly #clock: Pick<Clock, 'monotonicMs'>
  #windowStartMs: number
  #bytes = 0

  constructor(bytesPerSecond: number, clock: Pick<Clock, 'monotonicMs'>) {
    this.bytesPerSecond = bytesPerSecond
    this.#clock = clock
    this.#windowStartMs = clock.monotonicMs()
  }

  /** Counts bytes; answers how long to rest before the next, 0 when that is not needed. */
  restMs(bytes: number): number {
    if (bytes === 0) return 0
    this.#bytes += bytes
    const nowMs = this.#clock.monotonicMs()
    const elapsedMs = nowMs - this.#windowStartMs
    if (elapsedMs < WINDOW_MS) return 0
    const restMs = Math.max(0, this.#bytes * 1000 / this.bytesPerSecond - elapsedMs)
    // The next window begins when the rest is over.
    this.#windowStartMs = nowMs + restMs
    this.#bytes = 0
    return restMs
  }
}

// How many connections come in a second, over some windows of time, as Kafka counts them: until all
// windows have been, the missing ones count as empty, so that a beginning may be fast.

import { type RateWindows, WindowedCount } from '../rate-windows.ts'

export class ConnectionRate {
  readonly #windows: RateWindows
  readonly #connections: WindowedCount

  constructor(windows: RateWindows) {
    this.#windows = windows
    this.#connections = new WindowedCount(windows)
  }

  /** Nothing was counted for so long that nothing is known any more. */
  isForgotten(nowMs: number): boolean {
    return this.#connections.elapsedMs(nowMs) === undefined
  }

  /** `count` of −1 takes one back. */
  record(nowMs: number, count = 1): void {
    this.#connections.add(count, nowMs)
  }

  /** How long nothing may come until the rate is so many a second again; a window at most. */
  waitMs(perSecond: number, nowMs: number): number {
    const { count, sizeMs } = this.#windows
    const elapsedMs = this.#connections.elapsedMs(nowMs) ?? 0
    // The window that is open counts for as long as it is.
    const spanMs = Math.max(elapsedMs, (count - 1) * sizeMs + elapsedMs % sizeMs, 1)
    const rate = this.#connections.sum(nowMs) * 1000 / spanMs
    if (rate <= perSecond) return 0
    return Math.min(Math.round((rate - perSecond) / perSecond * spanMs), sizeMs)
  }
}

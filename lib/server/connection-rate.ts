// How many connections come in a second, over some windows of time, as Kafka counts them: until all
// windows have been, the missing ones count as empty, so that a beginning may be fast.

export interface RateWindows {
  /** `quota.window.num` */
  readonly count: number
  /** `quota.window.size.seconds` */
  readonly sizeMs: number
}

interface Window {
  readonly startMs: number
  lastMs: number
  sum: number
}

export class ConnectionRate {
  readonly #options: RateWindows
  #windows: Window[] = []

  constructor(options: RateWindows) {
    this.#options = options
  }

  /** Nothing was counted for so long that nothing is known any more. */
  isForgotten(nowMs: number): boolean {
    this.#forgetOld(nowMs)
    return this.#windows.length === 0
  }

  /** `count` of −1 takes one back. */
  record(nowMs: number, count = 1): void {
    const last = this.#windows.at(-1)
    if (last === undefined || nowMs - last.startMs >= this.#options.sizeMs) {
      this.#windows.push({ startMs: nowMs, lastMs: nowMs, sum: count })
      return
    }
    last.sum += count
    last.lastMs = nowMs
  }

  /** How long nothing may come until the rate is so many a second again; a window at most. */
  waitMs(perSecond: number, nowMs: number): number {
    this.#forgetOld(nowMs)
    const { count, sizeMs } = this.#options
    const elapsedMs = nowMs - (this.#windows[0]?.startMs ?? nowMs)
    // The window that is open counts for as long as it is.
    const spanMs = Math.max(elapsedMs, (count - 1) * sizeMs + elapsedMs % sizeMs, 1)
    const rate = this.#windows.reduce((total, { sum }) => total + sum, 0) * 1000 / spanMs
    if (rate <= perSecond) return 0
    return Math.min(Math.round((rate - perSecond) / perSecond * spanMs), sizeMs)
  }

  #forgetOld(nowMs: number): void {
    const { count, sizeMs } = this.#options
    const oldestMs = nowMs - count * sizeMs
    if ((this.#windows[0]?.lastMs ?? Infinity) > oldestMs) return
    this.#windows = this.#windows.filter(({ lastMs }) => lastMs > oldestMs)
  }
}

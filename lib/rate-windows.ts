// What was counted over some windows of time, as Kafka's rates count: a window goes when nothing
// came in it for as long as all of them last.

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

export class WindowedCount {
  readonly #options: RateWindows
  #windows: Window[] = []

  constructor(options: RateWindows) {
    this.#options = options
  }

  /** All times are those of a clock that never goes back. A negative value takes some back. */
  add(value: number, nowMs: number): void {
    const last = this.#windows.at(-1)
    if (last === undefined || nowMs - last.startMs >= this.#options.sizeMs) {
      this.#windows.push({ startMs: nowMs, lastMs: nowMs, sum: value })
      return
    }
    last.sum += value
    last.lastMs = nowMs
  }

  sum(nowMs: number): number {
    this.#forgetOld(nowMs)
    return this.#windows.reduce((total, { sum }) => total + sum, 0)
  }

  /** Since the oldest window began; undefined when nothing is known any more. */
  elapsedMs(nowMs: number): number | undefined {
    this.#forgetOld(nowMs)
    const [first] = this.#windows
    return first === undefined ? undefined : nowMs - first.startMs
  }

  #forgetOld(nowMs: number): void {
    const { count, sizeMs } = this.#options
    const oldestMs = nowMs - count * sizeMs
    if ((this.#windows[0]?.lastMs ?? Infinity) > oldestMs) return
    this.#windows = this.#windows.filter(({ lastMs }) => lastMs > oldestMs)
  }
}

// The mean and the largest of what was measured lately, over windows of time as Kafka's Avg and Max
// have them: NaN where there was nothing.

/** `metrics.sample.window.ms` and `metrics.num.samples`, unless they are set otherwise. */
const WINDOW_MS = 30_000
const WINDOWS = 2

interface Window {
  readonly startMs: number
  count: number
  sum: number
  max: number
}

export class RecentValues {
  #windows: Window[] = []

  /** All times are those of a clock that never goes back. */
  add(value: number, nowMs: number): void {
    let last = this.#windows.at(-1)
    if (last === undefined || nowMs - last.startMs >= WINDOW_MS) {
      this.#windows = this.#recent(nowMs)
      this.#windows.push(last = { startMs: nowMs, count: 0, sum: 0, max: -Infinity })
    }
    last.count++
    last.sum += value
    last.max = Math.max(last.max, value)
  }

  mean(nowMs: number): number {
    const windows = this.#recent(nowMs)
    const count = windows.reduce((total, window) => total + window.count, 0)
    return windows.reduce((total, { sum }) => total + sum, 0) / count
  }

  max(nowMs: number): number {
    const max = this.#recent(nowMs).reduce((most, window) => Math.max(most, window.max), -Infinity)
    return max === -Infinity ? NaN : max
  }

  #recent(nowMs: number): Window[] {
    return this.#windows.filter(({ startMs }) => nowMs - startMs < WINDOWS * WINDOW_MS)
  }
}

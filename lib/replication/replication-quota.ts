// How fast the broker copies: bytes over some windows of time, as Kafka counts them. Until all
// windows have been, the missing ones count as empty, so that a beginning may be fast.

import type { Clock } from '../world/clock.ts'

export interface ReplicationQuotaOptions {
  /** `alter.log.dirs.replication.quota.window.num` */
  readonly windowCount: number
  readonly windowMs: number
  readonly clock: Pick<Clock, 'monotonicMs'>
}

interface Window {
  readonly startMs: number
  bytes: number
}

export class ReplicationQuota {
  readonly #options: ReplicationQuotaOptions
  #windows: Window[] = []

  constructor(options: ReplicationQuotaOptions) {
    this.#options = options
  }

  record(bytes: number): void {
    this.#forgetOld()
    const nowMs = this.#options.clock.monotonicMs()
    let last = this.#windows.at(-1)
    if (last === undefined || nowMs - last.startMs >= this.#options.windowMs) {
      last = { startMs: nowMs, bytes: 0 }
      this.#windows.push(last)
    }
    last.bytes += bytes
  }

  isExceeded(bytesPerSecond: number): boolean {
    this.#forgetOld()
    const [first] = this.#windows
    if (first === undefined) return false
    const { windowCount, windowMs, clock } = this.#options
    const sum = this.#windows.reduce((total, { bytes }) => total + bytes, 0)
    const elapsedMs = clock.monotonicMs() - first.startMs
    // The window that is open counts for as long as it is.
    const least = (windowCount - 1) * windowMs + elapsedMs % windowMs
    return sum * 1000 > bytesPerSecond * Math.max(elapsedMs, least)
  }

  #forgetOld(): void {
    const { windowCount, windowMs, clock } = this.#options
    const oldestMs = clock.monotonicMs() - windowCount * windowMs
    if ((this.#windows[0]?.startMs ?? Infinity) >= oldestMs) return
    this.#windows = this.#windows.filter(({ startMs }) => startMs >= oldestMs)
  }
}

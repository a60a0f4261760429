// How fast the broker copies: bytes over some windows of time, as Kafka counts replication (its
// SimpleRate): over the time that there are windows for, and one of them at least.

import { type RateWindows, WindowedCount } from '../rate-windows.ts'
import type { Clock } from '../world/clock.ts'

export interface ReplicationQuotaOptions {
  /** `alter.log.dirs.replication.quota.window.num` and `.size.seconds` */
  readonly windows: RateWindows
  readonly clock: Pick<Clock, 'monotonicMs'>
}

export class ReplicationQuota {
  readonly #options: ReplicationQuotaOptions
  readonly #bytes: WindowedCount

  constructor(options: ReplicationQuotaOptions) {
    this.#options = options
    this.#bytes = new WindowedCount(options.windows)
  }

  record(bytes: number): void {
    this.#bytes.add(bytes, this.#options.clock.monotonicMs())
  }

  isExceeded(bytesPerSecond: number): boolean {
    const { windows, clock } = this.#options
    const nowMs = clock.monotonicMs()
    const spanMs = Math.max(this.#bytes.elapsedMs(nowMs) ?? 0, windows.sizeMs)
    return this.#bytes.sum(nowMs) * 1000 > bytesPerSecond * spanMs
  }
}

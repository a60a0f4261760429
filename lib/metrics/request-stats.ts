// What requests take and how they end, by API: kept only where somebody watches the node.
//
// For each request some numbers are added to arrays, and the clock is asked two or three times: a
// quarter of a microsecond in all.

import type { Clock } from '../world/clock.ts'
import type { Exchange } from '../server/exchange.ts'
import type { Handler } from '../server/handler.ts'
import { type CodeCounter, codeCounter, type CountsByCode } from './error-codes.ts'
import { Quantiles } from './quantiles.ts'

/** All times in milliseconds. */
export class ApiStats {
  readonly name: string
  /** By version. */
  readonly requests: number[] = []
  readonly errors: CountsByCode = []
  readonly countErrors: CodeCounter | undefined
  /** From the last byte of a request to its answer, before that waits to be sent. */
  readonly totalMs: Quantiles
  /** What its handler worked before it had an answer, or waited for one. */
  readonly localMs: Quantiles
  /** What it waited for: writes, other members, more records. */
  readonly remoteMs: Quantiles
  readonly requestBytes: Quantiles

  constructor({ api }: Handler, nowMs: number) {
    this.name = api.name
    this.countErrors = codeCounter(api.response.shape)
    this.totalMs = new Quantiles(nowMs)
    this.localMs = new Quantiles(nowMs)
    this.remoteMs = new Quantiles(nowMs)
    this.requestBytes = new Quantiles(nowMs)
  }
}

export class RequestStats {
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #byKey: (ApiStats | undefined)[] = []

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock
  }

  /** Those that were asked for. */
  * all(): Generator<ApiStats> {
    for (const stats of this.#byKey) if (stats !== undefined) yield stats
  }

  begun(exchange: Exchange, sizeBytes: number): void {
    const nowMs = this.#clock.monotonicMs()
    const { handler } = exchange
    this.#byKey[handler.api.key] ??= new ApiStats(handler, nowMs)
    exchange.beganMs = nowMs
    exchange.sizeBytes = sizeBytes
  }

  /** Its handler has done what it can, and the answer comes later. */
  waits(exchange: Exchange): void {
    exchange.waitsSinceMs = this.#clock.monotonicMs()
  }

  answered(exchange: Exchange, response: object): void {
    const stats = this.#byKey[exchange.handler.api.key]!
    stats.countErrors?.(response, stats.errors)
  }

  /** As in Kafka a request counts once it has its answer. */
  done({ handler, apiVersion, sizeBytes, beganMs, waitsSinceMs }: Exchange): void {
    const nowMs = this.#clock.monotonicMs()
    const stats = this.#byKey[handler.api.key]!
    while (stats.requests.length <= apiVersion) stats.requests.push(0)
    stats.requests[apiVersion]!++
    stats.requestBytes.add(sizeBytes, nowMs)
    const localMs = (waitsSinceMs === 0 ? nowMs : waitsSinceMs) - beganMs
    stats.totalMs.add(nowMs - beganMs, nowMs)
    stats.localMs.add(localMs, nowMs)
    stats.remoteMs.add(Math.max(0, nowMs - beganMs - localMs), nowMs)
  }
}

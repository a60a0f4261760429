// What requests take and how they end, by API: kept only where somebody watches the node.
//
// For each request some numbers are added to arrays, and the clock is asked two or three times, and
// twice more for all that a connection answers in a turn: 0.25 to 0.4 microseconds in all.

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
  /** From the last byte of a request until the system has taken its answer. */
  readonly totalMs: Quantiles
  /** What its handler worked before it had an answer, or waited for one. */
  readonly localMs: Quantiles
  /** What it waited for: writes, other members, more records. */
  readonly remoteMs: Quantiles
  /** What its answer waited for the end of its turn. */
  readonly responseQueueMs: Quantiles
  /** From then on, until the system had taken the answer. */
  readonly responseSendMs: Quantiles
  readonly requestBytes: Quantiles

  constructor({ api }: Handler, nowMs: number) {
    this.name = api.name
    this.countErrors = codeCounter(api.response.shape)
    this.totalMs = new Quantiles(nowMs)
    this.localMs = new Quantiles(nowMs)
    this.remoteMs = new Quantiles(nowMs)
    this.responseQueueMs = new Quantiles(nowMs)
    this.responseSendMs = new Quantiles(nowMs)
    this.requestBytes = new Quantiles(nowMs)
  }

  /** An answer was handed to the system at `sinceMs`, and is taken. */
  left(beganMs: number, sinceMs: number, nowMs: number): void {
    this.responseSendMs.add(nowMs - sinceMs, nowMs)
    this.totalMs.add(nowMs - beganMs, nowMs)
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

  nowMs(): number {
    return this.#clock.monotonicMs()
  }

  /** Undefined for a request that did not count. */
  of({ handler, beganMs }: Exchange): ApiStats | undefined {
    return beganMs === 0 ? undefined : this.#byKey[handler.api.key]
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
  done(exchange: Exchange): void {
    const { handler, apiVersion, sizeBytes, beganMs, waitsSinceMs } = exchange
    const nowMs = exchange.doneMs = this.#clock.monotonicMs()
    const stats = this.#byKey[handler.api.key]!
    while (stats.requests.length <= apiVersion) stats.requests.push(0)
    stats.requests[apiVersion]!++
    stats.requestBytes.add(sizeBytes, nowMs)
    const localMs = (waitsSinceMs === 0 ? nowMs : waitsSinceMs) - beganMs
    // Else it counts when the answer has left.
    if (exchange.answer.length === 0) stats.totalMs.add(nowMs - beganMs, nowMs)
    stats.localMs.add(localMs, nowMs)
    stats.remoteMs.add(Math.max(0, nowMs - beganMs - localMs), nowMs)
  }
}

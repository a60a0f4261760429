// What a shard stands on in tests: virtual time, and a log in memory whose writes fail or wait.

import type { KeyValue, ShardClock, ShardLog, StoredRecord }
  from '../../../lib/coordinators/shard.ts'
import type { Later } from '../../../lib/server/later.ts'
import type { ApiError } from '../../../protocol/errors.ts'
import type { Logger } from '../../../storage/ports.ts'

export const silent: Logger = {
  error() {}, warn() {}, info() {}, debug() {}, child: () => silent,
}

export class VirtualClock implements ShardClock {
  #nowMs = 1_700_000_000_000
  #order = 0
  readonly #timers = new Set<{ atMs: number, order: number, fn: () => void }>()
  #turn: (() => void)[] = []

  nowMs(): number {
    return this.#nowMs
  }

  setTimer(delayMs: number, fn: () => void): { cancel(): void } {
    const timer = { atMs: this.#nowMs + delayMs, order: this.#order++, fn }
    this.#timers.add(timer)
    return { cancel: () => this.#timers.delete(timer) }
  }

  afterTurn(fn: () => void): void {
    this.#turn.push(fn)
  }

  endTurn(): void {
    while (this.#turn.length > 0) this.#turn.shift()!()
  }

  /** Lets time go by, firing timers in their order, a turn after each. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms
    for (;;) {
      const next = [...this.#timers].sort((a, b) => a.atMs - b.atMs || a.order - b.order)[0]
      if (next === undefined || next.atMs > untilMs) break
      this.#timers.delete(next)
      this.#nowMs = next.atMs
      next.fn()
      this.endTurn()
    }
    this.#nowMs = untilMs
  }
}

export class MemoryLog implements ShardLog {
  readonly stored: StoredRecord[] = []
  readonly batchSizes: number[] = []
  maxBatchSizeBytes = 1_000_000
  /** The next append throws this. */
  appendError: ApiError | undefined
  /** Nothing is committed before `commit` is called. */
  holdsCommits = false
  #waiting: ((error?: ApiError) => void)[] = []

  get endOffset(): number {
    return this.stored.length
  }

  append(records: readonly KeyValue[]): number {
    const error = this.appendError
    this.appendError = undefined
    if (error !== undefined) throw error
    this.batchSizes.push(records.length)
    for (const { key, value } of records) this.stored.push({ key, value, offset: this.endOffset })
    return this.endOffset
  }

  whenCommitted(_offset: number, callback: (error?: ApiError) => void): void {
    if (this.holdsCommits) this.#waiting.push(callback)
    else callback()
  }

  commit(error?: ApiError): void {
    for (const callback of this.#waiting.splice(0)) callback(error)
  }

  * records(): Generator<StoredRecord> {
    yield* this.stored
  }
}

/** What came of an answer: nothing yet, a value, or an error. */
export interface Outcome<T> {
  value?: T
  error?: unknown
}

export function outcomeOf<T>(later: Later<T>): Outcome<T> {
  const outcome: Outcome<T> = {}
  later.settle((value) => { outcome.value = value }, (error) => { outcome.error = error })
  return outcome
}

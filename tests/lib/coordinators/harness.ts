// What a shard stands on in tests: virtual time, and a log in memory whose writes fail or wait.

import type {
  EndMark, KeyValue, ShardClock, ShardLog, StoredMark, StoredRecord, TransactionalProducer,
} from '../../../lib/coordinators/shard.ts'
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
  readonly entries: (StoredRecord | StoredMark)[] = []
  readonly batchSizes: number[] = []
  maxBatchSizeBytes = 1_000_000
  /** The next append throws this. */
  appendError: ApiError | undefined
  /** Nothing is committed before `commit` is called. */
  holdsCommits = false
  #waiting: ((error?: ApiError) => void)[] = []

  /** Without marks. */
  get stored(): StoredRecord[] {
    return this.entries.filter((entry) => 'key' in entry)
  }

  get endOffset(): number {
    return this.entries.length
  }

  append(
    records: readonly KeyValue[], _nowMs?: number, producer?: TransactionalProducer,
  ): number {
    this.#failIfDue()
    this.batchSizes.push(records.length)
    const producerId = producer?.producerId ?? -1
    for (const { key, value } of records) {
      this.entries.push({ key, value, offset: this.endOffset, producerId })
    }
    return this.endOffset
  }

  appendMark({ producerId, isCommitted }: EndMark): number {
    this.#failIfDue()
    this.entries.push({ mark: { producerId, isCommitted } })
    return this.endOffset
  }

  #failIfDue(): void {
    const error = this.appendError
    this.appendError = undefined
    if (error !== undefined) throw error
  }

  whenCommitted(_offset: number, callback: (error?: ApiError) => void): void {
    if (this.holdsCommits) this.#waiting.push(callback)
    else callback()
  }

  commit(error?: ApiError): void {
    for (const callback of this.#waiting.splice(0)) callback(error)
  }

  * records(): Generator<StoredRecord | StoredMark> {
    yield* this.entries
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

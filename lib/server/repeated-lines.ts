// Log lines that clients can cause without end: the first of a kind at once, of those that follow
// the newest now and then, with their number.

import type { Logger } from '../../storage/ports.ts'
import type { Clock } from '../world/clock.ts'

/** Of each kind there are no more lines than one in so much time. */
const INTERVAL_MS = 10_000

type Level = 'error' | 'warn' | 'info'
type Fields = Record<string, unknown>

interface Kind {
  writtenMs: number
  /** Since then: how many, and the newest. */
  count: number
  write: () => void
}

export class RepeatedLines {
  readonly #logger: Logger
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #kinds = new Map<string, Kind>()

  constructor(logger: Logger, clock: Pick<Clock, 'monotonicMs'>) {
    this.#logger = logger
    this.#clock = clock
  }

  /** The kind is one of a few that the code has, never a text of a client's choosing. */
  log(level: Level, kind: string, message: string, fields: Fields): void {
    const known = this.#kinds.get(kind)
    if (known === undefined) {
      this.#logger[level](message, fields)
      this.#kinds.set(kind, { writtenMs: this.#clock.monotonicMs(), count: 0, write: () => {} })
      return
    }
    known.count++
    known.write = () => {
      const more = known.count === 1 ? '' : ` (and ${known.count - 1} more)`
      this.#logger[level](`${message}${more}`, fields)
    }
  }

  /** To be called about every second: writes what is due. */
  flush(): void {
    this.#flush(this.#clock.monotonicMs() - INTERVAL_MS)
  }

  /** Writes all that has not been told. */
  end(): void {
    this.#flush(Infinity)
  }

  #flush(latestMs: number): void {
    for (const [name, kind] of this.#kinds) {
      if (kind.writtenMs > latestMs) continue
      if (kind.count === 0) {
        this.#kinds.delete(name)
        continue
      }
      kind.write()
      kind.count = 0
      kind.writtenMs = this.#clock.monotonicMs()
    }
  }
}

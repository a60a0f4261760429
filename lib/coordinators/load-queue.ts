// Shards that replay their logs, one after the other and a slice a turn: a broker has many of them
// to load at its start, and answers other requests meanwhile.

import { RecentValues } from '../../controller/recent-values.ts'

/**
 * Goes on as long as `mayGoOn` allows, which it tells the size of each record; gives whether all is
 * done.
 */
export type Load = (mayGoOn: (sizeBytes: number) => boolean) => boolean

export interface LoadClock {
  afterTurn(fn: () => void): void
  monotonicMs(): number
}

// Both are a few milliseconds.
const TURN_RECORDS = 1000
const TURN_SIZE_BYTES = 512 * 1024

interface Loading {
  readonly load: Load
  beganMs: number | undefined
}

export class LoadQueue {
  /** What each took, from its first slice on. */
  readonly timesMs = new RecentValues()
  readonly #clock: LoadClock
  readonly #waiting: Loading[] = []
  /** Left of this turn. */
  #records = TURN_RECORDS
  #sizeBytes = TURN_SIZE_BYTES
  #isRunning = false
  #isScheduled = false

  constructor(clock: LoadClock) {
    this.#clock = clock
  }

  /** What is short is done when the call returns, unless others are before it. */
  add(load: Load): void {
    this.#waiting.push({ load, beganMs: undefined })
    this.#goOn()
  }

  #goOn(): void {
    if (this.#isRunning) return
    this.#isRunning = true
    try {
      while (this.#waiting.length > 0 && this.#hasRoom) {
        const first = this.#waiting[0]!
        first.beganMs ??= this.#clock.monotonicMs()
        if (!first.load(this.#count)) break
        this.#waiting.shift()
        const nowMs = this.#clock.monotonicMs()
        this.timesMs.add(nowMs - first.beganMs, nowMs)
      }
    } finally {
      this.#isRunning = false
    }
    this.#schedule()
  }

  readonly #count = (sizeBytes: number): boolean => {
    this.#records--
    this.#sizeBytes -= sizeBytes
    return this.#hasRoom
  }

  get #hasRoom(): boolean {
    return this.#records > 0 && this.#sizeBytes > 0
  }

  /** Also where nobody waits: the next one may come in this turn. */
  #schedule(): void {
    const isFresh = this.#records === TURN_RECORDS && this.#sizeBytes === TURN_SIZE_BYTES
    if (this.#isScheduled || isFresh) return
    this.#isScheduled = true
    this.#clock.afterTurn(() => {
      this.#isScheduled = false
      this.#records = TURN_RECORDS
      this.#sizeBytes = TURN_SIZE_BYTES
      this.#goOn()
    })
  }
}

// Shards that replay their logs, one after the other and a slice a turn: a broker has many of them
// to load at its start, and answers other requests meanwhile.

/**
 * Goes on as long as `mayGoOn` allows, which it tells the size of each record; gives whether all is
 * done.
 */
export type Load = (mayGoOn: (sizeBytes: number) => boolean) => boolean

// Both are a few milliseconds.
const TURN_RECORDS = 1000
const TURN_SIZE_BYTES = 512 * 1024

export class LoadQueue {
  readonly #afterTurn: (fn: () => void) => void
  readonly #waiting: Load[] = []
  /** Left of this turn. */
  #records = TURN_RECORDS
  #sizeBytes = TURN_SIZE_BYTES
  #isRunning = false
  #isScheduled = false

  constructor(clock: { afterTurn(fn: () => void): void }) {
    this.#afterTurn = (fn) => clock.afterTurn(fn)
  }

  /** What is short is done when the call returns, unless others are before it. */
  add(load: Load): void {
    this.#waiting.push(load)
    this.#goOn()
  }

  #goOn(): void {
    if (this.#isRunning) return
    this.#isRunning = true
    try {
      while (this.#waiting.length > 0 && this.#hasRoom) {
        if (!this.#waiting[0]!(this.#count)) break
        this.#waiting.shift()
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
    this.#afterTurn(() => {
      this.#isScheduled = false
      this.#records = TURN_RECORDS
      this.#sizeBytes = TURN_SIZE_BYTES
      this.#goOn()
    })
  }
}

// A bound on the bytes that many hold together, and those who wait until some are given back.

export class Budget {
  readonly #limitBytes: number
  #usedBytes = 0
  readonly #waiting = new Set<() => void>()

  /** Infinity: there is no bound. */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  get freeBytes(): number {
    return Math.max(0, this.#limitBytes - this.#usedBytes)
  }

  get isExhausted(): boolean {
    return this.#usedBytes >= this.#limitBytes
  }

  /** Whether somebody waits. */
  get isAwaited(): boolean {
    return this.#waiting.size > 0
  }

  /**
   * Takes them, even where fewer are left: asking before is up to the caller. As in Kafka's pool
   * of request memory the last one gets all that he needs, or a large request would never find
   * room beside small ones.
   */
  take(sizeBytes: number): void {
    this.#usedBytes += sizeBytes
  }

  giveBack(sizeBytes: number): void {
    this.#usedBytes -= sizeBytes
    if (this.#waiting.size > 0) this.#wake()
  }

  /** Calls back once, when there are bytes again; a function that waits already waits once. */
  whenFree(fn: () => void): void {
    this.#waiting.add(fn)
  }

  forget(fn: () => void): void {
    this.#waiting.delete(fn)
  }

  /** In the order they came, as long as there is something left for the next. */
  #wake(): void {
    for (const fn of this.#waiting) {
      if (this.isExhausted) return
      this.#waiting.delete(fn)
      fn()
    }
  }
}

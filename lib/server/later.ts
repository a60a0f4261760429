// A pending answer without a promise: completed from a callback, delivered in the same turn.

export class Later<T> {
  #state: 'pending' | 'complete' | 'failed' = 'pending'
  #value: T | undefined
  #error: unknown
  #deliver: ((value: T) => void) | undefined
  #reject: ((error: unknown) => void) | undefined

  /**
   * Gives the answer. Only the first of `complete` and `fail` counts: a time-out may race the
   * event.
   */
  complete(value: T): void {
    if (this.#state !== 'pending') return
    this.#state = 'complete'
    this.#value = value
    this.#deliver?.(value)
  }

  fail(error: unknown): void {
    if (this.#state !== 'pending') return
    this.#state = 'failed'
    this.#error = error
    this.#reject?.(error)
  }

  /**
   * For the server: called once, with what to do when it is there (at once, if it is there
   * already).
   */
  settle(deliver: (value: T) => void, reject: (error: unknown) => void): void {
    if (this.#state === 'complete') deliver(this.#value as T)
    else if (this.#state === 'failed') reject(this.#error)
    else {
      this.#deliver = deliver
      this.#reject = reject
    }
  }
}

// Ctrl-C, and readers that go away: what ends a command that would go on and on.

import { constants } from 'node:os'
import type { Terminal } from './terminal.ts'

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/**
 * For commands that ask for it the first signal is a request to end in order; the second ends the
 * process as it stands, and so does the first where nobody asks.
 */
export class Interruption {
  readonly #controller = new AbortController()
  readonly #abort = () => {
    // From here on a signal does what it does to any process.
    this.#unwatch()
    this.#controller.abort()
  }
  /** What the system does to any process but the first of a container. */
  readonly #endProcess = (signal: (typeof SIGNALS)[number]) => {
    if (!this.#isWatching || this.isAborted) process.exit(128 + constants.signals[signal])
  }

  #isWatching = false

  /** A reader that has gone ends all at once where nobody watches, or asks to end, too. */
  constructor(terminal: Terminal) {
    if (process.pid === 1) for (const signal of SIGNALS) process.on(signal, this.#endProcess)
    terminal.onOutputLost((failure) => {
      if (this.#isWatching) this.#abort()
      // A failure is told when the command has done what it has to.
      else if (failure === undefined) process.exit(0)
    })
  }

  /** From now on signals abort it; whoever calls this promises to look at it. */
  watch(): AbortSignal {
    if (!this.#isWatching) for (const signal of SIGNALS) process.once(signal, this.#abort)
    this.#isWatching = true
    return this.#controller.signal
  }

  get isAborted(): boolean {
    return this.#controller.signal.aborted
  }

  end(): void {
    this.#unwatch()
    for (const signal of SIGNALS) process.off(signal, this.#endProcess)
  }

  #unwatch(): void {
    for (const signal of SIGNALS) process.off(signal, this.#abort)
  }
}

/** What the work gives, or undefined as soon as it is aborted; nothing of it is kept longer. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => resolve(undefined)
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    const end = (): void => signal.removeEventListener('abort', onAbort)
    work.then((value) => {
      end()
      resolve(value)
    }, (error: unknown) => {
      end()
      reject(error as Error)
    })
  })
}

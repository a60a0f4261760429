// Ctrl-C, and readers that go away: what ends a command that would go on and on.

import type { Terminal } from './terminal.ts'

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/**
 * For commands that ask for it the first signal is a request to end in order; the second ends the
 * process as it stands, and so does the first where nobody asks.
 */
export class Interruption {
  readonly #controller = new AbortController()
  readonly #abort = () => this.#controller.abort()
  #isWatching = false

  /** A reader that has gone ends all at once where nobody watches, or asks to end, too. */
  constructor(terminal: Terminal) {
    terminal.onReaderGone(() => {
      if (!this.#isWatching) process.exit(0)
      this.#abort()
    })
  }

  get signal(): AbortSignal {
    if (!this.#isWatching) for (const signal of SIGNALS) process.once(signal, this.#abort)
    this.#isWatching = true
    return this.#controller.signal
  }

  get isAborted(): boolean {
    return this.#controller.signal.aborted
  }

  end(): void {
    for (const signal of SIGNALS) process.off(signal, this.#abort)
  }
}

// How far a long work is, in a line that is written over, for whoever watches.

import type { Session } from './session.ts'

const TELL_EVERY_MS = 200

export class Progress {
  readonly #session: Session
  #toldMs = 0

  constructor(session: Session) {
    this.#session = session
  }

  /** Not more often than somebody can read it. */
  tell(text: string): void {
    const nowMs = this.#session.clock.monotonicMs()
    if (nowMs - this.#toldMs < TELL_EVERY_MS) return
    this.#toldMs = nowMs
    this.#session.output.progress(text)
  }
}

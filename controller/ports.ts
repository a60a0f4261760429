// The ports the controller needs from the world: time, timers and randomness.

/** Structurally a part of lib's Clock. */
export interface Timers {
  /** Milliseconds since 1970: written into records, never used for liveness. */
  nowMs(): number
  /** Milliseconds from an arbitrary start, never going back. */
  monotonicMs(): number
  setTimer(delayMs: number, fn: () => void): { cancel(): void }
  /** Runs at the end of this turn, after what has already arrived was handled. */
  afterTurn(fn: () => void): void
}

/** Structurally a part of lib's Random. */
export interface Randomness {
  /** 22 characters of URL-safe base 64. */
  uuid(): string
  /** Evenly from 0 to `maxExclusive` − 1. */
  integer(maxExclusive: number): number
}

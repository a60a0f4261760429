// The clock of a node: wall time for what is written down, monotonic time for what must not jump,
// and timers.

import { performance } from 'node:perf_hooks'

export interface Timer {
  cancel(): void
}

export interface Clock {
  /** Milliseconds since 1970: for timestamps, never for liveness. */
  nowMs(): number
  /** Milliseconds from an arbitrary start, never going back: for sessions, lag and time-outs. */
  monotonicMs(): number
  setTimer(delayMs: number, fn: () => void): Timer
  /** Runs at the end of this turn of the event loop, after what has already arrived was handled. */
  afterTurn(fn: () => void): void
}

/** Lets others in: resolves at the end of this turn. */
export function nextTurn(clock: Pick<Clock, 'afterTurn'>): Promise<void> {
  return new Promise((resolve) => { clock.afterTurn(resolve) })
}

// Node's timers hold their delay in 31 bits; a longer one would fire at once.
const LONGEST_DELAY_MS = 0x7fffffff

/** The machine's own clock. A timer keeps the process alive until it is cancelled. */
export function systemClock(): Clock {
  return {
    nowMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    setTimer(delayMs, fn) {
      const timeout = setTimeout(fn, Math.min(Math.max(delayMs, 0), LONGEST_DELAY_MS))
      return { cancel: () => clearTimeout(timeout) }
    },
    afterTurn(fn) {
      setImmediate(fn)
    },
  }
}

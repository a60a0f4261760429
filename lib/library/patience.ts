// What a client does about errors that pass by themselves: it tries again, for a while.

import { Errors } from '../../protocol/errors.ts'
import type { Clock } from '../world/clock.ts'
import { KafkaError } from './errors.ts'

const PATIENCE_MS = 10_000
const RETRY_MS = 2

/** What a node says of logs that it is about to open. */
const PASSING: ReadonlySet<number> = new Set([
  Errors.NOT_LEADER_OR_FOLLOWER, Errors.LEADER_NOT_AVAILABLE,
])

export function isPassing(errorCode: number): boolean {
  return PASSING.has(errorCode)
}

/** Resolves after a moment. */
export function pause(clock: Pick<Clock, 'setTimer'>): Promise<void> {
  return new Promise((resolve) => { clock.setTimer(RETRY_MS, resolve) })
}

/** Tries until it gets something else than an error that passes, or has waited for long. */
export async function patiently<T>(clock: Clock, work: () => Promise<T>): Promise<T> {
  const endMs = clock.monotonicMs() + PATIENCE_MS
  for (;;) {
    try {
      return await work()
    } catch (error) {
      const passes = error instanceof KafkaError && isPassing(error.errorCode)
      if (!passes || clock.monotonicMs() >= endMs) throw error
    }
    await pause(clock)
  }
}

// A step of the quorum under construction, and the small moves that all roles share.

import type { RaftEffect } from './events.ts'
import type { RaftState } from './state.ts'

/** `state` is replaced and `effects` grows while an event is taken in. */
export interface Stepping<R> {
  state: RaftState
  readonly effects: RaftEffect<R>[]
  readonly nowMs: number
}

/**
 * Between one and two election time-outs from now, so that voters rarely stand at the same time.
 */
export function electionTimeout<R>(stepping: Stepping<R>): number {
  const { state, nowMs } = stepping
  // A linear congruential generator with the constants of Numerical Recipes.
  const seed = (Math.imul(state.seed, 1664525) + 1013904223) >>> 0
  stepping.state = { ...state, seed }
  const { electionTimeoutMs } = state.settings
  return nowMs + electionTimeoutMs + Math.floor(seed / 2 ** 32 * electionTimeoutMs)
}

/**
 * Moves to an epoch, leader and vote, and has them written when they differ from what is written.
 */
export function enter<R>(
  stepping: Stepping<R>, epoch: number, leaderId: number, votedId: number,
): void {
  const { state } = stepping
  if (epoch < state.epoch) throw new Error(`epoch ${epoch} after ${state.epoch}`)
  if (epoch === state.epoch && leaderId === state.leaderId && votedId === state.votedId) return
  if (state.role.name === 'leader') {
    stepping.effects.push({ type: 'deposed', epoch: state.epoch })
    for (const { from, requestId } of state.role.parked) {
      stepping.effects.push({
        type: 'respond', to: from, requestId,
        response: { type: 'fetch', error: 'notLeader', epoch, leaderId, highWatermark: -1 },
      })
    }
  }
  stepping.state = { ...state, epoch, leaderId, votedId }
  stepping.effects.push({ type: 'persist', state: { epoch, leaderId, votedId } })
}

export function commitUpTo<R>(stepping: Stepping<R>, highWatermark: number): void {
  if (highWatermark <= stepping.state.highWatermark) return
  stepping.state = { ...stepping.state, highWatermark }
  stepping.effects.push({ type: 'commit', highWatermark })
}

// The Raft step function, as Kafka has it (KIP-595): followers fetch, leaders are told of progress
// by it.
//
// Pure: `step(state, event, nowMs)` gives the next state and the effects to be carried out, in
// order. No I/O, no clock, no randomness of its own. Left for later: pre-vote (KIP-996), changing
// the voters (KIP-853) and snapshots between nodes (KIP-630).

import { becomeCandidate, onVote, onVoteResponse, resignedElection } from './election.ts'
import type { RaftEffect, RaftEvent, RaftRequest, RaftResponse } from './events.ts'
import {
  becomeLeader, leaderTick, onFetch, onFlushed, onPropose, onResign,
} from './leader.ts'
import { follow, followerTick, onEndQuorumEpoch, onFetchResponse } from './follower.ts'
import { isVoter, NONE, type RaftState } from './state.ts'
import { electionTimeout, type Stepping } from './stepping.ts'

export interface StepResult<R> {
  readonly state: RaftState
  readonly effects: readonly RaftEffect<R>[]
}

/** Takes one event; `nowMs` is monotonic time. */
export function step<R>(state: RaftState, event: RaftEvent<R>, nowMs: number): StepResult<R> {
  const stepping: Stepping<R> = { state, effects: [], nowMs }
  take(stepping, event)
  return { state: stepping.state, effects: stepping.effects }
}

/** When a `tick` is due; Infinity: only when something else happens. */
export function nextTimeoutMs({ role }: RaftState): number {
  switch (role.name) {
    case 'follower': return Math.min(role.electionAtMs, role.fetchAtMs)
    case 'leader':
      return Math.min(
        role.resignAtMs, role.unaware.size > 0 ? role.announceAtMs : Infinity,
        ...role.parked.map(({ untilMs }) => untilMs))
    default: return role.electionAtMs
  }
}

function take<R>(stepping: Stepping<R>, event: RaftEvent<R>): void {
  switch (event.type) {
    case 'start': return start(stepping)
    case 'tick': return tick(stepping)
    case 'propose': return onPropose(stepping, event.records, event.count)
    case 'flushed': return onFlushed(stepping, event.endOffset)
    case 'request': return onRequest(stepping, event.from, event.requestId, event.request)
    case 'response': return onResponse(stepping, event.from, event.response)
    case 'unanswered': {
      const { state, nowMs } = stepping
      if (event.request === 'fetch' && state.role.name === 'follower') {
        const fetchAtMs = nowMs + state.settings.retryBackoffMs
        stepping.state = { ...state, role: { ...state.role, fetchAtMs } }
      }
      return
    }
    case 'resign': return onResign(stepping)
  }
}

function start<R>(stepping: Stepping<R>): void {
  const { state } = stepping
  const { nodeId, voters } = state.settings
  if (voters.length === 1 && voters[0] === nodeId) {
    // Nobody to ask. Always a new epoch: what the last run wrote in its epoch may be lost
    // (KAFKA-10527).
    becomeLeader(stepping, state.epoch + 1, [nodeId])
    return
  }
  if (state.leaderId === nodeId) {
    resignedElection(stepping)
  } else if (state.leaderId !== NONE) {
    follow(stepping, state.epoch, state.leaderId)
  } else {
    const electionAtMs = electionTimeout(stepping)
    stepping.state = { ...stepping.state, role: { name: 'unattached', electionAtMs } }
  }
}

function tick<R>(stepping: Stepping<R>): void {
  const { state: { role, settings }, nowMs } = stepping
  if (role.name === 'leader') return leaderTick(stepping)
  if (nowMs >= role.electionAtMs) {
    if (isVoter(stepping.state, settings.nodeId)) becomeCandidate(stepping)
    return
  }
  if (role.name === 'follower') followerTick(stepping)
}

function onRequest<R>(
  stepping: Stepping<R>, from: number, requestId: number, request: RaftRequest,
): void {
  const answer = (response: RaftResponse<R>): void => {
    stepping.effects.push({ type: 'respond', to: from, requestId, response })
  }
  switch (request.type) {
    case 'vote': return answer(onVote(stepping, request))
    case 'beginQuorumEpoch': {
      const { state } = stepping
      const isKnown = isVoter(state, request.leaderId)
      const error = !isKnown ? 'inconsistentVoterSet' as const
        : request.epoch < state.epoch ? 'fencedLeaderEpoch' as const : 'none' as const
      if (error === 'none') follow(stepping, request.epoch, request.leaderId)
      const { epoch, leaderId } = stepping.state
      return answer({ type: 'beginQuorumEpoch', error, epoch, leaderId })
    }
    case 'endQuorumEpoch': return answer(onEndQuorumEpoch(stepping, request))
    case 'fetch': return onFetch(stepping, from, requestId, request)
  }
}

function onResponse<R>(stepping: Stepping<R>, from: number, response: RaftResponse<R>): void {
  const { state } = stepping
  if (response.epoch > state.epoch) {
    // News of an epoch: whatever was asked is void. Its leader may be known already.
    follow(stepping, response.epoch, response.leaderId)
    return
  }
  if (response.type === 'vote') return onVoteResponse(stepping, from, response)
  if (response.type === 'fetch') return onFetchResponse(stepping, response)
}

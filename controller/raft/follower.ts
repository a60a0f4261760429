// What a follower does: fetches, truncates where it went another way, flushes, fetches on.

import type { RaftRequest, RaftResponse } from './events.ts'
import { appendedLog, endOfEpoch, isVoter, lastEpoch, NONE, truncatedLog } from './state.ts'
import { commitUpTo, electionTimeout, enter, type Stepping } from './stepping.ts'

type EndQuorumEpoch = Extract<RaftRequest, { type: 'endQuorumEpoch' }>
type FetchResponse<R> = Extract<RaftResponse<R>, { type: 'fetch' }>

/** Takes in who leads `epoch`; NONE: nobody known, so wait for word or for an election. */
export function follow<R>(stepping: Stepping<R>, epoch: number, leaderId: number): void {
  const { role } = stepping.state
  const isNew = epoch > stepping.state.epoch
  if (leaderId === NONE || leaderId === stepping.state.settings.nodeId) {
    if (!isNew) return
    enter(stepping, epoch, NONE, NONE)
    const electionAtMs = electionTimeout(stepping)
    stepping.state = { ...stepping.state, role: { name: 'unattached', electionAtMs } }
    return
  }
  if (!isNew && role.name === 'follower') return
  // A leader of the same epoch beside this one cannot be (C2); a resigned one stays out of its
  // epoch.
  if (!isNew && (role.name === 'leader' || role.name === 'resigned')) return
  enter(stepping, epoch, leaderId, isNew ? NONE : stepping.state.votedId)
  const { state, nowMs } = stepping
  const electionAtMs = nowMs + state.settings.fetchTimeoutMs
  const isFlushed = state.log.flushedOffset === state.log.endOffset
  stepping.state = {
    ...state, role: { name: 'follower', electionAtMs, fetchAtMs: isFlushed ? nowMs : Infinity },
  }
  if (!isFlushed) stepping.effects.push({ type: 'flush', endOffset: state.log.endOffset })
  followerTick(stepping)
}

export function followerTick<R>(stepping: Stepping<R>): void {
  const { state, nowMs } = stepping
  if (state.role.name !== 'follower' || nowMs < state.role.fetchAtMs) return
  stepping.state = { ...state, role: { ...state.role, fetchAtMs: Infinity } }
  stepping.effects.push({
    type: 'send', to: state.leaderId,
    request: {
      type: 'fetch', epoch: state.epoch, replicaId: state.settings.nodeId,
      fetchOffset: state.log.endOffset, lastFetchedEpoch: lastEpoch(state.log),
    },
  })
}

export function onFetchResponse<R>(stepping: Stepping<R>, response: FetchResponse<R>): void {
  const { state, nowMs } = stepping
  if (state.role.name !== 'follower' || response.epoch !== state.epoch) return
  const { settings } = state
  if (response.error !== 'none') {
    const fetchAtMs = nowMs + settings.retryBackoffMs
    stepping.state = { ...state, role: { ...state.role, fetchAtMs } }
    return
  }
  const role = { ...state.role, electionAtMs: nowMs + settings.fetchTimeoutMs }
  stepping.state = { ...state, role: { ...role, fetchAtMs: nowMs } }
  if (response.diverging) return truncate(stepping, response.diverging)
  const { fetched } = response
  if (fetched && fetched.endOffset > state.log.endOffset) {
    stepping.state = {
      ...state, role: { ...role, fetchAtMs: Infinity },
      log: appendedLog(state.log, fetched.epochs, fetched.endOffset),
    }
    stepping.effects.push(
      { type: 'appendFetched', records: fetched.records },
      { type: 'flush', endOffset: fetched.endOffset })
  }
  commitUpTo(stepping, Math.min(response.highWatermark, stepping.state.log.endOffset))
  followerTick(stepping)
}

function truncate<R>(
  stepping: Stepping<R>, diverging: { readonly epoch: number, readonly endOffset: number },
): void {
  const { state } = stepping
  const ours = endOfEpoch(state.log, diverging.epoch)
  const endOffset = Math.min(ours.endOffset, diverging.endOffset)
  // What is committed is on a majority, and so in the log of every leader to come (C8).
  if (endOffset < state.highWatermark) {
    throw new Error(`truncation to ${endOffset}, below the high watermark ${state.highWatermark}`)
  }
  stepping.state = { ...state, log: truncatedLog(state.log, endOffset) }
  stepping.effects.push({ type: 'truncate', endOffset })
  followerTick(stepping)
}

/** The leader says that it goes: the one with the most of the log stands first. */
export function onEndQuorumEpoch<R>(
  stepping: Stepping<R>, request: EndQuorumEpoch,
): RaftResponse<R> {
  const { state, nowMs } = stepping
  const error = !isVoter(state, request.leaderId) ? 'inconsistentVoterSet' as const
    : request.epoch < state.epoch ? 'fencedLeaderEpoch' as const : 'none' as const
  if (error === 'none') {
    if (request.epoch > state.epoch) follow(stepping, request.epoch, request.leaderId)
    const { role, settings } = stepping.state
    const rank = request.preferredSuccessors.indexOf(settings.nodeId)
    if (role.name === 'follower' && rank >= 0) {
      const electionAtMs = nowMs + rank * Math.floor(settings.electionTimeoutMs / 2)
      stepping.state = { ...stepping.state, role: { ...role, electionAtMs } }
    }
  }
  const { epoch, leaderId } = stepping.state
  return { type: 'endQuorumEpoch', error, epoch, leaderId }
}

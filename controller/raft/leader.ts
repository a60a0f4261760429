// What a leader does: appends, counts what the voters have fetched, commits, and resigns without a
// majority.

import type { RaftRequest, RaftResponse } from './events.ts'
import {
  appendedLog, endOfEpoch, isVoter, majority, NONE, type Progress, type RaftState,
} from './state.ts'
import { commitUpTo, electionTimeout, enter, type Stepping } from './stepping.ts'

type Fetch = Extract<RaftRequest, { type: 'fetch' }>
type FetchResponse<R> = Extract<RaftResponse<R>, { type: 'fetch' }>
type LeaderRole = Extract<RaftState['role'], { name: 'leader' }>

/** Takes the lead of `epoch`: the election is won, or there is nobody else. */
export function becomeLeader<R>(
  stepping: Stepping<R>, epoch: number, grantingVoters: readonly number[],
): void {
  const { nodeId, voters, fetchTimeoutMs } = stepping.state.settings
  enter(stepping, epoch, nodeId, NONE)
  const { state, nowMs } = stepping
  const epochStartOffset = state.log.endOffset
  const others = voters.filter((id) => id !== nodeId)
  stepping.state = {
    ...state,
    log: appendedLog(
      state.log, [{ epoch, startOffset: epochStartOffset }], epochStartOffset + 1),
    role: {
      name: 'leader', epochStartOffset, progress: new Map(), unaware: new Set(others),
      announceAtMs: nowMs,
      resignAtMs: others.length === 0 ? Infinity : nowMs + resignTimeout(fetchTimeoutMs),
      parked: [],
    },
  }
  stepping.effects.push(
    { type: 'appendLeaderChange', epoch, baseOffset: epochStartOffset, grantingVoters },
    { type: 'flush', endOffset: epochStartOffset + 1 },
    { type: 'elected', epoch })
  announce(stepping)
}

// Half as long again as a follower's patience, so that the follower moves first (KIP-835).
function resignTimeout(fetchTimeoutMs: number): number {
  return Math.floor(fetchTimeoutMs * 1.5)
}

function leaderOf<R>(stepping: Stepping<R>): LeaderRole | undefined {
  const { role } = stepping.state
  return role.name === 'leader' ? role : undefined
}

function update<R>(stepping: Stepping<R>, change: Partial<LeaderRole>): void {
  const role = leaderOf(stepping)
  if (role) stepping.state = { ...stepping.state, role: { ...role, ...change } }
}

function announce<R>(stepping: Stepping<R>): void {
  const role = leaderOf(stepping)
  if (!role || role.unaware.size === 0) return
  const { epoch, settings: { nodeId, fetchTimeoutMs } } = stepping.state
  for (const to of role.unaware) {
    const request = { type: 'beginQuorumEpoch', epoch, leaderId: nodeId } as const
    stepping.effects.push({ type: 'send', to, request })
  }
  update(stepping, { announceAtMs: stepping.nowMs + Math.floor(fetchTimeoutMs / 2) })
}

export function leaderTick<R>(stepping: Stepping<R>): void {
  const role = leaderOf(stepping)
  if (!role) return
  const { nowMs } = stepping
  if (nowMs >= role.resignAtMs) return resign(stepping)
  if (nowMs >= role.announceAtMs) announce(stepping)
  answerParked(stepping, ({ untilMs }) => nowMs >= untilMs)
}

export function onPropose<R>(stepping: Stepping<R>, records: R, count: number): void {
  if (!leaderOf(stepping)) return
  const { state } = stepping
  const { epoch, log: { endOffset: baseOffset } } = state
  const endOffset = baseOffset + count
  stepping.state = { ...state, log: { ...state.log, endOffset } }
  stepping.effects.push(
    { type: 'append', epoch, baseOffset, records }, { type: 'flush', endOffset })
  answerParked(stepping, () => true)
}

export function onFlushed<R>(stepping: Stepping<R>, endOffset: number): void {
  const { state, nowMs } = stepping
  // A truncation may have come in between: what is gone is not on the disk.
  const flushedOffset = Math.max(state.log.flushedOffset, Math.min(endOffset, state.log.endOffset))
  stepping.state = { ...state, log: { ...state.log, flushedOffset } }
  if (state.role.name === 'leader') return advance(stepping)
  if (state.role.name === 'follower' && flushedOffset === state.log.endOffset) {
    stepping.state = { ...stepping.state, role: { ...state.role, fetchAtMs: nowMs } }
  }
}

/**
 * The high watermark: what a majority of the voters has on its disk, once that reaches into this
 * epoch.
 */
function advance<R>(stepping: Stepping<R>): void {
  const role = leaderOf(stepping)
  if (!role) return
  const { state } = stepping
  const ends = state.settings.voters.map((id) => id === state.settings.nodeId
    ? state.log.flushedOffset : role.progress.get(id)?.endOffset ?? NONE)
  const reached = ends.sort((a, b) => b - a)[majority(state) - 1]!
  if (reached > role.epochStartOffset) commitUpTo(stepping, reached)
}

/**
 * A replica, voter or observer, asks for records: tells what it has, and waits when there is
 * nothing new.
 */
export function onFetch<R>(
  stepping: Stepping<R>, from: number, requestId: number, request: Fetch,
): void {
  const { state, nowMs } = stepping
  const { epoch, leaderId } = state
  const role = leaderOf(stepping)
  const error = request.epoch < epoch ? 'fencedLeaderEpoch' as const
    : request.epoch > epoch ? 'unknownLeaderEpoch' as const
    : role ? undefined : 'notLeader' as const
  if (error !== undefined || !role) {
    const response: FetchResponse<R> = {
      type: 'fetch', error: error ?? 'notLeader', epoch, leaderId, highWatermark: NONE,
    }
    stepping.effects.push({ type: 'respond', to: from, requestId, response })
    return
  }
  const end = endOfEpoch(state.log, request.lastFetchedEpoch)
  const isEmpty = request.fetchOffset === 0 && request.lastFetchedEpoch === 0
  const isDiverging = !isEmpty &&
    (end.epoch !== request.lastFetchedEpoch || end.endOffset < request.fetchOffset)
  if (isDiverging) {
    const response: FetchResponse<R> = {
      type: 'fetch', error: 'none', epoch, leaderId,
      highWatermark: state.highWatermark, diverging: end,
    }
    stepping.effects.push({ type: 'respond', to: from, requestId, response })
    return
  }
  noteProgress(stepping, role, request)
  const parked = {
    from, requestId, fetchOffset: request.fetchOffset,
    untilMs: nowMs + state.settings.fetchMaxWaitMs,
  }
  // The high watermark travels with the answer: after it moved there is news even without records.
  const isNews = stepping.state.highWatermark > state.highWatermark
  update(stepping, { parked: [...leaderOf(stepping)!.parked, parked] })
  answerParked(stepping, ({ fetchOffset }) =>
    isNews || fetchOffset < stepping.state.log.endOffset)
}

function noteProgress<R>(stepping: Stepping<R>, role: LeaderRole, request: Fetch): void {
  const { state, nowMs } = stepping
  const { replicaId, fetchOffset } = request
  const before = role.progress.get(replicaId)
  const endOffset = isVoter(state, replicaId)
    ? Math.max(before?.endOffset ?? NONE, fetchOffset) : fetchOffset
  const lastCaughtUpMs = fetchOffset >= state.log.endOffset ? nowMs : before?.lastCaughtUpMs ?? NONE
  const now: Progress = { endOffset, lastFetchMs: nowMs, lastCaughtUpMs }
  const progress = new Map(role.progress).set(replicaId, now)
  const unaware = new Set(role.unaware)
  unaware.delete(replicaId)
  update(stepping, { progress, unaware, resignAtMs: resignAt(state, progress) })
  advance(stepping)
}

/** A leader that a majority has not asked for long enough cannot commit: it makes room. */
function resignAt(state: RaftState, progress: ReadonlyMap<number, Progress>): number {
  const { nodeId, voters, fetchTimeoutMs } = state.settings
  const others = voters.filter((id) => id !== nodeId)
  const needed = majority(state) - 1
  if (needed === 0) return Infinity
  const fetches = others.map((id) => progress.get(id)?.lastFetchMs ?? NONE).sort((a, b) => b - a)
  const since = fetches[needed - 1]!
  const role = state.role.name === 'leader' ? state.role : undefined
  const timeoutMs = resignTimeout(fetchTimeoutMs)
  return since === NONE ? role?.resignAtMs ?? Infinity : since + timeoutMs
}

function answerParked<R>(
  stepping: Stepping<R>, isDue: (parked: LeaderRole['parked'][number]) => boolean,
): void {
  const role = leaderOf(stepping)
  if (!role || role.parked.length === 0) return
  const { epoch, leaderId, highWatermark } = stepping.state
  update(stepping, { parked: role.parked.filter((parked) => !isDue(parked)) })
  for (const { from, requestId, fetchOffset } of role.parked.filter(isDue)) {
    stepping.effects.push({
      type: 'respond', to: from, requestId, readFrom: fetchOffset,
      response: { type: 'fetch', error: 'none', epoch, leaderId, highWatermark },
    })
  }
}

/** The node shuts down: tells the others at once, best first, instead of letting them time out. */
export function onResign<R>(stepping: Stepping<R>): void {
  const role = leaderOf(stepping)
  if (!role) return
  const { epoch, settings: { nodeId, voters } } = stepping.state
  const endOf = (id: number): number => role.progress.get(id)?.endOffset ?? NONE
  const preferredSuccessors = voters.filter((id) => id !== nodeId)
    .sort((a, b) => endOf(b) - endOf(a))
  for (const to of preferredSuccessors) {
    stepping.effects.push({
      type: 'send', to,
      request: { type: 'endQuorumEpoch', epoch, leaderId: nodeId, preferredSuccessors },
    })
  }
  resign(stepping)
}

function resign<R>(stepping: Stepping<R>): void {
  const { state } = stepping
  stepping.effects.push({ type: 'deposed', epoch: state.epoch })
  const role = leaderOf(stepping)
  for (const { from, requestId } of role?.parked ?? []) {
    const { epoch } = state
    stepping.effects.push({
      type: 'respond', to: from, requestId,
      response: { type: 'fetch', error: 'notLeader', epoch, leaderId: NONE, highWatermark: NONE },
    })
  }
  const electionAtMs = electionTimeout(stepping)
  stepping.state = { ...stepping.state, role: { name: 'resigned', electionAtMs } }
}

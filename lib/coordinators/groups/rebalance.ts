// How a classic group goes from one generation to the next: the join phase and who is left behind.
//
// Stable → PreparingRebalance (members rejoin, as long as the most patient of them waits)
// → CompletingRebalance (the leader assigns, everybody syncs) → Stable. The first rebalance of an
// empty group waits a little for more members instead (group.initial.rebalance.delay.ms), and again
// for every turn in which one came, at most the rebalance time-out.

import { Errors, type ErrorCode } from '../../../protocol/errors.ts'
import { joinError, joined, syncError, synced } from './answers.ts'
import type { ClassicGroup } from './classic-group.ts'
import { type Member, NO_ASSIGNMENT } from './member.ts'
import { groupRecord } from './records.ts'
import { type GroupsState, type GroupsWrites, NOTHING } from './state.ts'

export const joinTimer = (groupId: string) => `join-${groupId}`
export const syncTimer = (groupId: string) => `sync-${groupId}`
export const sessionTimer = (groupId: string, memberId: string) =>
  `session-${groupId}-${memberId}`

/** (Re)starts the time within which the member must be heard of. */
export function watchSession(
  state: GroupsState, group: ClassicGroup, member: Member, timeoutMs = member.sessionTimeoutMs,
): void {
  watchMemberId(state, group.groupId, member.memberId, timeoutMs)
}

/** As `watchSession`, for an id that was given out and has no member yet. */
export function watchMemberId(
  { shard }: GroupsState, groupId: string, memberId: string, timeoutMs: number,
): void {
  shard.runLater(sessionTimer(groupId, memberId), timeoutMs,
    (state) => expireSession(state, groupId, memberId))
}

/** Of a group without members. */
export function cancelGroupTimers({ shard }: GroupsState, group: ClassicGroup): void {
  const { groupId, pendingMembers } = group
  shard.timers.cancel(joinTimer(groupId))
  shard.timers.cancel(syncTimer(groupId))
  for (const memberId of pendingMembers) shard.timers.cancel(sessionTimer(groupId, memberId))
}

/** The group's members have to join anew, if its state allows; else a join phase may be over. */
export function rebalanceOrCompleteJoin(
  state: GroupsState, group: ClassicGroup, reason: string,
): GroupsWrites {
  return group.canRebalance ? rebalance(state, group, reason) : completeJoinIfAllIn(state, group)
}

export function rebalance(
  state: GroupsState, group: ClassicGroup, reason: string,
): GroupsWrites {
  if (group.is('CompletingRebalance')) resetAssignment(state, group, Errors.REBALANCE_IN_PROGRESS)
  group.pendingSync.clear()
  state.shard.timers.cancel(syncTimer(group.groupId))
  const isInitial = group.is('Empty')
  group.transitionTo('PreparingRebalance', state.world.nowMs())
  state.world.logger.debug('group rebalances',
    { group: group.groupId, generation: group.generationId, reason })
  if (isInitial) {
    const delayMs = state.world.settings.initialRebalanceDelayMs
    waitForMore(state, group, delayMs, Math.max(group.rebalanceTimeoutMs - delayMs, 0))
    return NOTHING
  }
  if (group.haveAllJoined) return completeJoin(state, group)
  scheduleJoinEnd(state, group)
  return NOTHING
}

/** The join phase ends when all are in; that of an empty group ends with its delay only. */
export function completeJoinIfAllIn(state: GroupsState, group: ClassicGroup): GroupsWrites {
  const mayComplete = group.is('PreparingRebalance') && group.previousState !== 'Empty'
  return mayComplete && group.haveAllJoined ? completeJoin(state, group) : NOTHING
}

/** Takes a member out of the group; the others share its work. */
function removeMember(
  state: GroupsState, group: ClassicGroup, member: Member, reason: string,
): GroupsWrites {
  member.completeJoin(joinError('', Errors.UNKNOWN_MEMBER_ID))
  group.remove(member.memberId)
  if (group.is('Stable', 'CompletingRebalance')) {
    return rebalanceOrCompleteJoin(state, group, reason)
  }
  return completeIfJoined(state, group)
}

/** All members learn what the leader assigned to them. */
export function propagateAssignment(
  state: GroupsState, group: ClassicGroup, assignments: ReadonlyMap<string, Buffer>,
): void {
  for (const member of group.members.values()) {
    member.assignment = assignments.get(member.memberId) ?? NO_ASSIGNMENT
    if (member.completeSync(synced(group, member.assignment))) watchSession(state, group, member)
  }
}

/** All members learn that there will be no assignment in this generation. */
export function resetAssignment(
  state: GroupsState, group: ClassicGroup, errorCode: ErrorCode,
): void {
  for (const member of group.members.values()) {
    member.assignment = NO_ASSIGNMENT
    if (member.completeSync(syncError(errorCode))) watchSession(state, group, member)
  }
}

/** The member of a generation has synced; the last one stops the time-out. */
export function syncArrived(state: GroupsState, group: ClassicGroup, memberId: string): void {
  group.pendingSync.delete(memberId)
  if (group.pendingSync.size === 0) state.shard.timers.cancel(syncTimer(group.groupId))
}

function completeJoin(state: GroupsState, group: ClassicGroup): GroupsWrites {
  state.shard.timers.cancel(joinTimer(group.groupId))
  for (const member of [...group.members.values()]) {
    // Static members are given the benefit of the doubt until their session ends (KIP-345).
    if (member.isAwaitingJoin || member.isStatic) continue
    group.remove(member.memberId)
    state.shard.timers.cancel(sessionTimer(group.groupId, member.memberId))
  }
  if (group.is('Dead')) return NOTHING
  if (!group.electJoinedLeader() && group.members.size > 0) {
    scheduleJoinEnd(state, group)
    return NOTHING
  }
  group.nextGeneration(state.world.nowMs())
  if (group.is('Empty')) return { records: [groupRecord(group, new Map())], replayOnly: true }
  for (const member of group.members.values()) admit(state, group, member)
  awaitSyncs(state, group)
  return NOTHING
}

function admit(state: GroupsState, group: ClassicGroup, member: Member): void {
  member.completeJoin(joined(group, {
    memberId: member.memberId, describesMembers: group.isLeader(member.memberId),
  }))
  watchSession(state, group, member)
  member.isNew = false
  group.pendingSync.add(member.memberId)
}

function completeIfJoined(state: GroupsState, group: ClassicGroup): GroupsWrites {
  return group.is('PreparingRebalance') && group.haveAllJoined
    ? completeJoin(state, group)
    : NOTHING
}

function scheduleJoinEnd({ shard }: GroupsState, { groupId, rebalanceTimeoutMs }: ClassicGroup) {
  shard.runLater(joinTimer(groupId), rebalanceTimeoutMs, (state) => {
    const group = state.classic(groupId)
    return group === undefined ? NOTHING : completeJoin(state, group)
  })
}

function waitForMore(
  { shard }: GroupsState, { groupId }: ClassicGroup, delayMs: number, remainingMs: number,
): void {
  shard.runLater(joinTimer(groupId), delayMs, (state) => {
    const group = state.classic(groupId)
    if (group === undefined) return NOTHING
    if (!group.hasNewMember || remainingMs === 0) return completeJoin(state, group)
    group.hasNewMember = false
    const nextDelayMs = Math.min(state.world.settings.initialRebalanceDelayMs, remainingMs)
    waitForMore(state, group, nextDelayMs, Math.max(remainingMs - delayMs, 0))
    return NOTHING
  })
}

/** Members that do not fetch their assignment in time are out. */
function awaitSyncs({ shard }: GroupsState, group: ClassicGroup): void {
  const { groupId, generationId } = group
  shard.runLater(syncTimer(groupId), group.rebalanceTimeoutMs, (state) => {
    const current = state.classic(groupId)
    const isDue = current !== undefined && current.generationId === generationId
      && current.is('CompletingRebalance', 'Stable') && current.pendingSync.size > 0
    if (!isDue) return NOTHING
    for (const memberId of [...current.pendingSync]) {
      current.remove(memberId)
      state.shard.timers.cancel(sessionTimer(groupId, memberId))
    }
    return rebalance(state, current, 'members did not sync in time')
  })
}

function expireSession(state: GroupsState, groupId: string, memberId: string): GroupsWrites {
  const group = state.classic(groupId)
  if (group === undefined || group.is('Dead')) return NOTHING
  if (group.pendingMembers.has(memberId)) {
    group.remove(memberId)
    return completeIfJoined(state, group)
  }
  const member = group.members.get(memberId)
  if (member === undefined || member.hasSatisfiedHeartbeat) return NOTHING
  return removeMember(state, group, member, `the session of member ${memberId} ended`)
}

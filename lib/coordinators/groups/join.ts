// JoinGroup in a classic group: new members, known ones, and those who have been given an id.

import { ApiError, Errors } from '../../../protocol/errors.ts'
import { joinError, joined } from './answers.ts'
import { ClassicGroup } from './classic-group.ts'
import { joinConsumerGroup } from './consumer/classic-members.ts'
import { consumerGroupTombstones } from './consumer/record-makers.ts'
import { type Join, reasonOf, rejoin } from './joining.ts'
import { Member } from './member.ts'
import { rebalanceOrCompleteJoin, watchMemberId, watchSession } from './rebalance.ts'
import { type GroupsRecord, newGroupRecord } from './records.ts'
import { type GroupsState, type GroupsWrites, NOTHING } from './state.ts'
import { replaceStaticMember } from './static-member.ts'

/** First version whose dynamic members must come back with the id they were given (KIP-394). */
const KNOWN_MEMBER_ID_SINCE = 4
/** How long a member that was never part of a generation may stay silent. */
const NEW_MEMBER_TIMEOUT_MS = 5 * 60_000

/** May answer at once, or when the join phase ends. */
export function joinGroup(state: GroupsState, join: Join): GroupsWrites {
  const { groupId, memberId } = join.request
  const there = state.groups.get(groupId)
  if (there?.type === 'consumer' && !there.isEmpty) return joinConsumerGroup(state, there, join)
  const known = state.classic(groupId)
  // A group without members changes its protocol with the first that comes.
  const tombstones = there?.type === 'consumer' ? consumerGroupTombstones(there) : []
  if (known === undefined && memberId !== '') {
    join.answer(joinError(memberId, Errors.UNKNOWN_MEMBER_ID))
    return there === undefined
      ? NOTHING
      : { records: [...tombstones, ...offsetsAlone(state, groupId)] }
  }
  const group = known ?? state.createGroup(groupId)
  const writes = enter(state, group, join)
  if (known !== undefined) return writes
  if (writes.records.length > 0) return { ...writes, records: [...tombstones, ...writes.records] }
  return {
    records: [...tombstones, newGroupRecord(group)],
    replayOnly: true,
    settled: (error) => {
      if (error === undefined) return
      join.answer(joinError('', error.code))
      const isUnused = group.isEmpty && group.pendingMembers.size === 0
      if (there !== undefined && isUnused) state.groups.set(groupId, there)
    },
  }
}

/** What is left of a group that has lost its protocol to somebody who was not let in. */
function offsetsAlone(state: GroupsState, groupId: string): GroupsRecord[] {
  if (state.offsets.ofGroup(groupId) === undefined) return []
  const stateChangedMs = state.world.nowMs()
  return [newGroupRecord(new ClassicGroup(groupId, { state: 'Empty', stateChangedMs }))]
}

function enter(state: GroupsState, group: ClassicGroup, join: Join): GroupsWrites {
  const { memberId } = join.request
  if (!hasRoom(group, memberId, state.world.settings.maxSize)) {
    group.remove(memberId)
    join.answer(joinError('', Errors.GROUP_MAX_SIZE_REACHED))
    return NOTHING
  }
  if (group.is('Dead')) {
    join.answer(joinError(memberId, Errors.COORDINATOR_NOT_AVAILABLE))
    return NOTHING
  }
  if (!group.supports(join.request.protocolType, join.request.protocols)) {
    join.answer(joinError(memberId, Errors.INCONSISTENT_GROUP_PROTOCOL))
    return NOTHING
  }
  return memberId === '' ? joinNew(state, group, join) : joinKnown(state, group, join)
}

function hasRoom(group: ClassicGroup, memberId: string, maxSize: number): boolean {
  switch (group.state) {
    case 'Empty':
    case 'Dead':
      return true
    case 'PreparingRebalance':
      return group.members.get(memberId)?.isAwaitingJoin === true
        || group.awaitingJoinCount < maxSize
    case 'CompletingRebalance':
    case 'Stable':
      return group.members.has(memberId) || group.members.size < maxSize
  }
}

function joinNew(state: GroupsState, group: ClassicGroup, join: Join): GroupsWrites {
  const { groupInstanceId, sessionTimeoutMs } = join.request
  const newMemberId = `${groupInstanceId ?? join.context.clientId}-${state.world.uuid()}`
  if (groupInstanceId !== null) {
    const oldMemberId = group.staticMembers.get(groupInstanceId)
    return oldMemberId === undefined
      ? addMember(state, group, join, newMemberId)
      : replaceStaticMember(state, group, join, oldMemberId, newMemberId)
  }
  if (join.context.apiVersion < KNOWN_MEMBER_ID_SINCE) {
    return addMember(state, group, join, newMemberId)
  }
  group.pendingMembers.add(newMemberId)
  watchMemberId(state, group.groupId, newMemberId, sessionTimeoutMs)
  join.answer(joinError(newMemberId, Errors.MEMBER_ID_REQUIRED))
  return NOTHING
}

function joinKnown(state: GroupsState, group: ClassicGroup, join: Join): GroupsWrites {
  const { memberId, groupInstanceId, protocols } = join.request
  if (group.pendingMembers.has(memberId)) {
    // An id given to a dynamic member is not one for a static member.
    if (groupInstanceId !== null) throw new ApiError(Errors.UNKNOWN_SERVER_ERROR)
    return addMember(state, group, join, memberId)
  }
  const member = validMember(group, join)
  if (member === undefined) return NOTHING
  const isUnchanged = member.hasProtocols(protocols)
  const isLeader = group.isLeader(memberId)
  switch (group.state) {
    case 'PreparingRebalance':
      return updateMember(state, group, join, member)
    case 'CompletingRebalance':
      // Most likely the answer to its JoinGroup was lost: it gets that answer again.
      if (!isUnchanged) return updateMember(state, group, join, member)
      join.answer(joined(group, { memberId, describesMembers: isLeader }))
      return NOTHING
    case 'Stable':
      // The leader rejoins to have a rebalance, others when their subscription changed.
      if (isLeader || !isUnchanged) return updateMember(state, group, join, member)
      join.answer(joined(group, { memberId, describesMembers: false }))
      return NOTHING
    default:
      join.answer(joinError(memberId, Errors.UNKNOWN_MEMBER_ID))
      return NOTHING
  }
}

function validMember(group: ClassicGroup, join: Join): Member | undefined {
  const { memberId, groupInstanceId } = join.request
  try {
    return group.validMember(memberId, groupInstanceId)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    join.answer(joinError(memberId, error.code))
    return undefined
  }
}

function addMember(
  state: GroupsState, group: ClassicGroup, join: Join, memberId: string,
): GroupsWrites {
  const { request, context } = join
  const member = new Member({ ...request, ...context, memberId })
  member.isNew = true
  if (group.is('PreparingRebalance') && group.previousState === 'Empty') group.hasNewMember = true
  group.add(member, join.answer)
  watchSession(state, group, member, NEW_MEMBER_TIMEOUT_MS)
  return rebalanceOrCompleteJoin(state, group, reasonOf(join, `member ${memberId} joins`))
}

function updateMember(
  state: GroupsState, group: ClassicGroup, join: Join, member: Member,
): GroupsWrites {
  rejoin(member, join)
  return rebalanceOrCompleteJoin(state, group, reasonOf(join, `member ${member.memberId} rejoins`))
}

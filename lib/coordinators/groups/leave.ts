// LeaveGroup in a classic group: members go, one or (from version 3, for tools) several at once.

import { ApiError, Errors, type ErrorCode } from '../../../protocol/errors.ts'
import type { LeaveGroupRequest } from '../../../protocol/messages/leave-group.ts'
import { joinError, type Left } from './answers.ts'
import type { ClassicGroup } from './classic-group.ts'
import { leaveConsumerGroup } from './consumer/classic-members.ts'
import { completeJoinIfAllIn, rebalanceOrCompleteJoin, sessionTimer } from './rebalance.ts'
import { type GroupsState, type GroupsWrites, NOTHING } from './state.ts'

type Leaving = LeaveGroupRequest['members'][number]

/** Throws UNKNOWN_MEMBER_ID for an unknown group. */
export function leaveGroup(
  state: GroupsState, groupId: string, members: readonly Leaving[],
): { writes: GroupsWrites, left: Left[] } {
  const group = state.groups.get(groupId)
  if (group === undefined) throw new ApiError(Errors.UNKNOWN_MEMBER_ID)
  if (group.type === 'consumer') return leaveConsumerGroup(state, group, members)
  if (group.is('Dead')) throw new ApiError(Errors.COORDINATOR_NOT_AVAILABLE)
  const left = members.map((member) => ({
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    errorCode: removeOne(state, group, member),
  }))
  const hasLeft = left.some(({ errorCode }) => errorCode === Errors.NONE)
  return { writes: hasLeft ? goOn(state, group) : NOTHING, left }
}

function goOn(state: GroupsState, group: ClassicGroup): GroupsWrites {
  if (group.is('CompletingRebalance', 'Stable')) {
    return rebalanceOrCompleteJoin(state, group, 'members left')
  }
  return completeJoinIfAllIn(state, group)
}

function removeOne(state: GroupsState, group: ClassicGroup, leaving: Leaving): ErrorCode {
  try {
    const memberId = leaving.memberId === ''
      ? staticMemberId(group, leaving.groupInstanceId)
      : leaving.memberId
    if (!group.pendingMembers.has(memberId)) {
      const member = group.validMember(memberId, leaving.groupInstanceId)
      member.completeJoin(joinError('', Errors.UNKNOWN_MEMBER_ID))
    }
    group.remove(memberId)
    state.shard.timers.cancel(sessionTimer(group.groupId, memberId))
    return Errors.NONE
  } catch (error) {
    if (error instanceof ApiError) return error.code
    throw error
  }
}

/** A tool that removes a static member need not know its member id. */
function staticMemberId(group: ClassicGroup, groupInstanceId: string | null): string {
  const memberId = groupInstanceId === null ? undefined : group.staticMembers.get(groupInstanceId)
  if (memberId === undefined) throw new ApiError(Errors.UNKNOWN_MEMBER_ID)
  return memberId
}

// SyncGroup in a classic group: the leader brings the assignment, everybody fetches their part.

import { ApiError, Errors, type ErrorCode } from '../../../protocol/errors.ts'
import type { SyncGroupRequest, SyncGroupResponse } from '../../../protocol/messages/sync-group.ts'
import { syncError, synced } from './answers.ts'
import type { ClassicGroup } from './classic-group.ts'
import { syncConsumerGroup } from './consumer/classic-members.ts'
import {
  propagateAssignment, rebalanceOrCompleteJoin, resetAssignment, syncArrived,
} from './rebalance.ts'
import { groupRecord } from './records.ts'
import { type GroupsState, type GroupsWrites, NOTHING } from './state.ts'

type Answer = (response: SyncGroupResponse) => void

/** May answer at once, or when the leader has brought the assignment and it is written. */
export function syncGroup(
  state: GroupsState, request: SyncGroupRequest, answer: Answer,
): GroupsWrites {
  const known = state.groups.get(request.groupId)
  if (known?.type === 'consumer' && !known.isEmpty) {
    return syncConsumerGroup(state, known, request, answer)
  }
  const group = state.classic(request.groupId)
  const error = group === undefined ? Errors.UNKNOWN_MEMBER_ID : refusal(group, request)
  if (group === undefined || error !== Errors.NONE) {
    answer(syncError(error))
    return NOTHING
  }
  const member = group.members.get(request.memberId)!
  if (group.is('Stable')) {
    syncArrived(state, group, request.memberId)
    answer(synced(group, member.assignment))
    return NOTHING
  }
  member.answerSync = answer
  syncArrived(state, group, request.memberId)
  return group.isLeader(request.memberId) ? assign(state, group, request) : NOTHING
}

function refusal(group: ClassicGroup, request: SyncGroupRequest): ErrorCode {
  if (group.is('Empty')) return Errors.UNKNOWN_MEMBER_ID
  if (group.is('Dead')) return Errors.COORDINATOR_NOT_AVAILABLE
  try {
    group.validMember(request.memberId, request.groupInstanceId)
  } catch (error) {
    if (error instanceof ApiError) return error.code
    throw error
  }
  if (request.generationId !== group.generationId) return Errors.ILLEGAL_GENERATION
  const isConsistent = agree(request.protocolType, group.protocolType)
    && agree(request.protocolName, group.protocolName)
  if (!isConsistent) return Errors.INCONSISTENT_GROUP_PROTOCOL
  return group.is('PreparingRebalance') ? Errors.REBALANCE_IN_PROGRESS : Errors.NONE
}

/** Older versions do not send them. */
function agree(asked: string | null, is: string | null): boolean {
  return asked === null || is === null || asked === is
}

/** Once written, the assignment is everybody's, unless the group has moved on meanwhile. */
function assign(
  state: GroupsState, group: ClassicGroup, request: SyncGroupRequest,
): GroupsWrites {
  const { generationId } = group
  const assignments = new Map<string, Buffer>(request.assignments.map(
    ({ memberId, assignment }) => [memberId, assignment]))
  return {
    records: [groupRecord(group, assignments)],
    replayOnly: true,
    settled: (error) => {
      if (!group.is('CompletingRebalance') || group.generationId !== generationId) return
      if (error === undefined) {
        propagateAssignment(state, group, assignments)
        group.transitionTo('Stable', state.world.nowMs())
        state.world.counts.completedRebalances++
      } else {
        resetAssignment(state, group, error.code)
        rebalanceOrCompleteJoin(state, group, 'the assignment could not be stored')
      }
    },
  }
}

// Heartbeat in a classic group: the member lives, and hears whether it has to rejoin.

import { ApiError, Errors, type ErrorCode } from '../../../protocol/errors.ts'
import type { HeartbeatRequest } from '../../../protocol/messages/heartbeat.ts'
import { heartbeatOfClassicMember } from './consumer/classic-members.ts'
import { watchSession } from './rebalance.ts'
import type { GroupsState } from './state.ts'

/** Gives NONE or REBALANCE_IN_PROGRESS; throws what is wrong with the member. */
export function heartbeat(state: GroupsState, request: HeartbeatRequest): ErrorCode {
  const group = state.groups.get(request.groupId)
  if (group === undefined) throw new ApiError(Errors.UNKNOWN_MEMBER_ID)
  if (group.type === 'consumer') return heartbeatOfClassicMember(state, group, request)
  if (group.is('Dead')) throw new ApiError(Errors.COORDINATOR_NOT_AVAILABLE)
  const member = group.validMember(request.memberId, request.groupInstanceId)
  if (request.generationId !== group.generationId) throw new ApiError(Errors.ILLEGAL_GENERATION)
  if (group.is('Empty')) return Errors.UNKNOWN_MEMBER_ID
  watchSession(state, group, member)
  return group.is('PreparingRebalance') ? Errors.REBALANCE_IN_PROGRESS : Errors.NONE
}

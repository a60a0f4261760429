// LeaveGroup (key 13): members go, so that the others need not wait for their session to end.
//
// Versions: up to 2 one member, whose error is the answer's; from 3 a list of members, each with
// its own error, among them static ones by instance id alone (KIP-345); 5 brings reasons.

import { Errors } from '../../protocol/errors.ts'
import { leaveGroup, type LeaveGroupRequest, type LeaveGroupResponse }
  from '../../protocol/messages/leave-group.ts'
import { mapLater } from '../coordinators/map-later.ts'
import type { Later } from '../server/later.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'

const MEMBERS_SINCE = 3

export const leaveGroupHandler = handler(leaveGroup, handleLeaveGroup, {
  errorAnswer: (_request, _apiVersion, errorCode) => ({ errorCode, members: [] }),
})

function handleLeaveGroup(
  request: LeaveGroupRequest, { apiVersion }: RequestContext, { groups }: Services,
): Later<LeaveGroupResponse> {
  if (apiVersion >= MEMBERS_SINCE) return groups.leaveGroup(request.groupId, request.members)
  const member = { memberId: request.memberId, groupInstanceId: null, reason: null }
  const left = groups.leaveGroup(request.groupId, [member])
  return mapLater<LeaveGroupResponse, LeaveGroupResponse>(left, ({ errorCode, members }) =>
    ({ errorCode: errorCode === Errors.NONE ? members![0]!.errorCode : errorCode }))
}

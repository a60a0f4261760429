// JoinGroup (key 11): a member enters a classic group, or takes part in its next generation.
//
// Versions: 0 has no rebalance time-out of its own; up to 3 a new member is in at once, from 4 it
// first gets MEMBER_ID_REQUIRED with the id to come back with (KIP-394); 5 brings static members
// (KIP-345); 7 the protocol's type, and a protocol that may be null; 8 the reason; 9 lets a leader
// that comes back skip the assignment (KIP-814).

import { joinGroup, type JoinGroupRequest, type JoinGroupResponse }
  from '../../protocol/messages/join-group.ts'
import { mapLater } from '../coordinators/map-later.ts'
import type { Later } from '../server/later.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'

export const joinGroupHandler = handler(joinGroup, handleJoinGroup, {
  errorAnswer: (request, apiVersion, errorCode) => inVersion({
    errorCode, memberId: request.memberId, generationId: -1,
    protocolType: null, protocolName: null, leader: '', members: [],
  }, apiVersion),
})

function handleJoinGroup(
  request: JoinGroupRequest, context: RequestContext, { groups }: Services,
): Later<JoinGroupResponse> {
  const { apiVersion } = context
  const rebalanceTimeoutMs =
    apiVersion === 0 ? request.sessionTimeoutMs : request.rebalanceTimeoutMs
  const response = groups.joinGroup({ ...request, rebalanceTimeoutMs }, {
    apiVersion,
    clientId: context.clientId ?? '',
    clientHost: `/${context.clientAddress}`,
  })
  return mapLater(response, (answer) => inVersion(answer, apiVersion))
}

/** Before version 7 a protocol name cannot be null; from there on it is, instead of empty. */
function inVersion(response: JoinGroupResponse, apiVersion: number): JoinGroupResponse {
  if ((response.protocolName ?? '') !== '') return response
  return { ...response, protocolName: apiVersion >= 7 ? null : '' }
}

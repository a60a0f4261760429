// SyncGroup (key 14): the leader of a classic group brings the assignment, all fetch their own.
//
// Versions: 3 brings static members (KIP-345); from 5 the protocol's type and name must be told, so
// that a member that missed a change of protocol is refused.

import { Errors } from '../../protocol/errors.ts'
import { syncGroup, type SyncGroupRequest, type SyncGroupResponse }
  from '../../protocol/messages/sync-group.ts'
import type { Later } from '../server/later.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'

const PROTOCOL_SINCE = 5

export const syncGroupHandler = handler(syncGroup, handleSyncGroup, {
  errorAnswer: (_request, _apiVersion, errorCode) => failure(errorCode),
})

function handleSyncGroup(
  request: SyncGroupRequest, { apiVersion }: RequestContext, { groups }: Services,
): SyncGroupResponse | Later<SyncGroupResponse> {
  const tellsProtocol = request.protocolType !== null && request.protocolName !== null
  if (apiVersion >= PROTOCOL_SINCE && !tellsProtocol) {
    return failure(Errors.INCONSISTENT_GROUP_PROTOCOL)
  }
  return groups.syncGroup(request)
}

function failure(errorCode: number): SyncGroupResponse {
  return { errorCode, assignment: Buffer.alloc(0) }
}

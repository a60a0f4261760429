// ListGroups (key 16): the groups that this node coordinates.
//
// Versions: 4 filters by state (KIP-518), 5 by type (KIP-848).

import { ApiError, Errors } from '../../protocol/errors.ts'
import { listGroups, type ListGroupsRequest, type ListGroupsResponse }
  from '../../protocol/messages/list-groups.ts'
import { coordinatorError } from '../coordinators/errors.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'

export const listGroupsHandler = handler(listGroups, handleListGroups, {
  errorAnswer: (_request, _apiVersion, errorCode) => ({ errorCode, groups: [] }),
})

async function handleListGroups(
  { statesFilter, typesFilter }: ListGroupsRequest, _context: RequestContext,
  { groups }: Services,
): Promise<ListGroupsResponse> {
  try {
    const listed = await groups.listGroups(statesFilter, typesFilter)
    return { errorCode: Errors.NONE, groups: listed }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return { errorCode: coordinatorError(error), groups: [] }
  }
}

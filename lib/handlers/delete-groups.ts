// DeleteGroups (key 42): groups without members, with all their offsets. A group named twice counts
// once.

import { ApiError, Errors } from '../../protocol/errors.ts'
import { deleteGroups, type DeleteGroupsRequest, type DeleteGroupsResponse }
  from '../../protocol/messages/delete-groups.ts'
import { promised } from '../coordinators/map-later.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'
import { inSlices } from './in-slices.ts'

export const deleteGroupsHandler = handler(deleteGroups, handleDeleteGroups, {
  errorAnswer: ({ groupsNames }, _apiVersion, errorCode) =>
    ({ results: [...new Set(groupsNames)].map((groupId) => ({ groupId, errorCode })) }),
})

async function handleDeleteGroups(
  { groupsNames }: DeleteGroupsRequest, _context: RequestContext, { clock, groups }: Services,
): Promise<DeleteGroupsResponse> {
  const results = await inSlices([...new Set(groupsNames)], clock, async (groupId) => {
    try {
      await promised(groups.deleteGroup(groupId))
      return { groupId, errorCode: Errors.NONE }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      return { groupId, errorCode: error.code }
    }
  })
  return { results }
}

// DescribeGroups (key 15): classic groups with their members.
//
// Versions: 3 can ask for the operations that the client may do; 4 tells of static members; up to 5
// an unknown group is a dead one, 6 says GROUP_ID_NOT_FOUND (KIP-1043).

import { ApiError, Errors } from '../../protocol/errors.ts'
import { describeGroups, type DescribeGroupsRequest, type DescribeGroupsResponse }
  from '../../protocol/messages/describe-groups.ts'
import { GROUP_OPERATIONS } from '../authorized-operations.ts'
import type { DescribedGroup } from '../coordinators/groups/describe.ts'
import { promised } from '../coordinators/map-later.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'
import { inSlices } from './in-slices.ts'

export const describeGroupsHandler = handler(describeGroups, handleDescribeGroups, {
  errorAnswer: ({ groups }, _apiVersion, errorCode) =>
    ({ groups: groups.map((groupId) => failed(groupId, errorCode)) }),
})

async function handleDescribeGroups(
  request: DescribeGroupsRequest, { apiVersion }: RequestContext, { clock, groups }: Services,
): Promise<DescribeGroupsResponse> {
  const described = await inSlices(request.groups, clock, async (groupId) => {
    try {
      return await promised(groups.describeGroup(groupId, apiVersion))
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      return failed(groupId, error.code)
    }
  })
  if (!request.includeAuthorizedOperations) return { groups: described }
  return {
    groups: described.map((group) => group.errorCode === Errors.NONE
      ? { ...group, authorizedOperations: GROUP_OPERATIONS }
      : group),
  }
}

function failed(groupId: string, errorCode: number): DescribedGroup {
  return {
    errorCode, groupId, groupState: '', protocolType: '', protocolData: '', members: [],
  }
}

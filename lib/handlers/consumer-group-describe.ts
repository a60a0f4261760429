// ConsumerGroupDescribe (key 69): consumer groups with their members, and what these own and shall
// own (KIP-848).
//
// Versions: 1 tells members that still speak the classic protocol from others (KIP-1099).

import { ApiError, Errors } from '../../protocol/errors.ts'
import { consumerGroupDescribe, type ConsumerGroupDescribeRequest,
  type ConsumerGroupDescribeResponse } from '../../protocol/messages/consumer-group-describe.ts'
import { GROUP_OPERATIONS } from '../authorized-operations.ts'
import { type DescribedConsumerGroup, undescribed }
  from '../coordinators/groups/consumer/describe.ts'
import { servesConsumerGroups } from '../coordinators/groups/consumer/served.ts'
import { promised } from '../coordinators/map-later.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'

export const consumerGroupDescribeHandler = handler(consumerGroupDescribe, handleDescribe, {
  errorAnswer: ({ groupIds }, _apiVersion, errorCode) =>
    ({ groups: groupIds.map((groupId) => undescribed(groupId, errorCode)) }),
})

async function handleDescribe(
  { groupIds, includeAuthorizedOperations }: ConsumerGroupDescribeRequest,
  _context: RequestContext, services: Services,
): Promise<ConsumerGroupDescribeResponse> {
  if (!servesConsumerGroups(services)) throw new ApiError(Errors.UNSUPPORTED_VERSION)
  // Groups without a name are answered before the coordinator is asked for the others.
  const ordered = [...groupIds].sort((a, b) => Number(a !== '') - Number(b !== ''))
  const groups = await Promise.all(ordered.map((groupId) => describe(groupId, services)))
  if (!includeAuthorizedOperations) return { groups }
  return {
    groups: groups.map((group) => group.errorCode === Errors.NONE
      ? { ...group, authorizedOperations: GROUP_OPERATIONS }
      : group),
  }
}

async function describe(groupId: string, { groups }: Services): Promise<DescribedConsumerGroup> {
  if (groupId === '') return undescribed(groupId, Errors.INVALID_GROUP_ID)
  try {
    return await promised(groups.describeConsumerGroup(groupId))
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return undescribed(groupId, error.code)
  }
}

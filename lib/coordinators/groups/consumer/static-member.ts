// Room in a consumer group, and static members that come back under another id.

import { ApiError, Errors } from '../../../../protocol/errors.ts'
import type { GroupsRecord } from '../records.ts'
import type { GroupsState } from '../state.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerMember } from './consumer-member.ts'
import { currentRecord, memberRecord, memberTombstones, targetRecord } from './record-makers.ts'

const FIRST_EPOCH = 0

/** Throws GROUP_MAX_SIZE_REACHED. */
export function checkRoom(
  { world }: GroupsState, group: ConsumerGroup, memberId: string, instanceId: string | null,
): void {
  const { maxSize } = world.consumer
  const isThere = group.members.has(memberId) || group.staticMember(instanceId) !== undefined
  if (isThere || group.members.size < maxSize) return
  throw new ApiError(Errors.GROUP_MAX_SIZE_REACHED,
    `The consumer group has reached its maximum capacity of ${maxSize} members.`)
}

/** The new member takes over all that the other one had. */
export function replaceStatic(
  group: ConsumerGroup, existing: ConsumerMember, memberId: string, records: GroupsRecord[],
): ConsumerMember {
  const { groupId } = group
  const member = {
    ...existing, memberId, memberEpoch: FIRST_EPOCH, previousMemberEpoch: FIRST_EPOCH,
  }
  records.push(
    ...memberTombstones(groupId, existing.memberId),
    memberRecord(groupId, member),
    targetRecord(groupId, memberId, group.target(existing.memberId)),
    currentRecord(groupId, member),
  )
  return member
}

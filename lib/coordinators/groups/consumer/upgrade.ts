// How a group of the classic protocol becomes a consumer group: when the first member of the new
// protocol joins. One without members is simply replaced; members of a live one stay, and are
// spoken to as before.

import { ApiError, Errors } from '../../../../protocol/errors.ts'
import { joinError, syncError } from '../answers.ts'
import type { ClassicGroup } from '../classic-group.ts'
import type { Member } from '../member.ts'
import { cancelGroupTimers } from '../rebalance.ts'
import { type GroupsRecord, groupTombstone } from '../records.ts'
import type { GroupsState } from '../state.ts'
import { type Assignment, assignmentOf, NOTHING_ASSIGNED, ownedAt } from './assignment.ts'
import { ConsumerGroup } from './consumer-group.ts'
import { type ConsumerMember, newMember } from './consumer-member.ts'
import { watchSession } from './fence.ts'
import { metadataHash, NO_TOPICS_HASH } from './metadata-hash.ts'
import { decodeAssignment, decodeSubscription, withTopicIds } from './protocol-bytes.ts'
import { consumerGroupRecords } from './record-makers.ts'

/**
 * The group that a heartbeat is for. Where `mayCreate`, it may be one that comes to be with
 * `records` only. Throws GROUP_ID_NOT_FOUND.
 */
export function groupToJoin(
  state: GroupsState, groupId: string, mayCreate: boolean, records: GroupsRecord[],
): ConsumerGroup {
  const known = state.groups.get(groupId)
  if (known?.type === 'consumer') return known
  if (known === undefined) {
    if (mayCreate) return new ConsumerGroup(groupId)
    throw notFound(`Consumer group ${groupId} not found.`)
  }
  if (!mayCreate) throw notFound(`Group ${groupId} is not a consumer group.`)
  if (known.is('Empty')) {
    cancelGroupTimers(state, known)
    records.push(groupTombstone(groupId))
    return new ConsumerGroup(groupId)
  }
  checkUpgrade(state, known)
  return upgraded(state, known, records)
}

function checkUpgrade({ world }: GroupsState, group: ClassicGroup): void {
  const { migration, maxSize } = world.consumer
  const reason = !migration.mayUpgrade ? 'online upgrade is disabled'
    : !group.usesConsumerProtocol ? 'the group does not use the consumer embedded protocol'
      : group.members.size > maxSize
        ? 'the group size exceeds the consumer group maximum size'
        : undefined
  if (reason !== undefined) throw refused(group, reason)
}

function upgraded(
  state: GroupsState, classic: ClassicGroup, records: GroupsRecord[],
): ConsumerGroup {
  const { groupId, generationId } = classic
  for (const member of classic.members.values()) {
    member.completeJoin(joinError(member.memberId, Errors.REBALANCE_IN_PROGRESS))
    member.completeSync(syncError(Errors.REBALANCE_IN_PROGRESS))
  }
  const group = new ConsumerGroup(groupId)
  group.setTargetEpoch(generationId, 0)
  for (const member of classic.members.values()) {
    const target = assignedTo(state, classic, member)
    group.setTarget(member.memberId, target)
    group.setMember(member.memberId, consumerMember(classic, member, target))
    watchSession(state, groupId, member.memberId, member.sessionTimeoutMs)
  }
  group.setEpoch(generationId, NO_TOPICS_HASH)
  group.setEpoch(generationId, metadataHash(state, group.subscriptions))
  records.push(groupTombstone(groupId), ...consumerGroupRecords(group))
  state.world.logger.info('classic group becomes a consumer group', { group: groupId })
  return group
}

function assignedTo(
  { world }: GroupsState, group: ClassicGroup, member: Member,
): Assignment {
  if (member.assignment.length === 0) return NOTHING_ASSIGNED
  const assignment = decodeAssignment(member.assignment)
  if (assignment === undefined) throw malformed(group)
  if (assignment.userData !== null && assignment.userData.length > 0) {
    throw refused(group, 'an unsupported custom assignor is in use. Please refer to the '
      + 'documentation or switch to a default assignor before re-attempting the upgrade')
  }
  return assignmentOf(withTopicIds(assignment.assignedPartitions, world.metadata().topics))
}

function consumerMember(
  group: ClassicGroup, member: Member, assigned: Assignment,
): ConsumerMember {
  const { generationId } = group
  // In its first join phase a group has not chosen a protocol yet.
  const protocolName = group.protocolName ?? group.selectProtocol()
  const subscription = decodeSubscription(member.metadata(protocolName))
  if (subscription === undefined) throw malformed(group)
  return {
    ...newMember(member.memberId),
    memberEpoch: generationId, previousMemberEpoch: generationId,
    instanceId: member.groupInstanceId,
    rackId: subscription.rackId === '' ? null : subscription.rackId,
    clientId: member.clientId, clientHost: member.clientHost,
    rebalanceTimeoutMs: member.rebalanceTimeoutMs,
    subscribedTopicNames: new Set(subscription.topics),
    assigned: ownedAt(assigned, generationId),
    classic: { sessionTimeoutMs: member.sessionTimeoutMs, supportedProtocols: member.protocols },
  }
}

function malformed(group: ClassicGroup): ApiError {
  return refused(group, 'the embedded consumer protocol is malformed')
}

function refused({ groupId }: ClassicGroup, reason: string): ApiError {
  return notFound(`Cannot upgrade classic group ${groupId} to consumer group because ${reason}.`)
}

function notFound(message: string): ApiError {
  return new ApiError(Errors.GROUP_ID_NOT_FOUND, message)
}

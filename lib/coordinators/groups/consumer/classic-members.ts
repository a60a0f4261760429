// Members that speak the classic protocol in a consumer group: while consumers of an application
// are restarted one after the other with the new protocol, or back. Each goes its own way through
// JoinGroup and SyncGroup; the coordinator assigns, so nobody leads.

import { ApiError, Errors, type ErrorCode } from '../../../../protocol/errors.ts'
import type { HeartbeatRequest } from '../../../../protocol/messages/heartbeat.ts'
import type { JoinGroupRequest } from '../../../../protocol/messages/join-group.ts'
import type { LeaveGroupRequest } from '../../../../protocol/messages/leave-group.ts'
import type { SyncGroupRequest, SyncGroupResponse }
  from '../../../../protocol/messages/sync-group.ts'
import { joinError, type Left } from '../answers.ts'
import { CONSUMER } from '../classic-group.ts'
import type { Join } from '../joining.ts'
import type { GroupsRecord } from '../records.ts'
import { type GroupsState, type GroupsWrites, NOTHING } from '../state.ts'
import type { Assignment } from './assignment.ts'
import { type Change, reconcile, updateGroupEpoch, updateTarget } from './assign.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import {
  type ConsumerMember, MemberState, newMember, sameNames, sameSubscription,
} from './consumer-member.ts'
import { becomeClassic, mayBecomeClassicInPlaceOf } from './downgrade.ts'
import { fence, fenceById, ownStaticMember, watchSession } from './fence.ts'
import {
  decodeSubscription, encodeAssignment, type NamedPartitions, withTopicIds,
} from './protocol-bytes.ts'
import { memberRecord } from './record-makers.ts'
import { RegexChange, updateRegex } from './regex.ts'
import { checkRoom, replaceStatic } from './static-member.ts'
import { joinTimer, syncTimer } from './timers.ts'

/** First version whose dynamic members must come back with the id they were given (KIP-394). */
const KNOWN_MEMBER_ID_SINCE = 4

/** Answers when the member is written, or throws. */
export function joinConsumerGroup(
  state: GroupsState, group: ConsumerGroup, join: Join,
): GroupsWrites {
  const { request, context } = join
  const { migration } = state.world.consumer
  if (!migration.mayUpgrade && !migration.mayDowngrade) {
    throw new ApiError(Errors.INCONSISTENT_GROUP_PROTOCOL, `Cannot join the consumer group `
      + `${group.groupId} with the classic protocol because the group migration is disabled.`)
  }
  const isUnknown = request.memberId === ''
  const memberId = isUnknown ? state.world.memberId() : request.memberId
  checkRoom(state, group, memberId, request.groupInstanceId)
  checkProtocols(group, memberId, request)
  const mustKnowId = isUnknown && request.groupInstanceId === null
    && context.apiVersion >= KNOWN_MEMBER_ID_SINCE
  if (mustKnowId) {
    join.answer(joinError(memberId, Errors.MEMBER_ID_REQUIRED))
    return NOTHING
  }
  return enter(state, group, join, memberId)
}

function enter(
  state: GroupsState, group: ConsumerGroup, join: Join, memberId: string,
): GroupsWrites {
  const { request } = join
  const records: GroupsRecord[] = []
  const before = memberToJoin(group, request, memberId, records)
  const replaced = group.staticMember(request.groupInstanceId)
  const isDowngrade = replaced !== undefined && mayBecomeClassicInPlaceOf(state, group, replaced)
  const { updated, owned } = told(before, join)
  if (!sameSubscription(before, updated)) records.push(memberRecord(group.groupId, updated))
  const regexChange = updateRegex(state, group, before, updated, records)
  const hasSubscriptionChanged = regexChange !== RegexChange.NONE
    || !sameNames(before.subscribedTopicNames, updated.subscribedTopicNames)
  const change: Change = { group, before, updated, records }
  const owning = {
    hasSubscriptionChanged, owned: withTopicIds(owned, state.world.metadata().topics),
  }
  const epoch = updateGroupEpoch(state, change, hasSubscriptionChanged)
  if (isDowngrade) {
    const isSettled = group.targetEpoch >= epoch.groupEpoch
    const target = { epoch: group.targetEpoch, assignment: group.target(replaced.memberId) }
    const member = isSettled ? reconcile(state, change, target, owning) : updated
    const writes = becomeClassic(state, group, [], { member, replaced }, isSettled)
    return answered(state, join, member, {
      ...writes, records: [...records, ...writes.records],
    }, isDowngrade)
  }
  const member = reconcile(state, change, updateTarget(state, change, epoch), owning)
  return answered(state, join, member, { records }, isDowngrade)
}

function memberToJoin(
  group: ConsumerGroup, { memberId: askedId, groupInstanceId }: JoinGroupRequest,
  memberId: string, records: GroupsRecord[],
): ConsumerMember {
  if (groupInstanceId === null) return group.members.get(memberId) ?? newMember(memberId)
  if (askedId !== '') return ownStaticMember(group, memberId, groupInstanceId)
  const existing = group.staticMember(groupInstanceId)
  if (existing !== undefined) return replaceStatic(group, existing, memberId, records)
  return group.members.get(memberId) ?? newMember(memberId)
}

/** The member as its request has it, and what it says that it owns. */
function told(
  before: ConsumerMember, { request, context }: Join,
): { updated: ConsumerMember, owned: readonly NamedPartitions[] } {
  const subscription = decodeSubscription(request.protocols[0]!.metadata)
  if (subscription === undefined) {
    throw new ApiError(Errors.INCONSISTENT_GROUP_PROTOCOL,
      'Malformed embedded consumer protocol in subscription deserialization.')
  }
  const { rackId } = subscription
  const { sessionTimeoutMs, rebalanceTimeoutMs, protocols } = request
  const updated = {
    ...before,
    clientId: context.clientId, clientHost: context.clientHost,
    instanceId: request.groupInstanceId ?? before.instanceId,
    rackId: rackId === null || rackId === '' ? before.rackId : rackId,
    rebalanceTimeoutMs: rebalanceTimeoutMs === -1 ? before.rebalanceTimeoutMs : rebalanceTimeoutMs,
    subscribedTopicNames: new Set(subscription.topics),
    subscribedTopicRegex: '',
    classic: {
      sessionTimeoutMs,
      // The request's bytes are gone with its answer.
      supportedProtocols: protocols.map(({ name, metadata }) =>
        ({ name, metadata: Buffer.from(metadata) })),
    },
  }
  return { updated, owned: subscription.ownedPartitions }
}

function answered(
  state: GroupsState, join: Join, member: ConsumerMember, writes: GroupsWrites,
  isDowngrade: boolean,
): GroupsWrites {
  const { groupId, sessionTimeoutMs, rebalanceTimeoutMs } = join.request
  const { memberId } = member
  return {
    ...writes,
    settled: (error) => {
      writes.settled?.(error)
      if (error !== undefined) return
      state.shard.timers.cancel(joinTimer(groupId, memberId))
      if (!isDowngrade) {
        watchSession(state, groupId, memberId, sessionTimeoutMs)
        state.shard.runLater(syncTimer(groupId, memberId), rebalanceTimeoutMs,
          (now) => fenceById(now, groupId, memberId, 'it did not sync in time'))
      }
      join.answer({
        errorCode: Errors.NONE, memberId, generationId: member.memberEpoch,
        protocolType: CONSUMER, protocolName: protocolOf(member), leader: '', members: [],
      })
    },
  }
}

/** What a member is told that the group speaks: its own first choice, as nobody else hears it. */
function protocolOf(member: ConsumerMember): string {
  return member.classic!.supportedProtocols[0]!.name
}

/** Throws INCONSISTENT_GROUP_PROTOCOL unless it shares a protocol with all classic members. */
function checkProtocols(
  group: ConsumerGroup, memberId: string, { protocolType, protocols }: JoinGroupRequest,
): void {
  const others = group.classicMembers.map(({ classic }) =>
    new Set(classic!.supportedProtocols.map(({ name }) => name)))
  const isShared = protocolType === CONSUMER
    && protocols.some(({ name }) => others.every((spoken) => spoken.has(name)))
  if (isShared) return
  throw new ApiError(Errors.INCONSISTENT_GROUP_PROTOCOL,
    `Member ${memberId}'s protocols are not supported.`)
}

/** Answers when what the member shall own is written, or throws. */
export function syncConsumerGroup(
  state: GroupsState, group: ConsumerGroup, request: SyncGroupRequest,
  answer: (response: SyncGroupResponse) => void,
): GroupsWrites {
  const { groupId, memberId, protocolType, protocolName } = request
  const member = classicMember(group, memberId, request.groupInstanceId)
  checkGeneration(member, request.generationId)
  const isConsistent = (protocolType === null || protocolType === CONSUMER)
    && (protocolName === null || protocolName === protocolOf(member))
  if (!isConsistent) throw new ApiError(Errors.INCONSISTENT_GROUP_PROTOCOL)
  if (group.targetEpoch > member.memberEpoch
    && member.state !== MemberState.UNREVOKED_PARTITIONS) {
    awaitJoin(state, groupId, member)
    throw new ApiError(Errors.REBALANCE_IN_PROGRESS)
  }
  return {
    records: [],
    settled: (error) => {
      if (error !== undefined) return
      state.shard.timers.cancel(syncTimer(groupId, memberId))
      watchSession(state, groupId, memberId, member.classic!.sessionTimeoutMs)
      const { metadata } = member.classic!.supportedProtocols[0]!
      answer({
        errorCode: Errors.NONE, protocolType, protocolName,
        assignment: encodeAssignment(
          partitionsOf(member), state.world.metadata().topics, metadata),
      })
    },
  }
}

function partitionsOf({ assigned }: ConsumerMember): Assignment {
  return new Map([...assigned].map(([topicId, partitions]) =>
    [topicId, new Set(partitions.keys())]))
}

/** Gives NONE, or REBALANCE_IN_PROGRESS when the member has to join anew; or throws. */
export function heartbeatOfClassicMember(
  state: GroupsState, group: ConsumerGroup, request: HeartbeatRequest,
): ErrorCode {
  const { groupId, memberId } = request
  const member = classicMember(group, memberId, request.groupInstanceId)
  checkGeneration(member, request.generationId)
  watchSession(state, groupId, memberId, member.classic!.sessionTimeoutMs)
  const isBehind = member.memberEpoch < group.targetEpoch
    || member.state === MemberState.UNREVOKED_PARTITIONS
    || member.state === MemberState.UNRELEASED_PARTITIONS && !isWaiting(group, member)
  if (!isBehind) return Errors.NONE
  awaitJoin(state, groupId, member)
  return Errors.REBALANCE_IN_PROGRESS
}

/** Others still have what it is to get: there is nothing to join for. */
function isWaiting(group: ConsumerGroup, { memberId, assigned }: ConsumerMember): boolean {
  for (const [topicId, partitions] of group.target(memberId)) {
    for (const partition of partitions) {
      const isMissing = assigned.get(topicId)?.has(partition) !== true
      if (isMissing && group.isOwned(topicId, partition)) return true
    }
  }
  return false
}

function awaitJoin(
  { shard }: GroupsState, groupId: string, { memberId, rebalanceTimeoutMs }: ConsumerMember,
): void {
  const timer = joinTimer(groupId, memberId)
  if (shard.timers.has(timer)) return
  shard.runLater(timer, rebalanceTimeoutMs,
    (state) => fenceById(state, groupId, memberId, 'it did not join in time'))
}

/** Throws UNKNOWN_MEMBER_ID or FENCED_INSTANCE_ID. */
function classicMember(
  group: ConsumerGroup, memberId: string, instanceId: string | null,
): ConsumerMember {
  const member = instanceId === null
    ? group.member(memberId)
    : ownStaticMember(group, memberId, instanceId)
  if (member.classic !== null) return member
  throw new ApiError(Errors.UNKNOWN_MEMBER_ID,
    `Member ${memberId} does not use the classic protocol.`)
}

function checkGeneration({ memberEpoch }: ConsumerMember, generationId: number): void {
  if (memberEpoch !== generationId) throw new ApiError(Errors.ILLEGAL_GENERATION)
}

/** Members of either protocol: tools take them out with LeaveGroup. */
export function leaveConsumerGroup(
  state: GroupsState, group: ConsumerGroup,
  leaving: readonly LeaveGroupRequest['members'][number][],
): { writes: GroupsWrites, left: Left[] } {
  const members = new Set<ConsumerMember>()
  const left = leaving.map(({ memberId, groupInstanceId }): Left => {
    try {
      members.add(memberToRemove(group, memberId, groupInstanceId))
      return { memberId, groupInstanceId, errorCode: Errors.NONE }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      return { memberId, groupInstanceId, errorCode: error.code }
    }
  })
  return { writes: fence(state, group, [...members]), left }
}

/** A tool that removes a static member need not know its member id. */
function memberToRemove(
  group: ConsumerGroup, memberId: string, instanceId: string | null,
): ConsumerMember {
  if (instanceId === null) return group.member(memberId)
  const knownId = group.staticMember(instanceId)?.memberId ?? memberId
  return ownStaticMember(group, memberId === '' ? knownId : memberId, instanceId)
}

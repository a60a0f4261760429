// ConsumerGroupHeartbeat: all that a member of a consumer group says and hears (KIP-848).

import { ApiError, Errors } from '../../../../protocol/errors.ts'
import type {
  ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse,
} from '../../../../protocol/messages/consumer-group-heartbeat.ts'
import type { Decision } from '../../shard.ts'
import type { GroupsRecord } from '../records.ts'
import type { GroupsState } from '../state.ts'
import { type OwnedPartitions, sameOwned, type TopicPartitions } from './assignment.ts'
import { type Change, reconcile, updateGroupEpoch, updateTarget } from './assign.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import {
  type ConsumerMember, JOIN_EPOCH, LEAVE_EPOCH, LEAVE_STATIC_EPOCH, newMember, sameNames,
  sameSubscription,
} from './consumer-member.ts'
import { leave, ownStaticMember, watchSession } from './fence.ts'
import { memberRecord } from './record-makers.ts'
import { RegexChange, updateRegex } from './regex.ts'
import { checkRoom, replaceStatic } from './static-member.ts'
import { groupToJoin } from './upgrade.ts'

export interface Beat {
  readonly request: ConsumerGroupHeartbeatRequest
  readonly clientId: string
  /** As Kafka writes it: a slash and the address. */
  readonly clientHost: string
}

type Answer = Decision<GroupsRecord, ConsumerGroupHeartbeatResponse>

const NO_TIMEOUT = -1

/** Throws what is wrong with the member. The request has been checked. */
export function consumerHeartbeat(state: GroupsState, beat: Beat): Answer {
  const { request } = beat
  if (request.memberEpoch === LEAVE_EPOCH || request.memberEpoch === LEAVE_STATIC_EPOCH) {
    const { writes, answer } = leave(state, request)
    return { ...writes, answer }
  }
  const records: GroupsRecord[] = []
  const isJoining = request.memberEpoch === JOIN_EPOCH
  const group = groupToJoin(state, request.groupId, isJoining, records)
  checkRoom(state, group, request.memberId, request.instanceId)
  const memberId = request.memberId === '' ? state.world.memberId() : request.memberId
  const before = request.instanceId === null
    ? dynamicMember(group, memberId, request, isJoining)
    : staticMember(group, memberId, request.instanceId, request, isJoining, records)
  const updated = told(before, beat)
  const member = goOn(state, { group, before, updated, records }, request)
  const { sessionTimeoutMs, heartbeatIntervalMs } = state.world.consumer.of(request.groupId)
  watchSession(state, request.groupId, memberId, sessionTimeoutMs)
  const mustTell = isJoining || isFull(request) || !sameOwned(before.assigned, member.assigned)
  return {
    records,
    answer: {
      errorCode: Errors.NONE, memberId, memberEpoch: member.memberEpoch, heartbeatIntervalMs,
      ...mustTell ? { assignment: { topicPartitions: partitionsOf(member.assigned) } } : {},
    },
  }
}

function goOn(
  state: GroupsState, change: Change, { topicPartitions }: ConsumerGroupHeartbeatRequest,
): ConsumerMember {
  const { group, before, updated, records } = change
  const { consumer } = state.world
  if (!sameSubscription(before, updated)) records.push(memberRecord(group.groupId, updated))
  const haveNamesChanged =
    !sameNames(before.subscribedTopicNames, updated.subscribedTopicNames)
  const regexChange = updateRegex(state, group, before, updated, records)
  const fallback = consumer.assignors[0]!.name
  const hasAssignorChanged = (group.preferredAssignor ?? fallback)
    !== (group.preferredAssignorAfter(before, updated) ?? fallback)
  const mustBump =
    haveNamesChanged || regexChange === RegexChange.RESOLVED || hasAssignorChanged
  const epoch = updateGroupEpoch(state, change, mustBump)
  const target = updateTarget(state, change, epoch)
  return reconcile(state, change, target, {
    hasSubscriptionChanged: haveNamesChanged || regexChange !== RegexChange.NONE,
    owned: topicPartitions,
  })
}

function dynamicMember(
  group: ConsumerGroup, memberId: string, request: ConsumerGroupHeartbeatRequest,
  isJoining: boolean,
): ConsumerMember {
  const member = isJoining
    ? group.members.get(memberId) ?? newMember(memberId)
    : group.member(memberId)
  checkEpoch(member, request)
  return member
}

function staticMember(
  group: ConsumerGroup, memberId: string, instanceId: string,
  request: ConsumerGroupHeartbeatRequest, isJoining: boolean, records: GroupsRecord[],
): ConsumerMember {
  if (!isJoining) {
    const member = ownStaticMember(group, memberId, instanceId)
    checkEpoch(member, request)
    return member
  }
  const existing = group.staticMember(instanceId)
  if (existing === undefined) return group.members.get(memberId) ?? newMember(memberId)
  // A member of the classic protocol cannot say that it will be back.
  if (existing.classic === null && existing.memberEpoch !== LEAVE_STATIC_EPOCH) {
    throw new ApiError(Errors.UNRELEASED_INSTANCE_ID, `Static member ${memberId} with instance id `
      + `${instanceId} cannot join the group because the instance id is owned by `
      + `${existing.memberId} member.`)
  }
  return replaceStatic(group, existing, memberId, records)
}

/**
 * One epoch behind is what the answer that was lost would have changed, provided the member owns no
 * more than it shall. Throws FENCED_MEMBER_EPOCH.
 */
function checkEpoch(
  member: ConsumerMember, { memberEpoch, topicPartitions }: ConsumerGroupHeartbeatRequest,
): void {
  if (memberEpoch === JOIN_EPOCH || memberEpoch === member.memberEpoch) return
  const isBehind = memberEpoch < member.memberEpoch
  const isAnswerLost = isBehind && memberEpoch === member.previousMemberEpoch
    && isPartOf(topicPartitions, member.assigned)
  if (isAnswerLost) return
  throw new ApiError(Errors.FENCED_MEMBER_EPOCH, 'The consumer group member has a '
    + `${isBehind ? 'smaller' : 'greater'} member epoch (${memberEpoch}) than the one known by `
    + `the group coordinator (${member.memberEpoch}). The member must abandon all its partitions `
    + 'and rejoin.')
}

function isPartOf(owned: readonly TopicPartitions[] | null, assigned: OwnedPartitions): boolean {
  return owned !== null && owned.every(({ topicId, partitions }) => {
    const its = assigned.get(topicId)
    return its !== undefined && partitions.every((partition) => its.has(partition))
  })
}

/** The member with what the request tells; null is what it said before. */
function told(before: ConsumerMember, beat: Beat): ConsumerMember {
  if (tellsNothing(before, beat)) return before
  const { request, clientId, clientHost } = beat
  const { subscribedTopicNames: names, rebalanceTimeoutMs } = request
  return {
    ...before, clientId, clientHost,
    instanceId: request.instanceId ?? before.instanceId,
    rackId: request.rackId ?? before.rackId,
    rebalanceTimeoutMs:
      rebalanceTimeoutMs === NO_TIMEOUT ? before.rebalanceTimeoutMs : rebalanceTimeoutMs,
    serverAssignor: request.serverAssignor ?? before.serverAssignor,
    subscribedTopicNames: names === null ? before.subscribedTopicNames : new Set(names),
    subscribedTopicRegex: request.subscribedTopicRegex ?? before.subscribedTopicRegex,
    classic: null,
  }
}

/** As nearly all heartbeats: the member lives, that is all. */
function tellsNothing(
  before: ConsumerMember, { request, clientId, clientHost }: Beat,
): boolean {
  return request.subscribedTopicNames === null && request.subscribedTopicRegex === null
    && request.serverAssignor === null && request.rackId === null
    && (request.instanceId === null || request.instanceId === before.instanceId)
    && request.rebalanceTimeoutMs === NO_TIMEOUT && before.classic === null
    && before.clientId === clientId && before.clientHost === clientHost
}

/** The member tells all of itself, and is told all. */
function isFull(request: ConsumerGroupHeartbeatRequest): boolean {
  return request.rebalanceTimeoutMs !== NO_TIMEOUT && request.topicPartitions !== null
    && (request.subscribedTopicNames !== null || (request.subscribedTopicRegex ?? null) !== null)
}

function partitionsOf(owned: OwnedPartitions) {
  return [...owned].map(([topicId, partitions]) =>
    ({ topicId, partitions: [...partitions.keys()] }))
}

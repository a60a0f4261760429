// How members leave a consumer group: by themselves, or because they were not heard of in time.

import { ApiError, Errors } from '../../../../protocol/errors.ts'
import type {
  ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse,
} from '../../../../protocol/messages/consumer-group-heartbeat.ts'
import type { GroupsRecord } from '../records.ts'
import { type GroupsState, type GroupsWrites, NOTHING } from '../state.ts'
import { NOTHING_OWNED, ownedAt, type OwnedPartitions } from './assignment.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import {
  type ConsumerMember, LEAVE_STATIC_EPOCH, MemberState, regexOf,
} from './consumer-member.ts'
import { becomeClassic, mayBecomeClassic } from './downgrade.ts'
import { metadataHash } from './metadata-hash.ts'
import {
  currentRecord, epochRecord, memberTombstones, regexTombstone, targetEpochRecord,
} from './record-makers.ts'
import { Subscriptions } from './subscriptions.ts'
import { joinTimer, rebalanceTimer, sessionTimer, syncTimer } from './timers.ts'

/** Throws GROUP_ID_NOT_FOUND. */
export function consumerGroup(state: GroupsState, groupId: string): ConsumerGroup {
  const group = state.group(groupId)
  if (group.type === 'consumer') return group
  throw new ApiError(Errors.GROUP_ID_NOT_FOUND, `Group ${groupId} is not a consumer group.`)
}

/** A heartbeat of epoch −1 or −2. Throws what is wrong with the member. */
export function leave(
  state: GroupsState, { groupId, memberId, instanceId, memberEpoch }: ConsumerGroupHeartbeatRequest,
): { writes: GroupsWrites, answer: ConsumerGroupHeartbeatResponse } {
  const group = consumerGroup(state, groupId)
  const member = instanceId === null
    ? group.member(memberId)
    : ownStaticMember(group, memberId, instanceId)
  const answer = { errorCode: Errors.NONE, memberId, memberEpoch, heartbeatIntervalMs: 0 }
  return memberEpoch === LEAVE_STATIC_EPOCH && instanceId !== null
    ? { writes: { records: [currentRecord(groupId, away(member))] }, answer }
    : { writes: fence(state, group, [member]), answer }
}

/** Throws UNKNOWN_MEMBER_ID, or FENCED_INSTANCE_ID where another process took over. */
export function ownStaticMember(
  group: ConsumerGroup, memberId: string, instanceId: string,
): ConsumerMember {
  const member = group.staticMember(instanceId)
  if (member === undefined) {
    throw new ApiError(Errors.UNKNOWN_MEMBER_ID, `Instance id ${instanceId} is unknown.`)
  }
  if (member.memberId === memberId) return member
  throw new ApiError(Errors.FENCED_INSTANCE_ID, `Static member ${memberId} with instance id `
    + `${instanceId} was fenced by member ${member.memberId}.`)
}

/** It keeps what it is assigned, for the process that comes back under its instance id. */
function away(member: ConsumerMember): ConsumerMember {
  return {
    ...member, memberEpoch: LEAVE_STATIC_EPOCH,
    assigned: atEpochZero(member.assigned), pendingRevocation: NOTHING_OWNED,
  }
}

function atEpochZero(owned: OwnedPartitions): OwnedPartitions {
  return ownedAt(new Map([...owned].map(([topicId, partitions]) =>
    [topicId, new Set(partitions.keys())])), 0)
}

/** Takes members out; the others share what they had with their next heartbeats. */
export function fence(
  state: GroupsState, group: ConsumerGroup, members: readonly ConsumerMember[],
): GroupsWrites {
  if (members.length === 0) return NOTHING
  const writes = mayBecomeClassic(state, group, members)
    ? becomeClassic(state, group, members)
    : takeOut(state, group, members)
  return {
    ...writes,
    settled: (error) => {
      writes.settled?.(error)
      // All of them are in it still, and somebody has to notice when they are not heard of.
      if (error !== undefined) watchMembers(state, group)
    },
  }
}

export function watchMembers(state: GroupsState, { groupId, members }: ConsumerGroup): void {
  const { sessionTimeoutMs } = state.world.consumer.of(groupId)
  for (const member of members.values()) {
    watchSession(state, groupId, member.memberId, sessionTimeoutMs)
    if (member.state === MemberState.UNREVOKED_PARTITIONS) watchRebalance(state, groupId, member)
  }
}

function takeOut(
  state: GroupsState, group: ConsumerGroup, members: readonly ConsumerMember[],
): GroupsWrites {
  const { groupId } = group
  const records: GroupsRecord[] =
    members.flatMap(({ memberId }) => memberTombstones(groupId, memberId))
  const subscriptions = new Subscriptions(group.subscriptions)
  for (const member of members) subscriptions.replace(member, undefined)
  for (const regex of unusedRegexes(group, members)) {
    records.push(regexTombstone(groupId, regex))
    subscriptions.countMatches(group.regexes.get(regex)?.topics ?? [], -1)
  }
  const groupEpoch = group.groupEpoch + 1
  records.push(epochRecord(groupId, groupEpoch, metadataHash(state, subscriptions)))
  // The first member that comes after need not wait.
  if (group.members.size === members.length) {
    records.push(targetEpochRecord(groupId, groupEpoch, 0))
  }
  for (const { memberId } of members) cancelTimers(state, groupId, memberId)
  return { records }
}

function unusedRegexes(group: ConsumerGroup, members: readonly ConsumerMember[]): string[] {
  const counts = new Map<string, number>()
  for (const member of members) {
    const regex = regexOf(member)
    if (regex !== undefined) counts.set(regex, (counts.get(regex) ?? 0) + 1)
  }
  return [...counts].filter(([regex, count]) => group.subscriptions.membersWith(regex) === count)
    .map(([regex]) => regex)
}

/** Takes the member out unless it is heard of. */
export function watchSession(
  { shard }: GroupsState, groupId: string, memberId: string, timeoutMs: number,
): void {
  shard.runLater(sessionTimer(groupId, memberId), timeoutMs,
    (state) => fenceById(state, groupId, memberId, 'its session ended'))
}

/** Takes the member out unless it has moved on to another epoch. */
export function watchRebalance(
  { shard }: GroupsState, groupId: string, { memberId, memberEpoch, rebalanceTimeoutMs }:
  ConsumerMember,
): void {
  shard.runLater(rebalanceTimer(groupId, memberId), rebalanceTimeoutMs, (state) => {
    const isStuck = state.consumer(groupId)?.members.get(memberId)?.memberEpoch === memberEpoch
    return isStuck ? fenceById(state, groupId, memberId, 'it kept what it had to give up') : NOTHING
  })
}

/** Does nothing where the member is gone. */
export function fenceById(
  state: GroupsState, groupId: string, memberId: string, reason: string,
): GroupsWrites {
  const group = state.consumer(groupId)
  const member = group?.members.get(memberId)
  if (group === undefined || member === undefined) return NOTHING
  state.world.logger.info('member is out of its group',
    { group: groupId, member: memberId, reason })
  return fence(state, group, [member])
}

function cancelTimers({ shard }: GroupsState, groupId: string, memberId: string): void {
  for (const timer of [sessionTimer, rebalanceTimer, joinTimer, syncTimer]) {
    shard.timers.cancel(timer(groupId, memberId))
  }
}

// How a consumer group becomes one of the classic protocol again: when all members that are left
// speak that.

import { ClassicGroup, CONSUMER } from '../classic-group.ts'
import { Member } from '../member.ts'
import { rebalance, watchSession as watchClassicSession } from '../rebalance.ts'
import { groupRecord } from '../records.ts'
import type { GroupsState, GroupsWrites } from '../state.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerMember } from './consumer-member.ts'
import { encodeAssignment } from './protocol-bytes.ts'
import { consumerGroupTombstones } from './record-makers.ts'

/** Whether these members are the last that keep the group from it, and policy allows. */
export function mayBecomeClassic(
  { world }: GroupsState, group: ConsumerGroup, leaving: readonly ConsumerMember[],
): boolean {
  const left = [...group.members.values()].filter((member) => !leaving.includes(member))
  return left.length > 0 && left.every(({ classic }) => classic !== null)
    && world.consumer.migration.mayDowngrade && left.length <= world.consumer.classicMaxSize
}

/** As `mayBecomeClassic`, when a classic member takes the place of the static one. */
export function mayBecomeClassicInPlaceOf(
  { world }: GroupsState, group: ConsumerGroup, replaced: ConsumerMember,
): boolean {
  const others = [...group.members.values()].filter((member) => member !== replaced)
  return replaced.classic === null && others.every(({ classic }) => classic !== null)
    && world.consumer.migration.mayDowngrade
    && group.members.size <= world.consumer.classicMaxSize
}

export interface Joining {
  readonly member: ConsumerMember
  readonly replaced: ConsumerMember
}

/**
 * The group is classic at once, and its members have to join anew unless `isSettled`: then they
 * have what they shall have.
 */
export function becomeClassic(
  state: GroupsState, group: ConsumerGroup, leaving: readonly ConsumerMember[],
  joining?: Joining, isSettled = false,
): GroupsWrites {
  const { groupId } = group
  const classic = classicOf(state, group, leaving, joining)
  const assignments = new Map([...classic.members.values()].map(({ memberId, assignment }) =>
    [memberId, assignment]))
  const named = (memberId: string) =>
    memberId === joining?.replaced.memberId ? joining.member.memberId : memberId
  const records = [...consumerGroupTombstones(group, named), groupRecord(classic, assignments)]
  state.groups.set(groupId, classic)
  for (const member of classic.members.values()) watchClassicSession(state, classic, member)
  if (!isSettled) rebalance(state, classic, 'the group is classic again')
  state.world.logger.info('consumer group becomes a classic group', { group: groupId })
  return {
    records,
    replayOnly: true,
    settled: (error) => {
      // The log still says what the group was.
      if (error !== undefined && state.groups.get(groupId) === classic) {
        state.groups.set(groupId, group)
      }
    },
  }
}

function classicOf(
  { world }: GroupsState, group: ConsumerGroup, leaving: readonly ConsumerMember[],
  joining: Joining | undefined,
): ClassicGroup {
  const classic = new ClassicGroup(group.groupId, {
    state: 'Stable', generationId: group.groupEpoch, protocolType: CONSUMER,
    stateChangedMs: world.nowMs(),
  })
  for (const member of group.members.values()) {
    if (leaving.includes(member) || member === joining?.replaced) continue
    classic.add(classicMember(member))
  }
  if (joining !== undefined) classic.add(classicMember(joining.member))
  classic.protocolName = classic.selectProtocol()
  classic.refreshSubscribedTopics()
  const { topics } = world.metadata()
  for (const member of classic.members.values()) {
    const knownAs = member.memberId === joining?.member.memberId
      ? joining.replaced.memberId
      : member.memberId
    member.assignment = encodeAssignment(
      group.target(knownAs), topics, member.metadata(classic.protocolName))
  }
  return classic
}

function classicMember(member: ConsumerMember): Member {
  const { sessionTimeoutMs, supportedProtocols } = member.classic!
  return new Member({
    memberId: member.memberId, groupInstanceId: member.instanceId,
    clientId: member.clientId, clientHost: member.clientHost,
    rebalanceTimeoutMs: member.rebalanceTimeoutMs, sessionTimeoutMs,
    protocolType: CONSUMER, protocols: supportedProtocols,
  })
}

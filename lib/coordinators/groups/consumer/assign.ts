// What a heartbeat can set off in its group: a new epoch of the group, a new target, and the
// member's way there. Nothing changes but by the records that come of it.

import type { GroupsRecord } from '../records.ts'
import type { GroupsState } from '../state.ts'
import type { TopicPartitions } from './assignment.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import {
  type ConsumerMember, isReconciled, MemberState, regexOf, sameCurrent,
} from './consumer-member.ts'
import { watchRebalance } from './fence.ts'
import { metadataHash } from './metadata-hash.ts'
import { currentRecord, epochRecord, targetEpochRecord, targetRecord, topicsTombstone }
  from './record-makers.ts'
import { reconciled, type Target } from './reconcile.ts'
import { Subscriptions } from './subscriptions.ts'
import { computeTarget, isSubscribedTo } from './target.ts'
import { rebalanceTimer } from './timers.ts'

/** A member on its way from how the group knows it to how it is now. */
export interface Change {
  readonly group: ConsumerGroup
  readonly before: ConsumerMember
  readonly updated: ConsumerMember
  /** What has been decided so far; more is added. */
  readonly records: GroupsRecord[]
}

export interface GroupEpochNow {
  readonly groupEpoch: number
  readonly isHomogeneous: boolean
}

/** A new epoch, if topics have changed or the caller says so. */
export function updateGroupEpoch(
  state: GroupsState, { group, before, updated, records }: Change, mustBump: boolean,
): GroupEpochNow {
  const { topics } = state.world.metadata()
  const isCurrent = group.checked?.topics === topics
    && group.groupEpoch >= group.checked.groupEpoch
  if (!mustBump && isCurrent) {
    const isHomogeneous = group.subscriptions.isHomogeneous(group.members.size)
    return { groupEpoch: group.groupEpoch, isHomogeneous }
  }
  const subscriptions = subscriptionsWith(group, before, updated)
  const hash = metadataHash(state, subscriptions)
  const isBumped = mustBump || hash !== group.metadataHash
  const groupEpoch = group.groupEpoch + (isBumped ? 1 : 0)
  if (isBumped) {
    records.push(epochRecord(group.groupId, groupEpoch, hash))
    state.world.counts.consumerRebalances++
  }
  group.checked = { topics, groupEpoch }
  if (group.hasTopicsRecord) records.push(topicsTombstone(group.groupId))
  const isNew = !group.members.has(updated.memberId)
    && group.staticMember(updated.instanceId) === undefined
  const memberCount = group.members.size + (isNew ? 1 : 0)
  return { groupEpoch, isHomogeneous: subscriptions.isHomogeneous(memberCount) }
}

function subscriptionsWith(
  group: ConsumerGroup, before: ConsumerMember, updated: ConsumerMember,
): Subscriptions {
  const subscriptions = new Subscriptions(group.subscriptions)
  subscriptions.replace(before, updated)
  const regex = regexOf(before)
  const isLast = regex !== undefined && regex !== regexOf(updated)
    && group.subscriptions.membersWith(regex) === 1
  if (isLast) subscriptions.countMatches(group.regexes.get(regex)?.topics ?? [], -1)
  return subscriptions
}

/** What the member shall own; assigned anew if the group has moved on, and not too soon. */
export function updateTarget(
  state: GroupsState, change: Change, { groupEpoch, isHomogeneous }: GroupEpochNow,
): Target {
  const { group, before, updated, records } = change
  const { groupId } = group
  if (group.targetEpoch >= groupEpoch || !mayAssign(state, group)) {
    const memberId = updated.instanceId === null
      ? updated.memberId
      : group.staticMembers.get(updated.instanceId)
    return {
      epoch: group.targetEpoch,
      assignment: group.target(memberId ?? updated.memberId),
    }
  }
  const { assignors } = state.world.consumer
  const preferred = group.preferredAssignorAfter(before, updated)
  const assignor = assignors.find(({ name }) => name === preferred) ?? assignors[0]!
  const { topics } = state.world.metadata()
  const targets = computeTarget({ group, updated, isHomogeneous, topics, assignor })
  const replacedId = group.staticMember(updated.instanceId)?.memberId
  for (const [memberId, target] of targets) {
    const isReplacing = memberId === updated.memberId && replacedId !== undefined
    const known = group.targets.get(isReplacing ? replacedId : memberId)
    if (target !== known) records.push(targetRecord(groupId, memberId, target))
  }
  records.push(targetEpochRecord(groupId, groupEpoch, state.world.nowMs()))
  state.world.logger.debug('partitions of group assigned',
    { group: groupId, epoch: groupEpoch, assignor: assignor.name })
  return { epoch: groupEpoch, assignment: targets.get(updated.memberId)! }
}

function mayAssign({ world }: GroupsState, group: ConsumerGroup): boolean {
  const { assignmentIntervalMs } = world.consumer.of(group.groupId)
  return group.targetTimestampMs === 0 || assignmentIntervalMs === 0
    || world.nowMs() >= group.targetTimestampMs + assignmentIntervalMs
}

export interface Owning {
  readonly hasSubscriptionChanged: boolean
  /** What the member says that it owns; null: as before. */
  readonly owned: readonly TopicPartitions[] | null
}

/** The member as it comes out of all that. */
export function reconcile(
  state: GroupsState, { group, updated, records }: Change, target: Target,
  { hasSubscriptionChanged, owned }: Owning,
): ConsumerMember {
  if (!hasSubscriptionChanged && isReconciled(updated, target.epoch)) return updated
  const { groupId } = group
  const { topics } = state.world.metadata()
  const member = reconciled(updated, {
    target, hasSubscriptionChanged, owned,
    isSubscribed: (topicId) => {
      const name = topics.byId(topicId)?.name
      return name !== undefined && isSubscribedTo(updated, name, group.regexes)
    },
    isOwned: (topicId, partition) => group.isOwned(topicId, partition),
  })
  if (sameCurrent(member, updated)) return updated
  records.push(currentRecord(groupId, member))
  if (member.classic !== null) return member
  if (member.state === MemberState.UNREVOKED_PARTITIONS) watchRebalance(state, groupId, member)
  else state.shard.timers.cancel(rebalanceTimer(groupId, member.memberId))
  return member
}

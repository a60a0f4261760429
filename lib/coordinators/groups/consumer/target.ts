// The target of a group: which partitions each member shall own, as a server-side assignor says.

import type { TopicsImage } from '../../../../controller/image/topics.ts'
import { type Assignment, NOTHING_ASSIGNED, sameAssignment } from './assignment.ts'
import type { Assignor, MemberSpec } from './assignors/spec.ts'
import type { ConsumerGroup, ResolvedRegex } from './consumer-group.ts'
import { type ConsumerMember, regexOf } from './consumer-member.ts'
import { copied, grown, hashOfString, hashOfUuid, memoized, timelined } from './java-order.ts'

export interface TargetRequest {
  readonly group: ConsumerGroup
  /** A member that has come or changed since. */
  readonly updated?: ConsumerMember
  readonly isHomogeneous: boolean
  readonly topics: TopicsImage
  readonly assignor: Assignor
}

/** By members in the order in which Kafka has them. What stays is the same object as before. */
export function computeTarget(request: TargetRequest): Map<string, Assignment> {
  const { group, topics, assignor, isHomogeneous } = request
  const subscriptionOf = subscriptions(group.regexes, topics)
  const specs = new Map<string, MemberSpec>()
  let shared: Subscription | undefined
  for (const { member, target } of membersIn(request)) {
    if (!isHomogeneous || shared === undefined) shared = subscriptionOf(member)
    const { topicIds, subscribedCount } = shared
    specs.set(member.memberId,
      { topicIds, subscribedCount, instanceId: member.instanceId, assignment: target })
  }
  const assigned = assignor.assign({
    members: specs, isHomogeneous,
    assignedPartitions: (topicId) => group.targetedPartitions().get(topicId),
    partitionCount: (topicId) => topics.byId(topicId)!.partitions.size,
    hashOfTopic: memoized(hashOfUuid),
  })
  const targets = new Map<string, Assignment>()
  for (const [memberId, { assignment: before }] of specs) {
    const after = assigned.get(memberId) ?? NOTHING_ASSIGNED
    targets.set(memberId, sameAssignment(before, after) ? before : after)
  }
  return targets
}

interface TargetedMember {
  readonly member: ConsumerMember
  readonly target: Assignment
}

/** The members of the group with the updated one; a static one takes another's place. */
function membersIn({ group, updated }: TargetRequest): TargetedMember[] {
  const members = new Map<string, TargetedMember>()
  for (const memberId of timelined(group.members.keys())) {
    members.set(memberId, { member: group.member(memberId), target: group.target(memberId) })
  }
  if (updated !== undefined) {
    const { memberId, instanceId } = updated
    const replacedId = instanceId === null ? undefined : group.staticMembers.get(instanceId)
    const target = group.target(replacedId ?? memberId)
    if (replacedId !== undefined && replacedId !== memberId) members.delete(replacedId)
    members.set(memberId, { member: updated, target })
  }
  return grown(members.keys(), hashOfString).map((memberId) => members.get(memberId)!)
}

type Subscription = Pick<MemberSpec, 'topicIds' | 'subscribedCount'>

/** What members are subscribed to, looked up once for all that are to the same. */
function subscriptions(
  regexes: ReadonlyMap<string, ResolvedRegex>, topics: TopicsImage,
): (member: ConsumerMember) => Subscription {
  const known = new Map<string, Subscription>()
  return (member) => {
    const key = JSON.stringify([regexOf(member) ?? null, ...member.subscribedTopicNames])
    let subscription = known.get(key)
    if (subscription === undefined) {
      const names = namesOf(member, regexes)
      const topicIds = new Set<string>()
      for (const name of names) {
        const topic = topics.byName(name)
        if (topic !== undefined) topicIds.add(topic.id)
      }
      known.set(key, subscription = { topicIds, subscribedCount: names.length })
    }
    return subscription
  }
}

/** The larger of the two sets goes first. */
function namesOf(
  member: ConsumerMember, regexes: ReadonlyMap<string, ResolvedRegex>,
): string[] {
  const regex = regexOf(member)
  const matched = regex === undefined ? undefined : regexes.get(regex)?.topics
  const sets = [member.subscribedTopicNames, matched ?? NO_NAMES]
  const [large, small] = sets[0]!.size > sets[1]!.size ? sets : sets.toReversed()
  return [
    ...copied(large!, hashOfString),
    ...copied(small!, hashOfString).filter((name) => !large!.has(name)),
  ]
}

const NO_NAMES: ReadonlySet<string> = new Set()

/** Whether the topic of this name is one of those that the member is subscribed to. */
export function isSubscribedTo(
  member: ConsumerMember, name: string, regexes: ReadonlyMap<string, ResolvedRegex>,
): boolean {
  if (member.subscribedTopicNames.has(name)) return true
  const regex = regexOf(member)
  return regex !== undefined && regexes.get(regex)?.topics.has(name) === true
}

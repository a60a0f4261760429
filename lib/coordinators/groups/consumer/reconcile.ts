// How a member gets from what it owns to what it shall own: first it gives up, then it moves on to
// the epoch of the target, and there it waits for what others have to give up first. So no
// partition has two owners (KIP-848).

import { ApiError, Errors } from '../../../../protocol/errors.ts'
import type { Assignment, OwnedPartitions, TopicPartitions } from './assignment.ts'
import { NOTHING_OWNED } from './assignment.ts'
import { type ConsumerMember, MemberState } from './consumer-member.ts'

export interface Target {
  readonly epoch: number
  readonly assignment: Assignment
}

export interface Reconciliation {
  readonly target: Target
  readonly hasSubscriptionChanged: boolean
  /** Whether the member is subscribed to the topic, be it by a regular expression. */
  isSubscribed(topicId: string): boolean
  /** Whether some member may still read from the partition. */
  isOwned(topicId: string, partition: number): boolean
  /** What the member says that it owns; null: as before. */
  readonly owned: readonly TopicPartitions[] | null
}

/** The member as it is next; itself, if nothing changes. Throws FENCED_MEMBER_EPOCH. */
export function reconciled(member: ConsumerMember, by: Reconciliation): ConsumerMember {
  switch (member.state) {
    case MemberState.STABLE:
      if (member.memberEpoch !== by.target.epoch) return next(member, by, member.memberEpoch)
      return by.hasSubscriptionChanged ? withoutUnsubscribed(member, by) : member
    case MemberState.UNREVOKED_PARTITIONS:
      if (!ownsAny(by.owned, member.pendingRevocation)) return next(member, by, member.memberEpoch)
      return by.hasSubscriptionChanged ? withoutUnsubscribed(member, by) : member
    case MemberState.UNRELEASED_PARTITIONS:
      return next(member, by, member.memberEpoch)
    case MemberState.UNKNOWN:
      if (by.owned === null || by.owned.length > 0) {
        throw new ApiError(Errors.FENCED_MEMBER_EPOCH, 'The consumer group member is in a unknown '
          + 'state. The member must abandon all its partitions and rejoin.')
      }
      return next(member, by, by.target.epoch)
  }
}

/** A member that says nothing is taken to own it all still. */
function ownsAny(
  owned: readonly TopicPartitions[] | null, partitions: OwnedPartitions,
): boolean {
  if (owned === null) return true
  return owned.some(({ topicId, partitions: its }) => {
    const among = partitions.get(topicId)
    return among !== undefined && its.some((partition) => among.has(partition))
  })
}

/** Partitions of topics that it is not subscribed to any more are to be given up at once. */
function withoutUnsubscribed(member: ConsumerMember, by: Reconciliation): ConsumerMember {
  const assigned = new Map(member.assigned)
  const revoked = new Map(member.pendingRevocation)
  for (const [topicId, partitions] of member.assigned) {
    if (by.isSubscribed(topicId)) continue
    assigned.delete(topicId)
    revoked.set(topicId, new Map([...revoked.get(topicId) ?? [], ...partitions]))
  }
  if (assigned.size === member.assigned.size) return member
  const updated = moved(member, member.memberEpoch, assigned)
  return revoked.size > 0 && ownsAny(by.owned, revoked)
    ? { ...updated, state: MemberState.UNREVOKED_PARTITIONS, pendingRevocation: revoked }
    : updated
}

interface Split {
  readonly kept: Map<string, ReadonlyMap<number, number>>
  readonly revoked: Map<string, ReadonlyMap<number, number>>
  /** Nobody has them: the member can. */
  readonly added: Map<string, readonly number[]>
  /** Somebody has partitions that the member is to get. */
  hasUnreleased: boolean
}

function next(member: ConsumerMember, by: Reconciliation, memberEpoch: number): ConsumerMember {
  const { kept, revoked, added, hasUnreleased } = split(member, by)
  if (revoked.size > 0 && ownsAny(by.owned, revoked)) {
    return {
      ...moved(member, memberEpoch, kept),
      state: MemberState.UNREVOKED_PARTITIONS, pendingRevocation: revoked,
    }
  }
  for (const [topicId, partitions] of added) {
    kept.set(topicId, new Map([
      ...kept.get(topicId) ?? [],
      ...partitions.map((partition): [number, number] => [partition, by.target.epoch]),
    ]))
  }
  return {
    ...moved(member, by.target.epoch, kept),
    state: hasUnreleased ? MemberState.UNRELEASED_PARTITIONS : MemberState.STABLE,
    pendingRevocation: NOTHING_OWNED,
  }
}

function moved(
  member: ConsumerMember, memberEpoch: number, assigned: OwnedPartitions,
): ConsumerMember {
  return { ...member, memberEpoch, previousMemberEpoch: member.memberEpoch, assigned }
}

function split(member: ConsumerMember, by: Reconciliation): Split {
  const result: Split = {
    kept: new Map(), revoked: new Map(), added: new Map(), hasUnreleased: false,
  }
  const topicIds = new Set([...by.target.assignment.keys(), ...member.assigned.keys()])
  for (const topicId of topicIds) splitTopic(member, by, topicId, result)
  return result
}

function splitTopic(
  member: ConsumerMember, by: Reconciliation, topicId: string, into: Split,
): void {
  const target = by.isSubscribed(topicId)
    ? by.target.assignment.get(topicId) ?? NO_PARTITIONS
    : NO_PARTITIONS
  const has = member.assigned.get(topicId) ?? NO_EPOCHS
  const kept = new Map([...has].filter(([partition]) => target.has(partition)))
  const revoked = new Map([...has].filter(([partition]) => !target.has(partition)))
  const missing = [...target].filter((partition) => !has.has(partition))
  const givenUp = member.pendingRevocation.get(topicId) ?? NO_EPOCHS
  const added = missing.filter((partition) =>
    !by.isOwned(topicId, partition) || givenUp.has(partition))
  if (kept.size > 0) into.kept.set(topicId, kept)
  if (revoked.size > 0) into.revoked.set(topicId, revoked)
  if (added.length > 0) into.added.set(topicId, added)
  if (added.length < missing.length) into.hasUnreleased = true
}

const NO_PARTITIONS: ReadonlySet<number> = new Set()
const NO_EPOCHS: ReadonlyMap<number, number> = new Map()

// `uniform` where all members are subscribed to the same topics: everybody keeps partitions up to a
// quota, and what is left over goes to those who are below theirs.

import type { Assignment } from '../assignment.ts'
import { copied, grown, type Hash } from '../java-order.ts'
import { Draft } from './draft.ts'
import type { GroupSpec, MemberSpec } from './spec.ts'

interface Free {
  readonly topicId: string
  readonly partition: number
}

interface Keeping {
  readonly topicIds: ReadonlySet<string>
  readonly hashOfTopic: Hash<string>
  /** Partitions to give away: nobody's first, then those that members have too many of. */
  readonly free: Free[]
  readonly quota: number
  /** Members that may yet have one more than the quota. */
  extra: number
  membersLeft: number
}

export function assignHomogeneous(spec: GroupSpec): Map<string, Assignment> {
  const [first] = spec.members.values()
  const topicIds = copied(first!.topicIds, spec.hashOfTopic, first!.subscribedCount)
  if (topicIds.length === 0) return new Map()
  const free: Free[] = []
  let total = 0
  for (const topicId of topicIds) {
    const count = spec.partitionCount(topicId)
    total += count
    const assigned = spec.assignedPartitions(topicId)
    if (assigned?.size === count) continue
    for (let partition = 0; partition < count; partition++) {
      if (assigned?.has(partition) !== true) free.push({ topicId, partition })
    }
  }
  const memberCount = spec.members.size
  const keeping: Keeping = {
    topicIds: new Set(topicIds), free, hashOfTopic: spec.hashOfTopic,
    quota: Math.floor(total / memberCount), extra: total % memberCount, membersLeft: memberCount,
  }
  // Nearly all of many members keep what they have: those are only counted.
  const after = new Map<string, Assignment>()
  const changing: { memberId: string, draft: Draft, room: number }[] = []
  for (const [memberId, member] of spec.members) {
    after.set(memberId, member.assignment)
    const { draft, room } = keep(keeping, member)
    if (draft !== undefined || room > 0) {
      changing.push({ memberId, draft: draft ?? draftOf(keeping, member), room })
    }
  }
  let next = 0
  for (const { memberId, draft, room } of changing) {
    for (const { topicId, partition } of free.slice(next, next + room)) {
      draft.add(topicId, partition)
    }
    next += room
    after.set(memberId, draft.finish())
  }
  if (next < free.length) throw new Error('Partitions were left unassigned')
  return after
}

function draftOf({ hashOfTopic }: Keeping, { assignment }: MemberSpec): Draft {
  return new Draft(assignment, hashOfTopic)
}

/** What the member keeps (left out: all), and how many partitions more it may get. */
function keep(
  keeping: Keeping, member: MemberSpec,
): { draft: Draft | undefined, room: number } {
  let draft: Draft | undefined
  let hasExtra = keeping.extra > 0
  let room = keeping.quota + (hasExtra ? 1 : 0)
  for (const topicId of grown(member.assignment.keys(), keeping.hashOfTopic)) {
    if (!keeping.topicIds.has(topicId)) {
      draft ??= draftOf(keeping, member)
      draft.removeTopic(topicId)
      continue
    }
    const partitions = member.assignment.get(topicId)!
    if (partitions.size <= room) {
      room -= partitions.size
      continue
    }
    draft ??= draftOf(keeping, member)
    for (const partition of draft.shorten(topicId, room)) {
      keeping.free.push({ topicId, partition })
    }
    room = 0
  }
  // It does not need the one more, and there are enough after it that may.
  if (room > 0 && hasExtra && keeping.membersLeft > keeping.extra) {
    room--
    hasExtra = false
  }
  if (hasExtra) keeping.extra--
  keeping.membersLeft--
  return { draft, room }
}

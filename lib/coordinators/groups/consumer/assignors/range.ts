// The assignor `range`: of every topic, members get consecutive partitions in the order of their
// names, so that topics of as many partitions are shared out alike. Nothing is sticky.

import type { Assignment } from '../assignment.ts'
import type { Assignor, GroupSpec, MemberSpec } from './spec.ts'

export const rangeAssignor: Assignor = { name: 'range', assign }

/** What of a topic is not given away yet. */
interface Rest {
  readonly partitionCount: number
  /** Of every subscriber, and how many of them have one more. */
  readonly quota: number
  extra: number
  next: number
}

function assign(spec: GroupSpec): Map<string, Assignment> {
  const members = [...spec.members].sort(byInstanceThenId)
  const rests = restsOf(spec)
  return new Map(members.map(([memberId, { topicIds }]) => {
    const assignment = new Map<string, Set<number>>()
    for (const topicId of topicIds) {
      const partitions = take(rests.get(topicId)!)
      if (partitions.size > 0) assignment.set(topicId, partitions)
    }
    return [memberId, assignment]
  }))
}

/** Static members before all others: they keep their place over restarts. */
function byInstanceThenId(
  [idA, { instanceId: a }]: [string, MemberSpec], [idB, { instanceId: b }]: [string, MemberSpec],
): number {
  if (a !== null && b !== null) return compare(a, b)
  if (a !== null) return -1
  return b !== null ? 1 : compare(idA, idB)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function restsOf(spec: GroupSpec): Map<string, Rest> {
  const subscribers = new Map<string, number>()
  for (const { topicIds } of spec.members.values()) {
    for (const topicId of topicIds) subscribers.set(topicId, (subscribers.get(topicId) ?? 0) + 1)
  }
  return new Map([...subscribers].map(([topicId, count]) => {
    const partitionCount = spec.partitionCount(topicId)
    return [topicId, {
      partitionCount,
      quota: Math.floor(partitionCount / count),
      extra: partitionCount % count,
      next: 0,
    }]
  }))
}

function take(rest: Rest): Set<number> {
  const hasExtra = rest.extra > 0
  if (hasExtra) rest.extra--
  const end = Math.min(rest.next + rest.quota + (hasExtra ? 1 : 0), rest.partitionCount)
  const partitions = new Set<number>()
  for (; rest.next < end; rest.next++) partitions.add(rest.next)
  return partitions
}

// `uniform` where members are subscribed to different topics: topics are balanced one after the
// other, several times over, as each changes how much its members have of the others.

import type { Assignment } from '../assignment.ts'
import { bucketsFor, capacityFor, compareUuids } from '../java-order.ts'
import { Balancer } from './balancer.ts'
import { Draft } from './draft.ts'
import type { GroupSpec } from './spec.ts'

const NOBODY = -1
/** Each round lets partitions go one topic further; what is not balanced by then stays. */
const MOST_ROUNDS = 16

/** Members are known by their place in the group. */
interface Work {
  readonly spec: GroupSpec
  readonly drafts: Draft[]
  /** Partitions that each member has. */
  readonly loads: number[]
  /** Members by topic. */
  readonly subscribers: ReadonlyMap<string, readonly number[]>
  /** Of each topic, the member that has the partition. */
  readonly owners: ReadonlyMap<string, number[]>
}

export function assignHeterogeneous(spec: GroupSpec): Map<string, Assignment> {
  const work = begin(spec)
  if (work.subscribers.size === 0) return new Map()
  keepSubscribed(work)
  assignFree(work)
  balance(work)
  return new Map([...spec.members.keys()].map((memberId, index) =>
    [memberId, work.drafts[index]!.finish()]))
}

function begin(spec: GroupSpec): Work {
  const subscribers = new Map<string, number[]>()
  for (const [index, { topicIds }] of [...spec.members.values()].entries()) {
    for (const topicId of topicIds) {
      const members = subscribers.get(topicId)
      if (members === undefined) subscribers.set(topicId, [index])
      else members.push(index)
    }
  }
  return {
    spec, subscribers,
    drafts: [],
    loads: new Array<number>(spec.members.size).fill(0),
    owners: new Map([...subscribers.keys()].map((topicId) =>
      [topicId, new Array<number>(spec.partitionCount(topicId)).fill(NOBODY)])),
  }
}

function keepSubscribed({ spec, drafts, loads, owners }: Work): void {
  for (const [index, { assignment, topicIds }] of [...spec.members.values()].entries()) {
    const draft = new Draft(assignment, spec.hashOfTopic)
    drafts.push(draft)
    for (const [topicId, partitions] of assignment) {
      if (!topicIds.has(topicId)) {
        draft.removeTopic(topicId)
        continue
      }
      loads[index]! += partitions.size
      for (const partition of partitions) owners.get(topicId)![partition] = index
    }
  }
}

function assignFree(work: Work): void {
  const free = new Map<string, number[]>()
  for (const [topicId, owners] of work.owners) {
    const partitions = [...owners.keys()].filter((partition) => owners[partition] === NOBODY)
    if (partitions.length > 0) free.set(topicId, partitions)
  }
  const balancer = new Balancer(work.loads)
  for (const topicId of inOrder(work, free.keys())) {
    balancer.begin(work.subscribers.get(topicId)!)
    for (const partition of free.get(topicId)!) {
      assign(work, topicId, partition, balancer.nextLeastLoaded())
    }
  }
}

/** Until a whole round has changed nothing. */
function balance(work: Work): void {
  const shared = [...work.subscribers].filter(([, members]) => members.length > 1)
  const topicIds = inOrder(work, shared.map(([topicId]) => topicId))
  const balancer = new Balancer(work.loads)
  let lastChanged = -1
  for (let round = 0; round < MOST_ROUNDS; round++) {
    for (const [index, topicId] of topicIds.entries()) {
      if (index === lastChanged) return
      const hasChanged = balanceTopic(work, topicId, balancer)
      if (hasChanged || lastChanged === -1) lastChanged = index
    }
  }
}

function balanceTopic(work: Work, topicId: string, balancer: Balancer): boolean {
  if (balancer.begin(work.subscribers.get(topicId)!) <= 1) return false
  const partitionsOf = new Map<number, number[]>()
  for (const [partition, owner] of work.owners.get(topicId)!.entries()) {
    const partitions = partitionsOf.get(owner)
    if (partitions === undefined) partitionsOf.set(owner, [partition])
    else partitions.push(partition)
  }
  let hasChanged = false
  while (!balancer.isBalanced) {
    let giver = balancer.nextMostLoaded()
    while (giver !== undefined && (partitionsOf.get(giver)?.length ?? 0) === 0) {
      balancer.excludeMostLoaded()
      giver = balancer.nextMostLoaded()
    }
    if (giver === undefined) break
    const partition = partitionsOf.get(giver)!.pop()!
    const taker = balancer.nextLeastLoaded()
    if (balancer.isBalanced) break
    assign(work, topicId, partition, taker)
    hasChanged = true
  }
  return hasChanged
}

function assign(
  { spec, subscribers, drafts, loads, owners }: Work,
  topicId: string, partition: number, to: number,
): void {
  const from = owners.get(topicId)![partition]!
  if (from !== NOBODY) {
    drafts[from]!.remove(topicId, partition)
    loads[from]!--
  }
  const share = Math.ceil(spec.partitionCount(topicId) / subscribers.get(topicId)!.length)
  drafts[to]!.add(topicId, partition, bucketsFor(capacityFor(share)))
  loads[to]!++
  owners.get(topicId)![partition] = to
}

/** Topics of most partitions for each subscriber first: they leave the least choice. */
function inOrder({ spec, subscribers }: Work, topicIds: Iterable<string>): string[] {
  const share = (topicId: string) =>
    spec.partitionCount(topicId) / subscribers.get(topicId)!.length
  return [...topicIds].sort((a, b) => share(b) - share(a)
    || subscribers.get(a)!.length - subscribers.get(b)!.length
    || compareUuids(a, b))
}

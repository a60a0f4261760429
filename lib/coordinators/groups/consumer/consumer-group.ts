// A consumer group (KIP-848): its members, who shall own what (the target), and who owns what. It
// changes by records alone; every change tells how it is taken back.
//
// Epochs: the group's goes up when members, subscriptions or topics change; the target's follows
// when partitions are assigned anew; a member's follows when it has given up what it has to.

import type { TopicsImage } from '../../../../controller/image/topics.ts'
import { ApiError, Errors } from '../../../../protocol/errors.ts'
import { type Assignment, NOTHING_ASSIGNED, type OwnedPartitions } from './assignment.ts'
import { type ConsumerMember, isReconciled } from './consumer-member.ts'
import { bucketsFor, capacityFor, hashOfString, HashTable, timelined } from './java-order.ts'
import { NO_TOPICS_HASH } from './metadata-hash.ts'
import { Subscriptions } from './subscriptions.ts'

export type ConsumerGroupState = 'Empty' | 'Assigning' | 'Reconciling' | 'Stable'

/** What a regular expression matched, and when: in which metadata, and at which time. */
export interface ResolvedRegex {
  readonly topics: ReadonlySet<string>
  /** Offset of the metadata log. */
  readonly version: number
  readonly timestampMs: number
}

type Undo = () => void

const FIRST_EPOCH = 1
const FIRST_TARGET_EPOCH = 1

export class ConsumerGroup {
  readonly type = 'consumer'
  readonly groupId: string
  readonly members = new Map<string, ConsumerMember>()
  /** Member ids by instance id. */
  readonly staticMembers = new Map<string, string>()
  readonly targets = new Map<string, Assignment>()
  readonly subscriptions = new Subscriptions()
  readonly regexes = new Map<string, ResolvedRegex>()
  /** Whether its log has a record of the topics' metadata, as Kafka wrote before 4.1. */
  hasTopicsRecord = false
  /** Topics that the hash was last compared with, and the epoch at which; not in the log. */
  checked: { readonly topics: TopicsImage, readonly groupEpoch: number } | undefined
  #groupEpoch = FIRST_EPOCH
  #metadataHash = NO_TOPICS_HASH
  #targetEpoch = FIRST_TARGET_EPOCH
  #targetTimestampMs = 0
  /** By topic id and partition, the member that shall own it. */
  readonly #targetOwners = new Map<string, Map<number, string>>()
  /** By topic id and partition, the epoch of the member that may read from it. */
  readonly #owners = new Map<string, Map<number, number>>()
  /** Members by the assignor that they ask for. */
  readonly #assignors = new Map<string, number>()

  constructor(groupId: string) {
    this.groupId = groupId
  }

  get groupEpoch(): number {
    return this.#groupEpoch
  }

  get metadataHash(): bigint {
    return this.#metadataHash
  }

  get targetEpoch(): number {
    return this.#targetEpoch
  }

  /** When partitions were last assigned; 0: never, or it does not matter. */
  get targetTimestampMs(): number {
    return this.#targetTimestampMs
  }

  get isEmpty(): boolean {
    return this.members.size === 0
  }

  get state(): ConsumerGroupState {
    if (this.isEmpty) return 'Empty'
    if (this.#groupEpoch > this.#targetEpoch) return 'Assigning'
    for (const member of this.members.values()) {
      if (!isReconciled(member, this.#targetEpoch)) return 'Reconciling'
    }
    return 'Stable'
  }

  isSubscribedTo(topic: string): boolean {
    return this.subscriptions.hasTopic(topic)
  }

  /** Throws UNKNOWN_MEMBER_ID. */
  member(memberId: string): ConsumerMember {
    const member = this.members.get(memberId)
    if (member !== undefined) return member
    throw new ApiError(Errors.UNKNOWN_MEMBER_ID,
      `Member ${memberId} is not a member of group ${this.groupId}.`)
  }

  staticMember(instanceId: string | null): ConsumerMember | undefined {
    const memberId = instanceId === null ? undefined : this.staticMembers.get(instanceId)
    return memberId === undefined ? undefined : this.members.get(memberId)
  }

  target(memberId: string): Assignment {
    return this.targets.get(memberId) ?? NOTHING_ASSIGNED
  }

  /** The epoch of the member that may read from it, by topic id and partition. */
  ownedPartitions(): ReadonlyMap<string, ReadonlyMap<number, number>> {
    return this.#owners
  }

  /** The member that shall own it, by topic id and partition. */
  targetedPartitions(): ReadonlyMap<string, ReadonlyMap<number, string>> {
    return this.#targetOwners
  }

  isOwned(topicId: string, partition: number): boolean {
    return this.#owners.get(topicId)?.has(partition) === true
  }

  /** Members that speak the classic protocol. */
  get classicMembers(): ConsumerMember[] {
    return [...this.members.values()].filter(({ classic }) => classic !== null)
  }

  /** The assignor that most members ask for. Undefined: nobody asks. */
  get preferredAssignor(): string | undefined {
    return mostOf(this.#assignors, timelined(this.#assignors.keys()))
  }

  /**
   * As `preferredAssignor`, once `before` is `after`. Of assignors that as many ask for, this may
   * be another one, as in Kafka: its group then has a new epoch with every heartbeat.
   */
  preferredAssignorAfter(before: ConsumerMember, after: ConsumerMember): string | undefined {
    const { size } = this.#assignors
    if (size === 0 && after.serverAssignor === null) return undefined
    const counts = new HashTable<string, number>(
      hashOfString, size === 0 ? undefined : bucketsFor(capacityFor(size)))
    for (const name of timelined(this.#assignors.keys())) {
      counts.set(name, this.#assignors.get(name)!)
    }
    const old = before.serverAssignor
    if (old !== null) {
      const left = (counts.get(old) ?? 0) - 1
      if (left > 0) counts.set(old, left)
      else counts.delete(old)
    }
    const name = after.serverAssignor
    if (name !== null) counts.set(name, counts.getOrMake(name, () => 0) + 1)
    return mostOf(counts, counts.keys())
  }

  setEpoch(groupEpoch: number, metadataHash: bigint): Undo {
    const before = [this.#groupEpoch, this.#metadataHash] as const
    this.#groupEpoch = groupEpoch
    this.#metadataHash = metadataHash
    return () => { [this.#groupEpoch, this.#metadataHash] = before }
  }

  setTargetEpoch(epoch: number, timestampMs: number): Undo {
    const before = [this.#targetEpoch, this.#targetTimestampMs] as const
    this.#targetEpoch = epoch
    this.#targetTimestampMs = timestampMs
    return () => { [this.#targetEpoch, this.#targetTimestampMs] = before }
  }

  setTopicsRecord(isThere: boolean): Undo {
    const before = this.hasTopicsRecord
    this.hasTopicsRecord = isThere
    return () => { this.hasTopicsRecord = before }
  }

  /** Undefined: the member is no more. */
  setMember(memberId: string, member: ConsumerMember | undefined): Undo {
    const before = this.members.get(memberId)
    const undo = [put(this.members, memberId, member)]
    const [oldInstanceId, instanceId] = [before?.instanceId ?? null, member?.instanceId ?? null]
    if (oldInstanceId !== null) undo.push(put(this.staticMembers, oldInstanceId, undefined))
    if (instanceId !== null) undo.push(put(this.staticMembers, instanceId, memberId))
    if (before !== undefined) this.#disown(before, undo)
    if (member !== undefined) this.#own(member, undo)
    this.#count(before, member)
    undo.push(() => this.#count(member, before))
    return inReverse(undo)
  }

  /** Undefined: the member has none. */
  setTarget(memberId: string, target: Assignment | undefined): Undo {
    const before = this.target(memberId)
    const undo = [put(this.targets, memberId, target)]
    for (const [topicId, partitions] of before) {
      const [kept, owners] = [target?.get(topicId), this.#targetOwners.get(topicId)]
      if (kept === partitions) continue
      for (const partition of partitions) {
        const isGivenUp = kept?.has(partition) !== true && owners?.get(partition) === memberId
        if (isGivenUp) undo.push(putInner(this.#targetOwners, topicId, partition))
      }
    }
    for (const [topicId, partitions] of target ?? NOTHING_ASSIGNED) {
      const had = before.get(topicId)
      if (had === partitions) continue
      for (const partition of partitions) {
        if (had?.has(partition) === true) continue
        undo.push(putInner(this.#targetOwners, topicId, partition, memberId))
      }
    }
    return inReverse(undo)
  }

  /** Undefined: it is not used any more. */
  setRegex(regex: string, resolved: ResolvedRegex | undefined): Undo {
    const before = this.regexes.get(regex)
    const restore = put(this.regexes, regex, resolved)
    this.#match(before, resolved)
    return () => {
      this.#match(resolved, before)
      restore()
    }
  }

  #match(before: ResolvedRegex | undefined, after: ResolvedRegex | undefined): void {
    if (before !== undefined) this.subscriptions.countMatches(before.topics, -1)
    if (after !== undefined) this.subscriptions.countMatches(after.topics, 1)
  }

  #count(before: ConsumerMember | undefined, after: ConsumerMember | undefined): void {
    this.subscriptions.replace(before, after)
    count(this.#assignors, before?.serverAssignor, -1)
    count(this.#assignors, after?.serverAssignor, 1)
  }

  /** Where another member has come in between, the partition is that one's. */
  #disown({ assigned, pendingRevocation, memberEpoch }: ConsumerMember, undo: Undo[]): void {
    for (const [topicId, partition] of partitionsOf(assigned, pendingRevocation)) {
      const isTheirs = this.#owners.get(topicId)?.get(partition) === memberEpoch
      if (isTheirs) undo.push(putInner(this.#owners, topicId, partition))
    }
  }

  #own({ assigned, pendingRevocation, memberEpoch }: ConsumerMember, undo: Undo[]): void {
    for (const [topicId, partition] of partitionsOf(assigned, pendingRevocation)) {
      const epoch = this.#owners.get(topicId)?.get(partition)
      const isNewer = epoch === undefined || memberEpoch > epoch
      if (isNewer) undo.push(putInner(this.#owners, topicId, partition, memberEpoch))
    }
  }
}

function* partitionsOf(...all: OwnedPartitions[]): Generator<[topicId: string, partition: number]> {
  for (const owned of all) {
    for (const [topicId, partitions] of owned) {
      for (const partition of partitions.keys()) yield [topicId, partition]
    }
  }
}

function count(counts: Map<string, number>, name: string | null | undefined, change: number): void {
  if (name === null || name === undefined) return
  const next = (counts.get(name) ?? 0) + change
  if (next === 0) counts.delete(name)
  else counts.set(name, next)
}

/** The first of `names` that no other one has more of. */
function mostOf(
  counts: { get(name: string): number | undefined }, names: readonly string[],
): string | undefined {
  return names.reduce<string | undefined>((best, name) =>
    best === undefined || counts.get(name)! > counts.get(best)! ? name : best, undefined)
}

/** Sets, or (undefined) removes. */
function put<K, V>(map: Map<K, V>, key: K, value: V | undefined): Undo {
  const before = map.get(key)
  if (value === undefined) map.delete(key)
  else map.set(key, value)
  return () => { put(map, key, before) }
}

/** As `put`, two levels deep. */
function putInner<V>(
  maps: Map<string, Map<number, V>>, outer: string, inner: number, value?: V,
): Undo {
  let map = maps.get(outer)
  if (map === undefined) maps.set(outer, map = new Map())
  const before = map.get(inner)
  if (value === undefined) map.delete(inner)
  else map.set(inner, value)
  if (map.size === 0) maps.delete(outer)
  return () => { putInner(maps, outer, inner, before) }
}

function inReverse(steps: readonly Undo[]): Undo {
  return () => { for (const step of steps.toReversed()) step() }
}

// A classic group: its members, its generation, and which states may follow which.

import { ApiError, Errors } from '../../../protocol/errors.ts'
import type { JoinGroupResponse } from '../../../protocol/messages/join-group.ts'
import { Member, type Protocol } from './member.ts'
import { subscribedTopics } from './subscription.ts'

export type GroupState =
  | 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead'

const MAY_FOLLOW: Readonly<Record<GroupState, readonly GroupState[]>> = {
  Empty: ['PreparingRebalance'],
  PreparingRebalance: ['Stable', 'CompletingRebalance', 'Empty'],
  CompletingRebalance: ['PreparingRebalance'],
  Stable: ['CompletingRebalance'],
  Dead: ['Stable', 'PreparingRebalance', 'CompletingRebalance', 'Empty', 'Dead'],
}

/** The protocol type of consumers: the one whose metadata the coordinator understands. */
export const CONSUMER = 'consumer'

export interface GroupOrigin {
  readonly state: GroupState
  readonly generationId?: number
  readonly protocolType?: string | null
  readonly protocolName?: string | null
  readonly leaderId?: string | null
  /** Wall-clock time of the last change of state; undefined in records before version 2. */
  readonly stateChangedMs: number | undefined
}

export class ClassicGroup {
  readonly type = 'classic'
  readonly groupId: string
  #state: GroupState
  previousState: GroupState = 'Dead'
  stateChangedMs: number | undefined
  generationId: number
  protocolType: string | null
  protocolName: string | null
  leaderId: string | null
  readonly members = new Map<string, Member>()
  /** Member ids of static members by their instance id. */
  readonly staticMembers = new Map<string, string>()
  /** Ids given out with MEMBER_ID_REQUIRED whose owners have not come back yet (KIP-394). */
  readonly pendingMembers = new Set<string>()
  /** Members that have to send a SyncGroup in this generation still. */
  readonly pendingSync = new Set<string>()
  /** Topics of all members; null while nothing is known of them. */
  subscribedTopics: ReadonlySet<string> | null = null
  /** Somebody joined during the delay of the first rebalance. */
  hasNewMember = false

  constructor(groupId: string, origin: GroupOrigin) {
    this.groupId = groupId
    this.#state = origin.state
    this.stateChangedMs = origin.stateChangedMs
    this.generationId = origin.generationId ?? 0
    this.protocolType = origin.protocolType ?? null
    this.protocolName = origin.protocolName ?? null
    this.leaderId = origin.leaderId ?? null
  }

  get state(): GroupState {
    return this.#state
  }

  is(...states: readonly GroupState[]): boolean {
    return states.includes(this.#state)
  }

  transitionTo(state: GroupState, nowMs: number): void {
    if (!MAY_FOLLOW[state].includes(this.#state)) {
      throw new Error(`group ${this.groupId} cannot go from ${this.#state} to ${state}`)
    }
    this.previousState = this.#state
    this.#state = state
    this.stateChangedMs = nowMs
  }

  get canRebalance(): boolean {
    return this.is(...MAY_FOLLOW.PreparingRebalance)
  }

  get isEmpty(): boolean {
    return this.is('Empty')
  }

  get usesConsumerProtocol(): boolean {
    return this.protocolType === CONSUMER
  }

  isLeader(memberId: string): boolean {
    return this.leaderId === memberId
  }

  /** Of a consumer group whose subscriptions cannot be read, any topic may be in use. */
  isSubscribedTo(topic: string): boolean {
    return this.subscribedTopics?.has(topic) ?? this.usesConsumerProtocol
  }

  add(member: Member, answerJoin?: (response: JoinGroupResponse) => void): void {
    if (member.groupInstanceId !== null) {
      this.staticMembers.set(member.groupInstanceId, member.memberId)
    }
    if (this.members.size === 0) this.protocolType = member.protocolType
    this.leaderId ??= member.memberId
    this.members.set(member.memberId, member)
    member.answerJoin = answerJoin
    this.pendingMembers.delete(member.memberId)
  }

  remove(memberId: string): void {
    const member = this.members.get(memberId)
    this.members.delete(memberId)
    if (member !== undefined && member.groupInstanceId !== null) {
      this.staticMembers.delete(member.groupInstanceId)
    }
    if (this.isLeader(memberId)) this.leaderId = this.members.keys().next().value ?? null
    this.pendingMembers.delete(memberId)
    this.pendingSync.delete(memberId)
  }

  /**
   * The member of a request that names one. Throws UNKNOWN_MEMBER_ID, or FENCED_INSTANCE_ID when
   * another process took over the static member.
   */
  validMember(memberId: string, groupInstanceId: string | null): Member {
    if (groupInstanceId !== null) {
      const existingId = this.staticMembers.get(groupInstanceId)
      if (existingId === undefined) throw new ApiError(Errors.UNKNOWN_MEMBER_ID)
      if (existingId !== memberId) throw new ApiError(Errors.FENCED_INSTANCE_ID)
    }
    const member = this.members.get(memberId)
    if (member === undefined) throw new ApiError(Errors.UNKNOWN_MEMBER_ID)
    return member
  }

  get awaitingJoinCount(): number {
    let count = 0
    for (const member of this.members.values()) if (member.isAwaitingJoin) count++
    return count
  }

  get haveAllJoined(): boolean {
    return this.pendingMembers.size === 0 && this.awaitingJoinCount === this.members.size
  }

  /** How long a rebalance waits for members: as long as the most patient of them. */
  get rebalanceTimeoutMs(): number {
    let longestMs = 0
    for (const member of this.members.values()) {
      longestMs = Math.max(longestMs, member.rebalanceTimeoutMs)
    }
    return longestMs
  }

  /** A leader that did not rejoin gives way to a member that did. False: nobody joined. */
  electJoinedLeader(): boolean {
    if (this.leaderId === null) return false
    if (this.members.get(this.leaderId)?.isAwaitingJoin === true) return true
    for (const member of this.members.values()) {
      if (!member.isAwaitingJoin) continue
      this.leaderId = member.memberId
      return true
    }
    return false
  }

  /** Whether a member of this kind can join: it shares a protocol with all who are there. */
  supports(protocolType: string, protocols: readonly Protocol[]): boolean {
    if (this.is('Empty')) return protocolType !== '' && protocols.length > 0
    if (protocolType !== this.protocolType) return false
    const candidates = this.#candidates()
    return protocols.some(({ name }) => candidates(name))
  }

  /** The protocol of most votes among those that all members speak. */
  selectProtocol(): string {
    const isCandidate = this.#candidates()
    const candidates = new Set<string>()
    for (const member of this.members.values()) {
      for (const { name } of member.protocols) if (isCandidate(name)) candidates.add(name)
    }
    const votes = new Map<string, number>()
    for (const member of this.members.values()) {
      const choice = member.vote(candidates)
      votes.set(choice, (votes.get(choice) ?? 0) + 1)
    }
    const [winner] = [...votes].reduce((best, next) => next[1] > best[1] ? next : best)
    return winner
  }

  nextGeneration(nowMs: number): void {
    this.generationId++
    const hasMembers = this.members.size > 0
    this.protocolName = hasMembers ? this.selectProtocol() : null
    this.refreshSubscribedTopics()
    this.transitionTo(hasMembers ? 'CompletingRebalance' : 'Empty', nowMs)
    this.pendingSync.clear()
  }

  refreshSubscribedTopics(): void {
    this.subscribedTopics = this.#readSubscribedTopics()
  }

  /** All members with what they said, as the leader needs it to assign. */
  describeForLeader(): { memberId: string, groupInstanceId: string | null, metadata: Buffer }[] {
    return [...this.members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      metadata: member.metadata(this.protocolName!),
    }))
  }

  #candidates(): (name: string) => boolean {
    const members = [...this.members.values()]
    return (name) => members.every((member) => member.speaks(name))
  }

  #readSubscribedTopics(): ReadonlySet<string> | null {
    if (!this.usesConsumerProtocol) return null
    if (this.members.size === 0) return new Set()
    if (this.protocolName === null) return null
    const all = new Set<string>()
    for (const member of this.members.values()) {
      const topics = subscribedTopics(member.metadata(this.protocolName))
      if (topics === undefined) return null
      for (const topic of topics) all.add(topic)
    }
    return all
  }
}

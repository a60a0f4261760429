// A member of a consumer group: what it told of itself, its epoch, and what it owns.

import type {
  ConsumerGroupCurrentMemberAssignmentValue, ConsumerGroupMemberMetadataValue,
} from '../../../../protocol/messages/records/consumer-group.ts'
import { NOTHING_OWNED, type OwnedPartitions, sameOwned } from './assignment.ts'

/** Who is there but has to give partitions up, to wait for some, or to come back. */
export const MemberState = {
  STABLE: 0,
  /** It has not confirmed yet that it gave up what it was told to. */
  UNREVOKED_PARTITIONS: 1,
  /** It is to get partitions that others still have. */
  UNRELEASED_PARTITIONS: 2,
  /** Of a newer version: it has to join anew. */
  UNKNOWN: 127,
} as const

export type MemberState = (typeof MemberState)[keyof typeof MemberState]

/** The epoch with which a member joins. */
export const JOIN_EPOCH = 0
/** The epoch of a member that leaves. */
export const LEAVE_EPOCH = -1
/** The epoch of a static member that leaves and will be back. */
export const LEAVE_STATIC_EPOCH = -2

export interface ClassicProtocol {
  readonly name: string
  readonly metadata: Buffer
}

/** Of a member that speaks the classic protocol. */
export interface ClassicMetadata {
  readonly sessionTimeoutMs: number
  /** In the order in which the member likes them. */
  readonly supportedProtocols: readonly ClassicProtocol[]
}

export interface ConsumerMember {
  readonly memberId: string
  readonly memberEpoch: number
  readonly previousMemberEpoch: number
  readonly state: MemberState
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly clientId: string
  readonly clientHost: string
  /** −1 as long as it told none. */
  readonly rebalanceTimeoutMs: number
  readonly subscribedTopicNames: ReadonlySet<string>
  /** Empty or null: none. */
  readonly subscribedTopicRegex: string | null
  readonly serverAssignor: string | null
  readonly assigned: OwnedPartitions
  /** What it shall give up, but may still read from. */
  readonly pendingRevocation: OwnedPartitions
  /** Null: it speaks the consumer protocol. */
  readonly classic: ClassicMetadata | null
}

export function newMember(memberId: string): ConsumerMember {
  return {
    memberId,
    memberEpoch: JOIN_EPOCH, previousMemberEpoch: LEAVE_EPOCH, state: MemberState.STABLE,
    instanceId: null, rackId: null, clientId: '', clientHost: '', rebalanceTimeoutMs: -1,
    subscribedTopicNames: new Set(), subscribedTopicRegex: '', serverAssignor: null,
    assigned: NOTHING_OWNED, pendingRevocation: NOTHING_OWNED, classic: null,
  }
}

/** Undefined where there is none. */
export function regexOf(member: ConsumerMember | undefined): string | undefined {
  const regex = member?.subscribedTopicRegex
  return regex === null || regex === '' ? undefined : regex
}

/** It owns what it shall own. */
export function isReconciled({ state, memberEpoch }: ConsumerMember, epoch: number): boolean {
  return state === MemberState.STABLE && memberEpoch === epoch
}

export function sameNames(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a === b || a.size === b.size && [...a].every((name) => b.has(name))
}

/** In what is written of its subscription. */
export function sameSubscription(a: ConsumerMember, b: ConsumerMember): boolean {
  return a === b || a.instanceId === b.instanceId && a.rackId === b.rackId
    && a.clientId === b.clientId && a.clientHost === b.clientHost
    && a.rebalanceTimeoutMs === b.rebalanceTimeoutMs
    && a.subscribedTopicRegex === b.subscribedTopicRegex
    && a.serverAssignor === b.serverAssignor
    && sameNames(a.subscribedTopicNames, b.subscribedTopicNames)
    && sameClassic(a.classic, b.classic)
}

function sameClassic(a: ClassicMetadata | null, b: ClassicMetadata | null): boolean {
  if (a === null || b === null) return a === b
  return a.sessionTimeoutMs === b.sessionTimeoutMs
    && a.supportedProtocols.length === b.supportedProtocols.length
    && a.supportedProtocols.every(({ name, metadata }, index) => {
      const other = b.supportedProtocols[index]!
      return name === other.name && metadata.equals(other.metadata)
    })
}

/** In epoch, state and partitions. */
export function sameCurrent(a: ConsumerMember, b: ConsumerMember): boolean {
  return a.memberEpoch === b.memberEpoch && a.previousMemberEpoch === b.previousMemberEpoch
    && a.state === b.state
    && sameOwned(a.assigned, b.assigned) && sameOwned(a.pendingRevocation, b.pendingRevocation)
}

export function withSubscription(
  member: ConsumerMember, value: ConsumerGroupMemberMetadataValue,
): ConsumerMember {
  return {
    ...member,
    instanceId: value.instanceId, rackId: value.rackId,
    clientId: value.clientId, clientHost: value.clientHost,
    subscribedTopicNames: new Set(value.subscribedTopicNames),
    subscribedTopicRegex: value.subscribedTopicRegex,
    rebalanceTimeoutMs: value.rebalanceTimeoutMs,
    serverAssignor: value.serverAssignor,
    // Bytes of a record are a view into the log's.
    classic: value.classicMemberMetadata && {
      sessionTimeoutMs: value.classicMemberMetadata.sessionTimeoutMs,
      supportedProtocols: value.classicMemberMetadata.supportedProtocols.map(
        ({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) })),
    },
  }
}

export function withCurrent(
  member: ConsumerMember, value: ConsumerGroupCurrentMemberAssignmentValue,
): ConsumerMember {
  const { memberEpoch } = value
  return {
    ...member,
    memberEpoch, previousMemberEpoch: value.previousMemberEpoch,
    state: stateOf(value.state),
    assigned: ownedOf(value.assignedPartitions, memberEpoch),
    pendingRevocation: ownedOf(value.partitionsPendingRevocation, memberEpoch),
  }
}

function stateOf(value: number): MemberState {
  return Object.values(MemberState).find((state) => state === value) ?? MemberState.UNKNOWN
}

type Owned = ConsumerGroupCurrentMemberAssignmentValue['assignedPartitions']

/** Records before 4.4 have no epochs of partitions: the member's stands for all. */
function ownedOf(topics: Owned, memberEpoch: number): OwnedPartitions {
  const fallback = Math.max(memberEpoch, 0)
  return new Map(topics.map(({ topicId, partitions, assignmentEpochs }) => {
    const epochs = assignmentEpochs?.length === partitions.length ? assignmentEpochs : undefined
    return [topicId, new Map(partitions.map((partition, index) =>
      [partition, epochs?.[index] ?? fallback]))]
  }))
}

// What scenarios begin with: requests that are right, and groups in every state.

import { assignmentOf, subscriptionOf } from '../consumer/conversation.ts'
import { consumerGroupHeartbeat } from '../../../../protocol/messages/consumer-group-heartbeat.ts'
import { heartbeat } from '../../../../protocol/messages/heartbeat.ts'
import { joinGroup } from '../../../../protocol/messages/join-group.ts'
import { leaveGroup } from '../../../../protocol/messages/leave-group.ts'
import { offsetCommit } from '../../../../protocol/messages/offset-commit.ts'
import { syncGroup } from '../../../../protocol/messages/sync-group.ts'
import type { Body, Talk } from './talk.ts'

export const SUBSCRIBED_TO_T = [{ name: 'range', metadata: subscriptionOf(['t']) }]

export function joining(
  talk: Talk, body: Partial<Body<typeof joinGroup>> = {},
): Body<typeof joinGroup> {
  return {
    groupId: talk.group, sessionTimeoutMs: 60_000, rebalanceTimeoutMs: 60_000, memberId: '',
    groupInstanceId: null, protocolType: 'consumer', protocols: SUBSCRIBED_TO_T, reason: null,
    ...body,
  }
}

export function syncing(
  talk: Talk, body: Partial<Body<typeof syncGroup>> = {},
): Body<typeof syncGroup> {
  return {
    groupId: talk.group, generationId: 1, memberId: '', groupInstanceId: null,
    protocolType: 'consumer', protocolName: 'range', assignments: [], ...body,
  }
}

export function beating(
  talk: Talk, body: Partial<Body<typeof heartbeat>> = {},
): Body<typeof heartbeat> {
  return { groupId: talk.group, generationId: 1, memberId: '', ...body }
}

export function leaving(
  talk: Talk, members: readonly (readonly [memberId: string, instanceId?: string | null])[],
  groupId = talk.group,
): Body<typeof leaveGroup> {
  return {
    groupId, memberId: members[0]?.[0] ?? '',
    members: members.map(([memberId, groupInstanceId = null]) => (
      { memberId, groupInstanceId, reason: null })),
  }
}

export interface CommitOptions {
  readonly topicName?: string
  readonly topicId?: string
  readonly partition?: number
  readonly offset?: number
  readonly leaderEpoch?: number
  readonly metadata?: string | null
}

/** One partition's commit, in OffsetCommit and TxnOffsetCommit. */
export function committedTopic(talk: Talk, options: CommitOptions = {}) {
  const { topicName = 't', topicId = talk.topicId('t'), partition = 0, offset = 5 } = options
  return {
    name: topicName, topicId,
    partitions: [{
      partitionIndex: partition, committedOffset: offset,
      committedLeaderEpoch: options.leaderEpoch ?? -1,
      committedMetadata: options.metadata === undefined ? '' : options.metadata,
    }],
  }
}

export function committing(
  talk: Talk, body: Partial<Body<typeof offsetCommit>> = {}, options: CommitOptions = {},
): Body<typeof offsetCommit> {
  return {
    groupId: talk.group, generationIdOrMemberEpoch: -1, memberId: '', groupInstanceId: null,
    topics: [committedTopic(talk, options)], ...body,
  }
}

export interface ClassicMember {
  readonly memberId: string
  readonly generationId: number
}

type Joining = Partial<Body<typeof joinGroup>>

/** Waits for the others, if there are any; alone, it has to bring the assignment next. */
export async function joined(talk: Talk, body: Joining = {}): Promise<ClassicMember> {
  const memberId = body.memberId ?? await memberIdFor(talk, body)
  const answer = await talk.send(joinGroup, joining(talk, { ...body, memberId }), 5)
  return { memberId: answer.memberId, generationId: answer.generationId! }
}

async function memberIdFor(talk: Talk, body: Joining): Promise<string> {
  if (body.groupInstanceId != null) return ''
  const { memberId } = await talk.send(joinGroup, joining(talk, body), 5)
  return memberId
}

/** A group of one member, in its first generation, with an assignment. */
export async function stable(talk: Talk, body: Joining = {}): Promise<ClassicMember> {
  const member = await joined(talk, body)
  const { memberId, generationId } = member
  await talk.send(syncGroup, {
    ...syncing(talk), groupId: body.groupId ?? talk.group, generationId, memberId,
    groupInstanceId: body.groupInstanceId ?? null,
    assignments: [{ memberId, assignment: assignmentOf('t', [0, 1, 2]) }],
  }, 3)
  return member
}

/** A group that had a member once. */
export async function emptied(talk: Talk, body: Joining = {}): Promise<ClassicMember> {
  const member = await stable(talk, body)
  await talk.send(leaveGroup, leaving(talk, [[member.memberId]]), 3)
  return member
}

/** A group whose member waits in a rebalance, because another one was given an id. */
export async function preparing(talk: Talk): Promise<ClassicMember> {
  const member = await stable(talk)
  const other = await memberIdFor(talk, {})
  talk.begin('', joinGroup, joining(talk, { memberId: other }), 5)
  await talk.inState('PreparingRebalance')
  return member
}

/** A group that only has offsets. */
export async function simple(talk: Talk, partition = 0): Promise<void> {
  await talk.send(offsetCommit, committing(talk, {}, { partition }), 8)
}

export function heartbeating(
  talk: Talk, body: Partial<Body<typeof consumerGroupHeartbeat>> = {},
): Body<typeof consumerGroupHeartbeat> {
  return { groupId: talk.group, memberId: talk.name('m'), memberEpoch: 0, ...body }
}

/** The first heartbeat of a member, complete. */
export function entering(
  talk: Talk, body: Partial<Body<typeof consumerGroupHeartbeat>> = {},
): Body<typeof consumerGroupHeartbeat> {
  return heartbeating(talk, {
    rebalanceTimeoutMs: 60_000, subscribedTopicNames: ['t'], topicPartitions: [], ...body,
  })
}

export interface ConsumerMember {
  readonly memberId: string
  readonly epoch: number
}

/** A consumer group of one member that owns all of `t`. */
export async function consumer(
  talk: Talk, body: Partial<Body<typeof consumerGroupHeartbeat>> = {},
): Promise<ConsumerMember> {
  const { memberId, memberEpoch } = await talk.send(
    consumerGroupHeartbeat, entering(talk, body), 1)
  return { memberId: memberId!, epoch: memberEpoch }
}

/** A consumer group that had a member once. */
export async function emptiedConsumer(talk: Talk): Promise<ConsumerMember> {
  const member = await consumer(talk)
  await talk.send(consumerGroupHeartbeat,
    heartbeating(talk, { memberId: member.memberId, memberEpoch: -1 }), 1)
  return member
}

// Consumer groups that classic members are in: what these can be mistaken in, while they rebalance
// and when they are settled (KIP-848).

import { assignmentOf } from '../consumer/conversation.ts'
import { consumerGroupHeartbeat } from '../../../../protocol/messages/consumer-group-heartbeat.ts'
import { heartbeat } from '../../../../protocol/messages/heartbeat.ts'
import { joinGroup } from '../../../../protocol/messages/join-group.ts'
import { leaveGroup } from '../../../../protocol/messages/leave-group.ts'
import { syncGroup } from '../../../../protocol/messages/sync-group.ts'
import {
  beating, type ClassicMember, type ConsumerMember, consumer, entering, heartbeating, joining,
  leaving, stable, syncing,
} from './members.ts'
import { type Scenario, scenario } from './play.ts'
import type { Talk } from './talk.ts'

export interface Mixed {
  readonly classic: ClassicMember
  readonly modern: ConsumerMember
}

/** A member of the new protocol has come, and the classic one has not heard of it. */
export async function mixed(talk: Talk, groupInstanceId: string | null = null): Promise<Mixed> {
  const classic = await stable(talk, { groupInstanceId })
  const modern = await consumer(talk)
  return { classic, modern }
}

/** The classic member has joined again, and brought its assignment home. */
export async function settled(talk: Talk, groupInstanceId: string | null = null): Promise<Mixed> {
  const { classic: { memberId }, modern } = await mixed(talk, groupInstanceId)
  const { generationId } = await talk.send(joinGroup,
    joining(talk, { memberId, groupInstanceId }), 5)
  const classic = { memberId, generationId: generationId! }
  await talk.send(syncGroup, syncing(talk, {
    ...classic, groupInstanceId, assignments: [
      { memberId, assignment: assignmentOf('t', [0]) },
    ],
  }), 3)
  return { classic, modern }
}

/** By what a classic member asks for again and again. */
export const MIXED_JOIN_GROUP: readonly Scenario[] = [
  scenario(joinGroup, 'classic members of a consumer group', async (talk) => {
    const { classic: { memberId }, modern } = await settled(talk)
    await talk.each(joinGroup, joining(talk), {
      'unknown member': { memberId: 'nobody' },
      'another type': { memberId, protocolType: 'connect' },
      'no type': { memberId, protocolType: '' },
      'no protocols': { memberId, protocols: [] },
      'another protocol': { memberId, protocols: [{ name: 'x', metadata: Buffer.alloc(0) }] },
      'a subscription that cannot be read':
        { memberId, protocols: [{ name: 'range', metadata: Buffer.from('none') }] },
      'a bad time-out': { memberId, sessionTimeoutMs: 1 },
      'a member of the new protocol, and no protocols':
        { memberId: modern.memberId, protocols: [] },
    })
  }),
  scenario(joinGroup, 'static classic members of a consumer group', async (talk) => {
    const { classic: { memberId } } = await settled(talk, 'i')
    await talk.each(joinGroup, joining(talk, { groupInstanceId: 'i' }), {
      'another member': { memberId: 'nobody' },
      'another instance': { memberId, groupInstanceId: 'j' },
      'another member, and no protocols': { memberId: 'nobody', protocols: [] },
    })
  }, { from: 5 }),
]

export const MIXED_SYNC_GROUP: readonly Scenario[] = [
  scenario(syncGroup, 'protocols of a classic member of a consumer group', async (talk) => {
    const { classic } = await settled(talk)
    await talk.each(syncGroup, syncing(talk, classic), {
      'another type': { protocolType: 'connect' },
      'another name': { protocolName: 'sticky' },
      'another type in a wrong generation': { protocolType: 'connect', generationId: 99 },
      'no type, unknown member': { protocolType: null, memberId: 'nobody' },
    })
  }),
]

export const MIXED_HEARTBEAT: readonly Scenario[] = [
  scenario(heartbeat, 'a classic member of a consumer group', async (talk) => {
    const { classic, modern } = await mixed(talk)
    await talk.note('a rebalance it has not heard of', heartbeat, beating(talk, classic))
    await talk.note('the other member, which is not classic', heartbeat,
      beating(talk, { memberId: modern.memberId, generationId: modern.epoch }))
    await talk.send(consumerGroupHeartbeat,
      heartbeating(talk, { memberId: modern.memberId, memberEpoch: -1 }), 1)
    await talk.note('the other member has left', heartbeat, beating(talk, classic))
  }),
]

export const MIXED_LEAVE_GROUP: readonly Scenario[] = [
  scenario(leaveGroup, 'classic members of a consumer group', async (talk) => {
    const { classic, modern } = await settled(talk)
    await talk.note('unknown member', leaveGroup, leaving(talk, [['nobody']]))
    await talk.note('no member', leaveGroup, leaving(talk, [['']]))
    await talk.note('one of the new protocol', leaveGroup, leaving(talk, [[modern.memberId]]))
    await talk.note('the classic one', leaveGroup, leaving(talk, [[classic.memberId]]))
    await talk.note('again', leaveGroup, leaving(talk, [[classic.memberId]]))
  }),
  scenario(leaveGroup, 'static classic members of a consumer group', async (talk) => {
    const { classic: { memberId } } = await settled(talk, 'i')
    await talk.note('mistakes', leaveGroup, leaving(talk,
      [['nobody', 'i'], [memberId, 'j'], ['', 'j'], ['', '']]))
    await talk.note('by instance', leaveGroup, leaving(talk, [['', 'i'], ['', 'i']]))
  }, { from: 3 }),
]

export const MIXED_CONSUMER_GROUP_HEARTBEAT: readonly Scenario[] = [
  scenario(consumerGroupHeartbeat, 'a classic member of a consumer group', async (talk) => {
    const { classic: { memberId, generationId } } = await settled(talk)
    await talk.each(consumerGroupHeartbeat, heartbeating(talk, { memberId }), {
      'epoch ahead': { memberEpoch: generationId + 1 },
      'epoch behind': { memberEpoch: generationId - 2 },
      'leaves for a while': { memberEpoch: -2 },
    })
  }),
  scenario(consumerGroupHeartbeat, 'a static classic member of a consumer group', async (talk) => {
    const { classic: { memberId } } = await settled(talk, 'i')
    await talk.each(consumerGroupHeartbeat, entering(talk, { instanceId: 'i' }), {
      'another member': { memberId: 'nobody' },
      'another member goes on': { memberId: 'nobody', memberEpoch: 2 },
      'the member with another instance': { memberId, memberEpoch: 2, instanceId: 'j' },
    })
  }),
]

// JoinGroup: wrong and borderline requests.

import { joinGroup } from '../../../../protocol/messages/join-group.ts'
import { consumerGroupDescribe } from '../../../../protocol/messages/consumer-group-describe.ts'
import { describeGroups } from '../../../../protocol/messages/describe-groups.ts'
import { heartbeat } from '../../../../protocol/messages/heartbeat.ts'
import { leaveGroup } from '../../../../protocol/messages/leave-group.ts'
import { offsetFetch } from '../../../../protocol/messages/offset-fetch.ts'
import { syncGroup } from '../../../../protocol/messages/sync-group.ts'
import { subscriptionOf } from '../consumer/conversation.ts'
import {
  beating, consumer, emptied, emptiedConsumer, joined, joining, leaving, preparing, simple,
  stable, syncing,
} from './members.ts'
import { type Scenario, scenario } from './play.ts'
import type { Talk } from './talk.ts'

const describeGroup = (talk: Talk, label = 'then') =>
  talk.note(label, describeGroups, { groups: [talk.group] })
const describeConsumers = (talk: Talk, label = 'then') => talk.note(label, consumerGroupDescribe,
  { groupIds: [talk.group], includeAuthorizedOperations: false })

const nobody = [{ name: 'nobody-speaks-this', metadata: Buffer.alloc(0) }]

export const JOIN_GROUP: readonly Scenario[] = [
  scenario(joinGroup, 'bad requests for a group that is not there', async (talk) => {
    await talk.each(joinGroup, joining(talk), {
      'no group id': { groupId: '' },
      'session time-out below the least': { sessionTimeoutMs: 5999 },
      'session time-out above the most': { sessionTimeoutMs: 1_800_001 },
      'session time-out 0': { sessionTimeoutMs: 0 },
      'session time-out -1': { sessionTimeoutMs: -1 },
      'no group id and a bad time-out': { groupId: '', sessionTimeoutMs: 0 },
      'a member id': { memberId: 'nobody' },
      'a blank member id': { memberId: ' ' },
      'a member id and a bad time-out': { memberId: 'nobody', sessionTimeoutMs: 0 },
      'a member id, no protocols': { memberId: 'nobody', protocols: [] },
      'a member and an instance': { memberId: 'nobody', groupInstanceId: 'i' },
    })
    await describeGroup(talk)
  }),
  scenario(joinGroup, 'without protocol type', async (talk) => {
    await talk.note('joins', joinGroup, joining(talk, { protocolType: '' }))
    await describeGroup(talk)
  }),
  scenario(joinGroup, 'without protocols', async (talk) => {
    await talk.note('joins', joinGroup, joining(talk, { protocols: [] }))
    await describeGroup(talk)
  }),
  scenario(joinGroup, 'a blank group id', async (talk) => {
    const { memberId } = await talk.note('joins', joinGroup,
      joining(talk, { groupId: ' ', protocolType: 'x' }))
    await talk.send(leaveGroup, leaving(talk, [[memberId]], ' '), 3)
  }),
  scenario(joinGroup, 'a long group id and instance', async (talk) => {
    const groupId = talk.name('g'.repeat(3000))
    await talk.note('joins', joinGroup,
      joining(talk, { groupId, groupInstanceId: talk.name('i'.repeat(300)) }))
  }),
  scenario(joinGroup, 'an empty instance id', async (talk) => {
    await talk.note('joins', joinGroup, joining(talk, { groupInstanceId: '' }))
    await describeGroup(talk)
  }, { from: 5 }),
  scenario(joinGroup, 'a new member', async (talk) => {
    const first = await talk.note('joins', joinGroup, joining(talk))
    await describeGroup(talk, 'seen')
    await talk.note('comes back', joinGroup, joining(talk, { memberId: first.memberId }))
    await talk.note('comes again', joinGroup, joining(talk, { memberId: first.memberId }))
    await describeGroup(talk)
  }),
  scenario(joinGroup, 'a new member with another protocol when it comes back', async (talk) => {
    const { memberId } = await talk.send(joinGroup, joining(talk), 4)
    await talk.note('no protocols', joinGroup, joining(talk, { memberId, protocols: [] }))
    await talk.note('no type', joinGroup, joining(talk, { memberId, protocolType: '' }))
    await talk.note('another type', joinGroup,
      joining(talk, { memberId, protocolType: 'connect', protocols: nobody }))
    await describeGroup(talk)
  }),
  scenario(joinGroup, 'an id that was given to a dynamic member', async (talk) => {
    const { memberId } = await talk.send(joinGroup, joining(talk), 4)
    await talk.note('with an instance', joinGroup,
      joining(talk, { memberId, groupInstanceId: 'i' }))
    await talk.note('without', joinGroup, joining(talk, { memberId }))
  }, { from: 5 }),
  scenario(joinGroup, 'a group of offsets alone', async (talk) => {
    await simple(talk)
    await talk.note('unknown member', joinGroup, joining(talk, { memberId: 'nobody' }))
    await talk.note('no protocols', joinGroup, joining(talk, { protocols: [] }))
    await describeGroup(talk)
    await talk.note('joins', joinGroup, joining(talk))
    await describeGroup(talk)
  }),
  scenario(joinGroup, 'a group that had members', async (talk) => {
    const { memberId } = await emptied(talk)
    await talk.note('the last member', joinGroup, joining(talk, { memberId }))
    await talk.note('unknown member', joinGroup, joining(talk, { memberId: 'nobody' }))
    await talk.note('no protocols', joinGroup, joining(talk, { protocols: [] }))
    await talk.note('another type', joinGroup,
      joining(talk, { protocolType: 'connect', protocols: nobody }))
    await describeGroup(talk)
  }),
  scenario(joinGroup, 'a stable group', async (talk) => {
    const { memberId } = await stable(talk)
    await talk.each(joinGroup, joining(talk), {
      'unknown member': { memberId: 'nobody' },
      'another type': { protocolType: 'connect' },
      'no type': { protocolType: '' },
      'no protocols': { protocols: [] },
      'another protocol': { protocols: nobody },
      'the member, of another type': { memberId, protocolType: 'connect' },
      'the member, with another protocol': { memberId, protocols: nobody },
      'the member, without protocols': { memberId, protocols: [] },
      'the member, with a bad time-out': { memberId, sessionTimeoutMs: 1 },
    })
    await talk.note('the member, with an instance', joinGroup,
      joining(talk, { memberId, groupInstanceId: 'i' }))
    await describeGroup(talk)
  }),
  scenario(joinGroup, 'the leader of a stable group comes back', async (talk) => {
    const { memberId } = await stable(talk)
    await talk.note('as it was', joinGroup, joining(talk, { memberId }))
    await describeGroup(talk)
    await talk.note('once more', joinGroup, joining(talk, { memberId }))
    await talk.note('with another subscription', joinGroup, joining(talk,
      { memberId, protocols: [{ name: 'range', metadata: subscriptionOf(['u']) }] }))
    await describeGroup(talk)
  }),
  scenario(joinGroup, 'subscriptions that cannot be read', async (talk) => {
    const protocols = [{ name: 'range', metadata: Buffer.from('none') }]
    const { memberId } = await talk.send(joinGroup, joining(talk, { protocols }), 4)
    await talk.note('joins', joinGroup, joining(talk, { memberId, protocols }))
    await talk.note('syncs', syncGroup,
      syncing(talk, { memberId, assignments: [{ memberId, assignment: Buffer.from('all') }] }))
    await describeGroup(talk)
  }),
  scenario(joinGroup, 'a protocol without name', async (talk) => {
    const protocols = [{ name: '', metadata: Buffer.alloc(0) }]
    const { memberId } = await talk.send(joinGroup, joining(talk, { protocols }), 4)
    await talk.note('joins', joinGroup, joining(talk, { memberId, protocols }))
    await describeGroup(talk)
  }),
  scenario(joinGroup, 'a rebalance time-out', async (talk) => {
    await talk.note('of -1', joinGroup,
      joining(talk, { rebalanceTimeoutMs: -1, groupInstanceId: 'i' }))
  }),
  scenario(joinGroup, 'a group that is full', async (talk) => {
    const members = [await joined(talk, { groupInstanceId: 'a' })]
    for (const groupInstanceId of ['b', 'c']) {
      const waiting = talk.begin('', joinGroup, joining(talk, { groupInstanceId }), 5)
      await talk.inState('PreparingRebalance')
      for (const [i, { memberId }] of members.entries()) {
        talk.begin('', joinGroup,
          joining(talk, { memberId, groupInstanceId: 'abc'[i]! }), 5)
      }
      members.push(await waiting.answer as never)
    }
    await talk.inState('CompletingRebalance')
    await talk.note('a fourth', joinGroup, joining(talk))
    await talk.note('a fourth, by instance', joinGroup, joining(talk, { groupInstanceId: 'd' }))
    await talk.note('unknown member', joinGroup, joining(talk, { memberId: 'nobody' }))
    await talk.note('wrong protocols', joinGroup, joining(talk, { protocols: [] }))
  }, { from: 5 }),
  scenario(joinGroup, 'a group in a rebalance', async (talk) => {
    const { memberId } = await preparing(talk)
    await talk.note('unknown member', joinGroup, joining(talk, { memberId: 'nobody' }))
    await talk.note('another type', joinGroup, joining(talk, { protocolType: 'connect' }))
    await talk.note('the member heartbeats', heartbeat, beating(talk, { memberId }))
    await talk.note('the member, with another protocol', joinGroup,
      joining(talk, { memberId, protocols: nobody }))
    await talk.note('the member joins', joinGroup, joining(talk, { memberId }))
    await talk.note('the member joins again', joinGroup, joining(talk, { memberId }))
  }),
  scenario(joinGroup, 'static members', async (talk) => {
    const groupInstanceId = 'i'
    const { memberId } = await stable(talk, { groupInstanceId })
    await talk.each(joinGroup, joining(talk, { groupInstanceId }), {
      'the instance with another member id': { memberId: 'nobody' },
      'the member with another instance': { memberId, groupInstanceId: 'j' },
      'an unknown instance with a member id': { memberId: 'nobody', groupInstanceId: 'j' },
      'the member without its instance': { memberId, groupInstanceId: null, protocols: nobody },
    })
    const again = await talk.note('another process of the instance', joinGroup,
      joining(talk, { groupInstanceId }))
    await talk.note('the first process heartbeats', heartbeat,
      beating(talk, { memberId, groupInstanceId }))
    await talk.note('the first process joins', joinGroup,
      joining(talk, { memberId, groupInstanceId }))
    await talk.note('the first process syncs', syncGroup,
      syncing(talk, { memberId, groupInstanceId }))
    await talk.note('the first process leaves', leaveGroup, leaving(talk, [[memberId, 'i']]))
    await talk.note('the second heartbeats', heartbeat,
      beating(talk, { memberId: again.memberId, groupInstanceId }))
    await describeGroup(talk)
    await talk.note('with another subscription', joinGroup, joining(talk,
      { groupInstanceId, protocols: [{ name: 'sticky', metadata: subscriptionOf(['t']) }] }))
    await describeGroup(talk)
  }, { from: 5 }),
  scenario(joinGroup, 'a group without members of the consumer protocol', async (talk) => {
    await emptiedConsumer(talk)
    await describeConsumers(talk, 'before')
    await talk.note('unknown member', joinGroup, joining(talk, { memberId: 'nobody' }))
    await describeConsumers(talk)
    await describeGroup(talk)
  }),
  scenario(joinGroup, 'a consumer group with offsets, without members', async (talk) => {
    await emptiedConsumer(talk)
    await simple(talk)
    // Kafka hides the offsets now, until somebody is let in: here they stay.
    await talk.note('unknown member', joinGroup, joining(talk, { memberId: 'nobody' }))
    await talk.note('joins', joinGroup, joining(talk))
    await describeGroup(talk)
    await talk.note('offsets', offsetFetch,
      { groups: [{ groupId: talk.group, topics: null }] }, 8)
  }),
  scenario(joinGroup, 'a consumer group without members, and bad protocols', async (talk) => {
    await emptiedConsumer(talk)
    await talk.note('no protocols', joinGroup, joining(talk, { protocols: [] }))
    await describeConsumers(talk)
    await describeGroup(talk)
  }),
  scenario(joinGroup, 'a group of the consumer protocol', async (talk) => {
    const { memberId } = await consumer(talk)
    await talk.each(joinGroup, joining(talk), {
      'unknown member': { memberId: 'nobody' },
      'unknown instance of a member': { memberId: 'nobody', groupInstanceId: 'i' },
      'another type': { protocolType: 'connect' },
      'no type': { protocolType: '' },
      'no protocols': { protocols: [] },
      'a subscription that cannot be read':
        { memberId, protocols: [{ name: 'range', metadata: Buffer.from('none') }] },
    })
    await describeConsumers(talk)
  }),
]

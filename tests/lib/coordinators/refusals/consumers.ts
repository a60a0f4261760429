// ConsumerGroupHeartbeat: wrong and borderline requests.

import { consumerGroupDescribe } from '../../../../protocol/messages/consumer-group-describe.ts'
import { consumerGroupHeartbeat } from '../../../../protocol/messages/consumer-group-heartbeat.ts'
import { describeGroups } from '../../../../protocol/messages/describe-groups.ts'
import { heartbeat } from '../../../../protocol/messages/heartbeat.ts'
import { ZERO_UUID } from '../../../../protocol/schema.ts'
import {
  beating, consumer, emptied, emptiedConsumer, entering, heartbeating, joined, preparing, simple,
  stable,
} from './members.ts'
import { UNKNOWN_ID } from './offsets.ts'
import { type Scenario, scenario } from './play.ts'
import type { Body, Talk } from './talk.ts'

type Beat = Partial<Body<typeof consumerGroupHeartbeat>>

const describe = async (talk: Talk) => {
  await talk.note('then', consumerGroupDescribe,
    { groupIds: [talk.group], includeAuthorizedOperations: false })
  await talk.note('then', describeGroups, { groups: [talk.group] })
}

/** What is wrong by itself, in any group. */
const MISTAKES: Readonly<Record<string, Beat>> = {
  'no group id': { groupId: '' },
  'a blank group id': { groupId: ' ' },
  'no member id': { memberId: '' },
  'a blank member id': { memberId: ' ' },
  'an empty instance': { instanceId: '' },
  'a blank instance': { instanceId: '  ' },
  'an empty rack': { rackId: '' },
  'no rebalance time-out': { rebalanceTimeoutMs: -1 },
  'rebalance time-out 0': { rebalanceTimeoutMs: 0 },
  'rebalance time-out -2': { rebalanceTimeoutMs: -2 },
  'no owned partitions': { topicPartitions: null },
  'owned partitions': { topicPartitions: [{ topicId: UNKNOWN_ID, partitions: [0] }] },
  'no subscription': { subscribedTopicNames: null },
  'an unknown assignor': { serverAssignor: 'sticky' },
  'an empty assignor': { serverAssignor: '' },
  'epoch -3': { memberEpoch: -3 },
  'the least epoch': { memberEpoch: -(2 ** 31) },
  'leaving for a while without instance': { memberEpoch: -2 },
  'leaving for a while with an empty instance': { memberEpoch: -2, instanceId: '' },
  'an expression': { subscribedTopicNames: null, subscribedTopicRegex: '(' },
  'an expression and names': { subscribedTopicRegex: '[' },
  'an expression of Java': { subscribedTopicNames: null, subscribedTopicRegex: 'a(?!b)' },
  'an expression that goes back': { subscribedTopicNames: null, subscribedTopicRegex: '(a)\\1' },
}

/** Where only one of them may go on, all others come first. */
async function mistakesIn(talk: Talk): Promise<void> {
  const harmless = ['a blank member id', 'rebalance time-out 0']
  for (const [label, body] of Object.entries(MISTAKES)) {
    if (harmless.includes(label)) continue
    await talk.note(label, consumerGroupHeartbeat, entering(talk, body))
  }
}

const epochs = (memberId: string, epoch: number): Record<string, Beat> => ({
  'unknown member': { memberId: 'nobody', memberEpoch: epoch },
  'unknown member leaves': { memberId: 'nobody', memberEpoch: -1 },
  'unknown static member leaves': { memberId: 'nobody', memberEpoch: -2, instanceId: 'j' },
  'unknown instance leaves for good': { memberId: 'nobody', memberEpoch: -1, instanceId: 'j' },
  'unknown instance': { memberId, memberEpoch: epoch, instanceId: 'j' },
  'epoch ahead': { memberId, memberEpoch: epoch + 1 },
  'a large epoch': { memberId, memberEpoch: 2 ** 31 - 1 },
  'epoch 1': { memberId, memberEpoch: 1 },
})

export const CONSUMER_GROUP_HEARTBEAT: readonly Scenario[] = [
  scenario(consumerGroupHeartbeat, 'mistakes in a group that is not there', async (talk) => {
    await mistakesIn(talk)
    await talk.each(consumerGroupHeartbeat, heartbeating(talk), epochs('m', 1))
    await describe(talk)
  }),
  scenario(consumerGroupHeartbeat, 'mistakes in a group of offsets alone', async (talk) => {
    await simple(talk)
    await mistakesIn(talk)
    await talk.each(consumerGroupHeartbeat, heartbeating(talk), epochs('m', 1))
    await describe(talk)
  }),
  scenario(consumerGroupHeartbeat, 'mistakes in a group of one member', async (talk) => {
    const { memberId, epoch } = await consumer(talk)
    await mistakesIn(talk)
    await talk.each(consumerGroupHeartbeat, heartbeating(talk), epochs(memberId, epoch))
    await describe(talk)
  }),
  scenario(consumerGroupHeartbeat, 'mistakes in a group that had members', async (talk) => {
    const { memberId, epoch } = await emptiedConsumer(talk)
    await mistakesIn(talk)
    await talk.each(consumerGroupHeartbeat, heartbeating(talk), epochs(memberId, epoch))
    await describe(talk)
  }),
  scenario(consumerGroupHeartbeat, 'mistakes in a classic group', async (talk) => {
    const { memberId } = await stable(talk)
    await mistakesIn(talk)
    await talk.each(consumerGroupHeartbeat, heartbeating(talk), epochs(memberId, 1))
    await describe(talk)
  }),
  scenario(consumerGroupHeartbeat, 'a classic group that had members', async (talk) => {
    await emptied(talk)
    await talk.each(consumerGroupHeartbeat, heartbeating(talk), epochs('m', 1))
    await talk.note('joins', consumerGroupHeartbeat, entering(talk))
    await describe(talk)
  }),
  scenario(consumerGroupHeartbeat, 'classic groups of other kinds', async (talk) => {
    const connect = { protocolType: 'connect', protocols: [
      { name: 'x', metadata: Buffer.alloc(0) }] }
    const odd = { protocols: [{ name: 'range', metadata: Buffer.from('?') }] }
    const kinds = {
      'of another type': await stable(talk, { groupId: talk.name('connect'), ...connect }),
      'of unreadable subscriptions': await stable(talk, { groupId: talk.name('odd'), ...odd }),
    }
    const groups = [talk.name('connect'), talk.name('odd')]
    for (const [i, [label, { memberId }]] of Object.entries(kinds).entries()) {
      const groupId = groups[i]!
      await talk.note(label, consumerGroupHeartbeat, entering(talk, { groupId }))
      await talk.note(`${label}, its member`, heartbeat,
        beating(talk, { groupId, memberId, generationId: 1 }))
    }
  }),
  scenario(consumerGroupHeartbeat, 'a classic group in a rebalance', async (talk) => {
    const { memberId } = await preparing(talk)
    await talk.note('joins', consumerGroupHeartbeat, entering(talk))
    await talk.note('the classic member', heartbeat, beating(talk, { memberId, generationId: 1 }))
  }),
  scenario(consumerGroupHeartbeat, 'a classic group becomes one', async (talk) => {
    const { memberId, generationId } = await stable(talk)
    await talk.note('joins', consumerGroupHeartbeat, entering(talk))
    await talk.note('the classic member', heartbeat, beating(talk, { memberId, generationId }))
    await talk.note('speaks the new protocol', consumerGroupHeartbeat,
      heartbeating(talk, { memberId, memberEpoch: generationId }))
    await describe(talk)
  }),
  scenario(consumerGroupHeartbeat, 'harmless oddities', async (talk) => {
    const join = async (label: string, body: Beat) => {
      const groupId = talk.name(label.replaceAll(' ', '-'))
      await talk.note(label, consumerGroupHeartbeat, entering(talk, { groupId, ...body }))
    }
    await join('a blank member id', { memberId: ' ' })
    await join('a long member id', { memberId: talk.name('m'.repeat(500)) })
    await join('rebalance time-out 0', { rebalanceTimeoutMs: 0 })
    await join('no topics', { subscribedTopicNames: [] })
    await join('an empty topic', { subscribedTopicNames: [''] })
    await join('an unknown topic', { subscribedTopicNames: ['nowhere', 'no topic!'] })
    await join('a topic twice', { subscribedTopicNames: ['u', 'u'] })
    await join('an empty expression', { subscribedTopicRegex: '' })
    await join('an internal topic', { subscribedTopicNames: ['__consumer_offsets'] })
  }),
  scenario(consumerGroupHeartbeat, 'owned partitions', async (talk) => {
    const { memberId, epoch } = await consumer(talk)
    const owning = (...topicPartitions: NonNullable<Beat['topicPartitions']>) =>
      heartbeating(talk, { memberId, memberEpoch: epoch, topicPartitions })
    const t = talk.topicId('t')
    await talk.note('of no topic', consumerGroupHeartbeat,
      owning({ topicId: ZERO_UUID, partitions: [0] }))
    await talk.note('of an unknown topic', consumerGroupHeartbeat,
      owning({ topicId: UNKNOWN_ID, partitions: [0] }))
    await talk.note('that are not there', consumerGroupHeartbeat,
      owning({ topicId: t, partitions: [7, -1] }))
    await talk.note('twice', consumerGroupHeartbeat,
      owning({ topicId: t, partitions: [0, 0] }, { topicId: t, partitions: [1, 2] }))
    await talk.note('none of a topic', consumerGroupHeartbeat,
      owning({ topicId: t, partitions: [] }))
    await talk.note('none, in the epoch before', consumerGroupHeartbeat,
      heartbeating(talk, { memberId, memberEpoch: epoch - 1, topicPartitions: [] }))
    await talk.note('more, in the epoch before', consumerGroupHeartbeat, heartbeating(talk, {
      memberId, memberEpoch: epoch - 1, topicPartitions: [{ topicId: t, partitions: [0, 1, 2, 3] }],
    }))
    await talk.note('nothing told, in the epoch before', consumerGroupHeartbeat,
      heartbeating(talk, { memberId, memberEpoch: epoch - 1 }))
  }),
  scenario(consumerGroupHeartbeat, 'static members', async (talk) => {
    const { memberId, epoch } = await consumer(talk, { instanceId: 'i' })
    await talk.note('joins while it is there', consumerGroupHeartbeat,
      entering(talk, { memberId: 'other', instanceId: 'i' }))
    await talk.each(consumerGroupHeartbeat,
      heartbeating(talk, { memberId, memberEpoch: epoch, instanceId: 'i' }), {
        'another member': { memberId: 'other' },
        'another instance': { instanceId: 'j' },
        'epoch ahead': { memberEpoch: epoch + 1 },
        'another member leaves for a while': { memberId: 'other', memberEpoch: -2 },
        'another member leaves for good': { memberId: 'other', memberEpoch: -1 },
        'without its instance': { instanceId: null },
        'leaves for a while without its instance': { instanceId: null, memberEpoch: -2 },
      })
    await talk.note('leaves for a while', consumerGroupHeartbeat,
      heartbeating(talk, { memberId, memberEpoch: -2, instanceId: 'i' }))
    await talk.note('goes on all the same', consumerGroupHeartbeat,
      heartbeating(talk, { memberId, memberEpoch: epoch, instanceId: 'i' }))
    await talk.note('leaves again', consumerGroupHeartbeat,
      heartbeating(talk, { memberId, memberEpoch: -2, instanceId: 'i' }))
    await talk.note('another comes in its place', consumerGroupHeartbeat,
      entering(talk, { memberId: 'other', instanceId: 'i' }))
    await talk.note('the first goes on', consumerGroupHeartbeat,
      heartbeating(talk, { memberId, memberEpoch: epoch, instanceId: 'i' }))
    await talk.note('the first leaves', consumerGroupHeartbeat,
      heartbeating(talk, { memberId, memberEpoch: -1, instanceId: 'i' }))
    await describe(talk)
  }),
  scenario(consumerGroupHeartbeat, 'a group that is full', async (talk) => {
    for (const memberId of ['a', 'b', 'c']) await consumer(talk, { memberId })
    await talk.note('a fourth', consumerGroupHeartbeat, entering(talk, { memberId: 'd' }))
    await talk.note('a fourth, by instance', consumerGroupHeartbeat,
      entering(talk, { memberId: 'd', instanceId: 'i' }))
    await talk.note('one that is there', consumerGroupHeartbeat, entering(talk, { memberId: 'a' }))
  }),
  scenario(consumerGroupHeartbeat, 'a member of a group in its first join', async (talk) => {
    const { memberId, generationId } = await joined(talk)
    await talk.note('speaks the new protocol', consumerGroupHeartbeat,
      heartbeating(talk, { memberId, memberEpoch: generationId }))
  }),
]

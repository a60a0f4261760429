// OffsetCommit, OffsetFetch and OffsetDelete: wrong and borderline requests.

import { consumerGroupHeartbeat } from '../../../../protocol/messages/consumer-group-heartbeat.ts'
import { offsetCommit } from '../../../../protocol/messages/offset-commit.ts'
import { offsetDelete } from '../../../../protocol/messages/offset-delete.ts'
import { offsetFetch } from '../../../../protocol/messages/offset-fetch.ts'
import { ZERO_UUID } from '../../../../protocol/schema.ts'
import {
  committedTopic, committing, consumer, emptied, emptiedConsumer, entering, joined, preparing,
  simple, stable,
} from './members.ts'
import { mixed, settled } from './mixed.ts'
import { type Scenario, scenario } from './play.ts'
import type { Body, Talk } from './talk.ts'

export const UNKNOWN_ID = 'AAAAAAAAAAAAAAAAAAAAIQ'
const LONG_MAX = 2 ** 53

type Commit = Partial<Body<typeof offsetCommit>>

/** Of members, in any group: with what a right one has. */
function committers(memberId: string, epoch: number): Record<string, Commit> {
  return {
    'nobody, without generation': {},
    'nobody, generation 0': { generationIdOrMemberEpoch: 0 },
    'nobody, the generation': { generationIdOrMemberEpoch: epoch },
    'unknown member': { memberId: 'nobody', generationIdOrMemberEpoch: epoch },
    'unknown member, without generation': { memberId: 'nobody' },
    'generation ahead': { memberId, generationIdOrMemberEpoch: epoch + 1 },
    'generation behind': { memberId, generationIdOrMemberEpoch: epoch - 1 },
    'generation -1': { memberId },
    'generation -2': { memberId, generationIdOrMemberEpoch: -2 },
    'an unknown instance': { memberId, generationIdOrMemberEpoch: epoch, groupInstanceId: 'j' },
    'an instance alone': { groupInstanceId: 'j' },
    'an empty instance': { groupInstanceId: '' },
    'no group id': { groupId: '' },
    'no group id, and a member': { groupId: '', memberId, generationIdOrMemberEpoch: epoch },
    'the member': { memberId, generationIdOrMemberEpoch: epoch },
  }
}

async function commitEach(talk: Talk, memberId: string, epoch: number): Promise<void> {
  await talk.each(offsetCommit, committing(talk), committers(memberId, epoch))
}

export const OFFSET_COMMIT: readonly Scenario[] = [
  scenario(offsetCommit, 'to a group that is not there', async (talk) => {
    const variants = Object.entries(committers('m', 1)).reverse()
    await talk.each(offsetCommit, committing(talk), Object.fromEntries(variants))
  }),
  scenario(offsetCommit, 'to a group of offsets alone', async (talk) => {
    await simple(talk)
    await commitEach(talk, 'm', 1)
  }),
  scenario(offsetCommit, 'to a stable group', async (talk) => {
    const { memberId, generationId } = await stable(talk)
    await commitEach(talk, memberId, generationId)
  }),
  scenario(offsetCommit, 'of static members', async (talk) => {
    const { memberId, generationId } = await stable(talk, { groupInstanceId: 'i' })
    const right = { memberId, generationIdOrMemberEpoch: generationId }
    await talk.each(offsetCommit, committing(talk, { groupInstanceId: 'i' }), {
      'another member': { ...right, memberId: 'nobody' },
      'no member': {},
      'no member, but the generation': { generationIdOrMemberEpoch: generationId },
      'another member, wrong generation': { memberId: 'nobody', generationIdOrMemberEpoch: 9 },
      'wrong generation': { memberId, generationIdOrMemberEpoch: 9 },
      'without its instance': { ...right, groupInstanceId: null },
      'right': right,
    })
  }, { from: 7 }),
  scenario(offsetCommit, 'to a group in a rebalance', async (talk) => {
    const { memberId, generationId } = await preparing(talk)
    await commitEach(talk, memberId, generationId)
  }),
  scenario(offsetCommit, 'to a group that waits for its assignment', async (talk) => {
    const { memberId, generationId } = await joined(talk)
    await commitEach(talk, memberId, generationId)
  }),
  scenario(offsetCommit, 'to a group that had members', async (talk) => {
    const { memberId, generationId } = await emptied(talk)
    await commitEach(talk, memberId, generationId)
  }),
  scenario(offsetCommit, 'to a group of the consumer protocol', async (talk) => {
    const { memberId, epoch } = await consumer(talk)
    await commitEach(talk, memberId, epoch)
  }),
  scenario(offsetCommit, 'of a classic member of a consumer group', async (talk) => {
    const { classic: { memberId, generationId } } = await settled(talk)
    await commitEach(talk, memberId, generationId)
  }),
  scenario(offsetCommit, 'of a classic member of a consumer group, in a rebalance',
    async (talk) => {
      const { classic: { memberId, generationId } } = await mixed(talk)
      await commitEach(talk, memberId, generationId)
    }),
  scenario(offsetCommit, 'to a consumer group that had members', async (talk) => {
    const { memberId, epoch } = await emptiedConsumer(talk)
    await commitEach(talk, memberId, epoch)
  }),
  scenario(offsetCommit, 'of a static member of a consumer group', async (talk) => {
    const { memberId, epoch } = await consumer(talk, { instanceId: 'i' })
    const right = { memberId, generationIdOrMemberEpoch: epoch, groupInstanceId: 'i' }
    await talk.each(offsetCommit, committing(talk, right), {
      'another member': { memberId: 'nobody' },
      'another instance': { groupInstanceId: 'j' },
      'without its instance': { groupInstanceId: null },
      'wrong epoch': { generationIdOrMemberEpoch: epoch + 1 },
      'right': {},
    })
  }, { from: 7 }),
  scenario(offsetCommit, 'of a member whose epoch went on', async (talk) => {
    const { memberId, epoch } = await consumer(talk)
    await talk.send(consumerGroupHeartbeat, entering(talk, { memberId: 'other' }), 1)
    const next = await talk.send(consumerGroupHeartbeat, {
      groupId: talk.group, memberId, memberEpoch: epoch, topicPartitions: [
        { topicId: talk.topicId('t'), partitions: [0, 1, 2] },
      ],
    }, 1)
    const kept = next.assignment!.topicPartitions[0]!.partitions
    await talk.send(consumerGroupHeartbeat, {
      groupId: talk.group, memberId, memberEpoch: epoch,
      topicPartitions: [{ topicId: talk.topicId('t'), partitions: kept }],
    }, 1)
    for (const partition of [...kept, ...[0, 1, 2].filter((each) => !kept.includes(each))]) {
      await talk.note(`partition ${partition} in the epoch before`, offsetCommit, committing(talk,
        { memberId, generationIdOrMemberEpoch: epoch }, { partition }))
    }
    await talk.note('before all epochs', offsetCommit,
      committing(talk, { memberId, generationIdOrMemberEpoch: 0 }))
  }),
  scenario(offsetCommit, 'topics and partitions', async (talk) => {
    const one = (label: string, ...topics: ReturnType<typeof committedTopic>[]) =>
      talk.note(label, offsetCommit, committing(talk, { topics }))
    const unknown = { topicName: 'nowhere', topicId: UNKNOWN_ID }
    const known = committedTopic(talk)
    await one('none')
    await one('a topic that is not there', committedTopic(talk, unknown))
    await one('a topic without name', committedTopic(talk, { topicName: '', topicId: ZERO_UUID }))
    await one('a partition that is not there', committedTopic(talk, { partition: 3 }))
    await one('partition -1', committedTopic(talk, { partition: -1 }))
    await one('no partitions', { ...known, partitions: [] })
    await one('no partitions of nowhere', { ...committedTopic(talk, unknown), partitions: [] })
    await one('some that are there', committedTopic(talk, unknown), known,
      committedTopic(talk, { partition: 9 }), committedTopic(talk, { partition: 1 }))
    await one('a topic twice', known, known)
    await one('a partition twice',
      { ...known, partitions: [...known.partitions, ...known.partitions] })
    await one('an internal topic, by name', committedTopic(talk,
      { topicName: '__consumer_offsets', topicId: UNKNOWN_ID }))
    await one('a bad name', committedTopic(talk, { topicName: 'no topic!', topicId: UNKNOWN_ID }))
    await talk.note('nowhere, for an unknown member', offsetCommit, committing(talk,
      { memberId: 'nobody', generationIdOrMemberEpoch: 3, topics: [
        committedTopic(talk, unknown), known] }))
    await talk.note('nowhere, without a group', offsetCommit, committing(talk,
      { groupId: '', topics: [committedTopic(talk, unknown), known] }))
  }),
  scenario(offsetCommit, 'offsets and metadata', async (talk) => {
    const variants: Record<string, Parameters<typeof committedTopic>[1]> = {
      'offset -1': { offset: -1 },
      'offset -2': { offset: -2 },
      'a large offset': { offset: LONG_MAX },
      'epoch -2': { leaderEpoch: -2 },
      'a large epoch': { leaderEpoch: 2 ** 31 - 1 },
      'no metadata': { metadata: null },
      'as much metadata as may be': { metadata: 'm'.repeat(4096) },
      'too much metadata': { metadata: 'm'.repeat(4097) },
      'as many letters as may be, of more bytes': { metadata: 'ä'.repeat(4096) },
      'metadata beyond the plane': { metadata: '😀'.repeat(2049) },
    }
    for (const [label, options] of Object.entries(variants)) {
      await talk.note(label, offsetCommit, committing(talk, {}, options))
      await talk.note('then', offsetFetch, { groups: [{ groupId: talk.group,
        topics: [{ name: 't', topicId: talk.topicId('t'), partitionIndexes: [0] }] }] }, 8)
    }
  }),
  scenario(offsetCommit, 'some with too much metadata', async (talk) => {
    await talk.note('two of three', offsetCommit, committing(talk, { topics: [
      committedTopic(talk, { metadata: 'm'.repeat(5000) }),
      committedTopic(talk, { partition: 1 }),
      committedTopic(talk, { partition: 2, metadata: 'm'.repeat(5000) }),
    ] }))
  }),
  scenario(offsetCommit, 'retention', async (talk) => {
    for (const retentionTimeMs of [-2, 0, 1, LONG_MAX]) {
      await talk.note(`of ${retentionTimeMs}`, offsetCommit, committing(talk, { retentionTimeMs }))
    }
  }, { to: 4 }),
]

type FetchedTopic = readonly [name: string, topicId: string, indexes: number[]]

/** What one group is asked for, in the form of every version. */
function fetching(
  talk: Talk, { groupId = talk.group, memberId, memberEpoch, topics, requireStable = false }: {
    readonly groupId?: string
    readonly memberId?: string
    readonly memberEpoch?: number
    readonly topics?: readonly FetchedTopic[] | null
    readonly requireStable?: boolean
  } = {},
): Body<typeof offsetFetch> {
  const asked = topics === undefined ? [['t', talk.topicId('t'), [0, 1]] as const] : topics
  const list = asked && asked.map(([name, topicId, partitionIndexes]) =>
    ({ name, topicId, partitionIndexes }))
  return {
    groupId, topics: list, requireStable,
    groups: [{
      groupId, topics: list,
      ...memberId === undefined ? {} : { memberId },
      ...memberEpoch === undefined ? {} : { memberEpoch },
    }],
  }
}

async function fetchEach(talk: Talk, memberId: string, epoch: number): Promise<void> {
  const askers: Record<string, Parameters<typeof fetching>[1]> = {
    'nobody': {},
    'nobody, epoch 0': { memberEpoch: 0 },
    'no member id, the epoch': { memberId: '', memberEpoch: epoch },
    'no member id': { memberId: '' },
    'unknown member': { memberId: 'nobody', memberEpoch: epoch },
    'unknown member, no epoch': { memberId: 'nobody' },
    'epoch ahead': { memberId, memberEpoch: epoch + 1 },
    'epoch behind': { memberId, memberEpoch: epoch - 1 },
    'the member, no epoch': { memberId },
    'the member': { memberId, memberEpoch: epoch },
    'no group id': { groupId: '' },
    'no group id, and a member': { groupId: '', memberId, memberEpoch: epoch },
  }
  for (const [label, asker] of Object.entries(askers)) {
    await talk.note(label, offsetFetch, fetching(talk, asker))
    if (talk.version >= 2) {
      await talk.note(`${label}: all`, offsetFetch, fetching(talk, { ...asker, topics: null }))
    }
  }
}

export const OFFSET_FETCH: readonly Scenario[] = [
  scenario(offsetFetch, 'of a group that is not there', (talk) => fetchEach(talk, 'm', 1)),
  scenario(offsetFetch, 'of a group of offsets alone', async (talk) => {
    await simple(talk)
    await fetchEach(talk, 'm', 1)
  }),
  scenario(offsetFetch, 'of a stable group', async (talk) => {
    const { memberId, generationId } = await stable(talk)
    await fetchEach(talk, memberId, generationId)
  }),
  scenario(offsetFetch, 'of a group of the consumer protocol', async (talk) => {
    const { memberId, epoch } = await consumer(talk)
    await fetchEach(talk, memberId, epoch)
  }),
  scenario(offsetFetch, 'of a classic member of a consumer group', async (talk) => {
    const { classic: { memberId, generationId } } = await settled(talk)
    await fetchEach(talk, memberId, generationId)
  }),
  scenario(offsetFetch, 'of a consumer group that had members', async (talk) => {
    const { memberId, epoch } = await emptiedConsumer(talk)
    await simple(talk)
    await fetchEach(talk, memberId, epoch)
  }),
  scenario(offsetFetch, 'topics and partitions', async (talk) => {
    await simple(talk)
    const t = talk.topicId('t')
    await talk.note('none', offsetFetch, fetching(talk, { topics: [] }))
    await talk.note('unknown', offsetFetch,
      fetching(talk, { topics: [['nowhere', UNKNOWN_ID, [0]], ['t', t, [0]]] }))
    await talk.note('no name', offsetFetch, fetching(talk, { topics: [['', ZERO_UUID, [0]]] }))
    await talk.note('unknown partitions', offsetFetch,
      fetching(talk, { topics: [['t', t, [7, -1, 0]]] }))
    await talk.note('no partitions', offsetFetch, fetching(talk, { topics: [['t', t, []]] }))
    await talk.note('a topic twice', offsetFetch,
      fetching(talk, { topics: [['t', t, [0]], ['t', t, [0, 1]]] }))
    await talk.note('a partition twice', offsetFetch,
      fetching(talk, { topics: [['t', t, [0, 0]]] }))
    await talk.note('without a group', offsetFetch, fetching(talk,
      { groupId: '', topics: [['t', t, [0]], ['nowhere', UNKNOWN_ID, [0, 1]]] }))
  }),
  scenario(offsetFetch, 'several groups', async (talk) => {
    await simple(talk)
    const topics = [{ name: 't', topicId: talk.topicId('t'), partitionIndexes: [0] }]
    const of = (...groupIds: string[]) => ({
      groups: groupIds.map((groupId) => ({ groupId, topics })),
    })
    await talk.note('none', offsetFetch, { groups: [] })
    await talk.note('some', offsetFetch, of(talk.group, talk.name('other'), ''))
    await talk.note('the same twice', offsetFetch, of(talk.group, talk.group))
  }, { from: 8 }),
  scenario(offsetFetch, 'stable offsets', async (talk) => {
    await simple(talk)
    await talk.note('required', offsetFetch, fetching(talk, { requireStable: true }))
  }, { from: 7 }),
]

export const OFFSET_DELETE: readonly Scenario[] = [
  scenario(offsetDelete, 'groups', async (talk) => {
    const topics = [{ name: 't', partitions: [{ partitionIndex: 0 }] }]
    const of = (groupId: string) => ({ groupId, topics })
    await talk.note('no group id', offsetDelete, of(''))
    await talk.note('unknown', offsetDelete, of(talk.group))
    await simple(talk)
    await talk.note('of offsets alone', offsetDelete, of(talk.group))
    await talk.note('again', offsetDelete, of(talk.group))
    const connect = { protocolType: 'connect', protocols: [
      { name: 'x', metadata: Buffer.alloc(0) }] }
    const groupId = talk.name('connect')
    await stable(talk, { ...connect, groupId })
    await talk.note('of another type', offsetDelete, of(groupId))
    const odd = talk.name('odd')
    await stable(talk, { groupId: odd, protocols: [{ name: 'range', metadata: Buffer.from('?') }] })
    await talk.note('of unreadable subscriptions', offsetDelete, of(odd))
  }),
  scenario(offsetDelete, 'topics and partitions', async (talk) => {
    await simple(talk)
    const one = (label: string, ...topics: Body<typeof offsetDelete>['topics']) =>
      talk.note(label, offsetDelete, { groupId: talk.group, topics })
    const at = (...indexes: number[]) => indexes.map((partitionIndex) => ({ partitionIndex }))
    await one('none')
    await one('unknown topic', { name: 'nowhere', partitions: at(0) })
    await one('no topic', { name: '', partitions: at(0) })
    await one('unknown partitions', { name: 't', partitions: at(0, 3, -1, 1) })
    await one('no partitions', { name: 't', partitions: [] })
    await one('a partition twice', { name: 't', partitions: at(0, 0) })
    await one('some', { name: 'nowhere', partitions: at(0) }, { name: 't', partitions: at(2, 8) },
      { name: 'u', partitions: at(0) })
    await talk.note('unknown topics of no group', offsetDelete,
      { groupId: '', topics: [{ name: 'nowhere', partitions: at(0) }] })
    await talk.note('unknown topics of an unknown group', offsetDelete,
      { groupId: talk.name('other'), topics: [{ name: 'nowhere', partitions: at(0) }] })
  }),
  scenario(offsetDelete, 'subscribed topics', async (talk) => {
    const topics = ['t', 'u', 'nowhere'].map((name) => (
      { name, partitions: [{ partitionIndex: 0 }, { partitionIndex: 5 }] }))
    await stable(talk)
    await talk.note('of a classic group', offsetDelete, { groupId: talk.group, topics })
    const groupId = talk.name('rebalancing')
    await joined(talk, { groupId })
    await talk.note('in a rebalance', offsetDelete, { groupId, topics })
    const consumers = talk.name('consumers')
    await consumer(talk, { groupId: consumers })
    await talk.note('of a consumer group', offsetDelete, { groupId: consumers, topics })
  }),
]

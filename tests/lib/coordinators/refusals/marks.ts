// TxnOffsetCommit, WriteTxnMarkers, DescribeTransactions, ListTransactions, DescribeProducers and
// FindCoordinator: wrong and borderline requests.

import { addOffsetsToTxn } from '../../../../protocol/messages/add-offsets-to-txn.ts'
import { describeProducers } from '../../../../protocol/messages/describe-producers.ts'
import { describeTransactions } from '../../../../protocol/messages/describe-transactions.ts'
import { endTxn } from '../../../../protocol/messages/end-txn.ts'
import { findCoordinator } from '../../../../protocol/messages/find-coordinator.ts'
import { listTransactions } from '../../../../protocol/messages/list-transactions.ts'
import { offsetCommit } from '../../../../protocol/messages/offset-commit.ts'
import { offsetDelete } from '../../../../protocol/messages/offset-delete.ts'
import { offsetFetch } from '../../../../protocol/messages/offset-fetch.ts'
import { txnOffsetCommit } from '../../../../protocol/messages/txn-offset-commit.ts'
import { writeTxnMarkers } from '../../../../protocol/messages/write-txn-markers.ts'
import { ZERO_UUID } from '../../../../protocol/schema.ts'
import {
  committedTopic, committing, consumer, emptied, joined, preparing, simple, stable,
} from './members.ts'
import { settled } from './mixed.ts'
import { UNKNOWN_ID } from './offsets.ts'
import { type Scenario, scenario } from './play.ts'
import {
  committingIn, ended, ending, fenced, mistakes, ongoing, type Producer, producer,
} from './producers.ts'
import type { Body, Talk } from './talk.ts'

type Commit = Partial<Body<typeof txnOffsetCommit>>

/** A producer whose transaction knows the group. */
async function producerOf(talk: Talk): Promise<Producer> {
  const who = await producer(talk)
  await talk.send(addOffsetsToTxn, {
    transactionalId: talk.transactionalId, ...who, groupId: talk.group }, 3)
  return who
}

async function commitEach(
  talk: Talk, who: Producer, memberId: string, epoch: number,
): Promise<void> {
  const members: Record<string, Commit> = {
    'nobody': {},
    'nobody, the generation': { generationIdOrMemberEpoch: epoch },
    'unknown member': { memberId: 'nobody', generationIdOrMemberEpoch: epoch },
    'unknown member, without generation': { memberId: 'nobody' },
    'generation ahead': { memberId, generationIdOrMemberEpoch: epoch + 1 },
    'generation behind': { memberId, generationIdOrMemberEpoch: epoch - 1 },
    'generation -1': { memberId },
    'an unknown instance': { memberId, generationIdOrMemberEpoch: epoch, groupInstanceId: 'j' },
    'an instance alone': { groupInstanceId: 'j' },
    'the member': { memberId, generationIdOrMemberEpoch: epoch },
  }
  await talk.each(txnOffsetCommit, committingIn(talk, who), members)
}

async function commitOfInstance(
  talk: Talk, who: Producer, memberId: string, epoch: number,
): Promise<void> {
  const right = { memberId, generationIdOrMemberEpoch: epoch, groupInstanceId: 'i' }
  await talk.each(txnOffsetCommit, committingIn(talk, who), {
    'another member': { ...right, memberId: 'nobody' },
    'no member': { groupInstanceId: 'i' },
    'another instance': { ...right, groupInstanceId: 'j' },
    'another member, wrong generation':
      { ...right, memberId: 'nobody', generationIdOrMemberEpoch: 9 },
    'wrong generation': { ...right, generationIdOrMemberEpoch: 9 },
    'without its instance': { ...right, groupInstanceId: null },
    'right': right,
  })
}

export const TXN_OFFSET_COMMIT: readonly Scenario[] = [
  scenario(txnOffsetCommit, 'to a group that is not there', async (talk) =>
    commitEach(talk, await producerOf(talk), 'm', 1)),
  scenario(txnOffsetCommit, 'to a stable group', async (talk) => {
    const { memberId, generationId } = await stable(talk)
    await commitEach(talk, await producerOf(talk), memberId, generationId)
  }),
  scenario(txnOffsetCommit, 'to a group in a rebalance', async (talk) => {
    const { memberId, generationId } = await preparing(talk)
    await commitEach(talk, await producerOf(talk), memberId, generationId)
  }),
  scenario(txnOffsetCommit, 'to a group that waits for its assignment', async (talk) => {
    const { memberId, generationId } = await joined(talk)
    await commitEach(talk, await producerOf(talk), memberId, generationId)
  }),
  scenario(txnOffsetCommit, 'to a group that had members', async (talk) => {
    const { memberId, generationId } = await emptied(talk)
    await commitEach(talk, await producerOf(talk), memberId, generationId)
  }),
  scenario(txnOffsetCommit, 'to a group of the consumer protocol', async (talk) => {
    const { memberId, epoch } = await consumer(talk)
    await commitEach(talk, await producerOf(talk), memberId, epoch)
  }),
  scenario(txnOffsetCommit, 'of a classic member of a consumer group', async (talk) => {
    const { classic: { memberId, generationId } } = await settled(talk)
    await commitEach(talk, await producerOf(talk), memberId, generationId)
  }),
  scenario(txnOffsetCommit, 'of static members', async (talk) => {
    const { memberId, generationId } = await stable(talk, { groupInstanceId: 'i' })
    await commitOfInstance(talk, await producerOf(talk), memberId, generationId)
  }, { from: 3 }),
  scenario(txnOffsetCommit, 'of a static member of a consumer group', async (talk) => {
    const { memberId, epoch } = await consumer(talk, { instanceId: 'i' })
    await commitOfInstance(talk, await producerOf(talk), memberId, epoch)
  }, { from: 3 }),
  scenario(txnOffsetCommit, 'mistakes of a producer', async (talk) => {
    const who = await producerOf(talk)
    for (const [label, mistaken] of Object.entries(mistakes(who))) {
      await talk.note(label, txnOffsetCommit, { ...committingIn(talk, who), ...mistaken })
    }
  }),
  scenario(txnOffsetCommit, 'a fenced producer', async (talk) => {
    const who = await producerOf(talk)
    await fenced(talk)
    await talk.completed()
    await talk.note('commits', txnOffsetCommit, committingIn(talk, who))
  }),
  scenario(txnOffsetCommit, 'a transaction that does not know the group', async (talk) => {
    await talk.note('commits', txnOffsetCommit, committingIn(talk, await ongoing(talk)))
  }),
  scenario(txnOffsetCommit, 'after the end', async (talk) => {
    const who = await ended(talk, true)
    await talk.note('commits', txnOffsetCommit, committingIn(talk, who))
  }),
  scenario(txnOffsetCommit, 'groups, topics and partitions', async (talk) => {
    const who = await producerOf(talk)
    const one = (label: string, ...topics: ReturnType<typeof committedTopic>[]) =>
      talk.note(label, txnOffsetCommit, committingIn(talk, who, { topics }))
    const unknown = { topicName: 'nowhere', topicId: UNKNOWN_ID }
    const known = committedTopic(talk)
    await talk.note('no group', txnOffsetCommit, committingIn(talk, who, { groupId: '' }))
    await talk.note('no group, no topic', txnOffsetCommit,
      committingIn(talk, who, { groupId: '', topics: [committedTopic(talk, unknown)] }))
    await one('none')
    await one('a topic that is not there', committedTopic(talk, unknown))
    await one('a topic without name', committedTopic(talk, { topicName: '', topicId: ZERO_UUID }))
    await one('partitions that are not there', committedTopic(talk, { partition: 3 }),
      committedTopic(talk, { partition: -1 }))
    await one('some that are there', committedTopic(talk, unknown), known,
      committedTopic(talk, { partition: 9 }))
    await one('a partition twice', known, known)
    await one('too much metadata', committedTopic(talk, { metadata: 'm'.repeat(4097) }))
    await one('no metadata', committedTopic(talk, { metadata: null }))
    await one('offset -1', committedTopic(talk, { offset: -1 }))
  }),
  scenario(txnOffsetCommit, 'what others see before the end, and after it', async (talk) => {
    await simple(talk)
    const who = await producerOf(talk)
    await talk.note('commits', txnOffsetCommit,
      committingIn(talk, who, {}, { offset: 9 }))
    const fetch = (label: string, requireStable: boolean) =>
      talk.note(label, offsetFetch, { requireStable, groups: [{ groupId: talk.group, topics: [
        { name: 't', topicId: talk.topicId('t'), partitionIndexes: [0, 1] }] }] }, 8)
    await fetch('unstable', false)
    await fetch('stable', true)
    await talk.note('deleted meanwhile', offsetDelete, { groupId: talk.group,
      topics: [{ name: 't', partitions: [{ partitionIndex: 0 }] }] })
    await fetch('deleted', false)
    await talk.note('committed meanwhile', offsetCommit, committing(talk))
    await talk.send(endTxn, ending(talk, who), 4)
    await talk.completed()
    await fetch('after the end', true)
  }),
]

const MADE_UP = { producerId: 1_000_000_099, producerEpoch: 3, coordinatorEpoch: 0 }

type Marker = Body<typeof writeTxnMarkers>['markers'][number]

const marker = (body: Partial<Marker>): Marker => ({
  ...MADE_UP, transactionResult: false, topics: [{ name: 't', partitionIndexes: [0] }],
  transactionVersion: 0, ...body,
})

export const WRITE_TXN_MARKERS: readonly Scenario[] = [
  scenario(writeTxnMarkers, 'topics and partitions', async (talk) => {
    const one = (label: string, topics: Marker['topics']) =>
      talk.note(label, writeTxnMarkers, { markers: [marker({ topics })] })
    await talk.note('no markers', writeTxnMarkers, { markers: [] })
    await one('no topics', [])
    await one('a topic that is not there', [{ name: 'nowhere', partitionIndexes: [0] }])
    await one('no name', [{ name: '', partitionIndexes: [0] }])
    await one('partitions that are not there', [{ name: 'u', partitionIndexes: [7, -1] }])
    await one('no partitions', [{ name: 'u', partitionIndexes: [] }])
    await one('the metadata', [{ name: '__cluster_metadata', partitionIndexes: [0] }])
    await one('some', [
      { name: 'u', partitionIndexes: [0, 4] }, { name: 'nowhere', partitionIndexes: [1] },
    ])
  }),
  scenario(writeTxnMarkers, 'producers', async (talk) => {
    const { name } = await talk.topic('own')
    const topics = [{ name, partitionIndexes: [0] }]
    const one = async (label: string, body: Partial<Marker>) => {
      await talk.note(label, writeTxnMarkers, { markers: [marker({ topics, ...body })] })
      await talk.note('then', describeProducers, { topics: [{ name, partitionIndexes: [0] }] })
    }
    await one('producer id -1', { producerId: -1 })
    await one('epoch -1', { producerEpoch: -1 })
    await one('nobody is known', {})
    await one('epoch behind', { producerEpoch: 2 })
    await one('the same again', {})
    await one('epoch ahead', { producerEpoch: 5 })
    await one('coordinator epoch ahead', { producerEpoch: 5, coordinatorEpoch: 7 })
    await one('coordinator epoch behind', { producerEpoch: 5, coordinatorEpoch: 6 })
    await one('coordinator epoch -1', { producerEpoch: 5, coordinatorEpoch: -1 })
    await one('version 2, the same epoch', { producerEpoch: 5, coordinatorEpoch: 7,
      transactionVersion: 2 })
    await one('version 2, the next epoch', { producerEpoch: 6, coordinatorEpoch: 7,
      transactionVersion: 2 })
    await one('version 9', { producerEpoch: 8, coordinatorEpoch: 7, transactionVersion: 9 })
  }),
  scenario(writeTxnMarkers, 'an open transaction', async (talk) => {
    const who = await ongoing(talk)
    await talk.note('its producer, ahead', writeTxnMarkers, { markers: [marker({ ...who,
      producerEpoch: who.producerEpoch + 1, topics: [{ name: 't', partitionIndexes: [0] }] })] })
    await talk.note('the same producer twice', writeTxnMarkers, { markers: [
      marker({ ...who, topics: [{ name: 't', partitionIndexes: [1] }] }),
      marker({ ...who, topics: [
        { name: 't', partitionIndexes: [2] }, { name: 'u', partitionIndexes: [9] },
      ] }),
    ] })
  }),
]

export const DESCRIBE_TRANSACTIONS: readonly Scenario[] = [
  scenario(describeTransactions, 'names and states', async (talk) => {
    const of = (...transactionalIds: string[]) => ({ transactionalIds })
    const { transactionalId } = talk
    await talk.note('none', describeTransactions, of())
    await talk.note('no name', describeTransactions, of(''))
    await talk.note('a blank', describeTransactions, of(' '))
    await talk.note('unknown', describeTransactions, of(transactionalId))
    await producer(talk)
    await talk.note('empty', describeTransactions, of(transactionalId))
    const who = await ongoing(talk)
    await talk.note('ongoing', describeTransactions, of(transactionalId))
    await talk.note('some, and twice', describeTransactions,
      of('', transactionalId, talk.name('other'), transactionalId))
    await talk.send(endTxn, ending(talk, who), 4)
    await talk.completed()
    await talk.note('ended', describeTransactions, of(transactionalId))
  }),
]

export const LIST_TRANSACTIONS: readonly Scenario[] = [
  scenario(listTransactions, 'filters', async (talk) => {
    const who = await ongoing(talk)
    await producer(talk, talk.name('empty'))
    const list = async (label: string, body: Partial<Body<typeof listTransactions>>) => {
      const { transactionStates, ...rest } = await talk.send(listTransactions,
        { stateFilters: [], producerIdFilters: [], ...body })
      const own = transactionStates.filter((each) => talk.isOwn(each.transactionalId))
        .sort((a, b) => a.transactionalId < b.transactionalId ? -1 : 1)
      talk.write(`${label}: ListTransactions`, { ...rest, transactionStates: own })
    }
    await list('all', {})
    for (const state of ['Ongoing', 'ongoing', 'Empty', 'PrepareCommit', 'Dead',
      'PrepareEpochFence', 'PrepareAbort', 'CompleteCommit', 'x', '', ' Ongoing']) {
      await list(`state "${state}"`, { stateFilters: [state] })
    }
    await list('states, some unknown, one twice', { stateFilters: ['x', 'Empty', 'y', 'x'] })
    await list('producer', { producerIdFilters: [who.producerId, who.producerId] })
    await list('unknown producers', { producerIdFilters: [-1, 1_000_000_001] })
    await list('producer and state',
      { producerIdFilters: [who.producerId], stateFilters: ['Empty'] })
    if (talk.version >= 1) {
      await list('duration -2', { durationFilter: -2 })
      await list('duration 0', { durationFilter: 0, stateFilters: ['Empty'] })
      await list('a long duration', { durationFilter: 1_000_000_000 })
    }
    if (talk.version < 2) return
    const escaped = talk.transactionalId.replaceAll('.', '\\.')
    await list('pattern', { transactionalIdPattern: escaped })
    await list('pattern in the middle', { transactionalIdPattern: 'ilter' })
    await list('an empty pattern', { transactionalIdPattern: '' })
    await list('a bad pattern', { transactionalIdPattern: '(' })
    await list('a bad pattern and an unknown state',
      { transactionalIdPattern: '[', stateFilters: ['x'] })
    await list('a pattern of Java', { transactionalIdPattern: '(?!x).*' })
  }),
]

export const DESCRIBE_PRODUCERS: readonly Scenario[] = [
  scenario(describeProducers, 'topics and partitions', async (talk) => {
    const { name } = await talk.topic('own', 2)
    const one = (label: string, ...topics: Body<typeof describeProducers>['topics']) =>
      talk.note(label, describeProducers, { topics })
    await one('none')
    await one('a topic that is not there', { name: 'nowhere', partitionIndexes: [0] })
    await one('no name', { name: '', partitionIndexes: [0] })
    await one('a bad name', { name: 'no topic!', partitionIndexes: [0] })
    await one('some', { name, partitionIndexes: [0, 2, -1] },
      { name: 'nowhere', partitionIndexes: [1, 0] })
    await one('none of a topic', { name, partitionIndexes: [] })
    await one('twice', { name, partitionIndexes: [0, 0] })
    await one('the metadata', { name: '__cluster_metadata', partitionIndexes: [0] })
  }),
]

export const FIND_COORDINATOR: readonly Scenario[] = [
  scenario(findCoordinator, 'keys and types', async (talk) => {
    const one = (label: string, keyType: number, ...keys: string[]) =>
      talk.note(label, findCoordinator, { keyType, key: keys[0] ?? '', coordinatorKeys: keys })
    await one('a group', 0, 'g')
    await one('no group', 0, '')
    await one('a blank', 0, ' ')
    await one('a long name', 0, 'g'.repeat(30_000))
    for (const keyType of [1, 2, 3, 4, -1, 127]) {
      await one(`type ${keyType}`, keyType, 'g')
      await one(`type ${keyType}, no key`, keyType, '')
    }
    // From there on Kafka makes a topic for it, and has a coordinator some time later.
    if (talk.version < 6) await one('a key of share groups', 2, `g:${UNKNOWN_ID}:0`)
    await one('half a key of share groups', 2, 'g:0')
    await one('a key of share groups without topic', 2, `g:${ZERO_UUID}:x`)
    if (talk.version < 4) return
    await one('no keys', 0)
    await one('keys', 0, 'a', '', 'a', 'b')
    await one('transactions', 1, 'a', '', 'a')
    await one('wrong types', 7, 'a', 'b')
  }),
]

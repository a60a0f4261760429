// Produce, of idempotent producers and in transactions: wrong and borderline requests.

import { addPartitionsToTxn } from '../../../../protocol/messages/add-partitions-to-txn.ts'
import { describeTransactions } from '../../../../protocol/messages/describe-transactions.ts'
import { initProducerId } from '../../../../protocol/messages/init-producer-id.ts'
import { produce } from '../../../../protocol/messages/produce.ts'
import { buildBatch } from '../../../../protocol/records/batch.ts'
import { stuck } from './endings.ts'
import { type Scenario, scenario } from './play.ts'
import {
  adding, ended, endedAnew, fenced, mistakes, ongoing, type Producer, producer,
} from './producers.ts'
import type { Body, Talk } from './talk.ts'

interface Producing extends Producer {
  readonly topic: { readonly name: string, readonly topicId: string }
  readonly partition?: number
  /** Null: of no transaction. */
  readonly transactionalId?: string | null
  readonly isTransactional?: boolean
  readonly isControl?: boolean
  readonly baseSequence?: number
  readonly count?: number
  readonly acks?: number
}

function producing(talk: Talk, options: Producing): Body<typeof produce> {
  const { topic, partition = 0, transactionalId = talk.transactionalId, acks = -1 } = options
  const { producerId, producerEpoch, baseSequence = 0, count = 1, isControl = false } = options
  const records = buildBatch({
    producerId, producerEpoch, baseSequence, isControl,
    isTransactional: options.isTransactional ?? transactionalId !== null,
    records: Array.from({ length: count }, () => (
      { key: null, value: Buffer.from('v'), headers: [], timestamp: 1_700_000_000_000 })),
  })
  return {
    transactionalId, acks, timeoutMs: 10_000,
    topicData: [{ ...topic, partitionData: [{ index: partition, records }] }],
  }
}

/** All mistakes in a state of the transaction, and then what is right, twice. */
function inState(
  name: string, begin: (talk: Talk, topic: string) => Promise<Producer>,
): Scenario {
  return scenario(produce, name, async (talk) => {
    const topic = await talk.topic('own', 2)
    const { producerId, producerEpoch } = await begin(talk, topic.name)
    const who = { producerId, producerEpoch }
    for (const [label, mistaken] of Object.entries(mistakes(who))) {
      await talk.note(label, produce, producing(talk, { topic, ...mistaken }))
    }
    await talk.note('its producer', produce, producing(talk, { topic, ...who }))
    await talk.note('its producer again', produce, producing(talk, { topic, ...who }))
    await talk.note('the next', produce, producing(talk, { topic, ...who, baseSequence: 1 }))
    await talk.note('another partition', produce,
      producing(talk, { topic, ...who, partition: 1 }))
    await describe(talk)
  })
}

/** In Kafka a transaction's partitions have the order of a hash table. */
async function describe(talk: Talk): Promise<void> {
  const { transactionStates } = await talk.send(
    describeTransactions, { transactionalIds: [talk.transactionalId] })
  talk.write('then', transactionStates.map(({ transactionState, topics }) => ({
    transactionState,
    partitions: topics.flatMap(({ topic, partitions }) => partitions.map((each) => (
      `${topic}-${each}`))).sort(),
  })))
}

async function added(talk: Talk, topic: string): Promise<Producer> {
  const who = await producer(talk)
  await talk.send(addPartitionsToTxn,
    adding(talk, { ...who, topics: [{ name: topic, partitions: [0] }] }), 3)
  return who
}

/** Without a transactional id. */
async function idempotent(talk: Talk): Promise<Producer> {
  const { producerId, producerEpoch } = await talk.send(initProducerId,
    { transactionalId: null, transactionTimeoutMs: 60_000 }, 4)
  return { producerId: producerId!, producerEpoch: producerEpoch! }
}

export const PRODUCE: readonly Scenario[] = [
  inState('mistakes of a transactional producer that began', (talk) => producer(talk)),
  inState('mistakes in an open transaction', added),
  inState('mistakes in an open transaction of other partitions', (talk) => ongoing(talk)),
  inState('mistakes after a commit', (talk) => ended(talk, true)),
  inState('mistakes after an abort of version 2', (talk) => endedAnew(talk, false)),
  inState('a fenced transactional producer', (talk) => fenced(talk)),
  inState('mistakes while a transaction of version 0 ends', (talk) => stuck(talk, 0)),
  inState('mistakes while a transaction of version 2 ends', (talk) => stuck(talk, 2)),
  scenario(produce, 'sequences', async (talk) => {
    const topic = await talk.topic('own')
    const who = await idempotent(talk)
    const one = (label: string, body: Partial<Producing>) => talk.note(label, produce,
      producing(talk, { topic, transactionalId: null, ...who, ...body }))
    await one('begins at 5', { baseSequence: 5, count: 3 })
    await one('the same again', { baseSequence: 5, count: 3 })
    await one('the same, shorter', { baseSequence: 5, count: 2 })
    await one('within it', { baseSequence: 6, count: 2 })
    await one('a gap', { baseSequence: 9 })
    await one('before it', { baseSequence: 4 })
    await one('sequence -1', { baseSequence: -1 })
    await one('sequence -2', { baseSequence: -2 })
    await one('a next epoch, not from the beginning', { producerEpoch: 1, baseSequence: 8 })
    await one('a next epoch', { producerEpoch: 1 })
    await one('the epoch before', { baseSequence: 8 })
    await one('an epoch far ahead', { producerEpoch: 9 })
    await one('epoch -1', { producerEpoch: -1 })
    await one('somebody whom nobody knows', { producerId: 1_000_000_077 })
    await one('after a while', { producerId: 1_000_000_077, baseSequence: 9 })
  }),
  scenario(produce, 'sequences in a transaction', async (talk) => {
    const topic = await talk.topic('own')
    const who = await added(talk, topic.name)
    const one = (label: string, body: Partial<Producing>) => talk.note(label, produce,
      producing(talk, { topic, ...who, ...body }))
    await one('begins at 5', { baseSequence: 5, count: 3 })
    await one('begins at 0', { count: 3 })
    await one('the same again', { count: 3 })
    await one('a gap', { baseSequence: 9 })
    await one('the next', { baseSequence: 3 })
    await one('a next epoch', { producerEpoch: 1 })
    await one('outside of it', { isTransactional: false, baseSequence: 4 })
    await one('outside of it, without transactional id',
      { isTransactional: false, transactionalId: null, baseSequence: 4 })
  }),
  scenario(produce, 'what is and is not transactional', async (talk) => {
    const topic = await talk.topic('own')
    const who = await added(talk, topic.name)
    const nobody = { producerId: -1, producerEpoch: -1, baseSequence: -1 }
    const one = (label: string, body: Partial<Producing>) => talk.note(label, produce,
      producing(talk, { topic, ...who, ...body }))
    await one('no transactional id', { transactionalId: null, isTransactional: true })
    await one('no transaction', { isTransactional: false })
    await one('nobody, in a transaction', nobody)
    await one('nobody', { ...nobody, isTransactional: false })
    await one('nobody, without sequence, in a transaction', { ...nobody, baseSequence: 0 })
    await one('a control batch', { isControl: true })
    await one('a control batch outside', { ...nobody, isControl: true, isTransactional: false,
      transactionalId: null })
    await one('acks 2', { acks: 2 })
    await one('acks -2', { acks: -2 })
    await one('acks 1', { acks: 1 })
  }),
  scenario(produce, 'topics and partitions', async (talk) => {
    const topic = await talk.topic('own')
    const who = await added(talk, topic.name)
    const one = (label: string, body: Partial<Producing>) => talk.note(label, produce,
      producing(talk, { topic, ...who, ...body }))
    await one('a partition that is not there', { partition: 1 })
    await one('partition -1', { partition: -1 })
    await one('an internal topic', { topic: {
      name: '__consumer_offsets', topicId: talk.stage.topicIds.get('__consumer_offsets')! } })
    await one('outside of it', { topic: {
      name: '__consumer_offsets', topicId: talk.stage.topicIds.get('__consumer_offsets')!,
    }, isTransactional: false, transactionalId: null })
  }),
]

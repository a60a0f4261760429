// InitProducerId, AddPartitionsToTxn, AddOffsetsToTxn and EndTxn: wrong and borderline requests.

import { addOffsetsToTxn } from '../../../../protocol/messages/add-offsets-to-txn.ts'
import { addPartitionsToTxn } from '../../../../protocol/messages/add-partitions-to-txn.ts'
import { describeTransactions } from '../../../../protocol/messages/describe-transactions.ts'
import { endTxn } from '../../../../protocol/messages/end-txn.ts'
import { initProducerId } from '../../../../protocol/messages/init-producer-id.ts'
import { type Scenario, scenario } from './play.ts'
import {
  adding, ended, endedAnew, ending, fenced, initializing, mistakes, ongoing, type Producer,
  producer, type Topics,
} from './producers.ts'
import type { Body, Talk } from './talk.ts'

const describe = (talk: Talk) =>
  talk.note('then', describeTransactions, { transactionalIds: [talk.transactionalId] })

const init = (talk: Talk, label: string, body: Partial<Body<typeof initProducerId>>) =>
  talk.note(label, initProducerId, initializing(talk, body))

export const INIT_PRODUCER_ID: readonly Scenario[] = [
  scenario(initProducerId, 'bad requests', async (talk) => {
    await init(talk, 'no transactional id', { transactionalId: '' })
    await init(talk, 'time-out 0', { transactionTimeoutMs: 0 })
    await init(talk, 'time-out -1', { transactionTimeoutMs: -1 })
    await init(talk, 'the least time-out', { transactionTimeoutMs: -(2 ** 31) })
    await init(talk, 'time-out above the most', { transactionTimeoutMs: 900_001 })
    await init(talk, 'the largest time-out', { transactionTimeoutMs: 2 ** 31 - 1 })
    await init(talk, 'no id and a bad time-out', { transactionalId: '', transactionTimeoutMs: 0 })
    await describe(talk)
    await init(talk, 'the longest time-out', { transactionTimeoutMs: 900_000 })
    await init(talk, 'the shortest time-out', { transactionTimeoutMs: 1 })
  }),
  scenario(initProducerId, 'without transactional id', async (talk) => {
    const id = { transactionalId: null }
    await init(talk, 'as it should be', id)
    await init(talk, 'time-out 0', { ...id, transactionTimeoutMs: 0 })
    await init(talk, 'time-out -1', { ...id, transactionTimeoutMs: -1 })
    await init(talk, 'a long time-out', { ...id, transactionTimeoutMs: 2 ** 31 - 1 })
    await init(talk, 'with a producer id', { ...id, producerId: 1_000_000_005, producerEpoch: 3 })
    await init(talk, 'with half of one', { ...id, producerId: 1_000_000_005 })
  }),
  scenario(initProducerId, 'odd transactional ids', async (talk) => {
    await init(talk, 'a blank', { transactionalId: ' ' })
    await init(talk, 'a long one', { transactionalId: talk.name('x'.repeat(5000)) })
    await init(talk, 'letters', { transactionalId: talk.name('ä😀/ ') })
  }),
  scenario(initProducerId, 'half a producer', async (talk) => {
    await init(talk, 'an id without epoch', { producerId: 5 })
    await init(talk, 'an epoch without id', { producerEpoch: 5 })
    await init(talk, 'id -2', { producerId: -2, producerEpoch: 0 })
    await init(talk, 'epoch -2', { producerId: 5, producerEpoch: -2 })
    await init(talk, 'id -2 without epoch', { producerId: -2 })
    await init(talk, 'no transactional id either', { transactionalId: '', producerId: 5 })
    await init(talk, 'a bad time-out as well', { transactionTimeoutMs: 0, producerId: 5 })
  }, { from: 3 }),
  scenario(initProducerId, 'a producer that nobody knows', async (talk) => {
    await init(talk, 'goes on', { producerId: 1_000_000_009, producerEpoch: 3 })
    await describe(talk)
    await init(talk, 'once more', { producerId: 1_000_000_009, producerEpoch: 3 })
    await describe(talk)
  }, { from: 3 }),
  scenario(initProducerId, 'a producer goes on', async (talk) => {
    const { producerId, producerEpoch } = await producer(talk)
    await init(talk, 'with another id', { producerId: 1_000_000_009, producerEpoch })
    await init(talk, 'with an epoch ahead', { producerId, producerEpoch: producerEpoch + 1 })
    await init(talk, 'with a large epoch', { producerId, producerEpoch: 32_767 })
    await init(talk, 'as it is', { producerId, producerEpoch })
    await init(talk, 'as it was', { producerId, producerEpoch })
    await init(talk, 'another begins', {})
    await init(talk, 'as it was, after that', { producerId, producerEpoch })
    await init(talk, 'with the epoch after', { producerId, producerEpoch: producerEpoch + 1 })
    await describe(talk)
  }, { from: 3 }),
  scenario(initProducerId, 'an open transaction', async (talk) => {
    const { producerId, producerEpoch } = await ongoing(talk)
    await init(talk, 'with another id', { producerId: 1_000_000_009, producerEpoch })
    await init(talk, 'with an epoch ahead', { producerId, producerEpoch: producerEpoch + 1 })
    await init(talk, 'a bad time-out', { transactionTimeoutMs: 0 })
    await talk.completed()
    await describe(talk)
  }, { from: 3 }),
  scenario(initProducerId, 'an open transaction, and another producer', async (talk) => {
    const who = await ongoing(talk)
    await init(talk, 'begins', {})
    await talk.completed()
    await init(talk, 'asks again', {})
    await talk.note('the first ends', endTxn, ending(talk, who))
    await describe(talk)
  }),
  scenario(initProducerId, 'a transaction that ended with a new epoch', async (talk) => {
    const { producerId, producerEpoch } = await endedAnew(talk, true)
    await init(talk, 'with the epoch before', { producerId, producerEpoch: producerEpoch - 1 })
    await init(talk, 'with an epoch ahead', { producerId, producerEpoch: producerEpoch + 1 })
    await init(talk, 'goes on', { producerId, producerEpoch })
    await init(talk, 'goes on again', { producerId, producerEpoch })
    await describe(talk)
  }, { from: 3 }),
  scenario(initProducerId, 'a transaction that ended', async (talk) => {
    const { producerId, producerEpoch } = await ended(talk, true)
    await init(talk, 'goes on', { producerId, producerEpoch })
    await init(talk, 'goes on again', { producerId, producerEpoch })
    await describe(talk)
  }),
]

/** The same mistakes in every state of a transaction. */
function inEveryState<A extends typeof addPartitionsToTxn | typeof addOffsetsToTxn | typeof endTxn>(
  api: A, ask: (talk: Talk, label: string, who: ReturnType<typeof mistakes>[string]) =>
    Promise<unknown>,
): readonly Scenario[] {
  const all = async (talk: Talk, who: Producer): Promise<void> => {
    for (const [label, mistaken] of Object.entries(mistakes(who))) await ask(talk, label, mistaken)
  }
  return [
    scenario(api, 'mistakes of a producer that began', async (talk) => {
      await all(talk, await producer(talk))
      await describe(talk)
    }),
    scenario(api, 'mistakes in an open transaction', async (talk) => {
      await all(talk, await ongoing(talk))
      await describe(talk)
    }),
    scenario(api, 'mistakes after a commit', async (talk) => {
      await all(talk, await ended(talk, true))
      await describe(talk)
    }),
    scenario(api, 'mistakes after an abort', async (talk) => {
      await all(talk, await ended(talk, false))
      await describe(talk)
    }),
    ...[true, false].map((committed) => (
      scenario(api, `mistakes after ${committed ? 'a commit' : 'an abort'} of version 2`,
        async (talk) => {
          await all(talk, await endedAnew(talk, committed))
          await describe(talk)
        }))),
    scenario(api, 'a fenced producer', async (talk) => {
      await ask(talk, 'asks', await fenced(talk))
      await describe(talk)
    }),
  ]
}

export const ADD_PARTITIONS_TO_TXN: readonly Scenario[] = [
  ...inEveryState(addPartitionsToTxn, (talk, label, who) =>
    talk.note(label, addPartitionsToTxn, adding(talk, who))),
  scenario(addPartitionsToTxn, 'topics and partitions', async (talk) => {
    const who = await producer(talk)
    const one = (label: string, topics: Topics) =>
      talk.note(label, addPartitionsToTxn, adding(talk, { ...who, topics }))
    await one('a topic that is not there', [{ name: 'nowhere', partitions: [0] }])
    await one('partitions that are not there', [{ name: 't', partitions: [0, 3, -1] }])
    await one('no name', [{ name: '', partitions: [0] }])
    await one('a bad name', [{ name: 'no topic!', partitions: [0] }])
    await one('some', [{ name: 't', partitions: [0] }, { name: 'nowhere', partitions: [0, 1] }])
    await one('an internal one', [{ name: '__consumer_offsets', partitions: [0] },
      { name: 't', partitions: [1] }])
    await one('another internal one', [{ name: '__transaction_state', partitions: [0, 9] }])
    await one('the metadata', [{ name: '__cluster_metadata', partitions: [0] }])
    await one('none', [])
    await one('none of a topic', [{ name: 't', partitions: [] }])
    await describe(talk)
    await one('a partition twice', [{ name: 't', partitions: [0, 0] }])
    await one('again', [{ name: 't', partitions: [0] }])
    await describe(talk)
  }),
  scenario(addPartitionsToTxn, 'verification', async (talk) => {
    const who = await ongoing(talk)
    const verify = (label: string, body: Parameters<typeof adding>[1]) =>
      talk.note(label, addPartitionsToTxn, adding(talk, { ...body, verifyOnly: true }))
    await verify('that it is in', who)
    await verify('that others are in', { ...who, topics: [
      { name: 't', partitions: [0, 1] }, { name: 'u', partitions: [0] }] })
    await verify('of a topic that is not there', { ...who, topics: [
      { name: 'nowhere', partitions: [0] }, { name: 't', partitions: [0] }] })
    for (const [label, mistaken] of Object.entries(mistakes(who))) await verify(label, mistaken)
    await talk.send(endTxn, ending(talk, who), 4)
    await talk.completed()
    await verify('after the end', who)
  }, { from: 4 }),
  scenario(addPartitionsToTxn, 'several transactions', async (talk) => {
    const who = await ongoing(talk)
    const { transactions: [own] } = adding(talk, who) as { transactions: readonly unknown[] }
    const { transactions: [other] } = adding(talk,
      { ...who, transactionalId: talk.name('other') }) as { transactions: readonly unknown[] }
    const { transactions: [none] } = adding(talk,
      { ...who, transactionalId: '' }) as { transactions: readonly unknown[] }
    const of = (...transactions: unknown[]) => ({
      ...adding(talk, who), transactions: transactions as never,
    })
    await talk.note('some', addPartitionsToTxn, of(none, own, other))
  }, { from: 4 }),
]

export const ADD_OFFSETS_TO_TXN: readonly Scenario[] = [
  ...inEveryState(addOffsetsToTxn, (talk, label, { transactionalId, ...who }) =>
    talk.note(label, addOffsetsToTxn, {
      transactionalId: transactionalId ?? talk.transactionalId, ...who, groupId: talk.group })),
  scenario(addOffsetsToTxn, 'groups', async (talk) => {
    const who = await producer(talk)
    const { transactionalId } = talk
    await talk.note('no group', addOffsetsToTxn, { transactionalId, ...who, groupId: '' })
    await talk.note('a blank', addOffsetsToTxn, { transactionalId, ...who, groupId: ' ' })
    await describe(talk)
  }),
]

export const END_TXN: readonly Scenario[] = [
  ...inEveryState(endTxn, (talk, label, { transactionalId, ...who }) =>
    talk.note(label, endTxn, ending(talk, who,
      { transactionalId: transactionalId ?? talk.transactionalId }))),
  ...[true, false].flatMap((committed): Scenario[] => {
    const word = committed ? 'commit' : 'abort'
    return [
      scenario(endTxn, `a ${word} of nothing`, async (talk) => {
        await talk.note('ends', endTxn, ending(talk, await producer(talk), { committed }))
        await talk.completed()
        await describe(talk)
      }),
      scenario(endTxn, `a ${word} twice`, async (talk) => {
        const who = await ongoing(talk)
        await talk.note('ends', endTxn, ending(talk, who, { committed }))
        await talk.completed()
        await talk.note('again', endTxn, ending(talk, who, { committed }))
        await talk.completed()
        await talk.note('the other way', endTxn, ending(talk, who, { committed: !committed }))
        await talk.completed()
        await describe(talk)
      }),
      scenario(endTxn, `a ${word} after the end, with the next epoch`, async (talk) => {
        const { producerId, producerEpoch } = await ongoing(talk)
        await talk.note('ends', endTxn, ending(talk, { producerId, producerEpoch }))
        await talk.completed()
        const next = { producerId, producerEpoch: producerEpoch + 1 }
        await talk.note('again', endTxn, ending(talk, next, { committed }))
        await talk.completed()
        await talk.note('and again', endTxn, ending(talk, next, { committed }))
        await talk.completed()
        await describe(talk)
      }),
    ]
  }),
  scenario(endTxn, 'a transaction without partitions', async (talk) => {
    const who = await producer(talk)
    await talk.send(addPartitionsToTxn, adding(talk, { ...who, topics: [] }), 3)
    await describe(talk)
    await talk.note('ends', endTxn, ending(talk, who))
    await talk.completed()
    await describe(talk)
  }),
  scenario(endTxn, 'a fenced producer, by its instance', async (talk) => {
    const who = await ongoing(talk)
    await init(talk, 'another begins', {})
    await talk.completed()
    await talk.note('commits', endTxn, ending(talk, who))
    await talk.note('aborts', endTxn, ending(talk, who, { committed: false }))
  }),
]

// Transactions that do not come to their end: the coordinator has decided, and its mark is refused.
// Every request meets CONCURRENT_TRANSACTIONS, if nothing else is wrong with it before.

import { addOffsetsToTxn } from '../../../../protocol/messages/add-offsets-to-txn.ts'
import { addPartitionsToTxn } from '../../../../protocol/messages/add-partitions-to-txn.ts'
import { describeTransactions } from '../../../../protocol/messages/describe-transactions.ts'
import { endTxn } from '../../../../protocol/messages/end-txn.ts'
import { initProducerId } from '../../../../protocol/messages/init-producer-id.ts'
import { listTransactions } from '../../../../protocol/messages/list-transactions.ts'
import { txnOffsetCommit } from '../../../../protocol/messages/txn-offset-commit.ts'
import { writeTxnMarkers } from '../../../../protocol/messages/write-txn-markers.ts'
import type { Api } from '../../../../protocol/schema.ts'
import { type Scenario, scenario } from './play.ts'
import {
  adding, committingIn, ending, initializing, mistakes, type Producer, producer,
} from './producers.ts'
import type { Talk } from './talk.ts'

const PARTITION = [{ name: 't', partitions: [0] }]

interface Stuck extends Producer {
  readonly committed: boolean
  /** Of transactions, as the client that ended it speaks. */
  readonly version: 0 | 2
}

/**
 * The partition has a mark of the producer by a coordinator of a later epoch: it takes none of the
 * coordinator's any more.
 */
export async function stuck(talk: Talk, version: 0 | 2, committed = true): Promise<Stuck> {
  const who = await producer(talk)
  await talk.send(writeTxnMarkers, { markers: [{
    ...who, coordinatorEpoch: 1000, transactionResult: false, transactionVersion: 0,
    topics: [{ name: 't', partitionIndexes: [0] }],
  }] }, 1)
  await talk.send(addPartitionsToTxn, adding(talk, { ...who, topics: PARTITION }), 3)
  await talk.send(endTxn, ending(talk, who, { committed }), version === 2 ? 5 : 4)
  return { ...who, committed, version }
}

type Ask = (talk: Talk, label: string, who: ReturnType<typeof mistakes>[string]) => Promise<unknown>

/** With the epoch of before, and that of after: an end of version 2 has raised it. */
function whileItEnds(api: Api, ask: Ask): readonly Scenario[] {
  return ([0, 2] as const).map((version) => (
    scenario(api, `mistakes while a transaction of version ${version} ends`, async (talk) => {
      const { producerId, producerEpoch } = await stuck(talk, version)
      const who = { producerId, producerEpoch }
      await ask(talk, 'its producer', who)
      for (const [label, mistaken] of Object.entries(mistakes(who))) {
        await ask(talk, label, mistaken)
      }
      await talk.note('then', describeTransactions, { transactionalIds: [talk.transactionalId] })
    })))
}

export const INIT_PRODUCER_ID_WHILE_ENDING: readonly Scenario[] = [
  scenario(initProducerId, 'a transaction that is ending', async (talk) => {
    await stuck(talk, 0)
    await talk.note('begins', initProducerId, initializing(talk))
    await talk.note('a bad time-out', initProducerId, initializing(talk,
      { transactionTimeoutMs: 0 }))
  }),
  ...([0, 2] as const).map((version) => (
    scenario(initProducerId, `a producer goes on while its transaction of version ${version} ends`,
      async (talk) => {
        const { producerId, producerEpoch } = await stuck(talk, version, false)
        for (const [label, { transactionalId: _, ...mistaken }] of Object.entries({
          'as it is': { producerId, producerEpoch, transactionalId: '' },
          ...mistakes({ producerId, producerEpoch }),
        })) {
          await talk.note(label, initProducerId, initializing(talk, mistaken))
        }
      }, { from: 3 }))),
]

export const ADD_PARTITIONS_TO_TXN_WHILE_ENDING: readonly Scenario[] = [
  ...whileItEnds(addPartitionsToTxn, (talk, label, who) =>
    talk.note(label, addPartitionsToTxn, adding(talk, who))),
  scenario(addPartitionsToTxn, 'verification while a transaction ends', async (talk) => {
    const { producerId, producerEpoch } = await stuck(talk, 2)
    const who = { producerId, producerEpoch }
    for (const [label, mistaken] of Object.entries({ 'its producer': who, ...mistakes(who) })) {
      await talk.note(label, addPartitionsToTxn, adding(talk, { ...mistaken, verifyOnly: true }))
    }
  }, { from: 4 }),
]

export const ADD_OFFSETS_TO_TXN_WHILE_ENDING = whileItEnds(addOffsetsToTxn,
  (talk, label, { transactionalId, ...who }) => talk.note(label, addOffsetsToTxn, {
    transactionalId: transactionalId ?? talk.transactionalId, ...who, groupId: talk.group,
  }))

export const END_TXN_WHILE_ENDING = whileItEnds(endTxn,
  async (talk, label, { transactionalId = talk.transactionalId, ...who }) => {
    await talk.note(`${label} commits`, endTxn, ending(talk, who, { transactionalId }))
    await talk.note(`${label} aborts`, endTxn,
      ending(talk, who, { transactionalId, committed: false }))
  })

export const TXN_OFFSET_COMMIT_WHILE_ENDING = whileItEnds(txnOffsetCommit,
  (talk, label, { transactionalId = talk.transactionalId, ...who }) =>
    talk.note(label, txnOffsetCommit, { ...committingIn(talk, who), transactionalId }))

export const TRANSACTIONS_WHILE_ENDING: readonly Scenario[] = [
  ...[true, false].map((committed) => (
    scenario(describeTransactions, `while it ends by ${committed ? 'a commit' : 'an abort'}`,
      async (talk) => {
        await stuck(talk, 2, committed)
        await talk.note('its id', describeTransactions,
          { transactionalIds: [talk.transactionalId] })
      }))),
  scenario(listTransactions, 'those that end', async (talk) => {
    await stuck(talk, 2)
    for (const state of ['PrepareCommit', 'PrepareAbort', 'Ongoing']) {
      const { transactionStates } = await talk.send(listTransactions,
        { stateFilters: [state], producerIdFilters: [] })
      talk.write(`state "${state}"`,
        transactionStates.filter(({ transactionalId }) => talk.isOwn(transactionalId)))
    }
  }),
]

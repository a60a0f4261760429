// A transaction that was begun on one broker and is committed on the other: its producer is gone,
// so the request comes from here.

import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'

import { describeTransactions } from '../../protocol/messages/describe-transactions.ts'
import { endTxn } from '../../protocol/messages/end-txn.ts'
import { until } from '../harness/process.ts'
import { ask } from '../harness/wire.ts'

/** The clients that began it speak the newest version. */
const VERSION = 5

const RECORDS = 3

/** Commits what `Fill.java` left open in a round, as its producer would. */
export async function commitLater(address: string, round: number): Promise<void> {
  const transactionalId = `later-${round}`
  const describe = async () => {
    const { transactionStates } = await ask(address, describeTransactions, 0,
      { transactionalIds: [transactionalId] })
    return transactionStates[0]!
  }
  const open = await until(`a coordinator for ${transactionalId}`, 60_000, async () => {
    const state = await describe()
    return state.errorCode === 0 ? state : undefined
  })
  strictEqual(open.transactionState, 'Ongoing')
  const { producerId, producerEpoch } = open
  const ended = await ask(address, endTxn, VERSION,
    { transactionalId, producerId, producerEpoch, committed: true })
  deepStrictEqual([ended.errorCode, ended.producerId, ended.producerEpoch],
    [0, producerId, producerEpoch + 1])
  await until(`the marks of ${transactionalId}`, 60_000, async () => (
    (await describe()).transactionState === 'CompleteCommit' || undefined))
}

/** Readers get the records of all rounds so far, and the group has the last offset. */
export function isCommittedLater(lines: readonly string[], round: number): void {
  const records = lines.filter((line) => line.startsWith('record read_committed committed-later-0'))
  strictEqual(records.length, RECORDS * (round + 1), 'records that were committed later')
  const offset = `committed transactional-group-later plain-0 ${round * 10 + 7} `
  ok(lines.some((line) => line.startsWith(offset)), `${offset}is not there`)
}

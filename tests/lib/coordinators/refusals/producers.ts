// What scenarios of transactions begin with: producers, and transactions in every state.

import { addPartitionsToTxn } from '../../../../protocol/messages/add-partitions-to-txn.ts'
import { endTxn } from '../../../../protocol/messages/end-txn.ts'
import { initProducerId } from '../../../../protocol/messages/init-producer-id.ts'
import { txnOffsetCommit } from '../../../../protocol/messages/txn-offset-commit.ts'
import { committedTopic, type CommitOptions } from './members.ts'
import type { Body, Talk } from './talk.ts'

export interface Producer {
  readonly producerId: number
  readonly producerEpoch: number
}

export function initializing(
  talk: Talk, body: Partial<Body<typeof initProducerId>> = {},
): Body<typeof initProducerId> {
  return { transactionalId: talk.transactionalId, transactionTimeoutMs: 60_000, ...body }
}

/** A producer with the scenario's transactional id; who had it before is fenced. */
export async function producer(
  talk: Talk, transactionalId = talk.transactionalId,
): Promise<Producer> {
  const { producerId, producerEpoch } = await talk.send(
    initProducerId, initializing(talk, { transactionalId }), 4)
  return { producerId: producerId!, producerEpoch: producerEpoch! }
}

export type Topics = readonly { readonly name: string, readonly partitions: readonly number[] }[]

interface Adding {
  readonly transactionalId?: string
  readonly producerId: number
  readonly producerEpoch: number
  readonly topics?: Topics
  readonly verifyOnly?: boolean
}

/** In the form of every version. */
export function adding(
  talk: Talk, { transactionalId = talk.transactionalId, ...asked }: Adding,
): Body<typeof addPartitionsToTxn> {
  const { producerId, producerEpoch, verifyOnly = false } = asked
  const topics = asked.topics ?? [{ name: 't', partitions: [0] }]
  return {
    v3AndBelowTransactionalId: transactionalId, v3AndBelowProducerId: producerId,
    v3AndBelowProducerEpoch: producerEpoch, v3AndBelowTopics: topics,
    transactions: [{ transactionalId, producerId, producerEpoch, verifyOnly, topics }],
  }
}

export function ending(
  talk: Talk, { producerId, producerEpoch }: Producer, body: Partial<Body<typeof endTxn>> = {},
): Body<typeof endTxn> {
  return {
    transactionalId: talk.transactionalId, producerId, producerEpoch, committed: true, ...body,
  }
}

export function committingIn(
  talk: Talk, { producerId, producerEpoch }: Producer,
  body: Partial<Body<typeof txnOffsetCommit>> = {}, options: CommitOptions = {},
): Body<typeof txnOffsetCommit> {
  return {
    transactionalId: talk.transactionalId, groupId: talk.group, producerId, producerEpoch,
    generationIdOrMemberEpoch: -1, memberId: '', groupInstanceId: null,
    topics: [committedTopic(talk, options)], ...body,
  }
}

/** A transaction with a partition of `t` in it. */
export async function ongoing(talk: Talk): Promise<Producer> {
  const who = await producer(talk)
  await talk.send(addPartitionsToTxn, adding(talk, who), 3)
  return who
}

/** By a client of version 1, whose epoch stays. */
export async function ended(talk: Talk, committed: boolean): Promise<Producer> {
  const who = await ongoing(talk)
  await talk.send(endTxn, ending(talk, who, { committed }), 4)
  await talk.completed()
  return who
}

/** By a client of version 2, who has a new epoch then. */
export async function endedAnew(talk: Talk, committed: boolean): Promise<Producer> {
  const who = await ongoing(talk)
  const { producerId, producerEpoch } = await talk.send(
    endTxn, ending(talk, who, { committed }), 5)
  await talk.completed()
  return { producerId: producerId!, producerEpoch: producerEpoch! }
}

/** Somebody else has taken over the transactional id. */
export async function fenced(talk: Talk): Promise<Producer> {
  const who = await producer(talk)
  await producer(talk)
  return who
}

/** What a producer can be mistaken in, whatever it asks for. */
export function mistakes(who: Producer): Record<string, Producer & { transactionalId?: string }> {
  const { producerId, producerEpoch } = who
  return {
    'no transactional id': { ...who, transactionalId: '' },
    'an unknown transactional id': { ...who, transactionalId: 'unknown' },
    'another producer id': { producerId: 1_000_000_007, producerEpoch },
    'producer id -1': { producerId: -1, producerEpoch },
    'producer id -1, epoch -1': { producerId: -1, producerEpoch: -1 },
    'another producer id and epoch': { producerId: 1_000_000_007, producerEpoch: 9 },
    'epoch ahead': { producerId, producerEpoch: producerEpoch + 1 },
    'epoch behind': { producerId, producerEpoch: producerEpoch - 1 },
    'the last epoch': { producerId, producerEpoch: 32_766 },
    'the largest epoch': { producerId, producerEpoch: 32_767 },
  }
}

// What the coordinator knows of a transactional id, and how it becomes the next: every change is a
// new value, made by a pure function.

import { addAll, NO_PARTITIONS, type PartitionSet } from './partition-set.ts'

/** By the numbers that records carry. `Dead` and `PrepareEpochFence` are never written. */
export const STATES = [
  'Empty', 'Ongoing', 'PrepareCommit', 'PrepareAbort', 'CompleteCommit', 'CompleteAbort', 'Dead',
  'PrepareEpochFence',
] as const
export type TransactionState = (typeof STATES)[number]

const NO_PRODUCER_ID = -1
export const NO_EPOCH = -1
const NO_TIME = -1
/** The first version of transactions in which every end raises the epoch (KIP-890). */
export const EPOCH_BUMP_SINCE = 2

const MAX_EPOCH = 0x7fff

export interface Transaction {
  readonly transactionalId: string
  readonly producerId: number
  /** That before the last exhaustion of epochs: its owner may not have heard of the new one. */
  readonly previousProducerId: number
  /** That from the end of this transaction on; −1 unless the epochs are exhausted. */
  readonly nextProducerId: number
  readonly producerEpoch: number
  /** That before the last rise, to know again who did not hear of it. Not written to the log. */
  readonly lastProducerEpoch: number
  readonly timeoutMs: number
  readonly state: TransactionState
  readonly partitions: PartitionSet
  /** −1 as long as no transaction has begun. */
  readonly startMs: number
  readonly lastUpdateMs: number
  /** The version of transactions that the client speaks; −1 when not known. */
  readonly clientVersion: number
}

/** What a producer signs its records with. */
export type ProducerIdAndEpoch = Pick<Transaction, 'producerId' | 'producerEpoch'>

/** An id that nobody has used: its first epoch will be 0. */
export function newTransaction(
  transactionalId: string, producerId: number, timeoutMs: number, nowMs: number,
): Transaction {
  return {
    transactionalId, producerId, timeoutMs,
    previousProducerId: NO_PRODUCER_ID, nextProducerId: NO_PRODUCER_ID,
    producerEpoch: NO_EPOCH, lastProducerEpoch: NO_EPOCH,
    state: 'Empty', partitions: NO_PARTITIONS, startMs: NO_TIME, lastUpdateMs: nowMs,
    clientVersion: 0,
  }
}

/** Its outcome is decided, and partitions may not have heard of it yet. */
export function isEnding({ state }: Transaction): boolean {
  return state === 'PrepareCommit' || state === 'PrepareAbort'
}

/** The last one that a producer has: the largest is left for fencing. */
export const LAST_EPOCH = MAX_EPOCH - 1

export function isEpochExhausted(epoch: number): boolean {
  return epoch >= LAST_EPOCH
}

export interface Initialization {
  readonly timeoutMs: number
  readonly nowMs: number
}

/** A producer begins (anew): the epochs of all before it are over. */
export function withNextEpoch(
  transaction: Transaction, { timeoutMs, nowMs }: Initialization, knowsLast: boolean,
): Transaction {
  const { producerId, producerEpoch } = transaction
  return {
    ...initialized(transaction, timeoutMs, nowMs),
    previousProducerId: producerId,
    producerEpoch: producerEpoch + 1,
    lastProducerEpoch: knowsLast ? producerEpoch : NO_EPOCH,
  }
}

/** A producer asks again for the epoch that it was given: it did not get the answer. */
export function withSameEpoch(
  transaction: Transaction, { timeoutMs, nowMs }: Initialization,
): Transaction {
  return {
    ...initialized(transaction, timeoutMs, nowMs), previousProducerId: transaction.producerId,
  }
}

/** The epochs of the producer id are used up. */
export function withNewProducerId(
  transaction: Transaction, producerId: number, { timeoutMs, nowMs }: Initialization,
  knowsLast: boolean,
): Transaction {
  return {
    ...initialized(transaction, timeoutMs, nowMs),
    producerId,
    previousProducerId: transaction.producerId,
    producerEpoch: 0,
    lastProducerEpoch: knowsLast ? transaction.producerEpoch : NO_EPOCH,
  }
}

function initialized(transaction: Transaction, timeoutMs: number, nowMs: number): Transaction {
  return {
    ...transaction, timeoutMs, state: 'Empty', partitions: NO_PARTITIONS, startMs: NO_TIME,
    lastUpdateMs: nowMs,
  }
}

/** The first partitions begin a transaction. */
export function withPartitions(
  transaction: Transaction, added: PartitionSet, nowMs: number, clientVersion: number,
): Transaction {
  const { state, producerId, partitions, startMs } = transaction
  return {
    ...transaction,
    previousProducerId: producerId,
    state: 'Ongoing',
    partitions: addAll(partitions, added),
    startMs: state === 'Ongoing' ? startMs : nowMs,
    lastUpdateMs: nowMs,
    clientVersion,
  }
}

export interface Ending {
  readonly isCommitted: boolean
  readonly nowMs: number
  /** From `EPOCH_BUMP_SINCE` on the end raises the epoch. */
  readonly clientVersion: number
  /** Where the epochs are used up. */
  readonly nextProducerId?: number | undefined
}

/** The outcome is decided. Without partitions there was no transaction: it begins and ends now. */
export function prepared(transaction: Transaction, ending: Ending): Transaction {
  const { producerId, producerEpoch, startMs, state } = transaction
  const { isCommitted, nowMs, clientVersion, nextProducerId = NO_PRODUCER_ID } = ending
  const risen = clientVersion >= EPOCH_BUMP_SINCE
    ? { producerEpoch: Math.min(producerEpoch + 1, MAX_EPOCH), lastProducerEpoch: producerEpoch }
    : {}
  return {
    ...transaction,
    ...risen,
    previousProducerId: producerId,
    nextProducerId,
    state: isCommitted ? 'PrepareCommit' : 'PrepareAbort',
    startMs: state === 'Ongoing' ? startMs : nowMs,
    lastUpdateMs: nowMs,
    clientVersion,
  }
}

/** Before version 2 the epoch rises only for whoever is to be kept out; the end itself keeps it. */
export function fenced(transaction: Transaction): Transaction {
  const producerEpoch = Math.min(transaction.producerEpoch + 1, MAX_EPOCH)
  return { ...transaction, producerEpoch, lastProducerEpoch: NO_EPOCH }
}

/** All partitions have their marks. */
export function completed(transaction: Transaction, nowMs: number): Transaction {
  const { producerId, nextProducerId, producerEpoch, state, clientVersion } = transaction
  const isExhausted = clientVersion >= EPOCH_BUMP_SINCE && nextProducerId !== NO_PRODUCER_ID
  return {
    ...transaction,
    producerId: isExhausted ? nextProducerId : producerId,
    previousProducerId: producerId,
    nextProducerId: NO_PRODUCER_ID,
    producerEpoch: isExhausted ? 0 : producerEpoch,
    state: state === 'PrepareCommit' ? 'CompleteCommit' : 'CompleteAbort',
    partitions: NO_PARTITIONS,
    lastUpdateMs: nowMs,
  }
}

// InitProducerId with a transactional id: who has had the id before is fenced, and what he left
// open is aborted first.

import { ApiError, Errors } from '../../../protocol/errors.ts'
import { endForeign } from './end.ts'
import type { TransactionRecord } from './records.ts'
import type { TransactionsState, TransactionsWrites } from './state.ts'
import {
  type Initialization, isEnding, isEpochExhausted, newTransaction, NO_EPOCH,
  type ProducerIdAndEpoch, type Transaction, withNewProducerId, withNextEpoch, withSameEpoch,
} from './transaction.ts'

export interface InitRequest {
  readonly transactionalId: string
  readonly timeoutMs: number
  /** Of a producer that goes on after an error (KIP-360); undefined for one that begins. */
  readonly expected: ProducerIdAndEpoch | undefined
}

/** Undefined: the producer has to ask again, when its open transaction is aborted. */
export type Initialized = ProducerIdAndEpoch | undefined

/**
 * Throws CONCURRENT_TRANSACTIONS, PRODUCER_FENCED, and what `state.takeProducerId` throws.
 */
export function initProducerId(
  state: TransactionsState, request: InitRequest,
): TransactionsWrites & { readonly answer: Initialized } {
  const { transactionalId, timeoutMs, expected } = request
  const nowMs = state.world.nowMs()
  const known = state.transactions.get(transactionalId)
  const transaction = known
    ?? newTransaction(transactionalId, state.takeProducerId(), timeoutMs, nowMs)
  if (isEnding(transaction)) throw new ApiError(Errors.CONCURRENT_TRANSACTIONS)
  if (expected !== undefined && !isOwner(transaction, expected)) {
    throw new ApiError(Errors.PRODUCER_FENCED)
  }
  if (transaction.state === 'Ongoing') {
    // The epoch that this gives is told to nobody: the producer gets the one after it.
    return { ...endForeign(state, transaction), answer: undefined }
  }
  const next = initialized(state, transaction, expected, { timeoutMs, nowMs })
  const record: TransactionRecord = { transactionalId, value: next }
  const { producerId, producerEpoch } = next
  return { records: [record], answer: { producerId, producerEpoch } }
}

/** Whether the producer may know no newer id than its own. */
function isOwner(
  { producerId, previousProducerId, producerEpoch }: Transaction, expected: ProducerIdAndEpoch,
): boolean {
  return producerEpoch === NO_EPOCH
    || expected.producerId === producerId
    || expected.producerId === previousProducerId && isEpochExhausted(expected.producerEpoch)
}

function initialized(
  state: TransactionsState, transaction: Transaction, expected: ProducerIdAndEpoch | undefined,
  initialization: Initialization,
): Transaction {
  const { producerEpoch, lastProducerEpoch } = transaction
  const isExpected = expected === undefined || expected.producerEpoch === producerEpoch
  const knowsLast = expected !== undefined
  if (isEpochExhausted(producerEpoch)) {
    // Kafka fails here with an exception that nobody expects.
    if (!isExpected) throw new ApiError(Errors.UNKNOWN_SERVER_ERROR)
    return withNewProducerId(transaction, state.takeProducerId(), initialization, knowsLast)
  }
  if (isExpected || producerEpoch === NO_EPOCH) {
    return withNextEpoch(transaction, initialization, knowsLast)
  }
  if (expected.producerEpoch === lastProducerEpoch) {
    return withSameEpoch(transaction, initialization)
  }
  throw new ApiError(Errors.PRODUCER_FENCED)
}

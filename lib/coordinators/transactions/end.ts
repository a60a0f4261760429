// EndTxn: the outcome of a transaction is decided, once and for all.
//
// Clients of version 2 (KIP-890) get a new epoch with every end, so an end that is sent again is
// known by the epoch before. Clients of versions 0 and 1 keep theirs.

import { ApiError, Errors } from '../../../protocol/errors.ts'
import type { TransactionsState, TransactionsWrites } from './state.ts'
import {
  completed, EPOCH_BUMP_SINCE, fenced, isEnding, isEpochExhausted, LAST_EPOCH, prepared,
  type ProducerIdAndEpoch, type Transaction,
} from './transaction.ts'

export interface EndRequest {
  readonly transactionalId: string
  readonly producerId: number
  readonly producerEpoch: number
  readonly isCommitted: boolean
  readonly clientVersion: number
}

export type Ended = TransactionsWrites & { readonly answer: ProducerIdAndEpoch }

/**
 * The answer is what the producer has from now on. Throws INVALID_PRODUCER_ID_MAPPING,
 * PRODUCER_FENCED, CONCURRENT_TRANSACTIONS, INVALID_TXN_STATE.
 */
export function endTransaction(state: TransactionsState, request: EndRequest): Ended {
  const transaction = state.transactions.get(request.transactionalId)
  if (transaction === undefined) throw new ApiError(Errors.INVALID_PRODUCER_ID_MAPPING)
  return request.clientVersion >= EPOCH_BUMP_SINCE
    ? endWithNewEpoch(state, transaction, request)
    : endWithSameEpoch(state, transaction, request)
}

function endWithSameEpoch(
  state: TransactionsState, transaction: Transaction, request: EndRequest,
): Ended {
  const { producerId, producerEpoch } = transaction
  if (producerId !== request.producerId) throw new ApiError(Errors.INVALID_PRODUCER_ID_MAPPING)
  if (producerEpoch !== request.producerEpoch) throw new ApiError(Errors.PRODUCER_FENCED)
  if (isEnding(transaction)) throw new ApiError(Errors.CONCURRENT_TRANSACTIONS)
  if (transaction.state === 'Ongoing') return end(state, transaction, request)
  const outcome = request.isCommitted ? 'CompleteCommit' : 'CompleteAbort'
  if (transaction.state !== outcome) throw invalid(transaction)
  return { records: [], answer: { producerId, producerEpoch } }
}

function endWithNewEpoch(
  state: TransactionsState, transaction: Transaction, request: EndRequest,
): Ended {
  const { producerId, producerEpoch, previousProducerId } = transaction
  if (isEnding(transaction)) throw new ApiError(Errors.CONCURRENT_TRANSACTIONS)
  const isRepeatedOverflow = previousProducerId === request.producerId
    && request.producerEpoch === LAST_EPOCH && producerEpoch === 0
  const isRepeatedBump = producerEpoch === request.producerEpoch + 1
  if (producerId !== request.producerId && !isRepeatedOverflow) {
    throw new ApiError(Errors.INVALID_PRODUCER_ID_MAPPING)
  }
  const isComplete = transaction.state === 'CompleteCommit' || transaction.state === 'CompleteAbort'
  const isRepeated = isComplete && (isRepeatedOverflow || isRepeatedBump)
  if (producerEpoch !== request.producerEpoch && !isRepeated) {
    throw new ApiError(Errors.PRODUCER_FENCED)
  }
  if (isRepeated) {
    const outcome = request.isCommitted ? 'CompleteCommit' : 'CompleteAbort'
    if (transaction.state !== outcome) throw invalid(transaction)
    return { records: [], answer: { producerId, producerEpoch } }
  }
  // An abort of nothing raises the epoch: the producer cannot know whether something arrived.
  if (transaction.state !== 'Ongoing' && request.isCommitted) throw invalid(transaction)
  return end(state, transaction, request)
}

function invalid({ transactionalId, state }: Transaction): ApiError {
  return new ApiError(Errors.INVALID_TXN_STATE,
    `The transaction of ${transactionalId} is ${state} and cannot end so`)
}

function end(
  state: TransactionsState, transaction: Transaction,
  { isCommitted, clientVersion }: { isCommitted: boolean, clientVersion: number },
): Ended {
  const { transactionalId } = transaction
  const needsId = clientVersion >= EPOCH_BUMP_SINCE && isEpochExhausted(transaction.producerEpoch)
  const next = prepared(transaction, {
    isCommitted, clientVersion, nowMs: state.world.nowMs(),
    nextProducerId: needsId ? state.takeProducerId() : undefined,
  })
  const { producerId, producerEpoch } = completed(next, next.lastUpdateMs)
  return {
    records: [{ transactionalId, value: next }],
    answer: { producerId, producerEpoch },
    settled: (error) => { if (error === undefined) state.tellPartitions(transactionalId) },
  }
}

/**
 * Aborts an open transaction over its producer's head: its time is up, or another producer takes
 * the id over. What the old one still sends is refused.
 */
export function endForeign(state: TransactionsState, transaction: Transaction): Ended {
  const clientVersion = state.world.transactionVersion()
  const risesByItself = clientVersion >= EPOCH_BUMP_SINCE
  return end(state, risesByItself ? transaction : fenced(transaction), {
    isCommitted: false, clientVersion: risesByItself ? clientVersion : 0,
  })
}

/** Every partition has its mark. Undefined when this is not what the coordinator waits for. */
export function completeTransaction(
  state: TransactionsState, transactionalId: string, ending: Transaction,
): TransactionsWrites {
  const transaction = state.transactions.get(transactionalId)
  if (transaction !== ending) return { records: [] }
  return {
    records: [{ transactionalId, value: completed(transaction, state.world.nowMs()) }],
  }
}

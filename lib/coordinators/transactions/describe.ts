// DescribeTransactions and ListTransactions: what there is to see of transactions.

import type { RE2JS } from 're2js'

import { ApiError, Errors } from '../../../protocol/errors.ts'
import type { DescribeTransactionsResponse }
  from '../../../protocol/messages/describe-transactions.ts'
import type { ListTransactionsRequest, ListTransactionsResponse }
  from '../../../protocol/messages/list-transactions.ts'
import { re2 } from '../../re2.ts'
import { topicsOf } from './partition-set.ts'
import type { TransactionsState } from './state.ts'
import { STATES, type Transaction, type TransactionState } from './transaction.ts'

export type DescribedTransaction = DescribeTransactionsResponse['transactionStates'][number]
export type ListedTransaction = ListTransactionsResponse['transactionStates'][number]

/** Throws TRANSACTIONAL_ID_NOT_FOUND. */
export function describeTransaction(
  state: TransactionsState, transactionalId: string,
): DescribedTransaction {
  const transaction = state.transactions.get(transactionalId)
  if (transaction === undefined) throw new ApiError(Errors.TRANSACTIONAL_ID_NOT_FOUND)
  return {
    errorCode: Errors.NONE,
    transactionalId,
    transactionState: transaction.state,
    transactionTimeoutMs: transaction.timeoutMs,
    transactionStartTimeMs: transaction.startMs,
    producerId: transaction.producerId,
    producerEpoch: transaction.producerEpoch,
    topics: topicsOf(transaction.partitions),
  }
}

/** Which transactions are asked for. */
export type TransactionFilter = (transaction: Transaction, nowMs: number) => boolean

export function isState(name: string): name is TransactionState {
  return (STATES as readonly string[]).includes(name)
}

/** Throws INVALID_REGULAR_EXPRESSION. */
export function transactionFilter(request: ListTransactionsRequest): TransactionFilter {
  const { stateFilters, producerIdFilters, durationFilter, transactionalIdPattern } = request
  const states = new Set(stateFilters)
  const producerIds = new Set(producerIdFilters)
  const pattern = transactionalIdPattern === null || transactionalIdPattern === ''
    ? undefined : patternOf(transactionalIdPattern)
  return ({ transactionalId, producerId, state, startMs }, nowMs) =>
    (producerIds.size === 0 || producerIds.has(producerId))
    && (states.size === 0 || states.has(state))
    && (durationFilter < 0 || nowMs - startMs > durationFilter)
    && (pattern === undefined || pattern.matches(transactionalId))
}

function patternOf(text: string): RE2JS {
  try {
    return re2().RE2JS.compile(text)
  } catch (error) {
    throw new ApiError(Errors.INVALID_REGULAR_EXPRESSION,
      `Transaction ID pattern \`${text}\` is not a valid regular expression: ${String(error)}.`)
  }
}

export function listTransactions(
  { transactions, world }: TransactionsState, isAsked: TransactionFilter,
): ListedTransaction[] {
  const nowMs = world.nowMs()
  return [...transactions.values()].filter((transaction) => isAsked(transaction, nowMs))
    .map(({ transactionalId, producerId, state }) =>
      ({ transactionalId, producerId, transactionState: state }))
}

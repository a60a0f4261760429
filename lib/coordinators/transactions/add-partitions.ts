// AddPartitionsToTxn: partitions become part of a transaction, or are found to be (KIP-890).

import { ApiError, Errors, type ErrorCode } from '../../../protocol/errors.ts'
import { contains, containsAll, type PartitionSet } from './partition-set.ts'
import type { TransactionsState, TransactionsWrites } from './state.ts'
import { isEnding, type ProducerIdAndEpoch, type Transaction, withPartitions }
  from './transaction.ts'

export interface PartitionsRequest extends ProducerIdAndEpoch {
  readonly transactionalId: string
  readonly partitions: PartitionSet
}

/**
 * Throws INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED, and CONCURRENT_TRANSACTIONS while the last
 * transaction ends.
 */
export function addPartitions(
  state: TransactionsState, request: PartitionsRequest, clientVersion: number,
): TransactionsWrites & { readonly answer: undefined } {
  const { transactionalId, partitions } = request
  const transaction = known(state, transactionalId)
  if (isEnding(transaction)) throw new ApiError(Errors.CONCURRENT_TRANSACTIONS)
  checkProducer(transaction, request)
  const isThere = transaction.state === 'Ongoing'
    && containsAll(transaction.partitions, partitions)
  if (isThere) return { records: [], answer: undefined }
  const value = withPartitions(transaction, partitions, state.world.nowMs(), clientVersion)
  return { records: [{ transactionalId, value }], answer: undefined }
}

/**
 * TRANSACTION_ABORTABLE for what is not part of it. Throws as `addPartitions`, for the transaction
 * as a whole.
 */
export function verifyPartitions(
  state: TransactionsState, request: PartitionsRequest,
): (topic: string, partition: number) => ErrorCode {
  const transaction = known(state, request.transactionalId)
  checkProducer(transaction, request)
  if (isEnding(transaction)) throw new ApiError(Errors.CONCURRENT_TRANSACTIONS)
  return (topic, partition) => contains(transaction.partitions, topic, partition)
    ? Errors.NONE : Errors.TRANSACTION_ABORTABLE
}

function known(state: TransactionsState, transactionalId: string): Transaction {
  const transaction = state.transactions.get(transactionalId)
  if (transaction === undefined) throw new ApiError(Errors.INVALID_PRODUCER_ID_MAPPING)
  return transaction
}

function checkProducer(transaction: Transaction, request: ProducerIdAndEpoch): void {
  if (transaction.producerId !== request.producerId) {
    throw new ApiError(Errors.INVALID_PRODUCER_ID_MAPPING)
  }
  if (transaction.producerEpoch !== request.producerEpoch) {
    throw new ApiError(Errors.PRODUCER_FENCED)
  }
}

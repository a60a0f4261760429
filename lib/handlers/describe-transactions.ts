// DescribeTransactions (key 65): state, producer and partitions of transactional ids (KIP-664).

import { ApiError } from '../../protocol/errors.ts'
import {
  describeTransactions, type DescribeTransactionsRequest, type DescribeTransactionsResponse,
} from '../../protocol/messages/describe-transactions.ts'
import { coordinatorError } from '../coordinators/errors.ts'
import { promised } from '../coordinators/map-later.ts'
import type { DescribedTransaction } from '../coordinators/transactions/describe.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'
import { inSlices } from './in-slices.ts'

export const describeTransactionsHandler = handler(
  describeTransactions, handleDescribeTransactions, {
    errorAnswer: ({ transactionalIds }, _apiVersion, errorCode) => ({
      transactionStates: transactionalIds.map((id) => failed(id, errorCode)),
    }),
  })

async function handleDescribeTransactions(
  { transactionalIds }: DescribeTransactionsRequest, _context: RequestContext,
  { clock, transactions }: Services,
): Promise<DescribeTransactionsResponse> {
  const transactionStates = await inSlices(transactionalIds, clock, async (transactionalId) => {
    try {
      return await promised(transactions.coordinator.describeTransaction(transactionalId))
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      return failed(transactionalId, coordinatorError(error))
    }
  })
  return { transactionStates }
}

function failed(transactionalId: string, errorCode: number): DescribedTransaction {
  return {
    errorCode, transactionalId, transactionState: '', transactionTimeoutMs: 0,
    transactionStartTimeMs: 0, producerId: 0, producerEpoch: 0, topics: [],
  }
}

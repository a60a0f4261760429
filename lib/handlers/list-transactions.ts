// ListTransactions (key 66): the transactions that this node coordinates (KIP-664).
//
// Versions: 1 filters by how long a transaction has been running (KIP-994), 2 by a regular
// expression that ids match as a whole (KIP-1152). A state that nobody knows is told of, and no
// transaction is in it.

import {
  listTransactions, type ListTransactionsRequest, type ListTransactionsResponse,
} from '../../protocol/messages/list-transactions.ts'
import { Errors } from '../../protocol/errors.ts'
import { isState } from '../coordinators/transactions/describe.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'

export const listTransactionsHandler = handler(listTransactions, handleListTransactions, {
  errorAnswer: (_request, _apiVersion, errorCode) =>
    ({ errorCode, unknownStateFilters: [], transactionStates: [] }),
})

async function handleListTransactions(
  request: ListTransactionsRequest, _context: RequestContext, { transactions }: Services,
): Promise<ListTransactionsResponse> {
  return {
    errorCode: Errors.NONE,
    unknownStateFilters: [...new Set(request.stateFilters)].filter((name) => !isState(name)),
    transactionStates: await transactions.coordinator.listTransactions(request),
  }
}

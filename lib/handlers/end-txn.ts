// EndTxn (key 26): a producer commits or aborts its transaction (KIP-98).
//
// Answered when the decision is durable; the partitions hear of it after that.
//
// Versions: 2 says PRODUCER_FENCED (KIP-588), before INVALID_PRODUCER_EPOCH; 4 may say
// TRANSACTION_ABORTABLE; 5 is for clients whose epoch rises with every transaction, and answers
// what the next one has (both KIP-890).

import { Errors } from '../../protocol/errors.ts'
import { endTxn, type EndTxnRequest, type EndTxnResponse } from '../../protocol/messages/end-txn.ts'
import { mapLater } from '../coordinators/map-later.ts'
import type { ProducerIdAndEpoch } from '../coordinators/transactions/transaction.ts'
import { handler, type Later, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'

const NONE = -1
const PRODUCER_FENCED_SINCE = 2
const EPOCH_BUMP_SINCE = 5

export const endTxnHandler = handler(endTxn, handleEndTxn, {
  errorAnswer: (_request, apiVersion, errorCode) => {
    const isUnknown = errorCode === Errors.PRODUCER_FENCED && apiVersion < PRODUCER_FENCED_SINCE
    return {
      errorCode: isUnknown ? Errors.INVALID_PRODUCER_EPOCH : errorCode,
      producerId: NONE, producerEpoch: NONE,
    }
  },
})

function handleEndTxn(
  request: EndTxnRequest, { apiVersion }: RequestContext, { transactions }: Services,
): Later<EndTxnResponse> {
  const { transactionalId, producerId, producerEpoch, committed: isCommitted } = request
  const clientVersion = apiVersion >= EPOCH_BUMP_SINCE ? 2 : 0
  const ended = transactions.coordinator.endTransaction({
    transactionalId, producerId, producerEpoch, isCommitted, clientVersion,
  })
  return mapLater<ProducerIdAndEpoch, EndTxnResponse>(ended,
    (next) => ({ errorCode: Errors.NONE, ...next }))
}

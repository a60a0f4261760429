// InitProducerId (key 22): an id and an epoch for a producer (KIP-98).
//
// Without a transactional id the answer is a fresh id at epoch 0; the time-out counts for nothing,
// and so does the id that a producer names (KIP-360). With one, the epoch rises, which keeps out
// all who had the id before; while a transaction of theirs is open it is aborted, and the producer
// has to ask again: CONCURRENT_TRANSACTIONS.
//
// Versions: 3 names what a producer has that goes on after an error (KIP-360); 4 says
// PRODUCER_FENCED (KIP-588), before INVALID_PRODUCER_EPOCH; 5 may say TRANSACTION_ABORTABLE
// (KIP-890); 6 is for two-phase commit (KIP-939), which Kafka 4.4 itself does not serve yet.

import { ApiError, Errors } from '../../protocol/errors.ts'
import {
  initProducerId, type InitProducerIdRequest, type InitProducerIdResponse,
} from '../../protocol/messages/init-producer-id.ts'
import { mapLater } from '../coordinators/map-later.ts'
import { type ErrorNumber, handler, type Later, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'

const NONE = -1
const PRODUCER_FENCED_SINCE = 4

export const initProducerIdHandler = handler(initProducerId, handleInitProducerId, {
  versions: [0, 5],
  errorAnswer: (_request, apiVersion, errorCode) => {
    const isUnknown = errorCode === Errors.PRODUCER_FENCED && apiVersion < PRODUCER_FENCED_SINCE
    return failed(isUnknown ? Errors.INVALID_PRODUCER_EPOCH : errorCode)
  },
})

function failed(errorCode: ErrorNumber): InitProducerIdResponse {
  return { errorCode, producerId: NONE, producerEpoch: NONE }
}

function handleInitProducerId(
  request: InitProducerIdRequest, _context: RequestContext,
  { producerIds, transactions }: Services,
): Promise<InitProducerIdResponse> | Later<InitProducerIdResponse> {
  const { transactionalId, transactionTimeoutMs: timeoutMs, producerId, producerEpoch } = request
  // An id without its epoch, or the reverse, is half a story.
  if ((producerId === NONE) !== (producerEpoch === NONE)) {
    throw new ApiError(Errors.INVALID_REQUEST)
  }
  if (transactionalId === null) {
    return producerIds.next().then((id) => (
      { errorCode: Errors.NONE, producerId: id, producerEpoch: 0 }
    ))
  }
  const expected = producerId === NONE ? undefined : { producerId, producerEpoch }
  const initialized = transactions.coordinator
    .initProducerId({ transactionalId, timeoutMs, expected })
  return mapLater(initialized, (given) => given === undefined
    ? failed(Errors.CONCURRENT_TRANSACTIONS) : { errorCode: Errors.NONE, ...given })
}

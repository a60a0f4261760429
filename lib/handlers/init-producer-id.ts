// InitProducerId (key 22): an id for an idempotent producer (KIP-98).
//
// Without a transactional id the answer is a fresh id at epoch 0; the time-out counts for nothing.
// A producer that names the id and epoch it has (from version 3, KIP-360) gets a fresh id too, for
// no coordinator keeps its epoch. Transactional ids need the transaction coordinator, which is not
// there yet: they get COORDINATOR_NOT_AVAILABLE, as while a coordinator is being found.
//
// Versions: 4 and 5 change error codes of transactional producers only (KIP-588, KIP-890); 6 is for
// two-phase commit (KIP-939), which Kafka 4.4 itself does not serve yet.

import { Errors } from '../../protocol/errors.ts'
import {
  initProducerId, type InitProducerIdRequest, type InitProducerIdResponse,
} from '../../protocol/messages/init-producer-id.ts'
import { type ErrorNumber, handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'

const NONE = -1

export const initProducerIdHandler = handler(initProducerId, handleInitProducerId, {
  versions: [0, 5],
  errorAnswer: (_request, _version, errorCode) => failed(errorCode),
})

function failed(errorCode: ErrorNumber): InitProducerIdResponse {
  return { errorCode, producerId: NONE, producerEpoch: NONE }
}

function handleInitProducerId(
  request: InitProducerIdRequest, _context: RequestContext, { producerIds }: Services,
): InitProducerIdResponse | Promise<InitProducerIdResponse> {
  const { transactionalId, producerId, producerEpoch } = request
  // An id without its epoch, or the reverse, is half a story.
  if ((producerId === NONE) !== (producerEpoch === NONE)) return failed(Errors.INVALID_REQUEST)
  if (transactionalId === '') return failed(Errors.INVALID_REQUEST)
  if (transactionalId !== null) return failed(Errors.COORDINATOR_NOT_AVAILABLE)
  return producerIds.next().then((id) =>
    ({ errorCode: Errors.NONE, producerId: id, producerEpoch: 0 }))
}

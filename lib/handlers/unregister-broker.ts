// UnregisterBroker (key 64): a broker that is gone for good is taken out of the cluster's metadata
// (KIP-631). One that still runs is taken out, too.

import { unregisterBroker as decide } from '../../controller/decisions/unregister-broker.ts'
import { Errors, errorMessage } from '../../protocol/errors.ts'
import {
  unregisterBroker, type UnregisterBrokerRequest, type UnregisterBrokerResponse,
} from '../../protocol/messages/unregister-broker.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'

/** Kafka leaves the text where there is no error empty. */
const NO_MESSAGE = ''

export const unregisterBrokerHandler = handler(unregisterBroker, handleUnregisterBroker, {
  errorAnswer: (_request, _version, errorCode, message) =>
    ({ errorCode, errorMessage: message ?? errorMessage(errorCode) }),
})

async function handleUnregisterBroker(
  { brokerId }: UnregisterBrokerRequest, _context: RequestContext, { controller }: Services,
): Promise<UnregisterBrokerResponse> {
  await controller.submit(decide(brokerId))
  return { errorCode: Errors.NONE, errorMessage: NO_MESSAGE }
}

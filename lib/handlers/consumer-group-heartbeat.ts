// ConsumerGroupHeartbeat (key 68): a member of a consumer group joins, subscribes, tells what it
// owns, hears what it shall own, and leaves (KIP-848).
//
// Versions: 1 subscribes by regular expressions, and members make up their id themselves
// (KIP-1082). Errors carry a message.

import { Errors } from '../../protocol/errors.ts'
import { consumerGroupHeartbeat, type ConsumerGroupHeartbeatRequest,
  type ConsumerGroupHeartbeatResponse } from '../../protocol/messages/consumer-group-heartbeat.ts'
import { servesConsumerGroups } from '../coordinators/groups/consumer/served.ts'
import type { Later } from '../server/later.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'

export const consumerGroupHeartbeatHandler = handler(consumerGroupHeartbeat, handleHeartbeat, {
  errorAnswer: (_request, _apiVersion, errorCode, errorMessage) =>
    refused(errorCode, errorMessage),
})

function handleHeartbeat(
  request: ConsumerGroupHeartbeatRequest, context: RequestContext, services: Services,
): ConsumerGroupHeartbeatResponse | Later<ConsumerGroupHeartbeatResponse> {
  if (!servesConsumerGroups(services)) return refused(Errors.UNSUPPORTED_VERSION)
  return services.groups.consumerHeartbeat(request, {
    apiVersion: context.apiVersion,
    clientId: context.clientId ?? '',
    clientHost: `/${context.clientAddress}`,
  })
}

function refused(errorCode: number, errorMessage?: string): ConsumerGroupHeartbeatResponse {
  return {
    errorCode, memberEpoch: 0, heartbeatIntervalMs: 0,
    ...errorMessage === undefined ? {} : { errorMessage },
  }
}

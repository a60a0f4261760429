// ListConfigResources (key 74): the names of resources that have, or may have, settings: client
// metrics and groups that were set, all topics, and the brokers, once for their settings and once
// for their loggers (KIP-1142).
//
// Version 0 knows of client metrics alone (KIP-1000); 1 of all types, or of those asked for.

import { ConfigType } from '../../controller/image/configs.ts'
import type { Image } from '../../controller/image/image.ts'
import { ApiError, Errors } from '../../protocol/errors.ts'
import {
  listConfigResources, type ListConfigResourcesRequest, type ListConfigResourcesResponse,
} from '../../protocol/messages/list-config-resources.ts'
import { hashOf, inHashOrder } from '../config/hash-order.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'

const { BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP, TOPIC } = ConfigType
/** In Kafka's order. */
const LISTED: readonly number[] = [GROUP, CLIENT_METRICS, BROKER_LOGGER, BROKER, TOPIC]

export const listConfigResourcesHandler = handler(
  listConfigResources, handleListConfigResources, {
    errorAnswer: (_request, _version, errorCode) => ({ errorCode, configResources: [] }),
  })

function handleListConfigResources(
  { resourceTypes }: ListConfigResourcesRequest, { apiVersion }: RequestContext,
  { controller }: Services,
): ListConfigResourcesResponse {
  const supported = apiVersion === 0 ? [CLIENT_METRICS] : LISTED
  if (resourceTypes.some((type) => !supported.includes(type))) {
    throw new ApiError(Errors.UNSUPPORTED_VERSION)
  }
  const types = LISTED.filter((type) =>
    (resourceTypes.length === 0 ? supported : resourceTypes).includes(type))
  return {
    errorCode: Errors.NONE,
    configResources: types.flatMap((resourceType) =>
      namesOf(resourceType, controller.image)
        .map((resourceName) => ({ resourceName, resourceType }))),
  }
}

function namesOf(type: number, { brokers, configs, topics }: Image): string[] {
  switch (type) {
    case BROKER: case BROKER_LOGGER: return brokers.alive().map(({ id }) => String(id))
    // Kafka keeps them in a tree of their hash codes.
    case TOPIC: return [...topics.names()].sort((a, b) => hashOf(a) - hashOf(b))
    default:
      return inHashOrder([...configs.resources()]
        .filter((resource) => resource.type === type).map(({ name }) => name))
  }
}

// FindCoordinator (key 10): which node coordinates a group, a transaction or a share group.
//
// Versions: 0 asks for groups only; 1–3 for one key of a type, and say "NONE" where all is well; 4
// asks for several keys (KIP-699); 6 brings share groups (KIP-932). Being asked for the first group
// or transaction creates the topic that keeps them; the answer is COORDINATOR_NOT_AVAILABLE until
// it is there, and clients ask again.

import type { Image } from '../../controller/image/image.ts'
import { NO_LEADER } from '../../controller/image/topics.ts'
import { ApiError, Errors, errorMessage, type ErrorCode } from '../../protocol/errors.ts'
import { findCoordinator, type FindCoordinatorRequest, type FindCoordinatorResponse }
  from '../../protocol/messages/find-coordinator.ts'
import { GROUP_METADATA_TOPIC, TRANSACTION_STATE_TOPIC } from '../coordinators/internal-topic.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'

const GROUP = 0
const TRANSACTION = 1
const SHARE = 2

const KEYS_SINCE = 4
const SHARE_SINCE = 6

interface Found {
  readonly errorCode: ErrorCode
  readonly nodeId: number
  readonly host: string
  readonly port: number
}

/** As far as it matters here. */
interface Coordinator {
  partitionOf(key: string): number
  createTopic(): Promise<ErrorCode>
}

const NOWHERE = { nodeId: -1, host: '', port: -1 }

export const findCoordinatorHandler = handler(findCoordinator, handleFindCoordinator, {
  errorAnswer: (request, apiVersion, errorCode) => apiVersion >= KEYS_SINCE
    ? {
        coordinators: request.coordinatorKeys.map((key) =>
          ({ key, ...NOWHERE, errorCode, errorMessage: errorMessage(errorCode) })),
      }
    : { ...NOWHERE, errorCode, errorMessage: errorMessage(errorCode) },
})

function handleFindCoordinator(
  request: FindCoordinatorRequest, context: RequestContext, services: Services,
): FindCoordinatorResponse {
  const { keyType, key, coordinatorKeys } = request
  if (context.apiVersion >= KEYS_SINCE) {
    return {
      coordinators: coordinatorKeys.map((each) =>
        ({ key: each, errorMessage: '', ...find(keyType, each, context, services) })),
    }
  }
  const found = find(keyType, key, context, services)
  const message = found.errorCode === Errors.NONE ? 'NONE' : errorMessage(found.errorCode)
  return { ...found, errorMessage: message }
}

function find(
  keyType: number, key: string, context: RequestContext, services: Services,
): Found {
  switch (keyType) {
    case GROUP: return findLeader(GROUP_METADATA_TOPIC, services.groups, key, context, services)
    case TRANSACTION: {
      const { coordinator } = services.transactions
      return findLeader(TRANSACTION_STATE_TOPIC, coordinator, key, context, services)
    }
    // There is no topic that these could keep their state in, and so nobody who keeps it.
    case SHARE: return {
      ...NOWHERE,
      errorCode: context.apiVersion < SHARE_SINCE || !isShareKey(key)
        ? Errors.INVALID_REQUEST : Errors.COORDINATOR_NOT_AVAILABLE,
    }
    default: throw new ApiError(Errors.INVALID_REQUEST)
  }
}

/** A group, the id of a topic, and a partition of it. */
function isShareKey(key: string): boolean {
  return /^[^:]+:[\w-]{22}:[+-]?\d+$/.test(key)
}

/** The coordinator of a key leads the partition that keeps it. */
function findLeader(
  name: string, coordinator: Coordinator, key: string, context: RequestContext,
  services: Services,
): Found {
  const { controller, logger, broker } = services
  const topic = controller.image.topics.byName(name)
  if (topic === undefined) {
    void coordinator.createTopic().then((errorCode) => {
      if (errorCode === Errors.NONE) return
      logger.warn(`${name} could not be created`, { errorCode })
    })
    return { ...NOWHERE, errorCode: Errors.COORDINATOR_NOT_AVAILABLE }
  }
  const leader = topic.partitions.get(coordinator.partitionOf(key))?.leader ?? NO_LEADER
  const endpoint = endpointOf(controller.image, leader, context, broker)
  if (endpoint === undefined) return { ...NOWHERE, errorCode: Errors.COORDINATOR_NOT_AVAILABLE }
  return { errorCode: Errors.NONE, nodeId: leader, host: endpoint.host, port: endpoint.port }
}

/** Where the node can be reached by whoever came through this listener. */
function endpointOf(
  { brokers }: Image, nodeId: number, { listenerName }: RequestContext,
  broker: Services['broker'],
) {
  const endpoints = nodeId === broker.nodeId
    ? broker.listeners
    : brokers.get(nodeId)?.endpoints ?? []
  return endpoints.find(({ name }) => name === listenerName)
}

// DescribeCluster (key 60): the brokers of the cluster (KIP-700).
//
// Versions: 1 says whether brokers or controllers are asked for (KIP-919), and a listener answers
// for its own kind only; 2 may include fenced brokers (KIP-1073).

import { Errors } from '../../protocol/errors.ts'
import {
  describeCluster, type DescribeClusterRequest, type DescribeClusterResponse,
} from '../../protocol/messages/describe-cluster.ts'
import { CLUSTER_OPERATIONS, NOT_ASKED } from '../authorized-operations.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'

const BROKERS = 1
const CONTROLLERS = 2

export const describeClusterHandler = handler(describeCluster, handleDescribeCluster, {
  errorAnswer: (_request, _version, errorCode, errorMessage) =>
    ({ errorCode, errorMessage: errorMessage ?? null, clusterId: '', brokers: [] }),
})

function handleDescribeCluster(
  request: DescribeClusterRequest, context: RequestContext, services: Services,
): DescribeClusterResponse {
  const { endpointType } = request
  const isOld = context.apiVersion === 0
  const refuse = (errorCode: number, errorMessage: string): DescribeClusterResponse =>
    ({ errorCode, errorMessage, clusterId: '', brokers: [] })
  if (endpointType !== BROKERS && endpointType !== CONTROLLERS) {
    return refuse(isOld ? Errors.INVALID_REQUEST : Errors.UNSUPPORTED_ENDPOINT_TYPE,
      `Unsupported endpoint type ${endpointType}`)
  }
  if (endpointType === CONTROLLERS) {
    return refuse(isOld ? Errors.INVALID_REQUEST : Errors.MISMATCHED_ENDPOINT_TYPE,
      'The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type ' +
      'CONTROLLER')
  }
  const { image } = services.controller
  const shown = image.brokers.all().filter(({ fenced }) => !fenced || request.includeFencedBrokers)
  const brokers = shown.flatMap(({ id, rack, endpoints, fenced }) =>
    endpoints.filter(({ name }) => name === context.listenerName)
      .map(({ host, port }) => ({ brokerId: id, host, port, rack, isFenced: fenced })))
  return {
    errorCode: Errors.NONE, endpointType: BROKERS, clusterId: services.broker.clusterId, brokers,
    controllerId: brokers.find(({ isFenced }) => !isFenced)?.brokerId ?? -1,
    clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
      ? CLUSTER_OPERATIONS : NOT_ASKED,
  }
}

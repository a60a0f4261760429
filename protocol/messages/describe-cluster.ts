// DescribeCluster (API key 60, versions 0 to 2). Cluster id, controller and brokers, for admin
// clients (KIP-700).
//
// Version 1: asks for brokers or for controllers, and is served by both (KIP-919); 2: fenced
// brokers too (KIP-1073).

import {
  api, array, bool, int16, int32, int8, type RequestOf, type ResponseOf, string,
} from '../schema.ts'

export const describeCluster = api({
  name: 'DescribeCluster', key: 60, versions: [0, 2], flexibleSince: 0,
  listeners: ['broker', 'controller'],
  request: {
    includeClusterAuthorizedOperations: bool,
    endpointType: int8.since(1).default(1),
    includeFencedBrokers: bool.since(2),
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
    errorMessage: string.nullable().default(null),
    endpointType: int8.since(1).default(1),
    clusterId: string,
    controllerId: int32.default(-1).entity('brokerId'),
    brokers: array({
      brokerId: int32.key().entity('brokerId'),
      host: string,
      port: int32,
      rack: string.nullable().default(null),
      isFenced: bool.since(2),
    }),
    clusterAuthorizedOperations: int32.default(-2147483648),
  },
})

export interface DescribeClusterRequest extends RequestOf<typeof describeCluster> {}
export type DescribeClusterResponse = ResponseOf<typeof describeCluster>

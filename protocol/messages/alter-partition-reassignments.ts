// AlterPartitionReassignments (API key 45, versions 0 to 1). Moves partitions to other replicas,
// or cancels that with null (KIP-455).
//
// Version 1: a move need not be allowed to change the number of replicas (KIP-860).

import {
  api, array, bool, int16, int32, type RequestOf, type ResponseOf, string,
} from '../schema.ts'

export const alterPartitionReassignments = api({
  name: 'AlterPartitionReassignments', key: 45, versions: [0, 1], flexibleSince: 0,
  listeners: ['broker', 'controller'],
  request: {
    timeoutMs: int32.default(60000),
    allowReplicationFactorChange: bool.since(1).default(true),
    topics: array({
      name: string.entity('topicName'),
      partitions: array({
        partitionIndex: int32,
        replicas: array(int32).nullable().default(null).entity('brokerId'),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32.default(0),
    allowReplicationFactorChange: bool.since(1).default(true),
    errorCode: int16,
    errorMessage: string.nullable(),
    responses: array({
      name: string.entity('topicName'),
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        errorMessage: string.nullable(),
      }),
    }),
  },
})

export interface AlterPartitionReassignmentsRequest
  extends RequestOf<typeof alterPartitionReassignments> {}
export type AlterPartitionReassignmentsResponse = ResponseOf<typeof alterPartitionReassignments>

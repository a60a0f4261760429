// ListPartitionReassignments (API key 46, version 0). The partitions that are on their way to
// other replicas (KIP-455).

import { api, array, int16, int32, type RequestOf, type ResponseOf, string } from '../schema.ts'

export const listPartitionReassignments = api({
  name: 'ListPartitionReassignments', key: 46, versions: [0, 0], flexibleSince: 0,
  listeners: ['broker', 'controller'],
  request: {
    timeoutMs: int32.default(60000),
    topics: array({
      name: string.entity('topicName'),
      partitionIndexes: array(int32),
    }).nullable().default(null),
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
    errorMessage: string.nullable(),
    topics: array({
      name: string.entity('topicName'),
      partitions: array({
        partitionIndex: int32,
        replicas: array(int32).entity('brokerId'),
        addingReplicas: array(int32).entity('brokerId'),
        removingReplicas: array(int32).entity('brokerId'),
      }),
    }),
  },
})

export interface ListPartitionReassignmentsRequest
  extends RequestOf<typeof listPartitionReassignments> {}
export type ListPartitionReassignmentsResponse = ResponseOf<typeof listPartitionReassignments>

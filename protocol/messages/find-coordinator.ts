// FindCoordinator (API key 10, versions 0 to 6). Which broker coordinates a group, a transactional
// id, or a share-partition (whose key is written group:topicId:partition).
//
// Version 1: key types (KIP-98); 3: flexible; 4: many keys in a request (KIP-699); 5:
// TRANSACTION_ABORTABLE (KIP-890); 6: share-partitions (KIP-932).

import {
  api, array, int16, int32, int8, type RequestOf, type ResponseOf, string,
} from '../schema.ts'

export const findCoordinator = api({
  name: 'FindCoordinator', key: 10, versions: [0, 6], flexibleSince: 3,
  request: {
    key: string.until(3),
    keyType: int8.since(1).default(0),
    coordinatorKeys: array(string).since(4),
  },
  response: {
    throttleTimeMs: int32.since(1).default(0),
    errorCode: int16.until(3),
    errorMessage: string.since(1).until(3).nullable(),
    nodeId: int32.until(3).entity('brokerId'),
    host: string.until(3),
    port: int32.until(3),
    coordinators: array({
      key: string,
      nodeId: int32.entity('brokerId'),
      host: string,
      port: int32,
      errorCode: int16,
      errorMessage: string.nullable(),
    }).since(4),
  },
})

export interface FindCoordinatorRequest extends RequestOf<typeof findCoordinator> {}
export type FindCoordinatorResponse = ResponseOf<typeof findCoordinator>

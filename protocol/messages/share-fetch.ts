// ShareFetch (API key 78, versions 1 to 2). A member of a share group acquires records, and
// acknowledges earlier ones on the way (KIP-932).
//
// Version 1: the first stable version; 0 was the early access of Kafka 4.0; 2: how strictly the
// number of records is meant (KIP-1206), and locks that are renewed (KIP-1222).

import {
  api, array, bool, int16, int32, int64, int8, records, type RequestOf, type ResponseOf, string,
  struct, uuid,
} from '../schema.ts'

export const shareFetch = api({
  name: 'ShareFetch', key: 78, versions: [1, 2], flexibleSince: 0,
  request: {
    groupId: string.nullable().default(null).entity('groupId'),
    memberId: string.nullable(),
    shareSessionEpoch: int32,
    maxWaitMs: int32,
    minBytes: int32,
    maxBytes: int32.default(2147483647),
    maxRecords: int32,
    batchSize: int32,
    shareAcquireMode: int8.since(2).default(0),
    isRenewAck: bool.since(2).default(false),
    topics: array({
      topicId: uuid.key(),
      partitions: array({
        partitionIndex: int32.key(),
        acknowledgementBatches: array({
          firstOffset: int64,
          lastOffset: int64,
          acknowledgeTypes: array(int8),
        }),
      }),
    }),
    forgottenTopicsData: array({ topicId: uuid, partitions: array(int32) }),
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
    errorMessage: string.nullable().default(null),
    acquisitionLockTimeoutMs: int32,
    responses: array({
      topicId: uuid.key(),
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        errorMessage: string.nullable().default(null),
        acknowledgeErrorCode: int16,
        acknowledgeErrorMessage: string.nullable().default(null),
        currentLeader: struct({ leaderId: int32, leaderEpoch: int32 }),
        records,
        acquiredRecords: array({ firstOffset: int64, lastOffset: int64, deliveryCount: int16 }),
      }),
    }),
    nodeEndpoints: array({
      nodeId: int32.key().entity('brokerId'),
      host: string,
      port: int32,
      rack: string.nullable().default(null),
    }),
  },
})

export interface ShareFetchRequest extends RequestOf<typeof shareFetch> {}
export type ShareFetchResponse = ResponseOf<typeof shareFetch>

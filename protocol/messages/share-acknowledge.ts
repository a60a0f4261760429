// ShareAcknowledge (API key 79, versions 1 to 2). A member of a share group accepts, releases or
// rejects records that it acquired (KIP-932).
//
// Version 1: the first stable version; 0 was the early access of Kafka 4.0; 2: locks that are
// renewed (KIP-1222).

import {
  api, array, bool, int16, int32, int64, int8, type RequestOf, type ResponseOf, string, struct,
  uuid,
} from '../schema.ts'

export const shareAcknowledge = api({
  name: 'ShareAcknowledge', key: 79, versions: [1, 2], flexibleSince: 0,
  request: {
    groupId: string.nullable().default(null).entity('groupId'),
    memberId: string.nullable(),
    shareSessionEpoch: int32,
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
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
    errorMessage: string.nullable().default(null),
    acquisitionLockTimeoutMs: int32.since(2),
    responses: array({
      topicId: uuid.key(),
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        errorMessage: string.nullable().default(null),
        currentLeader: struct({ leaderId: int32, leaderEpoch: int32 }),
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

export interface ShareAcknowledgeRequest extends RequestOf<typeof shareAcknowledge> {}
export type ShareAcknowledgeResponse = ResponseOf<typeof shareAcknowledge>

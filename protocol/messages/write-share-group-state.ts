// WriteShareGroupState (API key 85, versions 0 to 1). The leader of a share-partition stores what
// changed of its state at the share coordinator (KIP-932).
//
// Version 1: how many deliveries are complete (KIP-1226).

import {
  api, array, int16, int32, int64, int8, type RequestOf, type ResponseOf, string, uuid,
} from '../schema.ts'

export const writeShareGroupState = api({
  name: 'WriteShareGroupState', key: 85, versions: [0, 1], flexibleSince: 0,
  request: {
    groupId: string,
    topics: array({
      topicId: uuid,
      partitions: array({
        partition: int32,
        stateEpoch: int32,
        leaderEpoch: int32,
        startOffset: int64,
        deliveryCompleteCount: int32.since(1).default(-1),
        stateBatches: array({
          firstOffset: int64,
          lastOffset: int64,
          deliveryState: int8,
          deliveryCount: int16,
        }),
      }),
    }),
  },
  response: {
    results: array({
      topicId: uuid,
      partitions: array({
        partition: int32,
        errorCode: int16,
        errorMessage: string.nullable().default(null),
      }),
    }),
  },
})

export interface WriteShareGroupStateRequest extends RequestOf<typeof writeShareGroupState> {}
export type WriteShareGroupStateResponse = ResponseOf<typeof writeShareGroupState>

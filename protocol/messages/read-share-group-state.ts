// ReadShareGroupState (API key 84, version 0). The leader of a share-partition reads its state
// from the share coordinator (KIP-932).

import {
  api, array, int16, int32, int64, int8, type RequestOf, type ResponseOf, string, uuid,
} from '../schema.ts'

export const readShareGroupState = api({
  name: 'ReadShareGroupState', key: 84, versions: [0, 0], flexibleSince: 0,
  request: {
    groupId: string,
    topics: array({ topicId: uuid, partitions: array({ partition: int32, leaderEpoch: int32 }) }),
  },
  response: {
    results: array({
      topicId: uuid,
      partitions: array({
        partition: int32,
        errorCode: int16,
        errorMessage: string.nullable().default(null),
        stateEpoch: int32,
        startOffset: int64,
        stateBatches: array({
          firstOffset: int64,
          lastOffset: int64,
          deliveryState: int8,
          deliveryCount: int16,
        }),
      }),
    }),
  },
})

export interface ReadShareGroupStateRequest extends RequestOf<typeof readShareGroupState> {}
export type ReadShareGroupStateResponse = ResponseOf<typeof readShareGroupState>

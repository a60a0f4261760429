// InitializeShareGroupState (API key 83, version 0). The group coordinator has the share
// coordinator begin the state of share-partitions (KIP-932).

import {
  api, array, int16, int32, int64, type RequestOf, type ResponseOf, string, uuid,
} from '../schema.ts'

export const initializeShareGroupState = api({
  name: 'InitializeShareGroupState', key: 83, versions: [0, 0], flexibleSince: 0,
  request: {
    groupId: string,
    topics: array({
      topicId: uuid,
      partitions: array({ partition: int32, stateEpoch: int32, startOffset: int64 }),
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

export interface InitializeShareGroupStateRequest
  extends RequestOf<typeof initializeShareGroupState> {}
export type InitializeShareGroupStateResponse = ResponseOf<typeof initializeShareGroupState>

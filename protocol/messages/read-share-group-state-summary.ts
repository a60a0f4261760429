// ReadShareGroupStateSummary (API key 87, versions 0 to 1). Start offset and epochs of
// share-partitions, without the states of single records (KIP-932).
//
// Version 1: how many deliveries are complete (KIP-1226).

import {
  api, array, int16, int32, int64, type RequestOf, type ResponseOf, string, uuid,
} from '../schema.ts'

export const readShareGroupStateSummary = api({
  name: 'ReadShareGroupStateSummary', key: 87, versions: [0, 1], flexibleSince: 0,
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
        leaderEpoch: int32,
        startOffset: int64,
        deliveryCompleteCount: int32.since(1).default(-1),
      }),
    }),
  },
})

export interface ReadShareGroupStateSummaryRequest
  extends RequestOf<typeof readShareGroupStateSummary> {}
export type ReadShareGroupStateSummaryResponse = ResponseOf<typeof readShareGroupStateSummary>

// DeleteShareGroupState (API key 86, version 0). The group coordinator has the share coordinator
// forget share-partitions (KIP-932).

import {
  api, array, int16, int32, type RequestOf, type ResponseOf, string, uuid,
} from '../schema.ts'

export const deleteShareGroupState = api({
  name: 'DeleteShareGroupState', key: 86, versions: [0, 0], flexibleSince: 0,
  request: {
    groupId: string,
    topics: array({ topicId: uuid, partitions: array({ partition: int32 }) }),
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

export interface DeleteShareGroupStateRequest extends RequestOf<typeof deleteShareGroupState> {}
export type DeleteShareGroupStateResponse = ResponseOf<typeof deleteShareGroupState>

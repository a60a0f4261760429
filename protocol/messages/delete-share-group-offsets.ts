// DeleteShareGroupOffsets (API key 92, version 0). Makes an empty share group forget how far it
// was in topics (KIP-932).

import {
  api, array, int16, int32, type RequestOf, type ResponseOf, string, uuid,
} from '../schema.ts'

export const deleteShareGroupOffsets = api({
  name: 'DeleteShareGroupOffsets', key: 92, versions: [0, 0], flexibleSince: 0,
  request: {
    groupId: string.entity('groupId'),
    topics: array({ topicName: string.entity('topicName') }),
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
    errorMessage: string.nullable().default(null),
    responses: array({
      topicName: string.entity('topicName'),
      topicId: uuid,
      errorCode: int16,
      errorMessage: string.nullable().default(null),
    }),
  },
})

export interface DeleteShareGroupOffsetsRequest extends RequestOf<typeof deleteShareGroupOffsets> {}
export type DeleteShareGroupOffsetsResponse = ResponseOf<typeof deleteShareGroupOffsets>

// OffsetDelete (API key 47, version 0). Deletes a group's offsets of topics that it is not
// subscribed to (KIP-496). No version is flexible.

import { api, array, int16, int32, type RequestOf, type ResponseOf, string } from '../schema.ts'

export const offsetDelete = api({
  name: 'OffsetDelete', key: 47, versions: [0, 0],
  request: {
    groupId: string.entity('groupId'),
    topics: array({
      name: string.key().entity('topicName'),
      partitions: array({ partitionIndex: int32 }),
    }),
  },
  response: {
    errorCode: int16,
    throttleTimeMs: int32.default(0),
    topics: array({
      name: string.key().entity('topicName'),
      partitions: array({ partitionIndex: int32.key(), errorCode: int16 }),
    }),
  },
})

export interface OffsetDeleteRequest extends RequestOf<typeof offsetDelete> {}
export type OffsetDeleteResponse = ResponseOf<typeof offsetDelete>

// The DeleteTopics API (key 20): request and response, versions 1 to 6.

import {
  api, array, int16, int32, type RequestOf, type ResponseOf, string, uuid,
} from '../schema.ts'

export const deleteTopics = api({
  name: 'DeleteTopics', key: 20, versions: [1, 6], flexibleSince: 4,
  listeners: ['broker', 'controller'],
  request: {
    topics: array({
      name: string.nullable().default(null).entity('topicName'),
      topicId: uuid,
    }).since(6),
    topicNames: array(string).until(5).entity('topicName'),
    timeoutMs: int32,
  },
  response: {
    throttleTimeMs: int32.default(0),
    responses: array({
      name: string.nullable(6).key().entity('topicName'),
      topicId: uuid.since(6),
      errorCode: int16,
      errorMessage: string.since(5).nullable().default(null),
    }),
  },
})

export interface DeleteTopicsRequest extends RequestOf<typeof deleteTopics> {}
export type DeleteTopicsResponse = ResponseOf<typeof deleteTopics>

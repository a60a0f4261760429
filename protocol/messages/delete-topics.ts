// DeleteTopics (API key 20, versions 1 to 6). Deletes topics (KIP-4).
//
// Version 1: throttle time, the oldest version that is left; 2: a throttled answer comes at once
// (KIP-219); 3: brokers that do not allow it say so (KIP-322); 4: flexible; 5: a quota on changes
// may refuse it, with words (KIP-599); 6: by id instead of by name (KIP-516).

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

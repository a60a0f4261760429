// CreatePartitions (API key 37, versions 0 to 3). Gives topics more partitions (KIP-195).
//
// Version 1: a throttled answer comes at once (KIP-219); 2: flexible; 3: a quota on changes may
// refuse it (KIP-599).

import {
  api, array, bool, int16, int32, type RequestOf, type ResponseOf, string,
} from '../schema.ts'

export const createPartitions = api({
  name: 'CreatePartitions', key: 37, versions: [0, 3], flexibleSince: 2,
  listeners: ['broker', 'controller'],
  request: {
    topics: array({
      name: string.key().entity('topicName'),
      count: int32,
      assignments: array({ brokerIds: array(int32).entity('brokerId') }).nullable(),
    }),
    timeoutMs: int32,
    validateOnly: bool,
  },
  response: {
    throttleTimeMs: int32.default(0),
    results: array({
      name: string.entity('topicName'),
      errorCode: int16,
      errorMessage: string.nullable().default(null),
    }),
  },
})

export interface CreatePartitionsRequest extends RequestOf<typeof createPartitions> {}
export type CreatePartitionsResponse = ResponseOf<typeof createPartitions>

// CreateTopics (API key 19, versions 2 to 7). Creates topics, or only checks whether it could
// (KIP-4).
//
// Version 2: throttle time, the oldest version that is left; 3: a throttled answer comes at once
// (KIP-219); 4: −1 stands for the broker's defaults of partitions and replicas (KIP-464); 5:
// flexible, the new topic's settings in the answer (KIP-525); 6: a quota on changes may refuse it
// (KIP-599); 7: topic ids in the answer (KIP-516).

import {
  api, array, bool, int16, int32, int8, type RequestOf, type ResponseOf, string, uuid,
} from '../schema.ts'

export const createTopics = api({
  name: 'CreateTopics', key: 19, versions: [2, 7], flexibleSince: 5,
  listeners: ['broker', 'controller'],
  request: {
    topics: array({
      name: string.key().entity('topicName'),
      numPartitions: int32,
      replicationFactor: int16,
      assignments: array({
        partitionIndex: int32.key(),
        brokerIds: array(int32).entity('brokerId'),
      }),
      configs: array({ name: string.key(), value: string.nullable() }),
    }),
    timeoutMs: int32.default(60000),
    validateOnly: bool.default(false),
  },
  response: {
    throttleTimeMs: int32.default(0),
    topics: array({
      name: string.key().entity('topicName'),
      topicId: uuid.since(7),
      errorCode: int16,
      errorMessage: string.nullable(),
      topicConfigErrorCode: int16.since(5).tag(0),
      numPartitions: int32.since(5).default(-1),
      replicationFactor: int16.since(5).default(-1),
      configs: array({
        name: string,
        value: string.nullable(),
        readOnly: bool,
        configSource: int8.default(-1),
        isSensitive: bool,
      }).since(5).nullable(),
    }),
  },
})

export interface CreateTopicsRequest extends RequestOf<typeof createTopics> {}
export type CreateTopicsResponse = ResponseOf<typeof createTopics>

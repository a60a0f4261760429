// ElectLeaders (API key 43, versions 0 to 2). Elects the leaders of partitions: the preferred
// replica (KIP-183) or, from version 1 on, any that lives, at the risk of loss (KIP-460).
//
// Version 1: an error for the answer as a whole; 2: flexible.

import {
  api, array, int16, int32, int8, type RequestOf, type ResponseOf, string,
} from '../schema.ts'

export const electLeaders = api({
  name: 'ElectLeaders', key: 43, versions: [0, 2], flexibleSince: 2,
  listeners: ['broker', 'controller'],
  request: {
    electionType: int8.since(1),
    topicPartitions: array({
      topic: string.key().entity('topicName'),
      partitions: array(int32),
    }).nullable(),
    timeoutMs: int32.default(60000),
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16.since(1),
    replicaElectionResults: array({
      topic: string.entity('topicName'),
      partitionResult: array({
        partitionId: int32,
        errorCode: int16,
        errorMessage: string.nullable(),
      }),
    }),
  },
})

export interface ElectLeadersRequest extends RequestOf<typeof electLeaders> {}
export type ElectLeadersResponse = ResponseOf<typeof electLeaders>

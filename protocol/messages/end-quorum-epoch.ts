// EndQuorumEpoch (API key 54, versions 0 to 1). A leader of the metadata quorum steps down, and
// names who had best follow (KIP-595).
//
// Version 1: flexible, candidates with directory ids, addresses of the leader (KIP-853).

import {
  api, array, int16, int32, type RequestOf, type ResponseOf, string, uint16, uuid,
} from '../schema.ts'

export const endQuorumEpoch = api({
  name: 'EndQuorumEpoch', key: 54, versions: [0, 1], flexibleSince: 1,
  listeners: ['controller'],
  request: {
    clusterId: string.nullable().default(null),
    topics: array({
      topicName: string.entity('topicName'),
      partitions: array({
        partitionIndex: int32,
        leaderId: int32.entity('brokerId'),
        leaderEpoch: int32,
        preferredSuccessors: array(int32).until(0),
        preferredCandidates: array({
          candidateId: int32.entity('brokerId'),
          candidateDirectoryId: uuid,
        }).since(1),
      }),
    }),
    leaderEndpoints: array({ name: string.key(), host: string, port: uint16 }).since(1),
  },
  response: {
    errorCode: int16,
    topics: array({
      topicName: string.entity('topicName'),
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        leaderId: int32.entity('brokerId'),
        leaderEpoch: int32,
      }),
    }),
    nodeEndpoints: array({
      nodeId: int32.key().entity('brokerId'),
      host: string,
      port: uint16,
    }).since(1).tag(0),
  },
})

export interface EndQuorumEpochRequest extends RequestOf<typeof endQuorumEpoch> {}
export type EndQuorumEpochResponse = ResponseOf<typeof endQuorumEpoch>

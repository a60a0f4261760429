// BeginQuorumEpoch (API key 53, versions 0 to 1). A new leader of the metadata quorum makes itself
// known to the voters (KIP-595).
//
// Version 1: flexible, directory ids of voters, addresses of the leader (KIP-853).

import {
  api, array, int16, int32, type RequestOf, type ResponseOf, string, uint16, uuid,
} from '../schema.ts'

export const beginQuorumEpoch = api({
  name: 'BeginQuorumEpoch', key: 53, versions: [0, 1], flexibleSince: 1,
  listeners: ['controller'],
  request: {
    clusterId: string.nullable().default(null),
    voterId: int32.since(1).default(-1).entity('brokerId'),
    topics: array({
      topicName: string.entity('topicName'),
      partitions: array({
        partitionIndex: int32,
        voterDirectoryId: uuid.since(1),
        leaderId: int32.entity('brokerId'),
        leaderEpoch: int32,
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

export interface BeginQuorumEpochRequest extends RequestOf<typeof beginQuorumEpoch> {}
export type BeginQuorumEpochResponse = ResponseOf<typeof beginQuorumEpoch>

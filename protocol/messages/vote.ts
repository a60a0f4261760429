// Vote (API key 52, versions 0 to 2). A candidate for leader of the metadata quorum asks for votes
// (KIP-595).
//
// Version 1: directory ids of voters, the leader's address (KIP-853); 2: asks first whether it
// could win, before it raises the epoch (KIP-996).

import {
  api, array, bool, int16, int32, int64, type RequestOf, type ResponseOf, string, uint16, uuid,
} from '../schema.ts'

export const vote = api({
  name: 'Vote', key: 52, versions: [0, 2], flexibleSince: 0,
  listeners: ['controller'],
  request: {
    clusterId: string.nullable().default(null),
    voterId: int32.since(1).default(-1).entity('brokerId'),
    topics: array({
      topicName: string.entity('topicName'),
      partitions: array({
        partitionIndex: int32,
        replicaEpoch: int32,
        replicaId: int32.entity('brokerId'),
        replicaDirectoryId: uuid.since(1),
        voterDirectoryId: uuid.since(1),
        lastOffsetEpoch: int32,
        lastOffset: int64,
        preVote: bool.since(2),
      }),
    }),
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
        voteGranted: bool,
      }),
    }),
    nodeEndpoints: array({
      nodeId: int32.key().entity('brokerId'),
      host: string,
      port: uint16,
    }).since(1).tag(0),
  },
})

export interface VoteRequest extends RequestOf<typeof vote> {}
export type VoteResponse = ResponseOf<typeof vote>

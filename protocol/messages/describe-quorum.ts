// DescribeQuorum (API key 55, versions 0 to 2). Leader, voters and observers of the metadata
// quorum, and how far each is (KIP-595).
//
// Version 1: when each fetched, and had caught up, last (KIP-836); 2: error messages, addresses,
// directory ids (KIP-853).

import {
  api, array, int16, int32, int64, type RequestOf, type ResponseOf, string, uint16, uuid,
} from '../schema.ts'

const replicaState = {
  replicaId: int32.entity('brokerId'),
  replicaDirectoryId: uuid.since(2),
  logEndOffset: int64,
  lastFetchTimestamp: int64.since(1).default(-1),
  lastCaughtUpTimestamp: int64.since(1).default(-1),
}

export const describeQuorum = api({
  name: 'DescribeQuorum', key: 55, versions: [0, 2], flexibleSince: 0,
  listeners: ['broker', 'controller'],
  request: {
    topics: array({
      topicName: string.entity('topicName'),
      partitions: array({ partitionIndex: int32 }),
    }),
  },
  response: {
    errorCode: int16,
    errorMessage: string.since(2).nullable(),
    topics: array({
      topicName: string.entity('topicName'),
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        errorMessage: string.since(2).nullable(),
        leaderId: int32.entity('brokerId'),
        leaderEpoch: int32,
        highWatermark: int64,
        currentVoters: array(replicaState),
        observers: array(replicaState),
      }),
    }),
    nodes: array({
      nodeId: int32.key().entity('brokerId'),
      listeners: array({ name: string.key(), host: string, port: uint16 }),
    }).since(2),
  },
})

export interface DescribeQuorumRequest extends RequestOf<typeof describeQuorum> {}
export type DescribeQuorumResponse = ResponseOf<typeof describeQuorum>

// Metadata (API key 3, versions 0 to 13). Which brokers there are, and which of them leads which
// partition: the first thing that clients ask after ApiVersions. In version 0 no topics means all,
// later null does, and none means none.
//
// Version 1: racks, controller, internal topics (KIP-4); 2: cluster id (KIP-78); 4: topics need
// not be created for the asking; 5: offline replicas (KIP-112); 7: leader epochs (KIP-320); 8:
// authorized operations (KIP-430); 9: flexible; 10: topic ids in the answer, 12: and in the
// request (KIP-516); 11: the cluster's authorized operations left for DescribeCluster (KIP-700);
// 13: an error for the answer as a whole (KIP-1102).

import {
  api, array, bool, int16, int32, type RequestOf, type ResponseOf, string, uuid,
} from '../schema.ts'

export const metadata = api({
  name: 'Metadata', key: 3, versions: [0, 13], flexibleSince: 9,
  request: {
    topics: array({
      topicId: uuid.since(10),
      name: string.nullable(10).entity('topicName'),
    }).nullable(1),
    allowAutoTopicCreation: bool.since(4).default(true),
    includeClusterAuthorizedOperations: bool.since(8).until(10),
    includeTopicAuthorizedOperations: bool.since(8),
  },
  response: {
    throttleTimeMs: int32.since(3).default(0),
    brokers: array({
      nodeId: int32.key().entity('brokerId'),
      host: string,
      port: int32,
      rack: string.since(1).nullable().default(null),
    }),
    clusterId: string.since(2).nullable().default(null),
    controllerId: int32.since(1).default(-1).entity('brokerId'),
    topics: array({
      errorCode: int16,
      name: string.nullable(12).key().entity('topicName'),
      topicId: uuid.since(10),
      isInternal: bool.since(1).default(false),
      partitions: array({
        errorCode: int16,
        partitionIndex: int32,
        leaderId: int32.entity('brokerId'),
        leaderEpoch: int32.since(7).default(-1),
        replicaNodes: array(int32).entity('brokerId'),
        isrNodes: array(int32).entity('brokerId'),
        offlineReplicas: array(int32).since(5).entity('brokerId'),
      }),
      topicAuthorizedOperations: int32.since(8).default(-2147483648),
    }),
    clusterAuthorizedOperations: int32.since(8).until(10).default(-2147483648),
    errorCode: int16.since(13),
  },
})

export interface MetadataRequest extends RequestOf<typeof metadata> {}
export type MetadataResponse = ResponseOf<typeof metadata>

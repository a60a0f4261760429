// Fetch (API key 1, versions 4 to 18). Consumers and followers read batches; an answer waits for
// enough bytes, but not longer than asked.
//
// Version 4: isolation levels and record format 2 (KIP-98), the oldest that is left; 5: log start
// offsets (KIP-107); 7: sessions that tell differences alone (KIP-227); 9: the leader epoch that
// the client knows (KIP-320); 10: zstd (KIP-110); 11: racks and preferred read replicas (KIP-392);
// 12: flexible, divergence found while fetching (KIP-595); 13: topic ids in the place of names
// (KIP-516); 14: offsets that moved to tiered storage (KIP-405); 15: a replica's epoch (KIP-903);
// 16: addresses of new leaders (KIP-951); 17: directory ids of voters (KIP-853); 18: the
// follower's high watermark (KIP-1166).

import {
  api, array, int16, int32, int64, int8, type RequestOf, type ResponseOf, servedRecords, string,
  struct, uuid,
} from '../schema.ts'

export const fetch = api({
  name: 'Fetch', key: 1, versions: [4, 18], flexibleSince: 12,
  listeners: ['broker', 'controller'],
  request: {
    clusterId: string.since(12).nullable().default(null).tag(0),
    replicaId: int32.until(14).default(-1).entity('brokerId'),
    replicaState: struct({
      replicaId: int32.default(-1).entity('brokerId'),
      replicaEpoch: int64.default(-1),
    }).since(15).tag(1),
    maxWaitMs: int32,
    minBytes: int32,
    maxBytes: int32.default(2147483647),
    isolationLevel: int8.default(0),
    sessionId: int32.since(7).default(0),
    sessionEpoch: int32.since(7).default(-1),
    topics: array({
      topic: string.until(12).entity('topicName'),
      topicId: uuid.since(13),
      partitions: array({
        partition: int32,
        currentLeaderEpoch: int32.since(9).default(-1),
        fetchOffset: int64,
        lastFetchedEpoch: int32.since(12).default(-1),
        logStartOffset: int64.since(5).default(-1),
        partitionMaxBytes: int32,
        replicaDirectoryId: uuid.since(17).tag(0),
        highWatermark: int64.since(18).default(2 ** 63).tag(1),
      }),
    }),
    forgottenTopicsData: array({
      topic: string.until(12).entity('topicName'),
      topicId: uuid.since(13),
      partitions: array(int32),
    }).since(7),
    rackId: string.since(11),
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16.since(7),
    sessionId: int32.since(7).default(0),
    responses: array({
      topic: string.until(12).entity('topicName'),
      topicId: uuid.since(13),
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        highWatermark: int64,
        lastStableOffset: int64.default(-1),
        logStartOffset: int64.since(5).default(-1),
        divergingEpoch: struct({
          epoch: int32.default(-1),
          endOffset: int64.default(-1),
        }).since(12).tag(0),
        currentLeader: struct({
          leaderId: int32.default(-1).entity('brokerId'),
          leaderEpoch: int32.default(-1),
        }).since(12).tag(1),
        snapshotId: struct({
          endOffset: int64.default(-1),
          epoch: int32.default(-1),
        }).since(12).tag(2),
        abortedTransactions: array({
          producerId: int64.entity('producerId'),
          firstOffset: int64,
        }).nullable(),
        preferredReadReplica: int32.since(11).default(-1).entity('brokerId'),
        records: servedRecords.nullable(),
      }),
    }),
    nodeEndpoints: array({
      nodeId: int32.key().entity('brokerId'),
      host: string,
      port: int32,
      rack: string.nullable().default(null),
    }).since(16).tag(0),
  },
})

export interface FetchRequest extends RequestOf<typeof fetch> {}
export type FetchResponse = ResponseOf<typeof fetch>

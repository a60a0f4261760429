// FetchSnapshot (API key 59, versions 0 to 1). A replica of the metadata log fetches a snapshot in
// chunks, where the log itself no longer reaches back (KIP-630).
//
// Version 1: directory id and the leader's address (KIP-853).

import {
  api, array, int16, int32, int64, records, type RequestOf, type ResponseOf, string, struct,
  uint16, uuid,
} from '../schema.ts'

export const fetchSnapshot = api({
  name: 'FetchSnapshot', key: 59, versions: [0, 1], flexibleSince: 0,
  listeners: ['controller'],
  request: {
    clusterId: string.nullable().default(null).tag(0),
    replicaId: int32.default(-1).entity('brokerId'),
    maxBytes: int32.default(2147483647),
    topics: array({
      name: string.entity('topicName'),
      partitions: array({
        partition: int32,
        currentLeaderEpoch: int32,
        snapshotId: struct({ endOffset: int64, epoch: int32 }),
        position: int64,
        replicaDirectoryId: uuid.since(1).tag(0),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
    topics: array({
      name: string.entity('topicName'),
      partitions: array({
        index: int32,
        errorCode: int16,
        snapshotId: struct({ endOffset: int64, epoch: int32 }),
        currentLeader: struct({ leaderId: int32.entity('brokerId'), leaderEpoch: int32 }).tag(0),
        size: int64,
        position: int64,
        unalignedRecords: records,
      }),
    }),
    nodeEndpoints: array({
      nodeId: int32.key().entity('brokerId'),
      host: string,
      port: uint16,
    }).since(1).tag(0),
  },
})

export interface FetchSnapshotRequest extends RequestOf<typeof fetchSnapshot> {}
export type FetchSnapshotResponse = ResponseOf<typeof fetchSnapshot>

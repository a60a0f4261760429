// What `__remote_log_metadata` holds of the segments in tiered storage (KIP-405), and the snapshot
// of them that a broker keeps.

import {
  array, bool, bytes, type Decoded, int32, int64, int8, message, string, struct, uuid,
} from '../../schema.ts'

const topicIdPartition = { name: string, id: uuid, partition: int32 }
const remoteLogSegmentId = { topicIdPartition: struct(topicIdPartition), id: uuid }
const leaderEpoch = { leaderEpoch: int32, offset: int64 }

export const remoteLogSegmentMetadataRecord = message({
  name: 'RemoteLogSegmentMetadataRecord', versions: [0, 0], flexibleSince: 0,
  fields: {
    remoteLogSegmentId: struct(remoteLogSegmentId),
    startOffset: int64,
    endOffset: int64,
    brokerId: int32,
    maxTimestampMs: int64,
    eventTimestampMs: int64,
    segmentLeaderEpochs: array(leaderEpoch),
    segmentSizeInBytes: int32,
    customMetadata: bytes.nullable().default(null),
    remoteLogSegmentState: int8,
    txnIndexEmpty: bool.tag(0),
  },
})

export interface RemoteLogSegmentMetadataRecord
  extends Decoded<typeof remoteLogSegmentMetadataRecord> {}

export const remoteLogSegmentMetadataUpdateRecord = message({
  name: 'RemoteLogSegmentMetadataUpdateRecord', versions: [0, 0], flexibleSince: 0,
  fields: {
    remoteLogSegmentId: struct(remoteLogSegmentId),
    brokerId: int32,
    eventTimestampMs: int64,
    customMetadata: bytes.nullable().default(null),
    remoteLogSegmentState: int8,
  },
})

export interface RemoteLogSegmentMetadataUpdateRecord
  extends Decoded<typeof remoteLogSegmentMetadataUpdateRecord> {}

export const remotePartitionDeleteMetadataRecord = message({
  name: 'RemotePartitionDeleteMetadataRecord', versions: [0, 0], flexibleSince: 0,
  fields: {
    topicIdPartition: struct(topicIdPartition),
    brokerId: int32,
    eventTimestampMs: int64,
    remotePartitionDeleteState: int8,
  },
})

export interface RemotePartitionDeleteMetadataRecord
  extends Decoded<typeof remotePartitionDeleteMetadataRecord> {}

export const remoteLogSegmentMetadataSnapshotRecord = message({
  name: 'RemoteLogSegmentMetadataSnapshotRecord', versions: [0, 0], flexibleSince: 0,
  fields: {
    segmentId: uuid,
    startOffset: int64,
    endOffset: int64,
    brokerId: int32,
    maxTimestampMs: int64,
    eventTimestampMs: int64,
    segmentLeaderEpochs: array(leaderEpoch),
    segmentSizeInBytes: int32,
    customMetadata: bytes.nullable().default(null),
    remoteLogSegmentState: int8,
    txnIndexEmpty: bool.tag(0),
  },
})

export interface RemoteLogSegmentMetadataSnapshotRecord
  extends Decoded<typeof remoteLogSegmentMetadataSnapshotRecord> {}

// Everything that Kafka keeps in its own topics and files, but for the metadata log: for tools and
// tests. Whoever reads or writes one of these imports its file.

import type { Message } from '../../schema.ts'
import { abortedTxn } from './aborted-txn.ts'
import {
  consumerGroupCurrentMemberAssignmentKey, consumerGroupCurrentMemberAssignmentValue,
  consumerGroupMemberMetadataKey, consumerGroupMemberMetadataValue, consumerGroupMetadataKey,
  consumerGroupMetadataValue, consumerGroupPartitionMetadataKey,
  consumerGroupPartitionMetadataValue, consumerGroupRegularExpressionKey,
  consumerGroupRegularExpressionValue, consumerGroupTargetAssignmentMemberKey,
  consumerGroupTargetAssignmentMemberValue, consumerGroupTargetAssignmentMetadataKey,
  consumerGroupTargetAssignmentMetadataValue,
} from './consumer-group.ts'
import { controlRecordTypeSchema } from './control-record-type.ts'
import { endTxnMarker } from './end-txn-marker.ts'
import { groupMetadataKey, groupMetadataValue } from './group-metadata.ts'
import { leaderChangeMessage } from './leader-change.ts'
import {
  legacyOffsetCommitKey, legacyOffsetCommitValue, offsetCommitKey, offsetCommitValue,
} from './offset-commit.ts'
import { producerSnapshot } from './producer-snapshot.ts'
import { quorumStateData } from './quorum-state.ts'
import { kRaftVersionRecord, votersRecord } from './quorum.ts'
import {
  remoteLogSegmentMetadataRecord, remoteLogSegmentMetadataSnapshotRecord,
  remoteLogSegmentMetadataUpdateRecord, remotePartitionDeleteMetadataRecord,
} from './remote-log.ts'
import {
  shareGroupCurrentMemberAssignmentKey, shareGroupCurrentMemberAssignmentValue,
  shareGroupMemberMetadataKey, shareGroupMemberMetadataValue, shareGroupMetadataKey,
  shareGroupMetadataValue, shareGroupStatePartitionMetadataKey,
  shareGroupStatePartitionMetadataValue, shareGroupTargetAssignmentMemberKey,
  shareGroupTargetAssignmentMemberValue, shareGroupTargetAssignmentMetadataKey,
  shareGroupTargetAssignmentMetadataValue,
} from './share-group.ts'
import {
  shareSnapshotKey, shareSnapshotValue, shareUpdateKey, shareUpdateValue,
} from './share-state.ts'
import { snapshotFooterRecord, snapshotHeaderRecord } from './snapshot.ts'
import {
  streamsGroupCurrentMemberAssignmentKey, streamsGroupCurrentMemberAssignmentValue,
  streamsGroupMemberMetadataKey, streamsGroupMemberMetadataValue, streamsGroupMetadataKey,
  streamsGroupMetadataValue, streamsGroupTargetAssignmentMemberKey,
  streamsGroupTargetAssignmentMemberValue, streamsGroupTargetAssignmentMetadataKey,
  streamsGroupTargetAssignmentMetadataValue, streamsGroupTopologyKey, streamsGroupTopologyValue,
} from './streams-group.ts'
import { transactionLogKey, transactionLogValue } from './transaction-log.ts'

/**
 * The key and the value of a record of a coordinator, and their number: it stands as an int16
 * before the key, where an int16 of the value's version stands before the value.
 */
export interface CoordinatorRecord {
  readonly type: number
  readonly key: Message
  readonly value: Message
}

function of(type: number, key: Message, value: Message): CoordinatorRecord {
  return { type, key, value }
}

/** Of `__consumer_offsets`. */
export const GROUP_RECORDS: readonly CoordinatorRecord[] = [
  of(0, legacyOffsetCommitKey, legacyOffsetCommitValue),
  of(1, offsetCommitKey, offsetCommitValue),
  of(2, groupMetadataKey, groupMetadataValue),
  of(3, consumerGroupMetadataKey, consumerGroupMetadataValue),
  of(4, consumerGroupPartitionMetadataKey, consumerGroupPartitionMetadataValue),
  of(5, consumerGroupMemberMetadataKey, consumerGroupMemberMetadataValue),
  of(6, consumerGroupTargetAssignmentMetadataKey, consumerGroupTargetAssignmentMetadataValue),
  of(7, consumerGroupTargetAssignmentMemberKey, consumerGroupTargetAssignmentMemberValue),
  of(8, consumerGroupCurrentMemberAssignmentKey, consumerGroupCurrentMemberAssignmentValue),
  of(10, shareGroupMemberMetadataKey, shareGroupMemberMetadataValue),
  of(11, shareGroupMetadataKey, shareGroupMetadataValue),
  of(12, shareGroupTargetAssignmentMetadataKey, shareGroupTargetAssignmentMetadataValue),
  of(13, shareGroupTargetAssignmentMemberKey, shareGroupTargetAssignmentMemberValue),
  of(14, shareGroupCurrentMemberAssignmentKey, shareGroupCurrentMemberAssignmentValue),
  of(15, shareGroupStatePartitionMetadataKey, shareGroupStatePartitionMetadataValue),
  of(16, consumerGroupRegularExpressionKey, consumerGroupRegularExpressionValue),
  of(17, streamsGroupMetadataKey, streamsGroupMetadataValue),
  of(19, streamsGroupMemberMetadataKey, streamsGroupMemberMetadataValue),
  of(20, streamsGroupTargetAssignmentMetadataKey, streamsGroupTargetAssignmentMetadataValue),
  of(21, streamsGroupTargetAssignmentMemberKey, streamsGroupTargetAssignmentMemberValue),
  of(22, streamsGroupCurrentMemberAssignmentKey, streamsGroupCurrentMemberAssignmentValue),
  of(23, streamsGroupTopologyKey, streamsGroupTopologyValue),
]

/** Of `__transaction_state`. */
export const TRANSACTION_RECORDS: readonly CoordinatorRecord[] = [
  of(0, transactionLogKey, transactionLogValue),
]

/** Of `__share_group_state`. */
export const SHARE_RECORDS: readonly CoordinatorRecord[] = [
  of(0, shareSnapshotKey, shareSnapshotValue),
  of(1, shareUpdateKey, shareUpdateValue),
]

/** Of `__remote_log_metadata`; the number stands before the value, as in the metadata log. */
export const REMOTE_LOG_RECORDS: readonly { readonly type: number, readonly value: Message }[] = [
  { type: 0, value: remoteLogSegmentMetadataRecord },
  { type: 1, value: remoteLogSegmentMetadataUpdateRecord },
  { type: 2, value: remotePartitionDeleteMetadataRecord },
  { type: 3, value: remoteLogSegmentMetadataSnapshotRecord },
]

/** Control records and what stands in files: without a number. */
export const OTHER_RECORDS: readonly Message[] = [
  abortedTxn, controlRecordTypeSchema, endTxnMarker, kRaftVersionRecord, leaderChangeMessage,
  producerSnapshot, quorumStateData, snapshotFooterRecord, snapshotHeaderRecord, votersRecord,
]

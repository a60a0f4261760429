// The records of `__consumer_offsets`: how groups and offsets are written, in Kafka's own form.
//
// A key is a number for the kind of record and then the key's fields; a value is the number of its
// version and then the value's fields.

import { encodeNumbered } from '../../../protocol/compile.ts'
import { groupMetadataKey, groupMetadataValue, type GroupMetadataValue }
  from '../../../protocol/messages/records/group-metadata.ts'
import { offsetCommitKey, offsetCommitValue, type OffsetCommitValue }
  from '../../../protocol/messages/records/offset-commit.ts'
import type { KeyValue, RecordCodec } from '../shard.ts'
import type { ClassicGroup } from './classic-group.ts'
import {
  type ConsumerRecord, decodeConsumerRecord, encodeConsumerRecord,
} from './consumer/records.ts'
import { NO_ASSIGNMENT } from './member.ts'
import type { CommittedOffset } from './offsets.ts'
import { decodeKey, decodeValue, numberOf } from './record-bytes.ts'

export interface OffsetRecord {
  readonly kind: 'offset'
  readonly groupId: string
  readonly topic: string
  readonly partition: number
  /** Null: forgotten. */
  readonly value: NewOffset | null
}

/** Where its record lies is known only when it is written. */
export type NewOffset = Omit<CommittedOffset, 'recordOffset'>

export interface GroupRecord {
  readonly kind: 'group'
  readonly groupId: string
  /** Null: deleted. */
  readonly value: GroupMetadataValue | null
}

export type GroupsRecord = OffsetRecord | GroupRecord | ConsumerRecord

// Numbers of the kinds of records. Kafka before 0.9 numbered offsets 0, in the same form.
const LEGACY_OFFSET = 0
const OFFSET = 1
const GROUP = 2

const GROUP_VERSION = 3
const OFFSET_VERSION = 4
/** The one version that carries a time of expiry. */
const EXPIRING_OFFSET_VERSION = 1

export const groupsCodec: RecordCodec<GroupsRecord> = { encode, decode }

function encode(record: GroupsRecord): KeyValue {
  if (record.kind === 'group') {
    const { groupId, value } = record
    return {
      key: encodeNumbered(GROUP, groupMetadataKey, 0, { group: groupId }),
      value: value === null
        ? null
        : encodeNumbered(GROUP_VERSION, groupMetadataValue, GROUP_VERSION, value),
    }
  }
  if (record.kind !== 'offset') return encodeConsumerRecord(record)
  const { groupId, topic, partition, value } = record
  return {
    key: encodeNumbered(OFFSET, offsetCommitKey, 0, { group: groupId, topic, partition }),
    value: value === null ? null : encodeOffset(value),
  }
}

function encodeOffset(value: NewOffset): Buffer {
  const version = value.expireTimestampMs === -1 ? OFFSET_VERSION : EXPIRING_OFFSET_VERSION
  return encodeNumbered(version, offsetCommitValue, version, {
    offset: value.offset,
    leaderEpoch: value.leaderEpoch,
    metadata: value.metadata,
    commitTimestamp: value.commitTimestampMs,
    expireTimestamp: value.expireTimestampMs,
    topicId: value.topicId,
  })
}

function decode(key: Buffer, value: Buffer | null): GroupsRecord | undefined {
  switch (numberOf(key)) {
    case LEGACY_OFFSET:
    case OFFSET: {
      const { group, topic, partition } = decodeKey(offsetCommitKey, key)
      return {
        kind: 'offset', groupId: group, topic, partition,
        value: value === null ? null : offsetOf(decodeValue(offsetCommitValue, value)),
      }
    }
    case GROUP: {
      const { group } = decodeKey(groupMetadataKey, key)
      return {
        kind: 'group', groupId: group,
        value: value === null ? null : decodeValue(groupMetadataValue, value),
      }
    }
    default: return decodeConsumerRecord(key, value)
  }
}

function offsetOf(value: OffsetCommitValue): NewOffset {
  return {
    offset: value.offset,
    leaderEpoch: value.leaderEpoch,
    metadata: value.metadata,
    commitTimestampMs: value.commitTimestamp,
    expireTimestampMs: value.expireTimestamp,
    topicId: value.topicId,
  }
}

/** The group as it is, with the assignment that its members are about to get. */
export function groupRecord(
  group: ClassicGroup, assignments: ReadonlyMap<string, Buffer>,
): GroupRecord {
  return {
    kind: 'group',
    groupId: group.groupId,
    value: {
      protocolType: group.protocolType ?? '',
      generation: group.generationId,
      protocol: group.protocolName,
      leader: group.leaderId,
      currentStateTimestamp: group.stateChangedMs ?? -1,
      members: [...group.members.values()].map((member) => ({
        memberId: member.memberId,
        groupInstanceId: member.groupInstanceId,
        clientId: member.clientId,
        clientHost: member.clientHost,
        rebalanceTimeout: member.rebalanceTimeoutMs,
        sessionTimeout: member.sessionTimeoutMs,
        subscription: member.metadata(group.protocolName!),
        assignment: assignments.get(member.memberId) ?? NO_ASSIGNMENT,
      })),
    },
  }
}

/** What is written when a group comes into being: it has no members yet. */
export function newGroupRecord(group: ClassicGroup): GroupRecord {
  return {
    kind: 'group',
    groupId: group.groupId,
    value: {
      protocolType: '', generation: 0, protocol: null, leader: null,
      currentStateTimestamp: group.stateChangedMs ?? -1, members: [],
    },
  }
}

export function groupTombstone(groupId: string): GroupRecord {
  return { kind: 'group', groupId, value: null }
}

export function offsetTombstone(groupId: string, topic: string, partition: number): OffsetRecord {
  return { kind: 'offset', groupId, topic, partition, value: null }
}

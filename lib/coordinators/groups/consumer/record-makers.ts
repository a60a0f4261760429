// Makes the records of consumer groups out of what they tell.

import type { Assignment, OwnedPartitions } from './assignment.ts'
import type { ConsumerGroup, ResolvedRegex } from './consumer-group.ts'
import type { ConsumerMember } from './consumer-member.ts'
import type { ConsumerRecord } from './records.ts'

export function memberRecord(groupId: string, member: ConsumerMember): ConsumerRecord {
  return {
    kind: 'consumerMember', groupId, memberId: member.memberId,
    value: {
      instanceId: member.instanceId, rackId: member.rackId,
      clientId: member.clientId, clientHost: member.clientHost,
      subscribedTopicNames: [...member.subscribedTopicNames].sort(),
      subscribedTopicRegex: member.subscribedTopicRegex,
      rebalanceTimeoutMs: member.rebalanceTimeoutMs,
      serverAssignor: member.serverAssignor,
      classicMemberMetadata: member.classic && {
        sessionTimeoutMs: member.classic.sessionTimeoutMs,
        supportedProtocols: [...member.classic.supportedProtocols],
      },
    },
  }
}

export function epochRecord(groupId: string, epoch: number, metadataHash: bigint): ConsumerRecord {
  return { kind: 'consumerGroup', groupId, value: { epoch, metadataHash } }
}

export function targetRecord(
  groupId: string, memberId: string, target: Assignment,
): ConsumerRecord {
  const topicPartitions = [...target].map(([topicId, partitions]) =>
    ({ topicId, partitions: [...partitions] }))
  return { kind: 'consumerTarget', groupId, memberId, value: { topicPartitions } }
}

/** Time 0: partitions may be assigned anew at once. */
export function targetEpochRecord(
  groupId: string, assignmentEpoch: number, assignmentTimestamp: number,
): ConsumerRecord {
  return {
    kind: 'consumerTargetEpoch', groupId, value: { assignmentEpoch, assignmentTimestamp },
  }
}

export function currentRecord(groupId: string, member: ConsumerMember): ConsumerRecord {
  return {
    kind: 'consumerCurrent', groupId, memberId: member.memberId,
    value: {
      memberEpoch: member.memberEpoch, previousMemberEpoch: member.previousMemberEpoch,
      state: member.state,
      assignedPartitions: withEpochs(member.assigned),
      partitionsPendingRevocation: withEpochs(member.pendingRevocation),
    },
  }
}

function withEpochs(owned: OwnedPartitions) {
  return [...owned].map(([topicId, partitions]) =>
    ({ topicId, partitions: [...partitions.keys()], assignmentEpochs: [...partitions.values()] }))
}

export function regexRecord(
  groupId: string, regex: string, { topics, version, timestampMs }: ResolvedRegex,
): ConsumerRecord {
  return {
    kind: 'consumerRegex', groupId, regex,
    value: { topics: [...topics].sort(), version, timestamp: timestampMs },
  }
}

export function regexTombstone(groupId: string, regex: string): ConsumerRecord {
  return { kind: 'consumerRegex', groupId, regex, value: null }
}

export function topicsTombstone(groupId: string): ConsumerRecord {
  return { kind: 'consumerTopics', groupId, value: null }
}

/** What the member owns goes first, so that nobody is without a name who owns something. */
export function memberTombstones(groupId: string, memberId: string): ConsumerRecord[] {
  return [
    { kind: 'consumerCurrent', groupId, memberId, value: null },
    { kind: 'consumerTarget', groupId, memberId, value: null },
    { kind: 'consumerMember', groupId, memberId, value: null },
  ]
}

/** `named`: of a member, the id under which it is written. */
export function consumerGroupTombstones(
  group: ConsumerGroup, named: (memberId: string) => string = (memberId) => memberId,
): ConsumerRecord[] {
  const { groupId } = group
  const memberIds = [...group.members.keys()].map(named)
  return [
    ...memberIds.map((memberId): ConsumerRecord =>
      ({ kind: 'consumerCurrent', groupId, memberId, value: null })),
    ...memberIds.map((memberId): ConsumerRecord =>
      ({ kind: 'consumerTarget', groupId, memberId, value: null })),
    { kind: 'consumerTargetEpoch', groupId, value: null },
    ...memberIds.map((memberId): ConsumerRecord =>
      ({ kind: 'consumerMember', groupId, memberId, value: null })),
    ...[...group.regexes.keys()].map((regex) => regexTombstone(groupId, regex)),
    topicsTombstone(groupId),
    { kind: 'consumerGroup', groupId, value: null },
  ]
}

/** All that makes the group, in the order in which it can be read. */
export function consumerGroupRecords(group: ConsumerGroup): ConsumerRecord[] {
  const { groupId } = group
  const members = [...group.members.values()]
  return [
    ...members.map((member) => memberRecord(groupId, member)),
    epochRecord(groupId, group.groupEpoch, group.metadataHash),
    ...members.map(({ memberId }) => targetRecord(groupId, memberId, group.target(memberId))),
    targetEpochRecord(groupId, group.targetEpoch, group.targetTimestampMs),
    ...members.map((member) => currentRecord(groupId, member)),
  ]
}

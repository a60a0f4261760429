// Folds one record into a consumer group, and tells how to take it back.

import { assignmentOf, NOTHING_OWNED } from './assignment.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { LEAVE_EPOCH, newMember, withCurrent, withSubscription } from './consumer-member.ts'
import type { ConsumerRecord } from './records.ts'

const DELETED_TARGET_EPOCH = -1

/** Not for the end of a group, which is its owner's business. */
export function applyTo(group: ConsumerGroup, record: ConsumerRecord): () => void {
  switch (record.kind) {
    case 'consumerGroup':
      return record.value === null
        ? () => {}
        : group.setEpoch(record.value.epoch, record.value.metadataHash)
    case 'consumerTopics':
      return group.setTopicsRecord(record.value !== null)
    case 'consumerMember': {
      const { memberId, value } = record
      if (value === null) return group.setMember(memberId, undefined)
      const member = group.members.get(memberId) ?? newMember(memberId)
      return group.setMember(memberId, withSubscription(member, value))
    }
    case 'consumerTargetEpoch': {
      const { value } = record
      return value === null
        ? group.setTargetEpoch(DELETED_TARGET_EPOCH, 0)
        : group.setTargetEpoch(value.assignmentEpoch, value.assignmentTimestamp)
    }
    case 'consumerTarget': {
      const { memberId, value } = record
      return group.setTarget(memberId, value === null
        ? undefined
        : assignmentOf(value.topicPartitions))
    }
    case 'consumerCurrent': return applyCurrent(group, record)
    case 'consumerRegex': {
      const { regex, value } = record
      return group.setRegex(regex, value === null ? undefined : {
        topics: new Set(value.topics), version: value.version, timestampMs: value.timestamp,
      })
    }
  }
}

function applyCurrent(
  group: ConsumerGroup, { memberId, value }: Extract<ConsumerRecord, { kind: 'consumerCurrent' }>,
): () => void {
  const known = group.members.get(memberId)
  if (value !== null) {
    return group.setMember(memberId, withCurrent(known ?? newMember(memberId), value))
  }
  if (known === undefined) return () => {}
  return group.setMember(memberId, {
    ...known, memberEpoch: LEAVE_EPOCH, previousMemberEpoch: LEAVE_EPOCH,
    assigned: NOTHING_OWNED, pendingRevocation: NOTHING_OWNED,
  })
}

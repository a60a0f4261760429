// DeleteGroups and OffsetDelete: what may be forgotten on request, and what follows a topic's end.

import { ApiError, Errors } from '../../../protocol/errors.ts'
import type {
  OffsetDeleteRequest, OffsetDeleteResponse,
} from '../../../protocol/messages/offset-delete.ts'
import { ZERO_UUID } from '../../../protocol/schema.ts'
import { consumerGroupTombstones } from './consumer/record-makers.ts'
import { cancelGroupTimers } from './rebalance.ts'
import { groupTombstone, type GroupsRecord, offsetTombstone } from './records.ts'
import type { Group, GroupsState } from './state.ts'

/** The group with all its offsets. Throws GROUP_ID_NOT_FOUND or NON_EMPTY_GROUP. */
export function deleteGroup(state: GroupsState, groupId: string): GroupsRecord[] {
  const group = state.group(groupId)
  if (group.type === 'classic' && group.is('Dead')) throw new ApiError(Errors.GROUP_ID_NOT_FOUND)
  if (!group.isEmpty) throw new ApiError(Errors.NON_EMPTY_GROUP)
  const offsets = [...state.offsets.ofGroup(groupId) ?? []].flatMap(([topic, partitions]) =>
    [...partitions.keys()].map((partition) => offsetTombstone(groupId, topic, partition)))
  const pending = [...state.pendingOffsets.ofGroup(groupId)]
    .filter(({ topic, partition }) => state.offsets.get(groupId, topic, partition) === undefined)
    .map(({ topic, partition }) => offsetTombstone(groupId, topic, partition))
  return [...offsets, ...pending, ...groupTombstones(state, group)]
}

/** Of a group without members. */
export function groupTombstones(state: GroupsState, group: Group): GroupsRecord[] {
  if (group.type === 'consumer') return consumerGroupTombstones(group)
  cancelGroupTimers(state, group)
  return [groupTombstone(group.groupId)]
}

/**
 * Single offsets; those of topics in use stay, with GROUP_SUBSCRIBED_TO_TOPIC. Throws
 * GROUP_ID_NOT_FOUND, or NON_EMPTY_GROUP where the coordinator does not know what is in use.
 */
export function deleteOffsets(
  state: GroupsState, request: OffsetDeleteRequest,
): { records: GroupsRecord[], answer: OffsetDeleteResponse } {
  const { groupId } = request
  const group = state.group(groupId)
  if (group.type === 'classic') {
    if (group.is('Dead')) throw new ApiError(Errors.GROUP_ID_NOT_FOUND)
    if (!group.isEmpty && !group.usesConsumerProtocol) throw new ApiError(Errors.NON_EMPTY_GROUP)
  }
  const records: GroupsRecord[] = []
  const topics = request.topics.map(({ name, partitions }) => {
    const isInUse = group.isSubscribedTo(name)
    const errorCode = isInUse ? Errors.GROUP_SUBSCRIBED_TO_TOPIC : Errors.NONE
    for (const { partitionIndex } of isInUse ? [] : partitions) {
      const isKnown = state.offsets.get(groupId, name, partitionIndex) !== undefined
        || state.pendingOffsets.has(groupId, name, partitionIndex)
      if (!isKnown) continue
      records.push(offsetTombstone(groupId, name, partitionIndex))
    }
    return {
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    }
  })
  state.world.counts.offsetDeletions += records.length
  return { records, answer: { errorCode: Errors.NONE, topics } }
}

/** Offsets of a topic that is no more; those of a new topic of the same name stay. */
export function forgetTopic(state: GroupsState, name: string, topicId: string): GroupsRecord[] {
  const records: GroupsRecord[] = []
  for (const groupId of state.offsets.groupIds()) {
    for (const [partition, offset] of state.offsets.ofGroup(groupId)?.get(name) ?? []) {
      if (offset.topicId !== ZERO_UUID && offset.topicId !== topicId) continue
      records.push(offsetTombstone(groupId, name, partition))
    }
  }
  for (const groupId of state.pendingOffsets.groupIds()) {
    for (const { topic, partition, offset } of state.pendingOffsets.ofGroup(groupId)) {
      const isGone = topic === name
        && (offset.topicId === ZERO_UUID || offset.topicId === topicId)
      if (isGone) records.push(offsetTombstone(groupId, name, partition))
    }
  }
  return records
}

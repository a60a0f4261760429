// OffsetCommit: who may commit to a group, and what is written.

import { ApiError, Errors } from '../../../protocol/errors.ts'
import type {
  OffsetCommitRequest, OffsetCommitResponse,
} from '../../../protocol/messages/offset-commit.ts'
import type { ClassicGroup } from './classic-group.ts'
import { watchSession } from './rebalance.ts'
import type { OffsetRecord } from './records.ts'
import type { GroupsState } from './state.ts'

/** First version that knows GROUP_ID_NOT_FOUND; before, an unknown group has no such generation. */
const GROUP_ID_NOT_FOUND_SINCE = 9
const NO_RETENTION = -1

/** Topics are taken as they are: the handler has looked for them. Throws what the group says. */
export function commitOffsets(
  state: GroupsState, request: OffsetCommitRequest, apiVersion: number,
): { records: OffsetRecord[], answer: OffsetCommitResponse } {
  checkCommitter(state, request, apiVersion)
  const nowMs = state.world.nowMs()
  const expireTimestampMs =
    request.retentionTimeMs === NO_RETENTION ? -1 : nowMs + request.retentionTimeMs
  const records: OffsetRecord[] = []
  const topics = request.topics.map(({ name, topicId, partitions }) => ({
    name,
    topicId,
    partitions: partitions.map((partition) => {
      const { partitionIndex } = partition
      const metadata = partition.committedMetadata ?? ''
      if (metadata.length > state.world.settings.offsetMetadataMaxBytes) {
        return { partitionIndex, errorCode: Errors.OFFSET_METADATA_TOO_LARGE }
      }
      const value = {
        offset: partition.committedOffset,
        leaderEpoch: partition.committedLeaderEpoch,
        metadata, commitTimestampMs: nowMs, expireTimestampMs, topicId,
      }
      records.push({
        kind: 'offset', groupId: request.groupId, topic: name, partition: partitionIndex, value,
      })
      return { partitionIndex, errorCode: Errors.NONE }
    }),
  }))
  return { records, answer: { topics } }
}

function checkCommitter(
  state: GroupsState, request: OffsetCommitRequest, apiVersion: number,
): void {
  const group = state.groups.get(request.groupId)
  if (group === undefined) {
    // Without a generation: somebody manages partitions alone, whose first offset makes the group.
    if (request.generationIdOrMemberEpoch < 0) return
    if (apiVersion >= GROUP_ID_NOT_FOUND_SINCE) {
      throw new ApiError(Errors.GROUP_ID_NOT_FOUND)
    }
    throw new ApiError(Errors.ILLEGAL_GENERATION)
  }
  checkMember(group, request)
  const member = group.members.get(request.memberId)
  // A commit is a sign of life.
  if (member !== undefined && group.is('Stable', 'PreparingRebalance')) {
    watchSession(state, group, member)
  }
}

function checkMember(group: ClassicGroup, request: OffsetCommitRequest): void {
  const { memberId, groupInstanceId, generationIdOrMemberEpoch: generationId } = request
  if (group.is('Dead')) throw new ApiError(Errors.COORDINATOR_NOT_AVAILABLE)
  if (generationId < 0 && group.is('Empty')) return
  if (generationId >= 0 || memberId !== '' || groupInstanceId !== null) {
    group.validMember(memberId, groupInstanceId)
    if (generationId !== group.generationId) throw new ApiError(Errors.ILLEGAL_GENERATION)
  } else {
    throw new ApiError(Errors.UNKNOWN_MEMBER_ID)
  }
  if (group.is('CompletingRebalance')) throw new ApiError(Errors.REBALANCE_IN_PROGRESS)
}

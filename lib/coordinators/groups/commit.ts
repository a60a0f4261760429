// OffsetCommit and TxnOffsetCommit: who may commit to a group, and what is written.

import { ApiError, Errors } from '../../../protocol/errors.ts'
import type {
  OffsetCommitRequest, OffsetCommitResponse,
} from '../../../protocol/messages/offset-commit.ts'
import type {
  TxnOffsetCommitRequest, TxnOffsetCommitResponse,
} from '../../../protocol/messages/txn-offset-commit.ts'
import type { ClassicGroup } from './classic-group.ts'
import { checkCommitter, type Committer, type PartitionCheck } from './consumer/commit-check.ts'
import { watchSession } from './rebalance.ts'
import type { OffsetRecord } from './records.ts'
import type { GroupsState } from './state.ts'

/** First version that knows GROUP_ID_NOT_FOUND; before, an unknown group has no such generation. */
const GROUP_ID_NOT_FOUND_SINCE = 9
const TRANSACTIONAL_GROUP_ID_NOT_FOUND_SINCE = 6
const NO_RETENTION = -1

/** Topics are taken as they are: the handler has looked for them. Throws what the group says. */
export function commitOffsets(
  state: GroupsState, request: OffsetCommitRequest, apiVersion: number,
): { records: OffsetRecord[], answer: OffsetCommitResponse } {
  const check = checkCommit(state, request, apiVersion)
  const { groupId, retentionTimeMs, topics } = request
  const expireTimestampMs =
    retentionTimeMs === NO_RETENTION ? -1 : state.world.nowMs() + retentionTimeMs
  return offsetsToWrite(state, groupId, topics, expireTimestampMs, check)
}

/** As `commitOffsets`; the offsets count when the producer's transaction is committed. */
export function commitTransactionalOffsets(
  state: GroupsState, request: TxnOffsetCommitRequest, apiVersion: number,
): { records: OffsetRecord[], answer: TxnOffsetCommitResponse } {
  const group = state.groups.get(request.groupId)
  const check = group?.type === 'consumer'
    ? checkCommitter(group, request, true, apiVersion)
    : undefined
  if (group === undefined) {
    checkUnknown(request, apiVersion >= TRANSACTIONAL_GROUP_ID_NOT_FOUND_SINCE)
  } else if (group.type === 'classic') checkMember(group, request, { isTransactional: true })
  return offsetsToWrite(state, request.groupId, request.topics, -1, check)
}

interface ToCommit {
  readonly name: string
  readonly topicId: string
  readonly partitions: readonly {
    readonly partitionIndex: number
    readonly committedOffset: number
    readonly committedLeaderEpoch: number
    readonly committedMetadata: string | null
  }[]
}

function offsetsToWrite(
  { world }: GroupsState, groupId: string, asked: readonly ToCommit[], expireTimestampMs: number,
  check: PartitionCheck | undefined,
) {
  const commitTimestampMs = world.nowMs()
  const records: OffsetRecord[] = []
  const topics = asked.map(({ name, topicId, partitions }) => ({
    name,
    topicId,
    partitions: partitions.map((partition) => {
      const { partitionIndex } = partition
      const metadata = partition.committedMetadata ?? ''
      if (metadata.length > world.settings.offsetMetadataMaxBytes) {
        return { partitionIndex, errorCode: Errors.OFFSET_METADATA_TOO_LARGE }
      }
      check?.(topicId, partitionIndex)
      const value = {
        offset: partition.committedOffset,
        leaderEpoch: partition.committedLeaderEpoch,
        metadata, commitTimestampMs, expireTimestampMs, topicId,
      }
      records.push({ kind: 'offset', groupId, topic: name, partition: partitionIndex, value })
      return { partitionIndex, errorCode: Errors.NONE }
    }),
  }))
  world.counts.offsetCommits += records.length
  return { records, answer: { topics } }
}

/** Undefined: nothing has to be said of single partitions. */
function checkCommit(
  state: GroupsState, request: OffsetCommitRequest, apiVersion: number,
): PartitionCheck | undefined {
  const group = state.groups.get(request.groupId)
  if (group === undefined) {
    checkUnknown(request, apiVersion >= GROUP_ID_NOT_FOUND_SINCE)
    return undefined
  }
  if (group.type === 'consumer') return checkCommitter(group, request, false, apiVersion)
  checkMember(group, request, { isTransactional: false })
  const member = group.members.get(request.memberId)
  // A commit is a sign of life.
  if (member !== undefined && group.is('Stable', 'PreparingRebalance')) {
    watchSession(state, group, member)
  }
  return undefined
}

/** Without a generation somebody manages partitions alone, whose first offset makes the group. */
function checkUnknown({ generationIdOrMemberEpoch }: Committer, saysNotFound: boolean): void {
  if (generationIdOrMemberEpoch < 0) return
  throw new ApiError(saysNotFound ? Errors.GROUP_ID_NOT_FOUND : Errors.ILLEGAL_GENERATION)
}

/** In a transaction the producer's epoch keeps others out: it need not be a member. */
function checkMember(
  group: ClassicGroup, committer: Committer, { isTransactional }: { isTransactional: boolean },
): void {
  const { memberId, groupInstanceId, generationIdOrMemberEpoch: generationId } = committer
  if (group.is('Dead')) throw new ApiError(Errors.COORDINATOR_NOT_AVAILABLE)
  if (generationId < 0 && group.is('Empty')) return
  if (generationId >= 0 || memberId !== '' || groupInstanceId !== null) {
    group.validMember(memberId, groupInstanceId)
    if (generationId !== group.generationId) throw new ApiError(Errors.ILLEGAL_GENERATION)
  } else if (!isTransactional) {
    throw new ApiError(Errors.UNKNOWN_MEMBER_ID)
  }
  if (group.is('CompletingRebalance') && !isTransactional) {
    throw new ApiError(Errors.REBALANCE_IN_PROGRESS)
  }
}

// OffsetFetch: what a group has committed, for some partitions or for all.

import { Errors } from '../../../protocol/errors.ts'
import { ZERO_UUID } from '../../../protocol/schema.ts'
import { checkFetcher } from './consumer/commit-check.ts'
import type { CommittedOffset } from './offsets.ts'
import type { GroupsState } from './state.ts'

export interface AskedTopic {
  readonly name: string
  /** The zero id: asked for by name only. */
  readonly topicId: string
  readonly partitionIndexes: readonly number[]
}

export interface FetchedPartition {
  readonly partitionIndex: number
  readonly committedOffset: number
  readonly committedLeaderEpoch: number
  readonly metadata: string
  readonly errorCode: number
}

export interface FetchedTopic {
  readonly name: string
  readonly topicId: string
  readonly partitions: FetchedPartition[]
}

/** A member of a consumer group that tells who it is (version 9). */
export interface Fetcher {
  readonly memberId: string | null
  readonly memberEpoch: number
}

/** Throws what a consumer group says of the member; others ask for none. */
export function checkFetch(
  state: GroupsState, groupId: string, fetcher: Fetcher | undefined,
): void {
  const group = state.consumer(groupId)
  if (group === undefined || fetcher === undefined) return
  checkFetcher(group, fetcher.memberId, fetcher.memberEpoch)
}

/** What there is no offset for; with an error: what there was no way to look for. */
export function noOffset(partitionIndex: number, errorCode = 0): FetchedPartition {
  return {
    partitionIndex, committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode,
  }
}

/**
 * An unknown group has committed nothing. Stable: what an open transaction may change has
 * UNSTABLE_OFFSET_COMMIT (KIP-447).
 */
export function fetchOffsets(
  state: GroupsState, groupId: string, topics: readonly AskedTopic[], isStable: boolean,
): FetchedTopic[] {
  return topics.map(({ name, topicId, partitionIndexes }) => ({
    name,
    topicId,
    partitions: partitionIndexes.map((partition) => {
      if (isStable && state.pendingOffsets.has(groupId, name, partition)) {
        return noOffset(partition, Errors.UNSTABLE_OFFSET_COMMIT)
      }
      const offset = state.offsets.get(groupId, name, partition)
      return offset === undefined || isOfAnotherTopic(offset, topicId)
        ? noOffset(partition)
        : fetched(partition, offset)
    }),
  }))
}

export function fetchAllOffsets(
  state: GroupsState, groupId: string, isStable: boolean,
): FetchedTopic[] {
  const topics = state.offsets.ofGroup(groupId) ?? new Map<string, never>()
  return [...topics].map(([name, partitions]) => ({
    name,
    topicId: ZERO_UUID,
    partitions: [...partitions].map(([partition, offset]) => (
      isStable && state.pendingOffsets.has(groupId, name, partition)
        ? noOffset(partition, Errors.UNSTABLE_OFFSET_COMMIT)
        : fetched(partition, offset)
    )),
  }))
}

/** The topic was deleted and made anew since the commit. */
function isOfAnotherTopic({ topicId }: CommittedOffset, askedId: string): boolean {
  return topicId !== ZERO_UUID && askedId !== ZERO_UUID && topicId !== askedId
}

function fetched(
  partitionIndex: number, { offset, leaderEpoch, metadata }: CommittedOffset,
): FetchedPartition {
  return {
    partitionIndex,
    committedOffset: offset,
    committedLeaderEpoch: leaderEpoch,
    metadata,
    errorCode: 0,
  }
}

// How far groups have read: their committed offsets, asked for, set, and taken back.

import { Errors } from '../../protocol/errors.ts'
import { offsetCommit } from '../../protocol/messages/offset-commit.ts'
import { offsetDelete } from '../../protocol/messages/offset-delete.ts'
import { offsetFetch } from '../../protocol/messages/offset-fetch.ts'
import { type Client, partitionKey, type TopicPartition } from './client.ts'
import { RefusedError, throwIfRefused } from './errors.ts'
import { byTopic } from './offsets.ts'

export interface Committed extends TopicPartition {
  readonly offset: number
  readonly leaderEpoch: number
  readonly metadata: string | null
}

/** Later versions of OffsetFetch and OffsetCommit name topics by their ids. */
const LAST_WITH_NAMES = 9

/** All that a group has committed, by topic and partition. Throws RefusedError. */
export async function committedOffsets(client: Client, groupId: string): Promise<Committed[]> {
  return client.retry(async () => {
    const connection = await client.coordinator('group', groupId)
    const version = connection.versionOf(offsetFetch, LAST_WITH_NAMES)
    const answer = await connection.request(offsetFetch, {
      groupId, topics: null, groups: [{ groupId, topics: null }], requireStable: false,
    }, version === undefined ? {} : { version })
    const group = answer.groups[0] ?? answer
    throwIfRefused(group.errorCode, `group ${groupId}`)
    return group.topics.flatMap(({ name, partitions }) => partitions.map((partition) => {
      throwIfRefused(partition.errorCode, `group ${groupId}`)
      return {
        topic: name, partition: partition.partitionIndex, offset: partition.committedOffset,
        leaderEpoch: partition.committedLeaderEpoch, metadata: partition.metadata,
      }
    })).filter(({ offset }) => offset >= 0).sort(byPlace)
  })
}

export function byPlace(a: TopicPartition, b: TopicPartition): number {
  return a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1
}

/** Who commits: nobody of the group, or a member of it. */
export interface Committer {
  readonly memberId: string
  readonly generation: number
}

const NO_MEMBER: Committer = { memberId: '', generation: -1 }

export interface ToCommit extends TopicPartition {
  readonly offset: number
}

/** Throws RefusedError. */
export async function commitOffsets(
  client: Client, groupId: string, offsets: readonly ToCommit[], committer = NO_MEMBER,
): Promise<void> {
  await client.retry(async () => {
    const connection = await client.coordinator('group', groupId)
    const version = connection.versionOf(offsetCommit, LAST_WITH_NAMES)
    const { topics } = await connection.request(offsetCommit, {
      groupId, memberId: committer.memberId, generationIdOrMemberEpoch: committer.generation,
      topics: byTopic(offsets).map(([name, partitions]) => ({
        name,
        partitions: partitions.map(({ partition, offset }) => (
          { partitionIndex: partition, committedOffset: offset, committedMetadata: '' })),
      })),
    }, version === undefined ? {} : { version })
    for (const { partitions } of topics) {
      for (const { errorCode } of partitions) throwIfRefused(errorCode, `group ${groupId}`)
    }
  })
}

/** Takes the offsets of partitions back; gives the refusals. */
export async function deleteOffsets(
  client: Client, groupId: string, partitions: readonly TopicPartition[],
): Promise<RefusedError[]> {
  return client.askCoordinator('group', groupId, offsetDelete, {
    groupId,
    topics: byTopic(partitions).map(([name, some]) => ({
      name, partitions: some.map(({ partition }) => ({ partitionIndex: partition })),
    })),
  }, ({ errorCode, topics }) => {
    throwIfRefused(errorCode, `group ${groupId}`)
    return topics.flatMap(({ name, partitions: some }) => some
      .filter((one) => one.errorCode !== Errors.NONE)
      .map((one) => new RefusedError(one.errorCode,
        `partition ${partitionKey({ topic: name, partition: one.partitionIndex })}`)))
  })
}

// What OffsetCommit and TxnOffsetCommit have in common: topics are looked for before the group is
// asked, and those refused stand beside those that it answers.

import type { Image } from '../../controller/image/image.ts'
import { Errors } from '../../protocol/errors.ts'

interface AskedTopic {
  readonly name: string
  readonly topicId: string
  readonly partitions: readonly { readonly partitionIndex: number }[]
}

interface CommittedPartition {
  readonly partitionIndex: number
  readonly errorCode: number
}

interface CommittedTopic {
  readonly name?: string | undefined
  readonly topicId?: string | undefined
  readonly partitions: readonly CommittedPartition[]
}

export interface LookedUp<T> {
  /** What exists, with its name and id: for the group. */
  readonly known: T[]
  readonly refused: readonly CommittedTopic[]
}

export function lookUp<T extends AskedTopic>(
  { topics: image }: Image, topics: readonly T[], byId: boolean,
): LookedUp<T> {
  const known: T[] = []
  const refused: CommittedTopic[] = []
  for (const asked of topics) {
    const topic = byId ? image.byId(asked.topicId) : image.byName(asked.name)
    if (topic === undefined) {
      const code = byId ? Errors.UNKNOWN_TOPIC_ID : Errors.UNKNOWN_TOPIC_OR_PARTITION
      refused.push(refusedTopic(asked, code))
      continue
    }
    const named = { ...asked, name: topic.name, topicId: topic.id }
    const isThere = ({ partitionIndex }: T['partitions'][number]) =>
      topic.partitions.has(partitionIndex)
    if (asked.partitions.length > 0 && asked.partitions.every(isThere)) {
      known.push(named)
      continue
    }
    const missing = asked.partitions.filter((partition) => !isThere(partition))
    const there = asked.partitions.filter(isThere)
    if (missing.length > 0) {
      const partly = { ...named, partitions: missing }
      refused.push(refusedTopic(partly, Errors.UNKNOWN_TOPIC_OR_PARTITION))
    }
    if (there.length > 0) known.push({ ...named, partitions: there })
  }
  return { known, refused }
}

export function refusedTopic(
  { name, topicId, partitions }: AskedTopic, errorCode: number,
): CommittedTopic {
  return {
    name,
    topicId,
    partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
  }
}

/**
 * The refused first, each topic once with all of its partitions; where none is refused, the
 * group's answer as it is.
 */
export function mergedTopics(
  refused: readonly CommittedTopic[], answered: readonly CommittedTopic[],
): readonly CommittedTopic[] {
  if (refused.length === 0) return answered
  const partitions = new Map<string, CommittedPartition[]>()
  const firsts: CommittedTopic[] = []
  for (const topic of [...refused, ...answered]) {
    const key = `${topic.topicId} ${topic.name}`
    const known = partitions.get(key)
    if (known === undefined) {
      partitions.set(key, [...topic.partitions])
      firsts.push(topic)
    } else {
      for (const partition of topic.partitions) known.push(partition)
    }
  }
  return [...partitions.values()].map((all, i) => ({ ...firsts[i]!, partitions: all }))
}

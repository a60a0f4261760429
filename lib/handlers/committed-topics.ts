// The answers to OffsetCommit and TxnOffsetCommit: topics refused before the group is asked, and
// those that it answers.

interface CommittedPartition {
  readonly partitionIndex: number
  readonly errorCode: number
}

interface CommittedTopic {
  readonly name?: string | undefined
  readonly topicId?: string | undefined
  readonly partitions: readonly CommittedPartition[]
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

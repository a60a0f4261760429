// Committed offsets of all groups of a shard: group → topic → partition → offset.

/** What was committed for one partition. */
export interface CommittedOffset {
  readonly offset: number
  /** Epoch of the last consumed record; −1 when not known. */
  readonly leaderEpoch: number
  readonly metadata: string
  readonly commitTimestampMs: number
  /** −1 unless the commit asked for a retention of its own (OffsetCommit 2–4). */
  readonly expireTimestampMs: number
  readonly topicId: string
  /** Of its record: what was written later counts, whenever its transaction ended. */
  readonly recordOffset: number
}

export type OffsetsByPartition = Map<number, CommittedOffset>
export type OffsetsByTopic = Map<string, OffsetsByPartition>

export class Offsets {
  readonly #groups = new Map<string, OffsetsByTopic>()

  ofGroup(groupId: string): ReadonlyMap<string, ReadonlyMap<number, CommittedOffset>> | undefined {
    return this.#groups.get(groupId)
  }

  get isEmpty(): boolean {
    return this.#groups.size === 0
  }

  groupIds(): Iterable<string> {
    return this.#groups.keys()
  }

  get(groupId: string, topic: string, partition: number): CommittedOffset | undefined {
    return this.#groups.get(groupId)?.get(topic)?.get(partition)
  }

  /** Sets or (undefined) removes; gives what was there. */
  put(
    groupId: string, topic: string, partition: number, offset: CommittedOffset | undefined,
  ): CommittedOffset | undefined {
    return offset === undefined
      ? this.#remove(groupId, topic, partition)
      : this.#set(groupId, topic, partition, offset)
  }

  #set(
    groupId: string, topic: string, partition: number, offset: CommittedOffset,
  ): CommittedOffset | undefined {
    let topics = this.#groups.get(groupId)
    if (topics === undefined) this.#groups.set(groupId, topics = new Map())
    let partitions = topics.get(topic)
    if (partitions === undefined) topics.set(topic, partitions = new Map())
    const previous = partitions.get(partition)
    partitions.set(partition, offset)
    return previous
  }

  #remove(groupId: string, topic: string, partition: number): CommittedOffset | undefined {
    const topics = this.#groups.get(groupId)
    const partitions = topics?.get(topic)
    const previous = partitions?.get(partition)
    if (topics === undefined || partitions === undefined) return undefined
    partitions.delete(partition)
    if (partitions.size === 0) topics.delete(topic)
    if (topics.size === 0) this.#groups.delete(groupId)
    return previous
  }
}

// What an assignor makes of a member's assignment, on its way to the next one.

import type { Assignment } from '../assignment.ts'
import { bucketsFor, bucketsOfCopy, hashOfInt, hashOfUuid, HashTable } from '../java-order.ts'

type Partitions = HashTable<number, true>

/** Topics and partitions end up in Kafka's order: the next assignment may depend on it. */
export class Draft {
  readonly #topics: HashTable<string, Partitions>

  /** Begins with what the member has. */
  constructor(before: Assignment) {
    this.#topics = new HashTable(hashOfUuid, bucketsFor(before.size))
    for (const [topicId, partitions] of before) {
      const table: Partitions = new HashTable(hashOfInt, bucketsOfCopy(partitions.size))
      for (const partition of partitions) table.set(partition, true)
      this.#topics.set(topicId, table)
    }
  }

  /** Buckets: of a topic that it has nothing of yet; left out: as few as usual. */
  add(topicId: string, partition: number, buckets?: number): void {
    const partitions = this.#topics.getOrMake(topicId,
      (): Partitions => new HashTable(hashOfInt, buckets))
    partitions.set(partition, true)
  }

  remove(topicId: string, partition: number): void {
    const partitions = this.#topics.get(topicId)
    partitions?.delete(partition)
    if (partitions?.size === 0) this.#topics.delete(topicId)
  }

  removeTopic(topicId: string): void {
    this.#topics.delete(topicId)
  }

  finish(): Assignment {
    return new Map(this.#topics.keys().map((topicId) =>
      [topicId, new Set(this.#topics.get(topicId)!.keys())]))
  }
}

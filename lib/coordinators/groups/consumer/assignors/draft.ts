// What an assignor makes of a member's assignment, on its way to the next one.

import type { Assignment } from '../assignment.ts'
import {
  bucketsFor, bucketsOfCopy, type Hash, HashKeys, hashOfInt, HashTable,
} from '../java-order.ts'

type Partitions = HashKeys<number>

/**
 * Topics and partitions end up in Kafka's order: the next assignment may depend on it. Nothing is
 * copied before something changes: most members keep what they have.
 */
export class Draft {
  readonly #before: Assignment
  readonly #hashOfTopic: Hash<string>
  #changed: HashTable<string, Partitions> | undefined

  /** Begins with what the member has. */
  constructor(before: Assignment, hashOfTopic: Hash<string>) {
    this.#before = before
    this.#hashOfTopic = hashOfTopic
  }

  /** Buckets: of a topic that it has nothing of yet; left out: as few as usual. */
  add(topicId: string, partition: number, buckets?: number): void {
    const partitions = this.#topics().getOrMake(topicId,
      (): Partitions => new HashKeys(hashOfInt, buckets))
    partitions.add(partition)
  }

  remove(topicId: string, partition: number): void {
    const topics = this.#topics()
    const partitions = topics.get(topicId)
    partitions?.delete(partition)
    if (partitions?.size === 0) topics.delete(topicId)
  }

  /** Leaves the first so many partitions of a topic; gives the others. */
  shorten(topicId: string, size: number): readonly number[] {
    const topics = this.#topics()
    const others = topics.get(topicId)?.shorten(size) ?? []
    if (size === 0) topics.delete(topicId)
    return others
  }

  removeTopic(topicId: string): void {
    this.#topics().delete(topicId)
  }

  finish(): Assignment {
    const topics = this.#changed
    if (topics === undefined) return this.#before
    return new Map(topics.keys().map((topicId) =>
      [topicId, new Set(topics.get(topicId)!.keys())]))
  }

  #topics(): HashTable<string, Partitions> {
    if (this.#changed !== undefined) return this.#changed
    const topics = new HashTable<string, Partitions>(
      this.#hashOfTopic, bucketsFor(this.#before.size))
    for (const [topicId, partitions] of this.#before) {
      const table: Partitions = new HashKeys(hashOfInt, bucketsOfCopy(partitions.size))
      for (const partition of partitions) table.add(partition)
      topics.set(topicId, table)
    }
    this.#changed = topics
    return topics
  }
}

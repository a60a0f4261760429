// Folds records into an image one after the other. Topics and partitions, of which there may be
// thousands in a row, are put into it together.

import type { MetadataRecord } from '../metadata-records.ts'
import { applyRecord, changedPartition, type Image, partitionOf } from './image.ts'
import type { Partition, TopicsImage } from './topics.ts'

/** To put so many into the image takes less than a millisecond. */
const MAX_HELD = 256

export class ImageBuilder {
  #image: Image
  /** What is not in the image yet: topics that are new, names by their ids. */
  #created = new Map<string, string>()
  /** By topic id, and index. */
  #partitions = new Map<string, Map<number, Partition>>()
  #heldCount = 0

  constructor(image: Image) {
    this.#image = image
  }

  /** With every record so far. */
  get image(): Image {
    if (this.#heldCount > 0) {
      const changes = { created: this.#created, partitions: this.#partitions }
      this.#image = { ...this.#image, topics: this.#image.topics.with(changes) }
      this.#created = new Map()
      this.#partitions = new Map()
      this.#heldCount = 0
    }
    return this.#image
  }

  get topics(): TopicsImage {
    return this.image.topics
  }

  /** Throws when the record contradicts the image: a corrupt log. */
  add(record: MetadataRecord): void {
    switch (record.type) {
      case 'topic': {
        const { topicId, name } = record.data
        // One that begins anew is without the partitions that it had.
        if (this.#created.has(topicId) || this.#partitions.has(topicId)) void this.image
        if (this.#image.topics.byId(topicId) !== undefined) return this.#apply(record)
        this.#created.set(topicId, name)
        return this.#held()
      }
      case 'partition': {
        const { topicId, partitionId } = record.data
        return this.#hold(topicId, partitionId, partitionOf(record.data))
      }
      case 'partitionChange': {
        const { topicId, partitionId } = record.data
        const before = this.#partitions.get(topicId)?.get(partitionId)
          ?? this.#image.topics.byId(topicId)?.partitions.get(partitionId)
        if (!before) throw new Error(`change of ${topicId}-${partitionId}, which does not exist`)
        return this.#hold(topicId, partitionId, changedPartition(before, record.data))
      }
      default:
        this.#apply(record)
    }
  }

  #apply(record: MetadataRecord): void {
    this.#image = applyRecord(this.image, record)
  }

  #hold(topicId: string, index: number, partition: Partition): void {
    const held = this.#partitions.get(topicId)
    if (held === undefined) this.#partitions.set(topicId, new Map([[index, partition]]))
    else held.set(index, partition)
    this.#held()
  }

  #held(): void {
    this.#heldCount++
    if (this.#heldCount === MAX_HELD) void this.image
  }
}

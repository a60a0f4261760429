// Folds records into an image one after the other. Those of the partitions of one topic, of which
// there may be thousands in a row, are put into it together.

import type { MetadataRecord } from '../metadata-records.ts'
import { applyRecord, changedPartition, type Image, partitionOf } from './image.ts'
import type { Partition, TopicsImage } from './topics.ts'

export class ImageBuilder {
  #image: Image
  /** What is not in the image yet: partitions of this topic. */
  #topicId = ''
  #partitions = new Map<number, Partition>()

  constructor(image: Image) {
    this.#image = image
  }

  /** With every record so far. */
  get image(): Image {
    if (this.#partitions.size > 0) {
      const topics = this.#image.topics.withPartitions(this.#topicId, this.#partitions)
      this.#image = { ...this.#image, topics }
      this.#partitions = new Map()
    }
    return this.#image
  }

  get topics(): TopicsImage {
    return this.image.topics
  }

  /** Throws when the record contradicts the image: a corrupt log. */
  add(record: MetadataRecord): void {
    switch (record.type) {
      case 'partition': {
        const { topicId, partitionId } = record.data
        this.#turnTo(topicId)
        this.#partitions.set(partitionId, partitionOf(record.data))
        break
      }
      case 'partitionChange': {
        const { topicId, partitionId } = record.data
        const topic = this.#turnTo(topicId)
        const before = this.#partitions.get(partitionId) ?? topic?.partitions.get(partitionId)
        if (!before) throw new Error(`change of ${topicId}-${partitionId}, which does not exist`)
        this.#partitions.set(partitionId, changedPartition(before, record.data))
        break
      }
      default:
        this.#image = applyRecord(this.image, record)
    }
  }

  /** Answers the topic without what is not in the image yet. */
  #turnTo(topicId: string) {
    const { topics } = topicId === this.#topicId ? this.#image : this.image
    this.#topicId = topicId
    return topics.byId(topicId)
  }
}

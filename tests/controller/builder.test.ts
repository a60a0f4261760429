// An image that is built from many records is what they make of it one after the other.

import { expect, test } from '@jest/globals'

import { ImageBuilder } from '../../controller/image/builder.ts'
import { applyRecord, EMPTY_IMAGE, type Image } from '../../controller/image/image.ts'
import { recordsOfImage } from '../../controller/image/records-of.ts'
import { type MetadataRecord, readRecord } from '../../controller/metadata-records.ts'
import { createPartitions } from '../../controller/decisions/create-partitions.ts'
import { createTopics } from '../../controller/decisions/create-topics.ts'
import { deleteTopics } from '../../controller/decisions/delete-topics.ts'
import { NO_LEADER } from '../../controller/image/topics.ts'
import { Cluster } from './harness.ts'

const BROKERS = [1, 2, 3]

/** Everything that can be asked of the topics of an image. */
function told(image: Image): unknown {
  const places = (id: number): string[] => image.topics.withIsrOrElrMember(id)
    .map(({ topicId, index }) => `${topicId} ${index}`).sort()
  return {
    records: [...recordsOfImage(image)].map(({ bytes }) => bytes.toString('hex')).sort(),
    holders: [NO_LEADER, ...BROKERS].map(places),
  }
}

function create(cluster: Cluster, name: string, numPartitions: number): void {
  cluster.decide(createTopics({
    validateOnly: false,
    topics: [{ name, numPartitions, replicationFactor: 2, assignments: [], configs: [] }],
  }))
}

/** What becomes of topics: made, made larger, led by others, by nobody, deleted. */
function history(): { base: Image, records: MetadataRecord[] } {
  const cluster = new Cluster()
  const base = cluster.image
  const records: MetadataRecord[] = []
  const apply = cluster.apply.bind(cluster)
  cluster.apply = (bytes) => {
    records.push(readRecord(bytes))
    apply(bytes)
  }
  for (const id of BROKERS) cluster.join(id)
  create(cluster, 'a', 20)
  create(cluster, 'b', 7)
  for (const id of BROKERS) cluster.beat(id, { wantFence: true })
  cluster.beat(2)
  cluster.decide(createPartitions([{ name: 'a', count: 25, assignments: null }], false))
  cluster.decide(deleteTopics([cluster.image.topics.byName('b')!.id]))
  create(cluster, 'b', 3)
  return { base, records }
}

test('whenever it is looked at', () => {
  const { base, records } = history()
  expect(records.filter(({ type }) => type === 'partitionChange').length).toBeGreaterThan(40)
  let image = base
  const images = records.map((record) => (image = applyRecord(image, record)))
  for (const everyNth of [1, 2, 7, records.length]) {
    const builder = new ImageBuilder(base)
    for (const [i, record] of records.entries()) {
      builder.add(record)
      if ((i + 1) % everyNth === 0) expect(told(builder.image)).toEqual(told(images[i]!))
    }
    expect(told(builder.image)).toEqual(told(image))
  }
})

test('and refuses what contradicts it', () => {
  const { records } = history()
  const change = records.find(({ type }) => type === 'partitionChange')!
  expect(() => new ImageBuilder(EMPTY_IMAGE).add(change)).toThrow('does not exist')
  const partition = records.find(({ type }) => type === 'partition')!
  const builder = new ImageBuilder(EMPTY_IMAGE)
  builder.add(partition)
  expect(() => builder.image).toThrow('no topic')
})

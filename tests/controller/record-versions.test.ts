// What is written for a cluster whose metadata.version is not the newest: only what the Kafka of
// that version reads.

import { describe, expect, test } from '@jest/globals'

import { activationRecords } from '../../controller/activation.ts'
import { createPartitions } from '../../controller/decisions/create-partitions.ts'
import { createTopics } from '../../controller/decisions/create-topics.ts'
import { EMPTY_IMAGE } from '../../controller/image/image.ts'
import { recordsOfImage } from '../../controller/image/records-of.ts'
import { readRecord, record, type MetadataRecord } from '../../controller/metadata-records.ts'
import { Cluster, settings } from './harness.ts'

/** By `metadata.version`: the versions of Kafka's records, from 3.3-IV3 to 4.4-IV2. */
const VERSIONS = [
  { level: 7, partition: 0, registerBroker: 1 },
  { level: 8, partition: 0, registerBroker: 2 },
  { level: 16, partition: 0, registerBroker: 2 },
  { level: 17, partition: 1, registerBroker: 3 },
  { level: 22, partition: 1, registerBroker: 3 },
  { level: 23, partition: 2, registerBroker: 3 },
  { level: 29, partition: 2, registerBroker: 3 },
  { level: 30, partition: 2, registerBroker: 4 },
  { level: 33, partition: 2, registerBroker: 4 },
]

const featureLevel = (level: number): Buffer =>
  record('featureLevel', 0, { name: 'metadata.version', featureLevel: level }).bytes

/** Its version in all of the records, which must have one of the type. */
function versionOf(type: MetadataRecord['type'], records: readonly MetadataRecord[]): number {
  const versions = new Set(records.filter((one) => one.type === type).map(({ version }) => version))
  expect([type, versions.size]).toEqual([type, 1])
  return [...versions][0]!
}

function clusterAt(level: number): Cluster {
  const cluster = new Cluster({ isElrEnabled: level >= 23 })
  cluster.apply(featureLevel(level))
  return cluster
}

function createTopic(cluster: Cluster): void {
  cluster.decide(createTopics({
    validateOnly: false,
    topics: [{ name: 'a', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
  }))
}

describe.each(VERSIONS)('metadata.version $level', ({ level, partition, registerBroker }) => {
  test('is kept to by decisions', () => {
    const cluster = clusterAt(level)
    const written: MetadataRecord[] = []
    const take = (): void => { written.push(...cluster.records) }
    cluster.join(1)
    createTopic(cluster)
    take()
    cluster.decide(createPartitions([{ name: 'a', count: 2, assignments: null }], false))
    take()
    cluster.beat(1, { wantFence: true })
    take()
    expect(versionOf('partition', written)).toBe(partition)
    expect(versionOf('partitionChange', written)).toBe(partition)
  })

  test('is kept to by snapshots', () => {
    const cluster = clusterAt(level)
    cluster.join(1)
    createTopic(cluster)
    const records = [...recordsOfImage(cluster.image)].map(({ bytes }) => readRecord(bytes))
    expect(versionOf('partition', records)).toBe(partition)
    expect(versionOf('registerBroker', records)).toBe(registerBroker)
  })

  test('elects leaders again', () => {
    const cluster = clusterAt(level)
    cluster.join(1)
    createTopic(cluster)
    expect(cluster.partition('a').leader).toBe(1)
    cluster.beat(1, { wantFence: true })
    expect(cluster.partition('a').leader).toBe(-1)
    cluster.join(1)
    expect(cluster.partition('a').leader).toBe(1)
  })
})

test('a log begins with a transaction where the cluster knows them', () => {
  const types = (level: number): string[] => activationRecords({
    image: EMPTY_IMAGE, isInTransaction: false, bootstrap: [featureLevel(level)], settings,
  }).map((bytes) => readRecord(bytes).type)
  expect(types(12)).toEqual(['featureLevel'])
  expect(types(13)).toEqual(['beginTransaction', 'featureLevel', 'endTransaction'])
})

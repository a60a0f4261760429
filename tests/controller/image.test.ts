// The image: a fold over records, and the records that give it back.

import { describe, expect, test } from '@jest/globals'

import { createTopics } from '../../controller/decisions/create-topics.ts'
import {
  applyRecord, DeltaCollector, EMPTY_IMAGE, type Image,
} from '../../controller/image/image.ts'
import { recordsOfImage } from '../../controller/image/records-of.ts'
import { readRecord, record, type NewRecord } from '../../controller/metadata-records.ts'
import { Cluster } from './harness.ts'

const fold = (records: Iterable<NewRecord>, image = EMPTY_IMAGE): Image =>
  [...records].reduce((before, { bytes }) => applyRecord(before, readRecord(bytes)), image)

/** What two images have to have in common to be the same. */
const textOf = (image: Image): string[] =>
  [...recordsOfImage(image)].map(({ type, bytes }) => `${type} ${bytes.toString('hex')}`).sort()


function everything(): Image {
  const cluster = new Cluster()
  for (const id of [1, 2]) cluster.join(id, { rack: `r${id}` })
  cluster.decide(createTopics({
    validateOnly: false,
    topics: [{
      name: 'a', numPartitions: 40, replicationFactor: 2, assignments: [],
      configs: [{ name: 'retention.ms', value: '1' }],
    }],
  }))
  cluster.beat(1, { wantShutDown: true })
  const id = 'acl'.padEnd(21, '0') + 'A'
  const more = [
    record('producerIds', 0, { brokerId: 1, brokerEpoch: 1, nextProducerId: 3000 }),
    record('accessControlEntry', 0, {
      id, resourceType: 2, resourceName: 'a', patternType: 3, principal: 'User:a', host: '*',
      operation: 2, permissionType: 3,
    }),
    record('clientQuota', 0, {
      entity: [{ entityType: 'user', entityName: null }], key: 'producer_byte_rate', value: 1.5,
      remove: false,
    }),
    record('userScramCredential', 0, {
      name: 'a', mechanism: 1, salt: Buffer.from('s'), storedKey: Buffer.from('k'),
      serverKey: Buffer.from('v'), iterations: 4096,
    }),
    record('delegationToken', 0, {
      owner: 'User:a', requester: 'User:b', renewers: ['User:c'], issueTimestamp: 1,
      maxTimestamp: 3, expirationTimestamp: 2, tokenId: 'token',
    }),
    record('registerController', 0, {
      controllerId: 1, incarnationId: id, zkMigrationReady: false, endPoints: [], features: [],
    }),
  ]
  return fold(more, cluster.image)
}

describe('an image', () => {
  test('is what its own records make of nothing', () => {
    const image = everything()
    const again = fold(recordsOfImage(image))
    expect(textOf(again)).toEqual(textOf(image))
    expect(again.topics.byName('a')!.partitions.size).toBe(40)
    expect(again.topics.withIsrOrElrMember(2)).toHaveLength(40)
    expect(again.nextProducerId).toBe(3000)
    expect(textOf(image).map((line) => line.split(' ')[0])).toEqual(expect.arrayContaining(
      ['accessControlEntry', 'clientQuota', 'userScramCredential', 'delegationToken',
        'registerController']))
  })

  test('forgets what later records remove', () => {
    const image = fold([
      record('removeAccessControlEntry', 0, { id: 'acl'.padEnd(21, '0') + 'A' }),
      record('clientQuota', 0, {
        entity: [{ entityType: 'user', entityName: null }], key: 'producer_byte_rate', value: 0,
        remove: true,
      }),
      record('removeUserScramCredential', 0, { name: 'a', mechanism: 1 }),
      record('removeDelegationToken', 0, { tokenId: 'token' }),
      record('unregisterController', 0, { controllerId: 1 }),
    ], everything())
    expect([...image.clientData.records()]).toEqual([])
    expect(image.brokers.controllers.size).toBe(0)
  })

  test('does not change when a record is folded in', () => {
    const image = everything()
    const before = textOf(image)
    fold([record('removeTopic', 0, { topicId: image.topics.byName('a')!.id })], image)
    expect(textOf(image)).toEqual(before)
  })

  test.each<[string, NewRecord]>([
    ['a topic that is not there', record('removeTopic', 0, { topicId: 'x'.repeat(21) + 'A' })],
    ['a partition that is not there', record('partitionChange', 2,
      { partitionId: 0, topicId: 'x'.repeat(21) + 'A', leader: 1 })],
    ['a broker of another epoch', record('brokerRegistrationChange', 0,
      { brokerId: 1, brokerEpoch: 999, fenced: 1 })],
  ])('refuses a change of %s', (_what, change) => {
    expect(() => fold([change], everything())).toThrow()
  })
})

test('a delta names what its records touch', () => {
  const image = everything()
  const topicId = image.topics.byName('a')!.id
  const delta = new DeltaCollector()
  for (const { bytes } of [
    record('removeTopic', 0, { topicId }),
    record('config', 0, { resourceType: 4, resourceName: '', name: 'x', value: '1' }),
    record('brokerRegistrationChange', 0, { brokerId: 2, brokerEpoch: 5, fenced: 1 }),
    record('featureLevel', 0, { name: 'group.version', featureLevel: 0 }),
  ]) delta.add(readRecord(bytes), image)
  expect(delta.delta(image)).toEqual({
    before: image, topics: new Set([topicId]), configs: new Set(['2:a', '4:']),
    brokers: new Set([2]), features: true, isSnapshot: false,
  })
})

// CreateTopics, CreatePartitions and DeleteTopics as the controller decides them.

import { beforeEach, describe, expect, test } from '@jest/globals'

import { createPartitions } from '../../../controller/decisions/create-partitions.ts'
import { createTopics } from '../../../controller/decisions/create-topics.ts'
import { deleteTopics } from '../../../controller/decisions/delete-topics.ts'
import { ConfigType } from '../../../controller/image/configs.ts'
import { Errors } from '../../../protocol/errors.ts'
import { Cluster, directoryOf } from '../harness.ts'

interface Wish {
  readonly name: string
  readonly numPartitions?: number
  readonly replicationFactor?: number
  readonly assignments?: readonly (readonly number[])[]
  readonly configs?: Readonly<Record<string, string | null>>
}

function topic({ name, numPartitions, replicationFactor, assignments = [], configs = {} }: Wish) {
  const isAssigned = assignments.length > 0
  return {
    name,
    numPartitions: numPartitions ?? (isAssigned ? -1 : 1),
    replicationFactor: replicationFactor ?? (isAssigned ? -1 : 1),
    assignments: assignments.map((brokerIds, partitionIndex) =>
      ({ partitionIndex, brokerIds: [...brokerIds] })),
    configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
  }
}

describe('CreateTopics', () => {
  let cluster: Cluster
  beforeEach(() => {
    cluster = new Cluster()
    cluster.join(1)
  })

  const create = (...wishes: readonly Wish[]) =>
    cluster.decide(createTopics({ topics: wishes.map(topic), validateOnly: false }))

  test('answers what was made of the defaults', () => {
    const [result] = create({ name: 'orders', numPartitions: -1, replicationFactor: -1 })
    expect(result).toMatchObject({
      name: 'orders', errorCode: Errors.NONE, errorMessage: null, numPartitions: 1,
      replicationFactor: 1, topicConfigErrorCode: Errors.NONE,
    })
    const names = result!.configs!.map(({ name }) => name)
    expect(names).toEqual([...names].sort())
    expect(result!.configs).toContainEqual({
      name: 'retention.ms', value: '604800000', readOnly: false, configSource: 5,
      isSensitive: false,
    })
    expect(result!.topicId).toBe(cluster.image.topics.byName('orders')!.id)
    expect(cluster.partition('orders')).toEqual({
      replicas: [1], isr: [1], directories: [directoryOf(1)], removingReplicas: [],
      addingReplicas: [], elr: [], lastKnownElr: [], leader: 1, leaderRecoveryState: 0,
      leaderEpoch: 0, partitionEpoch: 0,
    })
  })

  test('writes topic, configs and partitions in this order', () => {
    create({ name: 'orders', numPartitions: 2, configs: { 'min.insync.replicas': '3' } })
    expect(cluster.records.map(({ type }) => type))
      .toEqual(['topic', 'config', 'clearElr', 'partition', 'partition'])
    const configs = cluster.image.configs.of(ConfigType.TOPIC, 'orders')
    expect(configs.get('min.insync.replicas')).toBe('3')
  })

  test.each<[string, Wish, number, string | RegExp]>([
    ['an empty name', { name: '' }, Errors.INVALID_TOPIC_EXCEPTION,
      'Topic name is invalid: the empty string is not allowed'],
    ['a name of other characters', { name: 'a b' }, Errors.INVALID_TOPIC_EXCEPTION,
      /contains one or more characters other than ASCII alphanumerics, '\.', '_' and '-'$/],
    ['a name too long', { name: 'x'.repeat(250) }, Errors.INVALID_TOPIC_EXCEPTION, /249$/],
    ['no partitions', { name: 'a', numPartitions: 0 }, Errors.INVALID_PARTITIONS,
      'Number of partitions was set to an invalid non-positive value.'],
    ['no replicas', { name: 'a', replicationFactor: 0 }, Errors.INVALID_REPLICATION_FACTOR,
      'Replication factor must be larger than 0, or -1 to use the default value.'],
    ['more replicas than brokers', { name: 'a', replicationFactor: 2 },
      Errors.INVALID_REPLICATION_FACTOR,
      'Unable to replicate the partition 2 time(s): The target replication factor of 2 cannot be ' +
      'reached because only 1 broker(s) are registered or some brokers have all their log ' +
      'directories cordoned.'],
    ['an assignment with a count', { name: 'a', numPartitions: 1, assignments: [[1]] },
      Errors.INVALID_REQUEST,
      'A manual partition assignment was specified, but numPartitions was not set to -1.'],
    ['an assignment with a factor', { name: 'a', replicationFactor: 1, assignments: [[1]] },
      Errors.INVALID_REQUEST,
      'A manual partition assignment was specified, but replication factor was not set to -1.'],
    ['an assignment to an unknown broker', { name: 'a', assignments: [[7]] },
      Errors.INVALID_REPLICA_ASSIGNMENT,
      'The manual partition assignment includes broker 7, but no such broker is registered.'],
    ['an assignment to a broker twice', { name: 'a', assignments: [[1, 1]] },
      Errors.INVALID_REPLICA_ASSIGNMENT,
      'The manual partition assignment includes the broker 1 more than once.'],
    ['an empty assignment', { name: 'a', assignments: [[]] }, Errors.INVALID_REPLICA_ASSIGNMENT,
      'The manual partition assignment includes an empty replica list.'],
    ['a null config', { name: 'a', configs: { 'retention.ms': null } }, Errors.INVALID_CONFIG,
      'Null value not supported for topic configs: retention.ms'],
    ['an unknown config', { name: 'a', configs: { 'no.such': '1' } }, Errors.INVALID_CONFIG,
      'Unknown topic config name: no.such'],
    ['a config out of range', { name: 'a', configs: { 'segment.bytes': '1' } },
      Errors.INVALID_CONFIG,
      'Invalid value 1 for configuration segment.bytes: Value must be at least 1048576'],
    ['a config of the wrong type', { name: 'a', configs: { 'retention.ms': 'long' } },
      Errors.INVALID_CONFIG,
      'Invalid value long for configuration retention.ms: Not a number of type LONG'],
  ])('refuses %s', (_what, wish, code, message) => {
    const [result] = create(wish)
    expect(result!.errorCode).toBe(code)
    expect(result!.errorMessage).toEqual(
      typeof message === 'string' ? message : expect.stringMatching(message))
    expect(cluster.records).toEqual([])
  })

  test('accepts what looks odd and is fine', () => {
    const results = create(
      { name: 'a', configs: { 'cleanup.policy': '' } },
      { name: 'b', configs: { 'min.insync.replicas': '3' } },
      { name: 'c.d' }, { name: 'c_d' })
    expect(results.map(({ errorCode }) => errorCode)).toEqual([0, 0, 0, 0])
  })

  test('an existing name, or one that collides with it, is taken', () => {
    create({ name: 'a.b' })
    const [same, colliding] = create({ name: 'a.b' }, { name: 'a_b' })
    expect(same).toMatchObject({
      errorCode: Errors.TOPIC_ALREADY_EXISTS, errorMessage: "Topic 'a.b' already exists.",
    })
    expect(colliding).toMatchObject({
      errorCode: Errors.INVALID_TOPIC_EXCEPTION,
      errorMessage: "Topic 'a_b' collides with existing topic: a.b",
    })
  })

  test('validates only, if that is all that is asked', () => {
    const [result] = cluster.decide(
      createTopics({ topics: [topic({ name: 'a' })], validateOnly: true }))
    expect(result!.errorCode).toBe(Errors.NONE)
    expect(cluster.image.topics.byName('a')).toBeUndefined()
  })

  test('too many partitions are too many for the whole request', () => {
    expect(() => create({ name: 'a', numPartitions: 2 ** 31 - 1 }))
      .toThrow('Excessively large number of partitions per request.')
  })
})

describe('CreatePartitions', () => {
  let cluster: Cluster
  beforeEach(() => {
    cluster = new Cluster()
    cluster.join(1)
    cluster.decide(createTopics({
      topics: [topic({ name: 'a', numPartitions: 2 })], validateOnly: false,
    }))
  })

  const grow = (count: number, assignments: number[][] | null = null, name = 'a') =>
    cluster.decide(createPartitions([{
      name, count, assignments: assignments?.map((brokerIds) => ({ brokerIds })) ?? null,
    }], false))[0]!

  test('adds what is missing', () => {
    expect(grow(5)).toEqual({ name: 'a', errorCode: Errors.NONE, errorMessage: null })
    expect(cluster.image.topics.byName('a')!.partitions.size).toBe(5)
    expect(cluster.partition('a', 4)).toMatchObject({ leader: 1, leaderEpoch: 0 })
  })

  test('to given brokers', () => {
    expect(grow(3, [[1]]).errorCode).toBe(Errors.NONE)
    expect(cluster.partition('a', 2).replicas).toEqual([1])
  })

  test.each<[string, () => ReturnType<typeof grow>, number, string | null]>([
    ['the same count', () => grow(2), Errors.INVALID_PARTITIONS,
      'Topic already has 2 partition(s).'],
    ['a smaller count', () => grow(1), Errors.INVALID_PARTITIONS,
      'The topic a currently has 2 partition(s); 1 would not be an increase.'],
    ['no assignments where some were given', () => grow(3, []), Errors.INVALID_REPLICA_ASSIGNMENT,
      'Attempted to add 1 additional partition(s), but only 0 assignment(s) were specified.'],
    ['an assignment of another size', () => grow(3, [[1, 1]]), Errors.INVALID_REPLICA_ASSIGNMENT,
      'The manual partition assignment includes the broker 1 more than once.'],
    ['an unknown topic', () => grow(3, null, 'b'), Errors.UNKNOWN_TOPIC_OR_PARTITION, null],
  ])('refuses %s', (_what, act, errorCode, errorMessage) => {
    expect(act()).toMatchObject({ errorCode, errorMessage })
    expect(cluster.records).toEqual([])
  })
})

test('DeleteTopics removes topics with all that hangs on them', () => {
  const cluster = new Cluster()
  cluster.join(1)
  cluster.decide(createTopics({
    topics: [topic({ name: 'a.b', configs: { 'retention.ms': '1' } }), topic({ name: 'c' })],
    validateOnly: false,
  }))
  const { id } = cluster.image.topics.byName('a.b')!
  const unknown = 'AAAAAAAAAAAAAAAAAAAAZQ'
  expect(cluster.decide(deleteTopics([id, unknown])))
    .toEqual(new Map([[id, Errors.NONE], [unknown, Errors.UNKNOWN_TOPIC_ID]]))
  const { topics, configs } = cluster.image
  expect([...topics.names()]).toEqual(['c'])
  expect(topics.byId(id)).toBeUndefined()
  expect(topics.collisionWith('a_b')).toBeUndefined()
  expect(topics.withIsrOrElrMember(1)).toHaveLength(1)
  expect(configs.of(ConfigType.TOPIC, 'a.b').size).toBe(0)
})

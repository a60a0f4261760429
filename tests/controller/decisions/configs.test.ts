// IncrementalAlterConfigs and AlterConfigs as the controller decides them.

import { beforeEach, describe, expect, test } from '@jest/globals'

import {
  type ConfigChange, incrementalAlterConfigs, replaceConfigs,
} from '../../../controller/decisions/alter-configs.ts'
import { createTopics } from '../../../controller/decisions/create-topics.ts'
import { ConfigType } from '../../../controller/image/configs.ts'
import { Errors } from '../../../protocol/errors.ts'
import { Cluster } from '../harness.ts'

const { TOPIC, BROKER } = ConfigType
let cluster: Cluster

beforeEach(() => {
  cluster = new Cluster()
  cluster.join(1)
  cluster.decide(createTopics({
    validateOnly: false,
    topics: [{
      name: 'a', numPartitions: 1, replicationFactor: 1, assignments: [],
      configs: [{ name: 'cleanup.policy', value: 'compact' }],
    }],
  }))
})

function change(
  type: number, name: string, changes: Record<string, ConfigChange>, validateOnly = false,
) {
  const resource = { type, name, changes: new Map(Object.entries(changes)) }
  return cluster.decide(incrementalAlterConfigs([resource], validateOnly))[0]!
}

const set = (value: string): ConfigChange => ({ operation: 'set', value })
const remove: ConfigChange = { operation: 'delete', value: null }
const append = (value: string): ConfigChange => ({ operation: 'append', value })
const subtract = (value: string): ConfigChange => ({ operation: 'subtract', value })
const ofTopic = () => Object.fromEntries(cluster.image.configs.of(TOPIC, 'a'))

describe('single settings', () => {
  test('are set, deleted, added to and taken from', () => {
    expect(change(TOPIC, 'a', { 'retention.ms': set('5'), 'cleanup.policy': append('delete') }))
      .toBeNull()
    expect(ofTopic()).toEqual({ 'cleanup.policy': 'compact,delete', 'retention.ms': '5' })
    change(TOPIC, 'a', { 'retention.ms': remove, 'cleanup.policy': subtract('compact') })
    expect(ofTopic()).toEqual({ 'cleanup.policy': 'delete' })
    expect(change(TOPIC, 'a', { 'cleanup.policy': subtract('delete') })).toBeNull()
    expect(ofTopic()).toEqual({ 'cleanup.policy': '' })
  })

  test('of brokers are lists as the server knows them', () => {
    expect(change(BROKER, '', { 'log.cleanup.policy': append('compact') })).toBeNull()
    expect(cluster.image.configs.value(BROKER, '', 'log.cleanup.policy')).toBe('delete,compact')
    expect(change(BROKER, '', { 'log.retention.ms': append('5') })).toMatchObject({
      message: "Can't APPEND to key log.retention.ms because its type is not LIST.",
    })
  })

  test('that stay as they are, and unknown ones that are deleted, write nothing', () => {
    expect(change(TOPIC, 'a', { 'cleanup.policy': set('compact'), 'no.such': remove })).toBeNull()
    expect(cluster.records).toEqual([])
  })

  test('are only looked at, if that is all that is asked', () => {
    expect(change(TOPIC, 'a', { 'retention.ms': set('5') }, true)).toBeNull()
    expect(cluster.records).toEqual([])
  })

  test('a new minimum of replicas clears the eligible leaders', () => {
    change(TOPIC, 'a', { 'min.insync.replicas': set('2') })
    change(BROKER, '', { 'min.insync.replicas': set('2') })
    expect(cluster.records).toMatchObject([
      { type: 'config' }, { type: 'clearElr', data: { topicName: '' } },
    ])
  })

  test.each<[string, number, string, Record<string, ConfigChange>, number, string]>([
    ['an unknown topic', TOPIC, 'b', { 'retention.ms': set('5') },
      Errors.UNKNOWN_TOPIC_OR_PARTITION, "The topic 'b' does not exist."],
    ['the empty topic', TOPIC, '', {}, Errors.INVALID_REQUEST,
      'Default topic resources are not allowed.'],
    ['an unknown setting', TOPIC, 'a', { 'no.such': set('5') }, Errors.INVALID_CONFIG,
      'Unknown topic config name: no.such'],
    ['an addition to a number', TOPIC, 'a', { 'retention.ms': append('5') }, Errors.INVALID_CONFIG,
      "Can't APPEND to key retention.ms because its type is not LIST."],
    ['a value beyond all measure', TOPIC, 'a', { 'compression.type': set('x'.repeat(32768)) },
      Errors.INVALID_CONFIG, 'The configuration value cannot be added because it exceeds the ' +
      'maximum value size of 32767 bytes.'],
    ['an unknown broker', BROKER, '7', {}, Errors.BROKER_ID_NOT_REGISTERED,
      'No node with id 7 found.'],
    ['no broker at all', BROKER, 'x', {}, Errors.INVALID_REQUEST,
      'Unable to parse broker name as a base 10 number.'],
    ["a broker's own minimum", BROKER, '1', { 'min.insync.replicas': set('2') },
      Errors.INVALID_CONFIG,
      'Broker-level min.insync.replicas cannot be altered while ELR is enabled.'],
    ["the cluster's minimum, gone", BROKER, '', { 'min.insync.replicas': remove },
      Errors.INVALID_CONFIG,
      'Cluster-level min.insync.replicas cannot be removed while ELR is enabled.'],
    ['an unknown kind', 99, 'a', {}, Errors.INVALID_REQUEST, 'Unknown resource type 99'],
  ])('refuses %s', (_what, type, name, changes, code, message) => {
    expect(change(type, name, changes)).toMatchObject({ code, message })
    expect(cluster.records).toEqual([])
  })
})

test('AlterConfigs deletes what it does not name', () => {
  const settings = new Map([['retention.ms', '5']])
  const [result] = cluster.decide(replaceConfigs([{ type: TOPIC, name: 'a', settings }], false))
  expect(result).toBeNull()
  expect(ofTopic()).toEqual({ 'retention.ms': '5' })
})

test('one resource fails, the others do not', () => {
  const results = cluster.decide(incrementalAlterConfigs([
    { type: TOPIC, name: 'b', changes: new Map([['retention.ms', set('5')]]) },
    { type: TOPIC, name: 'a', changes: new Map([['retention.ms', set('5')]]) },
  ], false))
  expect(results.map((error) => error?.code ?? 0)).toEqual([Errors.UNKNOWN_TOPIC_OR_PARTITION, 0])
  expect(ofTopic()['retention.ms']).toBe('5')
})

// DescribeConfigs against what Kafka 4.4 answered.

import { beforeEach, describe, expect, test } from '@jest/globals'

import { incrementalAlterConfigs } from '../../controller/decisions/alter-configs.ts'
import { createTopics } from '../../controller/decisions/create-topics.ts'
import { ConfigType } from '../../controller/image/configs.ts'
import { DEVELOPMENT, parseConfig } from '../../lib/config.ts'
import { shownValue } from '../../lib/config/shown.ts'
import type { SettingType } from '../../lib/config/setting.ts'
import { describeConfigsHandler } from '../../lib/handlers/describe-configs.ts'
import type { RequestContext } from '../../lib/server/handler.ts'
import type { Services } from '../../lib/services.ts'
import { Errors } from '../../protocol/errors.ts'
import type {
  DescribeConfigsRequest, DescribeConfigsResponse,
} from '../../protocol/messages/describe-configs.ts'
import { Cluster } from '../controller/harness.ts'

const { BROKER, CLIENT_METRICS, GROUP, TOPIC } = ConfigType
/** ConfigSource of the answer. */
const OF_TOPIC = 1, OF_BROKER = 2, OF_ALL_BROKERS = 3, STATIC = 4, DEFAULT = 5
const OF_METRICS = 7, OF_GROUP = 8
/** ConfigType of the answer. */
const UNKNOWN = 0, STRING = 2, INT = 3, LIST = 7

type Result = DescribeConfigsResponse['results'][number]

let cluster: Cluster

beforeEach(() => {
  cluster = new Cluster()
  cluster.join(1)
  cluster.decide(createTopics({
    validateOnly: false,
    topics: [{
      name: 'a', numPartitions: 1, replicationFactor: 1, assignments: [],
      configs: [{ name: 'retention.ms', value: '1234' }],
    }],
  }))
})

function set(type: number, name: string, settings: Record<string, string>): void {
  const changes = new Map(Object.entries(settings).map(([key, value]) =>
    [key, { operation: 'set' as const, value }]))
  expect(cluster.decide(incrementalAlterConfigs([{ type, name, changes }], false))).toEqual([null])
}

function ask(
  resourceType: number, resourceName: string, configurationKeys: string[] | null = null,
  properties: Record<string, string> = {},
): Result {
  return askAll([{ resourceType, resourceName, configurationKeys }], properties)[0]!
}

function askAll(
  resources: DescribeConfigsRequest['resources'], properties: Record<string, string> = {},
): DescribeConfigsResponse['results'] {
  const config = parseConfig(new Map(Object.entries(properties)), () => {}, { base: DEVELOPMENT })
  const services = {
    config, broker: { nodeId: 1 }, controller: { image: cluster.image },
  } as unknown as Services
  const request = { resources, includeSynonyms: true, includeDocumentation: true }
  const context = { apiVersion: 4 } as RequestContext
  return (describeConfigsHandler.handle(request, context, services) as DescribeConfigsResponse)
    .results
}

const namesOf = ({ configs }: Result): string[] => configs.map(({ name }) => name)
const entryOf = (...asked: Parameters<typeof ask>) => ask(...asked).configs[0]!

describe('a topic', () => {
  test('has no error, and says so with an empty text', () => {
    expect(ask(TOPIC, 'a')).toMatchObject({ errorCode: Errors.NONE, errorMessage: '' })
    expect(ask(TOPIC, 'b')).toMatchObject({
      errorCode: Errors.UNKNOWN_TOPIC_OR_PARTITION, errorMessage: '', configs: [],
    })
  })

  test('has its configs in the order of a hash map, whichever are chosen', () => {
    expect(namesOf(ask(TOPIC, 'a', ['retention.ms', 'cleanup.policy', 'segment.bytes', 'no.such'])))
      .toEqual(['cleanup.policy', 'segment.bytes', 'retention.ms'])
  })

  test('has all of them where the list of the chosen is empty', () => {
    expect(namesOf(ask(TOPIC, 'a', []))).toEqual(namesOf(ask(TOPIC, 'a')))
    expect(namesOf(ask(TOPIC, 'a')).slice(0, 2))
      .toEqual(['compression.type', 'errors.deadletterqueue.group.enable'])
  })

  test('inherits what was set on its broker, on all, in the file, and by default', () => {
    set(BROKER, '', { 'log.segment.bytes': '2000000' })
    set(BROKER, '1', { 'log.segment.bytes': '+3000000' })
    const file = { 'log.segment.bytes': '4000000' }
    const name = 'log.segment.bytes'
    expect(entryOf(TOPIC, 'a', ['segment.bytes'], file)).toMatchObject({
      value: '3000000', configSource: OF_BROKER, configType: INT,
      synonyms: [
        { name, value: '+3000000', source: OF_BROKER },
        { name, value: '2000000', source: OF_ALL_BROKERS },
        { name, value: '4000000', source: STATIC }, { name, value: '1073741824', source: DEFAULT },
      ],
    })
    expect(entryOf(TOPIC, 'a', ['retention.ms'])).toMatchObject({
      value: '1234', configSource: OF_TOPIC,
      synonyms: [{ name: 'retention.ms', value: '1234', source: OF_TOPIC }],
    })
  })
})

describe('a broker', () => {
  test('has coarser units of time by their own names', () => {
    expect(entryOf(BROKER, '1', ['log.retention.hours']).synonyms)
      .toEqual([{ name: 'log.retention.hours', value: '168', source: DEFAULT }])
    expect(entryOf(BROKER, '1', ['log.flush.scheduler.interval.ms']).synonyms).toHaveLength(1)
    // By its own name it has no value.
    expect(entryOf(BROKER, '1', ['log.retention.ms'])).toMatchObject({ value: null, synonyms: [] })
  })

  test('was given its id as broker.id if as node.id', () => {
    expect(entryOf(BROKER, '1', ['broker.id'])).toMatchObject({
      value: '1', configSource: STATIC,
      synonyms: [{ value: '1', source: STATIC }, { value: '-1', source: DEFAULT }],
    })
  })

  test("takes Kafka's defaults for its own unless they differ", () => {
    expect(entryOf(BROKER, '1', ['num.partitions'])).toMatchObject({ configSource: DEFAULT })
  })

  test('may have settings that nobody knows; their values are secret', () => {
    set(BROKER, '1', { 'no.such': 'x' })
    expect(ask(BROKER, '1').configs[0]).toMatchObject({
      name: 'no.such', value: null, isSensitive: true, readOnly: true, configType: UNKNOWN,
      documentation: null, configSource: OF_BROKER,
    })
  })

  test('shares what is set for all brokers', () => {
    set(BROKER, '', { 'log.retention.ms': '700000000' })
    expect(entryOf(BROKER, '', ['log.retention.ms'])).toMatchObject({
      value: '700000000', configSource: OF_ALL_BROKERS, readOnly: false,
      synonyms: [{ name: 'log.retention.ms', source: OF_ALL_BROKERS }],
    })
    expect(entryOf(BROKER, '1', ['log.retention.ms'])).toMatchObject({
      value: '700000000', configSource: OF_ALL_BROKERS,
      synonyms: [{ name: 'log.retention.ms' }, { name: 'log.retention.hours', source: DEFAULT }],
    })
  })
})

describe('a group', () => {
  test('has all configs before any is set, the documented ones', () => {
    const { configs } = ask(GROUP, 'g')
    expect(configs).toHaveLength(21)
    expect(configs.slice(0, 3).map(({ name, value }) => [name, value])).toEqual([
      ['consumer.session.timeout.ms', '45000'], ['streams.assignor.name', 'sticky'],
      ['consumer.assignment.interval.ms', '1000'],
    ])
    expect(configs.every(({ configSource }) => configSource === DEFAULT)).toBe(true)
  })

  test('inherits from the server', () => {
    const file = { 'group.streams.assignors': 'sticky,other' }
    expect(entryOf(GROUP, 'g', ['streams.assignor.name'], file)).toMatchObject({
      value: 'sticky', configSource: STATIC, configType: STRING,
      synonyms: [
        { name: 'group.streams.assignors', value: 'sticky,other', source: STATIC },
        { name: 'group.streams.assignors', value: 'sticky', source: DEFAULT },
      ],
    })
    expect(entryOf(GROUP, 'g', ['share.auto.offset.reset']).synonyms)
      .toEqual([{ name: 'share.auto.offset.reset', value: 'latest', source: DEFAULT }])
  })

  test('has its own, and among them what is not documented', () => {
    set(GROUP, 'g', { 'consumer.session.timeout.ms': '50000', 'streams.num.warmup.replicas': '3' })
    const { configs } = ask(GROUP, 'g')
    expect(configs).toHaveLength(22)
    expect(configs[0]).toMatchObject({ name: 'streams.num.warmup.replicas', value: '3' })
    expect(configs[1]).toMatchObject({
      value: '50000', configSource: OF_GROUP, configType: INT,
      synonyms: [
        { name: 'consumer.session.timeout.ms', value: '50000', source: OF_GROUP },
        { name: 'group.consumer.session.timeout.ms', value: '45000', source: DEFAULT },
      ],
    })
  })
})

test('who asks many times for one gets it as often, described once', () => {
  const topic = { resourceType: TOPIC, resourceName: 'a', configurationKeys: null }
  const chosen = { ...topic, configurationKeys: ['retention.ms'] }
  const results = askAll([topic, chosen, topic])
  expect(results.map(({ configs }) => configs.length > 1)).toEqual([true, false, true])
  expect(results[2]).toBe(results[0])
})

test('client metrics have all configs, set or not', () => {
  set(CLIENT_METRICS, 'm', { 'interval.ms': '5000' })
  expect(ask(CLIENT_METRICS, 'm').configs).toMatchObject([
    {
      name: 'interval.ms', value: '5000', configSource: OF_METRICS, configType: INT,
      synonyms: [{ name: 'interval.ms', value: '5000', source: OF_METRICS }],
    },
    { name: 'match', value: '', configSource: DEFAULT, configType: LIST, synonyms: [] },
    { name: 'metrics', value: '', configSource: DEFAULT, configType: LIST, synonyms: [] },
  ])
  expect(ask(CLIENT_METRICS, 'other').configs[0]).toMatchObject({ value: '300000' })
})

test.each<[SettingType, string, string]>([
  ['int', ' +5 ', '5'], ['long', '-07', '-7'],
  ['long', '9223372036854775807', '9223372036854775807'],
  ['int', 'x', 'x'], ['boolean', 'TRUE', 'true'], ['list', 'a , b,c', 'a,b,c'],
  ['double', '1', '1.0'], ['double', '.5', '0.5'], ['double', '12345678', '1.2345678E7'],
  ['double', '1.7976931348623157E308', '1.7976931348623157E308'], ['double', '0.0001', '1.0E-4'],
  ['string', ' a ', 'a'],
])('a %s of %j is shown as %s', (type, text, shown) => {
  expect(shownValue(type, text)).toBe(shown)
})

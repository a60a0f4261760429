// Configs of groups and of client metrics subscriptions, as the controller decides them.

import { beforeEach, describe, expect, test } from '@jest/globals'

import { incrementalAlterConfigs } from '../../../controller/decisions/alter-configs.ts'
import { CLIENT_METRICS_CONFIGS } from '../../../controller/client-metrics-configs.ts'
import { checkGroupConfigs } from '../../../controller/group-checks.ts'
import { GROUP_CONFIGS } from '../../../controller/group-configs.ts'
import { ConfigType } from '../../../controller/image/configs.ts'
import { SETTINGS_BY_NAME } from '../../../lib/config/table.ts'
import { Errors } from '../../../protocol/errors.ts'
import { Cluster } from '../harness.ts'

const { CLIENT_METRICS, GROUP } = ConfigType
let cluster: Cluster

beforeEach(() => {
  cluster = new Cluster()
})

function set(
  type: number, name: string, settings: Record<string, string>,
  operation: 'set' | 'append' = 'set',
) {
  const changes = new Map(Object.entries(settings).map(([key, value]) =>
    [key, { operation, value }]))
  return cluster.decide(incrementalAlterConfigs([{ type, name, changes }], false))[0]!
}

describe('groups', () => {
  test('have configs within the bounds of the server', () => {
    const settings = {
      'consumer.session.timeout.ms': '50000', 'share.auto.offset.reset': 'by_duration:P1DT2H3.5S',
      'streams.assignor.name': 'sticky',
    }
    expect(set(GROUP, 'g', settings)).toBeNull()
    expect(Object.fromEntries(cluster.image.configs.of(GROUP, 'g'))).toEqual(settings)
  })

  test.each<[Record<string, string>, string]>([
    [{ 'no.such': '1' }, 'Unknown group config name: no.such'],
    [{ 'consumer.session.timeout.ms': 'x' },
      'Invalid value x for configuration consumer.session.timeout.ms: Not a number of type INT'],
    [{ 'consumer.session.timeout.ms': '0' },
      'Invalid value 0 for configuration consumer.session.timeout.ms: Value must be at least 1'],
    [{ 'consumer.session.timeout.ms': '1' },
      'consumer.session.timeout.ms must be in the range 45000 to 60000 inclusive.'],
    [{ 'share.partition.max.record.locks': '4001' },
      'share.partition.max.record.locks must be in the range 100 to 4000 inclusive.'],
    [{ 'streams.num.standby.replicas': '3' },
      'streams.num.standby.replicas must be less than or equal to 2'],
    [{ 'streams.task.offset.interval.ms': '14999' },
      'streams.task.offset.interval.ms must be greater than or equal to 15000'],
    [{ 'share.auto.offset.reset': 'middle' },
      'Invalid value middle for configuration share.auto.offset.reset: Invalid value `middle` ' +
      "for configuration share.auto.offset.reset. The value must be either 'earliest', 'latest' " +
      "or of the format 'by_duration:<PnDTnHnMn.nS>'."],
    [{ 'streams.assignor.name': 'best' },
      "streams.assignor.name 'best' is not a registered task assignor. Registered assignors are: " +
      '[sticky].'],
    [{ 'streams.rack.aware.assignment.tags': 'a,b,a' },
      'streams.rack.aware.assignment.tags must not contain duplicate tag keys.'],
    [{ 'errors.deadletterqueue.topic.name': '__a' },
      "errors.deadletterqueue.topic.name: DLQ topic name must not start with '__'"],
  ])('%j is refused', (settings, message) => {
    expect(set(GROUP, 'g', settings)).toMatchObject({ code: Errors.INVALID_CONFIG, message })
    expect(cluster.records).toEqual([])
  })

  test.each(['by_duration:P', 'by_duration:PT', 'by_duration:-P1D', 'by_duration:1D', 'none'])(
    '%s is no strategy', (strategy) => {
      expect(set(GROUP, 'g', { 'share.auto.offset.reset': strategy }))
        .toMatchObject({ code: Errors.INVALID_CONFIG })
    })

  test("a session is longer than what the server's heartbeats take", () => {
    const server = new Map([
      ['group.share.min.session.timeout.ms', '1'], ['group.share.heartbeat.interval.ms', '7000'],
    ])
    const check = (timeoutMs: string) => () =>
      checkGroupConfigs(new Map([['share.session.timeout.ms', timeoutMs]]), (name) =>
        server.get(name))
    expect(check('7000'))
      .toThrow('share.session.timeout.ms must be greater than share.heartbeat.interval.ms')
    expect(check('7001')).not.toThrow()
  })

  test("the table knows the server's settings and their defaults", () => {
    const bounds = GROUP_CONFIGS.flatMap(({ least, most }) => [least ?? [], most ?? []].flat())
      .filter(({ setting }) => setting !== undefined)
    expect(bounds).toHaveLength(25)
    for (const { setting, default: value } of bounds) {
      expect([setting, SETTINGS_BY_NAME.get(setting!)?.spec.default]).toEqual([setting, `${value}`])
    }
    for (const { synonym, default: value, isInternal } of GROUP_CONFIGS) {
      if (synonym === undefined || isInternal) continue
      expect([synonym, SETTINGS_BY_NAME.get(synonym)?.spec.default]).toEqual([synonym, value])
    }
  })
})

describe('client metrics', () => {
  test('are what, how often and from whom', () => {
    const settings = {
      'metrics': 'org.apache', 'interval.ms': '5000', 'match': 'client_id=(?i)x.*,client_id=y',
    }
    expect(set(CLIENT_METRICS, 'm', settings)).toBeNull()
    expect(Object.fromEntries(cluster.image.configs.of(CLIENT_METRICS, 'm'))).toEqual(settings)
    // Kafka's controller does not know that it is a list.
    expect(set(CLIENT_METRICS, 'm', { metrics: 'a' }, 'append')).toMatchObject({
      message: "Can't APPEND to key metrics because its type is not LIST.",
    })
    expect(CLIENT_METRICS_CONFIGS.map(({ name }) => name)).toEqual(Object.keys(settings))
  })

  const { INVALID_CONFIG, INVALID_REQUEST } = Errors
  test.each<[string, Record<string, string>, number, string]>([
    ['', { metrics: 'a' }, INVALID_REQUEST, "Subscription name can't be empty"],
    ['m', { 'no.such': '1' }, INVALID_REQUEST, 'Unknown client metrics configuration: no.such'],
    ['m', { 'interval.ms': '1' }, INVALID_REQUEST,
      'Invalid value 1 for interval.ms, interval must be between 100 and 3600000 (1 hour)'],
    ['m', { 'interval.ms': '3600001' }, INVALID_REQUEST,
      'Invalid value 3600001 for interval.ms, interval must be between 100 and 3600000 (1 hour)'],
    ['m', { 'interval.ms': 'x' }, INVALID_CONFIG,
      'Invalid value x for configuration interval.ms: Not a number of type INT'],
    ['m', { match: 'nope' }, INVALID_CONFIG, 'Illegal client matching pattern: nope'],
    ['m', { match: 'nope=x' }, INVALID_CONFIG, 'Illegal client matching pattern: nope=x'],
    ['m', { match: 'client_id=' }, INVALID_CONFIG, 'Illegal client matching pattern: client_id='],
    ['m', { match: 'client_id=[' }, INVALID_CONFIG, 'Illegal client matching pattern: client_id=['],
    ['m', { metrics: 'a,a' }, INVALID_CONFIG,
      "Configuration 'metrics' values must not be duplicated."],
    ['m', { metrics: 'a,,b' }, INVALID_CONFIG, "Configuration 'metrics' values must not be empty."],
  ])('%s with %j are refused', (name, settings, code, message) => {
    expect(set(CLIENT_METRICS, name, settings)).toMatchObject({ code, message })
    expect(cluster.records).toEqual([])
  })
})

// What a running broker refuses to become although each setting by itself is fine: listeners,
// protocols, classes, thread pools, retention. Against what Kafka 4.4 answered.

import { describe, expect, test } from '@jest/globals'

import { type Config, parseConfig } from '../../lib/config.ts'
import { checkDynamicSettings } from '../../lib/config/dynamic.ts'
import { Errors } from '../../protocol/errors.ts'

const LISTENERS = 'PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093'
const SHOWN = LISTENERS.replace(',', ', ')
const MAP = 'listener.security.protocol.map'
const BOTH = 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT'

type Settings = Record<string, string>

interface Layers {
  readonly isClusterDefault?: boolean
  readonly everywhere?: Settings
  readonly here?: Settings
  readonly config?: Config
}

const mapOf = (settings: Settings): Map<string, string> => new Map(Object.entries(settings))

const configOf = (settings: Settings): Config => parseConfig(mapOf({
  'node.id': '1', 'process.roles': 'broker,controller', 'log.dirs': '/one', ...settings,
}), () => {})

const CONFIG = configOf({
  listeners: LISTENERS, 'controller.listener.names': 'CONTROLLER',
  'advertised.listeners': 'PLAINTEXT://127.0.0.1:9092',
})

const check = (
  settings: Settings,
  { isClusterDefault = false, everywhere = {}, here = {}, config = CONFIG }: Layers = {},
) => () => checkDynamicSettings({
  settings: mapOf(settings), isClusterDefault, config,
  everywhere: mapOf(everywhere), here: mapOf(here),
})

const saying = (message: string) =>
  expect.objectContaining({ code: Errors.INVALID_REQUEST, message })

const invalid = (why: string) => saying('Invalid value ' +
  `org.apache.kafka.common.config.ConfigException: ${why} for configuration Invalid dynamic ` +
  'configuration')

const notCreated = (listeners: string, why: string): string =>
  `Error creating broker listeners from '[${listeners}]': ${why}`

describe('listeners', () => {
  test.each<[string, string]>([
    ['x', 'Unable to parse a listener name from x'],
    ['', "Configuration 'listeners' must not be empty. Valid values include: any non-empty value"],
    [`${LISTENERS},${LISTENERS}`, "Configuration 'listeners' values must not be duplicated."],
    ['PLAINTEXT://127.0.0.1:0', 'requirement failed: controller.listener.names must contain at ' +
      "least one value appearing in the 'listeners' configuration when running the KRaft " +
      'controller role'],
    ['CONTROLLER://127.0.0.1:9093', 'requirement failed: advertised.listeners listener names ' +
      'must be equal to or a subset of the ones defined in listeners. Found PLAINTEXT. The valid ' +
      'options based on the current configuration are CONTROLLER'],
    [`${LISTENERS},EXTRA://127.0.0.1:0`, notCreated(`${SHOWN}, EXTRA://127.0.0.1:0`,
      'No security protocol defined for listener EXTRA')],
    [`${LISTENERS},SSL://127.0.0.1:0`, notCreated(`${SHOWN}, SSL://127.0.0.1:0`,
      'No security protocol defined for listener CONTROLLER')],
    [`${LISTENERS},PLAINTEXT://127.0.0.1:0`, notCreated(`${SHOWN}, PLAINTEXT://127.0.0.1:0`,
      `Each listener must have a different name, listeners: [${SHOWN}, PLAINTEXT://127.0.0.1:0]`)],
    ['PLAINTEXT://:7,CONTROLLER://:7', notCreated('PLAINTEXT://:7, CONTROLLER://:7',
      'Each listener must have a different port, listeners: [PLAINTEXT://:7, CONTROLLER://:7]')],
    ['PLAINTEXT://127.0.0.1:7,CONTROLLER://127.0.0.1:7',
      notCreated('PLAINTEXT://127.0.0.1:7, CONTROLLER://127.0.0.1:7', 'If you have two listeners ' +
        'on the same port then one needs to be IPv4 and the other IPv6, listeners: ' +
        '[PLAINTEXT://127.0.0.1:7, CONTROLLER://127.0.0.1:7], port: 7')],
    ['PLAINTEXT://localhost:7,CONTROLLER://[::1]:7',
      notCreated('PLAINTEXT://localhost:7, CONTROLLER://[::1]:7', 'Each listener must have a ' +
        'different port unless exactly one listener has an IPv4 address and the other IPv6 ' +
        'address, listeners: [PLAINTEXT://localhost:7, CONTROLLER://[::1]:7], port: 7')],
    ['PLAINTEXT://127.0.0.1:99999999999,CONTROLLER://127.0.0.1:9093',
      notCreated('PLAINTEXT://127.0.0.1:99999999999, CONTROLLER://127.0.0.1:9093',
        'For input string: "99999999999"')],
    ['PLAINTEXT://127.0.0.1,CONTROLLER://127.0.0.1:9093',
      notCreated('PLAINTEXT://127.0.0.1, CONTROLLER://127.0.0.1:9093',
        'Unable to parse PLAINTEXT://127.0.0.1 to a broker endpoint')],
  ])('%s are refused', (listeners, message) => {
    expect(check({ listeners })).toThrow(saying(message))
  })

  test.each<[Settings]>([
    [{ listeners: LISTENERS }],
    [{ listeners: 'PLAINTEXT://127.0.0.1:7,CONTROLLER://[::1]:7' }],
    [{ listeners: 'plaintext://:1,controller://:2' }],
    [{ listeners: `${LISTENERS},EXTRA://:1`, [MAP]: `${BOTH},EXTRA:PLAINTEXT` }],
    [{ [MAP]: `${BOTH.toLowerCase()},OTHER:SASL_SSL` }],
  ])('%j are taken', (settings) => {
    expect(check(settings)).not.toThrow()
  })

  test.each<[string, string]>([
    ['PLAINTEXT:PLAINTEXT',
      notCreated(SHOWN, 'No security protocol defined for listener CONTROLLER')],
    ['', notCreated(SHOWN, 'No security protocol defined for listener PLAINTEXT')],
    ['PLAINTEXT:NO', `Invalid security protocol \`NO\` defined in ${MAP}`],
    ['x', `Error parsing configuration property '${MAP}': begin 0, end -1, length 1`],
  ])('the protocols "%s" are refused', (protocols, message) => {
    expect(check({ [MAP]: protocols })).toThrow(saying(message))
  })

  test.each(['PLAINTEXT', 'CONTROLLER'])('%s keeps its protocol', (name) => {
    expect(check({ [MAP]: BOTH.replace(`${name}:PLAINTEXT`, `${name}:SSL`) })).toThrow(
      invalid(`Security protocol cannot be updated for existing listener ListenerName(${name})`))
  })

  test('one that there is keeps what it was opened with', () => {
    expect(check({ 'listener.name.plaintext.foo': '1', 'max.connections': '7' })).toThrow(invalid(
      'Configs cannot be updated dynamically for existing listener ListenerName(PLAINTEXT), ' +
      'restart broker or create a new listener for update'))
    for (const name of ['plaintext.max.connections', 'plaintext.ssl.keystore.type', 'new.foo']) {
      expect(check({ [`listener.name.${name}`]: '1', 'max.connections': '7' })).not.toThrow()
    }
  })

  test('what was set dynamically cannot be taken away while it is needed', () => {
    const here = {
      listeners: `${LISTENERS},EXTRA://:1`, [MAP]: `${BOTH},EXTRA:PLAINTEXT`,
    }
    expect(check({ listeners: here.listeners }, { here })).toThrow(saying(notCreated(
      `${SHOWN}, EXTRA://:1`, 'No security protocol defined for listener EXTRA')))
    expect(check({ [MAP]: here[MAP]! }, { here })).not.toThrow()
    expect(check({}, { here })).not.toThrow()
  })

  test('a node without a listener of the controller needs none', () => {
    const config = configOf({ listeners: 'PLAINTEXT://127.0.0.1:9092' })
    expect(check({ listeners: 'PLAINTEXT://127.0.0.1:1' }, { config })).not.toThrow()
    expect(check({ listeners: 'PLAINTEXT://0.0.0.0:1' }, { config })).toThrow(saying(
      'requirement failed: advertised.listeners cannot use the nonroutable meta-address 0.0.0.0. ' +
      'Use a routable IP address.'))
    expect(check({ listeners: 'CONTROLLER://127.0.0.1:1' }, { config })).toThrow(saying(
      'requirement failed: There must be at least one broker advertised listener. Perhaps all ' +
      'listeners appear in controller.listener.names?'))
  })

  test('nor does one that has it from its voters', () => {
    const config = configOf({
      listeners: 'PLAINTEXT://127.0.0.1:9092', 'controller.quorum.voters': '1@127.0.0.1:9093',
    })
    expect(check({ 'log.retention.ms': '5' }, { config })).not.toThrow()
  })

  test('what a start took is not looked through once more', () => {
    const listeners = 'A://a:9092,B://b:9092'
    const config = configOf({ listeners, [MAP]: 'A:PLAINTEXT,B:PLAINTEXT' })
    expect(check({ 'log.retention.ms': '5' }, { config })).not.toThrow()
    expect(check({ listeners: `${listeners},A://c:1` }, { config })).toThrow(
      saying(notCreated('A://a:9092, B://b:9092, A://c:1', 'Each listener must have a different ' +
        'name, listeners: [A://a:9092, B://b:9092, A://c:1]')))
  })

  test('those that an older broker took, and nobody could open, stand in nobody\'s way', () => {
    expect(check({ 'log.retention.ms': '5' }, { here: { listeners: 'x' } })).not.toThrow()
  })
})

describe('classes', () => {
  test.each([
    ['ssl.engine.factory.class', 'x'], ['principal.builder.class', 'x'],
    ['principal.builder.class', ''],
  ])('%s = "%s" is refused', (name, value) => {
    const refusal = saying(
      `Invalid value ${value} for configuration ${name}: Class ${value} could not be found.`)
    expect(check({ [name]: value })).toThrow(refusal)
    expect(check({ [name]: value }, { isClusterDefault: true })).toThrow(refusal)
    expect(check({ [`listener.name.x.${name}`]: value })).toThrow(refusal)
  })

  test.each([
    ['ssl.engine.factory.class', 'org.apache.kafka.common.security.ssl.DefaultSslEngineFactory'],
    ['principal.builder.class',
      'org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder'],
    ['metric.reporters', ''],
    ['metric.reporters', 'org.apache.kafka.common.metrics.JmxReporter'],
  ])('%s = "%s" is taken', (name, value) => {
    expect(check({ [name]: value })).not.toThrow()
  })

  test.each(['x', 'org.apache.kafka.common.metrics.JmxReporter,x'])('no reporter: %s', (value) => {
    const refusal = (names: string) => invalid('Validation of dynamic config update of ' +
      `Set(${names}) failed with class class kafka.server.DynamicMetricsReporters`)
    expect(check({ 'metric.reporters': value })).toThrow(refusal('metric.reporters'))
    expect(check({ 'metric.reporters': value }, { isClusterDefault: true }))
      .toThrow(refusal('metric.reporters'))
    expect(check({ 'metric.reporters': value, foo: 'bar' }))
      .toThrow(refusal('metric.reporters, foo'))
  })

  test('a provider of settings that nobody could load', () => {
    const name = 'config.providers.file.class'
    expect(check({ 'config.providers': 'file', [name]: 'x' })).toThrow(saying(`Invalid value x ` +
      `for configuration ${name}: Could not load config provider class or one of its dependencies`))
    expect(check({ 'config.providers': 'file' })).not.toThrow()
  })
})

describe('thread pools', () => {
  const half = (name: string, value: number, now: number) => invalid('Dynamic thread count ' +
    `update validation failed for ${name}=${value}, value should be at least half the ` +
    `current value ${now}`)
  const double = (name: string, value: number, now: number) => invalid('Dynamic thread count ' +
    `update validation failed for ${name}=${value}, value should not be greater than double the ` +
    `current value ${now}`)

  test.each([
    ['num.io.threads', 8], ['num.network.threads', 3], ['num.replica.fetchers', 1],
    ['num.recovery.threads.per.data.dir', 2], ['background.threads', 10],
    ['remote.log.reader.threads', 10], ['remote.log.manager.copier.thread.pool.size', 10],
    ['remote.log.manager.expiration.thread.pool.size', 10],
    ['remote.log.manager.follower.thread.pool.size', 2],
  ])('%s grows from %i to its double at most', (name, now) => {
    expect(check({ [name]: String(2 * now) })).not.toThrow()
    expect(check({ [name]: String(2 * now + 1) })).toThrow(double(name, 2 * now + 1, now))
    expect(check({ [name]: String(2 * now + 1) }, { isClusterDefault: true }))
      .toThrow(double(name, 2 * now + 1, now))
  })

  test('they shrink to their half at most', () => {
    expect(check({ 'num.io.threads': '4' })).not.toThrow()
    expect(check({ 'num.io.threads': '3' })).toThrow(half('num.io.threads', 3, 8))
    expect(check({ 'num.network.threads': '1' })).not.toThrow()
  })

  test('what counts is what the broker has and would have', () => {
    const here = { 'num.io.threads': '32' }
    expect(check({}, { here })).toThrow(half('num.io.threads', 8, 32))
    expect(check({}, { here, everywhere: { 'num.io.threads': '16' } })).not.toThrow()
    expect(check({ 'num.io.threads': '3' }, { here, isClusterDefault: true })).not.toThrow()
  })

  test('each listener has threads of its own', () => {
    expect(check({ 'listener.name.plaintext.num.network.threads': '7' }))
      .toThrow(double('num.network.threads', 7, 3))
    expect(check({ 'listener.name.controller.num.network.threads': '7' })).not.toThrow()
    expect(check({ 'listener.name.other.num.network.threads': '7' })).not.toThrow()
  })

  test('the cleaner has words of its own', () => {
    expect(check({ 'log.cleaner.threads': '3' })).toThrow(invalid(
      'Log cleaner threads cannot be increased to more than double the current value 1'))
    expect(check({ 'log.cleaner.threads': '1' }, { here: { 'log.cleaner.threads': '4' } })).toThrow(
      invalid('Log cleaner threads cannot be reduced to less than half the current value 4'))
  })
})

describe('limits of connections', () => {
  const LIMIT = 'max.connections'
  const RATE = 'max.connection.creation.rate'
  const OWN = `listener.name.plaintext.${LIMIT}`

  test.each<[Settings, string]>([
    [{ [LIMIT]: '0' }, `Invalid ${LIMIT} 0`],
    [{ [OWN]: '0' }, `Invalid ${LIMIT} 0`],
    [{ [RATE]: '0' }, `Invalid ${RATE} 0`],
    [{ [`listener.name.plaintext.${RATE}`]: '0' }, `Invalid ${RATE} 0`],
    [{ [RATE]: '0', [LIMIT]: '0' }, `Invalid ${LIMIT} 0`],
    [{ [LIMIT]: '0', 'num.network.threads': '100' }, `Invalid ${LIMIT} 0`],
    [{ [LIMIT]: '0', 'metric.reporters': 'x.y' }, `Invalid ${LIMIT} 0`],
  ])('%j lets nobody in, and is refused', (settings, message) => {
    expect(check(settings)).toThrow(invalid(message))
    expect(check(settings, { isClusterDefault: true })).toThrow()
  })

  test.each<[Settings]>([
    [{ 'listener.name.other.max.connections': '0' }],
    [{ 'listener.name.controller.max.connections': '0' }],
    [{ 'listener.name.PLAINTEXT.max.connections': '0' }],
    [{ [LIMIT]: '0', [OWN]: '3' }],
  ])('%j is of no listener that clients have', (settings) => {
    expect(check(settings)).not.toThrow()
  })

  test('what the properties say is not looked through once more', () => {
    const config = configOf({
      listeners: LISTENERS, 'controller.listener.names': 'CONTROLLER',
      'advertised.listeners': 'PLAINTEXT://127.0.0.1:9092', [OWN]: '0',
    })
    expect(check({ [LIMIT]: '5' }, { config })).not.toThrow()
    expect(check({ [RATE]: '5' }, { config })).toThrow(invalid(`Invalid ${LIMIT} 0`))
  })
})

describe('assignment intervals', () => {
  test.each(['consumer', 'share', 'streams'])('of %s groups stay within their bounds', (kind) => {
    const name = `group.${kind}.assignment.interval.ms`
    const [min, max] = [`group.${kind}.min.assignment.interval.ms`,
      `group.${kind}.max.assignment.interval.ms`]
    const config = configOf({ [min]: '500' })
    expect(check({ [name]: '15000' }, { config })).not.toThrow()
    for (const isClusterDefault of [true, false]) {
      expect(check({ [name]: '15001' }, { config, isClusterDefault }))
        .toThrow(saying(`${name} must be less than or equal to ${max}`))
      expect(check({ [name]: '499', listeners: LISTENERS }, { config }))
        .toThrow(saying(`${name} must be greater than or equal to ${min}`))
    }
  })
})

describe('retention', () => {
  const bad = (name: string, value: number, why: string) =>
    invalid(`Invalid value ${value} for configuration ${name}: ${why}`)

  test('is some time, or for ever', () => {
    expect(check({ 'log.retention.ms': '0' })).toThrow(saying(
      'requirement failed: log.retention.ms must be unlimited (-1) or, greater than or equal to 1'))
    expect(check({ 'log.retention.ms': '-1' })).not.toThrow()
  })

  test.each(['ms', 'bytes'])('what is kept here is part of what is kept, in %s', (unit) => {
    const [whole, local, lag] = [
      `log.retention.${unit}`, `log.local.retention.${unit}`, `log.remote.copy.lag.${unit}`,
    ] as const
    expect(check({ [whole]: '5', [local]: '6' })).toThrow(
      bad(local, 6, `Value must not be more than ${whole} property value: 5`))
    expect(check({ [whole]: '5', [local]: '-1' })).toThrow(
      bad(local, -1, `Value must not be -1 as ${whole} value is set as 5.`))
    expect(check({ [whole]: '5', [lag]: '6' })).toThrow(
      bad(lag, 6, `Value must not exceed ${local} (effective value: 5)`))
    expect(check({ [whole]: '-1', [local]: '6', [lag]: '6' })).not.toThrow()
  })
})

// What a running broker's settings may become, against what Kafka 4.4 answered.

import { describe, expect, test } from '@jest/globals'

import { type Config, parseConfig } from '../../lib/config.ts'
import { checkDynamicSettings } from '../../lib/config/dynamic.ts'
import { checkLoggerChanges, type LoggerChange } from '../../lib/config/loggers.ts'
import { Errors } from '../../protocol/errors.ts'

const LISTENERS = 'PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093'
const CONFIG = parseConfig(new Map(Object.entries({
  'node.id': '1', 'process.roles': 'broker,controller', listeners: LISTENERS,
  'controller.listener.names': 'CONTROLLER', 'log.dirs': '/one,/two',
  'advertised.listeners': 'PLAINTEXT://127.0.0.1:9092',
})), () => {})

type Settings = Record<string, string>

interface Layers {
  readonly everywhere?: Settings
  readonly here?: Settings
  readonly config?: Config
}

const mapOf = (settings: Settings): Map<string, string> => new Map(Object.entries(settings))

const check = (
  settings: Settings, isClusterDefault = false,
  { everywhere = {}, here = {}, config = CONFIG }: Layers = {},
) => () => checkDynamicSettings({
  settings: mapOf(settings), isClusterDefault, config,
  everywhere: mapOf(everywhere), here: mapOf(here),
})

const saying = (message: string, code: number = Errors.INVALID_REQUEST) =>
  expect.objectContaining({ code, message })

describe('dynamic settings of brokers', () => {
  test.each<[string, string, string]>([
    ['broker.rack', '1', 'Cannot update these configs dynamically: [broker.rack]'],
    ['ssl.keystore.type', 'JKS', 'These security configs can be dynamically updated only ' +
      'per-listener using the listener prefix: [ssl.keystore.type]'],
    ['log.cleaner.threads', 'x',
      'Invalid value x for configuration log.cleaner.threads: Not a number of type INT'],
    ['log.cleaner.threads', '-1',
      'Invalid value -1 for configuration log.cleaner.threads: Value must be at least 0'],
    ['listener.name.x.max.connections', '-1',
      'Invalid value -1 for configuration max.connections: Value must be at least 0'],
    ['compression.gzip.level', '0', 'Invalid value 0 for configuration compression.gzip.level: ' +
      'Value must be between 1 and 9 or equal to -1'],
    ['log.cleanup.policy', 'shred', 'Invalid value shred for configuration log.cleanup.policy: ' +
      'String must be one of: compact, delete'],
    ['compression.type', 'x', 'Invalid value x for configuration compression.type: String must ' +
      'be one of: uncompressed, zstd, lz4, snappy, gzip, producer'],
    ['leader.replication.throttled.rate', '-1', 'Invalid value -1 for configuration ' +
      'leader.replication.throttled.rate: Value must be at least 0'],
    ['sasl.login.refresh.buffer.seconds', '99999', 'Invalid value 99999 for configuration ' +
      'sasl.login.refresh.buffer.seconds: Not a number of type SHORT'],
    ['log.cleaner.min.cleanable.ratio', '1.5', 'Invalid value 1.5 for configuration ' +
      'log.cleaner.min.cleanable.ratio: Value must be no more than 1'],
    ['log.cleaner.min.cleanable.ratio', '2', 'Invalid value 2.0 for configuration ' +
      'log.cleaner.min.cleanable.ratio: Value must be no more than 1'],
    ['log.roll.ms', '0', 'requirement failed: log.roll.ms must be greater than or equal to 1'],
    ['log.roll.jitter.ms', '-1',
      'requirement failed: log.roll.jitter.ms must be greater than or equal to 0'],
    ['log.cleaner.dedupe.buffer.size', '5', 'requirement failed: log.cleaner.dedupe.buffer.size ' +
      'must be at least 1MB per cleaner thread.'],
    ['cordoned.log.dirs', '/one,/three', 'requirement failed: All entries in cordoned.log.dirs ' +
      'must be present in log.dirs or log.dir. Missing entries : /three'],
    ['max.connections.per.ip.overrides', 'x', 'Error parsing configuration property ' +
      "'max.connections.per.ip.overrides': begin 0, end -1, length 1"],
    ['cordoned.log.dirs', '/one,*',
      'requirement failed: When cordoned.log.dirs is set to *, it must not contain other values'],
    ['cordoned.log.dirs', '/one,/one',
      "Configuration 'cordoned.log.dirs' values must not be duplicated."],
    ['ssl.cipher.suites', 'a,,b', "Configuration 'ssl.cipher.suites' values must not be empty."],
    ['log.cleaner.threads', '0', '/ by zero'],
    ['max.connections.per.ip', '0', 'requirement failed: max.connections.per.ip can be set to ' +
      'zero only if max.connections.per.ip.overrides property is set.'],
    ['max.connections.per.ip.overrides', 'a b:5',
      'max.connections.per.ip.overrides contains invalid addresses : a b'],
    ['max.connections.per.ip.overrides', '127.0.0.1:x', 'For input string: "x"'],
    ['unclean.leader.election.enable', 'yes', 'Invalid value yes for configuration ' +
      'unclean.leader.election.enable: Expected value to be either true or false'],
  ])('%s=%s is refused', (name, value, message) => {
    expect(check({ [name]: value })).toThrow(saying(message))
    expect(check({ 'log.retention.ms': '5', [name]: value })).toThrow(saying(message))
  })

  test('several that cannot change are named in the order of their hashes', () => {
    expect(check({ 'node.id': '2', 'broker.rack': 'r', 'process.roles': 'broker' })).toThrow(
      saying('Cannot update these configs dynamically: [node.id, process.roles, broker.rack]'))
  })

  test.each([
    ['listeners', LISTENERS], ['listener.name.x.ssl.keystore.type', 'JKS'],
    ['ssl.client.auth', 'required'], ['sasl.jaas.config', 'x'], ['listener.name.x.no.such', 'x'],
    ['listener.name.x.plain.sasl.jaas.config', 'x'], ['cordoned.log.dirs', '*'],
  ])('%s belongs to one broker', (name, value) => {
    expect(check({ [name]: value })).not.toThrow()
    expect(check({ [name]: value }, true)).toThrow(saying('Cannot update these configs at ' +
      `default cluster level, broker id must be specified: [${name}]`))
  })

  test('what can change may, and what nobody knows is taken', () => {
    const settings = {
      'log.retention.ms': '700000000', 'no.such.key': 'x', 'compression.gzip.level': '-1',
      'listener.name.x.max.connections': '5', 'log.cleanup.policy': 'compact,delete',
    }
    expect(check(settings)).not.toThrow()
    expect(check(settings, true)).not.toThrow()
  })
})

describe('log levels', () => {
  const set: LoggerChange = { name: 'root', value: 'DEBUG', operation: 'set' }
  const change = (changed: Partial<LoggerChange>, nodeName = '1') => () =>
    checkLoggerChanges(nodeName, 1, [{ ...set, ...changed }])

  test.each<[string, Partial<LoggerChange>, string]>([
    ['of a logger that is not there', { name: 'kafka' }, 'Logger kafka does not exist!'],
    ['that are none', { value: 'LOUD' }, 'Cannot set the log level of root to LOUD as it is not ' +
      'a supported log level. Valid log levels are DEBUG, ERROR, FATAL, INFO, TRACE, WARN'],
  ])('%s are a bad config', (_, changed, message) => {
    expect(change(changed)).toThrow(saying(message, Errors.INVALID_CONFIG))
  })

  test.each<[string, Partial<LoggerChange>, string]>([
    ['are not added to', { name: 'kafka', operation: 'append' },
      'APPEND operation is not allowed for the BROKER_LOGGER resource'],
    ['of the root are not deleted', { operation: 'delete', value: null },
      'Removing the log level of the root logger is not allowed'],
  ])('%s', (_, changed, message) => {
    expect(change(changed)).toThrow(saying(message))
  })

  test.each(['DEBUG', 'ERROR', 'FATAL', 'INFO', 'TRACE', 'WARN'])('may be %s', (value) => {
    expect(change({ value })).not.toThrow()
  })

  test('are those of this node', () => {
    expect(change({}, 'x')).toThrow(saying('Node id must be an integer, but it is: x'))
    expect(change({}, '4711')).toThrow(
      saying('Unexpected node id. Expected 1, but received 4711'))
  })
})

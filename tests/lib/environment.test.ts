// Variables of Kafka's Docker image: which are settings, what is made of others, and what is
// refused.

import { describe, expect, test } from '@jest/globals'
import { parseConfig, type Config } from '../../lib/config.ts'
import {
  environmentLogLevel, environmentSettings, settingName, type Variables,
} from '../../lib/config/environment.ts'

const NOTHING: ReadonlyMap<string, string> = new Map()

interface World {
  readonly file?: ReadonlyMap<string, string>
  readonly secrets?: Readonly<Record<string, string>>
  readonly warnings?: string[]
}

function settings(variables: Variables, { file = NOTHING, secrets = {}, warnings }: World = {}) {
  return environmentSettings(variables, {
    file,
    readSecret: (path) => secrets[path],
    warn: (message) => warnings?.push(message),
  })
}

const properties = (variables: Variables, world?: World) =>
  Object.fromEntries(settings(variables, world).properties)

function config(variables: Variables, world?: World): Config {
  const { base, clusterId, properties: given } = settings(variables, world)
  return parseConfig(given, () => {}, { base, hostName: 'container', newClusterId: clusterId })
}

/** Of the compose file for one node that Kafka documents. */
const SINGLE_NODE: Variables = {
  KAFKA_NODE_ID: '1',
  KAFKA_LISTENER_SECURITY_PROTOCOL_MAP:
    'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PLAINTEXT_HOST:PLAINTEXT',
  KAFKA_ADVERTISED_LISTENERS: 'PLAINTEXT_HOST://localhost:9092,PLAINTEXT://broker:19092',
  KAFKA_PROCESS_ROLES: 'broker,controller',
  KAFKA_CONTROLLER_QUORUM_VOTERS: '1@broker:29093',
  KAFKA_LISTENERS: 'CONTROLLER://:29093,PLAINTEXT_HOST://:9092,PLAINTEXT://:19092',
  KAFKA_INTER_BROKER_LISTENER_NAME: 'PLAINTEXT',
  KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
  CLUSTER_ID: '4L6g3nShT-eMCtK--X86sw',
  KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
  KAFKA_LOG_DIRS: '/tmp/kraft-combined-logs',
}

describe('names', () => {
  test.each([
    ['KAFKA_VALID_PROPERTY', 'valid.property'],
    ['KAFKA_A_B__C___D', 'a.b_c-d'],
    // Four are a blank of "-" and ".", as replacing in that order makes them.
    ['KAFKA_A____B', 'a-.b'],
    ['KAFKA_Node_ID', 'node.id'],
    ['KAFKA_KAFKA_X', 'kafka.x'],
  ])('%s is %s', (variable, name) => {
    expect(settingName(variable)).toBe(name)
  })

  test('others are none of ours', () => {
    expect(properties({ PATH: '/bin', SOME_KAFKA_X: '1', kafka_node_id: '2' })).toEqual({})
  })

  test('those of the JVM and its loggers are no settings, and said to be without effect', () => {
    const warnings: string[] = []
    const variables = {
      KAFKA_HEAP_OPTS: '-Xmx1g', KAFKA_OPTS: '', KAFKA_VERSION: '4.4.0',
      KAFKA_LOG4J_ROOT_LOGLEVEL: 'WARN', KAFKA_LOG4J_LOGGERS: 'kafka=INFO',
    }
    expect(properties(variables, { warnings })).toEqual({})
    expect(warnings)
      .toEqual(['KAFKA_HEAP_OPTS, KAFKA_LOG4J_LOGGERS: no effect, there is no JVM here'])
  })

  test('the log level has Log4j\'s names', () => {
    const level = (name: string) => environmentLogLevel({ KAFKA_LOG4J_ROOT_LOGLEVEL: name })
    expect(['OFF', 'warn', 'Info', 'TRACE'].map(level)).toEqual(['error', 'warn', 'info', 'debug'])
    expect(level('LOUD')).toBeUndefined()
    expect(environmentLogLevel({})).toBeUndefined()
  })

  test('a log level that is none brings a warning', () => {
    const warned = (KAFKA_LOG4J_ROOT_LOGLEVEL: string): string[] => {
      const warnings: string[] = []
      properties({ KAFKA_LOG4J_ROOT_LOGLEVEL }, { warnings })
      return warnings
    }
    expect(warned('BOGUS')).toEqual(['KAFKA_LOG4J_ROOT_LOGLEVEL=BOGUS: no effect, it must be one '
      + 'of OFF, FATAL, ERROR, WARN, INFO, DEBUG, TRACE, ALL'])
    expect(['', 'debug', ' INFO '].flatMap(warned)).toEqual([])
  })
})

describe('values', () => {
  test('are those of a properties file, escapes and all', () => {
    const variables = {
      KAFKA_A: ' x\\ty', KAFKA_B: '', KAFKA_C: 'one\ntwo=three', KAFKA_D: 'a=b',
    }
    expect(properties(variables)).toEqual({ a: 'x\ty', b: '', c: 'one', two: 'three', d: 'a=b' })
    expect(() => properties({ KAFKA_A: '\\u1' }))
      .toThrow('a value of the variables KAFKA_*: line 1: \\u must precede')
  })

  test('win over the file that is mounted', () => {
    const file = new Map([['node.id', '7'], ['num.partitions', '3']])
    expect(properties({ KAFKA_NODE_ID: '8' }, { file }))
      .toEqual({ 'node.id': '8', 'num.partitions': '3' })
  })
})

describe('a container', () => {
  test('without variables and file is a node of its own that clients outside can reach', () => {
    const alone = config({})
    expect(alone.advertisedListeners).toMatchObject([{ host: 'localhost', port: 9092 }])
    expect(alone.listeners).toMatchObject([{ name: 'PLAINTEXT', host: '', port: 9092 }])
    expect(alone.logDirs).toEqual(['/tmp/kraft-combined-logs'])
    expect(alone.newClusterId).toBe('5L6g3nShT-eMCtK--X86sw')
    expect(config({ CLUSTER_ID: '' }).newClusterId).toBe('5L6g3nShT-eMCtK--X86sw')
    expect(config({ CLUSTER_ID: 'mine' }).newClusterId).toBe('mine')
  })

  test('with variables alone has Kafka\'s defaults beside them', () => {
    const node = config(SINGLE_NODE)
    expect(node.controllerListeners).toMatchObject([{ name: 'CONTROLLER', port: 29093 }])
    expect(node.advertisedListeners).toMatchObject([
      { name: 'PLAINTEXT_HOST', host: 'localhost', port: 9092 },
      { name: 'PLAINTEXT', host: 'broker', port: 19092 },
    ])
    expect(node.groupInitialRebalanceDelayMs).toBe(3000)
    expect(config({ ...SINGLE_NODE, KAFKA_LOG_DIRS: undefined }).logDirs)
      .toEqual(['/tmp/kafka-logs'])
  })

  test('that is not told what it is takes the variables on top of what it is without any', () => {
    const node = config({ KAFKA_NUM_PARTITIONS: '3' })
    expect(node.numPartitions).toBe(3)
    expect(node.advertisedListeners).toMatchObject([{ host: 'localhost', port: 9092 }])
    const elsewhere = config({ KAFKA_LISTENERS: 'PLAINTEXT://:9095' })
    expect(elsewhere.advertisedListeners).toMatchObject([{ host: 'container', port: 9095 }])
  })
})

describe('listeners', () => {
  const derived = (variables: Variables) => properties(variables)['listeners']

  test('are the advertised ones on all addresses, where none are given', () => {
    const advertised = 'A://one:1,B://[::1]:2,C://:3'
    expect(derived({ KAFKA_ADVERTISED_LISTENERS: advertised }))
      .toBe('A://0.0.0.0:1,B://0.0.0.0:2,C://0.0.0.0:3')
    expect(derived({ KAFKA_ADVERTISED_LISTENERS: advertised, KAFKA_LISTENERS: '' }))
      .toBe('A://0.0.0.0:1,B://0.0.0.0:2,C://0.0.0.0:3')
    expect(derived({ KAFKA_ADVERTISED_LISTENERS: advertised, KAFKA_LISTENERS: 'A://:1' }))
      .toBe('A://:1')
  })

  test('of a controller alone are not advertised', () => {
    expect(() => settings({
      KAFKA_PROCESS_ROLES: 'controller', KAFKA_ADVERTISED_LISTENERS: 'A://one:1',
    })).toThrow('KAFKA_ADVERTISED_LISTENERS must not be set')
    expect(properties({ KAFKA_PROCESS_ROLES: 'controller', KAFKA_ADVERTISED_LISTENERS: '' }))
      .toEqual({ 'process.roles': 'controller' })
  })

  test('that advertise 0.0.0.0 are refused, as by Kafka', () => {
    const everywhere = 'PLAINTEXT://0.0.0.0:19092'
    expect(() => config({ ...SINGLE_NODE, KAFKA_ADVERTISED_LISTENERS: everywhere }))
      .toThrow('advertised.listeners must not be 0.0.0.0')
  })
})

describe('listeners with TLS', () => {
  const SSL: Variables = {
    KAFKA_ADVERTISED_LISTENERS: 'SSL://localhost:9093',
    KAFKA_SSL_KEYSTORE_FILENAME: 'keys.jks',
    KAFKA_SSL_KEYSTORE_CREDENTIALS: 'keystore-password',
    KAFKA_SSL_KEY_CREDENTIALS: 'key-password',
  }
  const secrets = {
    '/etc/kafka/secrets/keys.jks': 'bytes', '/etc/kafka/secrets/trust.jks': 'bytes',
    '/etc/kafka/secrets/keystore-password': 'one\n', '/etc/kafka/secrets/key-password': 'two',
    '/etc/kafka/secrets/trust-password': 'three\n',
  }

  test('have their passwords out of files', () => {
    expect(properties(SSL, { secrets })).toMatchObject({
      'ssl.keystore.location': '/etc/kafka/secrets/keys.jks',
      'ssl.keystore.password': 'one', 'ssl.key.password': 'two',
    })
    expect(properties(SSL, { secrets })).not.toHaveProperty('ssl.truststore.location')
  })

  test('that ask for certificates of clients have a store of those to trust', () => {
    const asking = { ...SSL, KAFKA_SSL_CLIENT_AUTH: 'required' }
    expect(() => settings(asking, { secrets }))
      .toThrow('KAFKA_SSL_TRUSTSTORE_FILENAME must be set')
    expect(properties({
      ...asking, KAFKA_SSL_TRUSTSTORE_FILENAME: 'trust.jks',
      KAFKA_SSL_TRUSTSTORE_CREDENTIALS: 'trust-password',
    }, { secrets })).toMatchObject({ 'ssl.truststore.password': 'three' })
  })

  test('without their files are refused', () => {
    expect(() => settings({ ...SSL, KAFKA_SSL_KEY_CREDENTIALS: '' }, { secrets }))
      .toThrow('KAFKA_SSL_KEY_CREDENTIALS must be set')
    expect(() => settings(SSL)).toThrow(
      'KAFKA_SSL_KEYSTORE_FILENAME: there is no file /etc/kafka/secrets/keys.jks')
  })
})

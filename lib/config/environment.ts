// Settings out of environment variables, as the Docker image of Apache Kafka takes them: what
// starts a container of that image starts Samsa's.

import { parseProperties, PropertiesError } from '../properties.ts'
import { StartError } from '../start-error.ts'
import type { LogLevel } from '../world/logger.ts'
import { DEVELOPMENT } from './development.ts'
import type { Warn } from './values.ts'

export type Variables = Readonly<Record<string, string | undefined>>

export interface EnvironmentSettings {
  /** Those of the file, and what the variables say instead. */
  readonly properties: ReadonlyMap<string, string>
  /** What counts where neither says anything. */
  readonly base: ReadonlyMap<string, string>
  /** Of the cluster that empty log directories become part of: any text, as in Kafka. */
  readonly clusterId: string
}

export interface EnvironmentOptions {
  /** The `server.properties` that is mounted; empty where none is. */
  readonly file: ReadonlyMap<string, string>
  /** Text of a file that a variable names; undefined where there is none. */
  readSecret(path: string): string | undefined
  readonly warn: Warn
}

const PREFIX = 'KAFKA_'
/** Of a container that is not told one; public, so that any two such may be mistaken as one. */
const DEFAULT_CLUSTER_ID = '5L6g3nShT-eMCtK--X86sw'
const SECRETS = '/etc/kafka/secrets'
const ROOT_LOG_LEVEL = 'KAFKA_LOG4J_ROOT_LOGLEVEL'

/** By Log4j's names. */
const LOG_LEVELS: ReadonlyMap<string, LogLevel> = new Map([
  ['OFF', 'error'], ['FATAL', 'error'], ['ERROR', 'error'], ['WARN', 'warn'], ['INFO', 'info'],
  ['DEBUG', 'debug'], ['TRACE', 'debug'], ['ALL', 'debug'],
])

/** For the JVM and its loggers; they are no settings, and nothing here follows from them. */
const WITHOUT_EFFECT = [
  'KAFKA_HEAP_OPTS', 'KAFKA_OPTS', 'KAFKA_JMX_OPTS', 'KAFKA_JMX_HOSTNAME', 'KAFKA_GC_LOG_OPTS',
  'KAFKA_JVM_PERFORMANCE_OPTS', 'KAFKA_LOG4J_OPTS', 'KAFKA_LOG4J_LOGGERS',
  'KAFKA_TOOLS_LOG4J_LOGLEVEL',
]
const NO_SETTINGS: ReadonlySet<string> = new Set([
  ...WITHOUT_EFFECT, 'KAFKA_VERSION', ROOT_LOG_LEVEL,
])

/** Kafka's image ships such a file for whoever gives neither variables nor a file. */
const CONTAINER: ReadonlyMap<string, string> = new Map([
  ...DEVELOPMENT, ['listeners', 'PLAINTEXT://:9092'], ['log.dirs', '/tmp/kraft-combined-logs'],
])
/** The container's own name is known inside alone. */
const ADVERTISED = 'PLAINTEXT://localhost:9092'

/**
 * Reads `KAFKA_*` and `CLUSTER_ID` by the rules of `/etc/kafka/docker` and KafkaDockerWrapper of
 * Kafka 4.4. In one thing it goes further: variables that do not say what the node is
 * (`process.roles`), which no Kafka starts with, are taken on top of what it would be without any.
 * Throws StartError for what cannot be.
 */
export function environmentSettings(
  variables: Variables, { file, readSecret, warn }: EnvironmentOptions,
): EnvironmentSettings {
  const without = WITHOUT_EFFECT.filter((name) => variables[name])
  if (without.length > 0) warn(`${without.join(', ')}: no effect, there is no JVM here`)
  const level = variables[ROOT_LOG_LEVEL]?.trim()
  if (level && environmentLogLevel(variables) === undefined) {
    const known = [...LOG_LEVELS.keys()].join(', ')
    warn(`${ROOT_LOG_LEVEL}=${level}: no effect, it must be one of ${known}`)
  }
  const complete = withDerived(variables, readSecret)
  const properties = new Map([...file, ...settingsOf(complete)])
  const base = properties.has('process.roles') ? new Map<string, string>() : new Map(CONTAINER)
  if (base.size > 0 && !properties.has('listeners')) base.set('advertised.listeners', ADVERTISED)
  return { properties, base, clusterId: variables['CLUSTER_ID'] || DEFAULT_CLUSTER_ID }
}

/** By Log4j's names, in either case; undefined where none, or one that is not known, is given. */
export function environmentLogLevel(variables: Variables): LogLevel | undefined {
  return LOG_LEVELS.get(variables[ROOT_LOG_LEVEL]?.trim().toUpperCase() ?? '')
}

/** `KAFKA_A_B__C___D` is the setting `a.b_c-d`. */
export function settingName(variable: string): string {
  return variable.slice(PREFIX.length).toLowerCase()
    .replaceAll('_', '.').replaceAll('...', '-').replaceAll('..', '_')
}

/** As lines of a properties file, which the image makes of them: escapes count, and line ends. */
function settingsOf(variables: Variables): Map<string, string> {
  const lines = Object.entries(variables)
    .filter(([name, value]) => (
      value !== undefined && name.startsWith(PREFIX) && !NO_SETTINGS.has(name)))
    .map(([name, value]) => `${settingName(name)}=${value}`)
  try {
    return parseProperties(lines.join('\n'))
  } catch (error) {
    if (!(error instanceof PropertiesError)) throw error
    throw new StartError(`a value of the variables ${PREFIX}*: ${error.message}`)
  }
}

/** With those that the image makes of others. */
function withDerived(
  variables: Variables, readSecret: EnvironmentOptions['readSecret'],
): Variables {
  const advertised = variables['KAFKA_ADVERTISED_LISTENERS'] ?? ''
  if (variables['KAFKA_PROCESS_ROLES'] === 'controller') {
    if (advertised !== '') {
      throw new StartError('KAFKA_ADVERTISED_LISTENERS must not be set for a node that is a '
        + 'controller alone (KAFKA_PROCESS_ROLES=controller)')
    }
    return { ...variables, KAFKA_ADVERTISED_LISTENERS: undefined }
  }
  if (advertised === '') return variables
  return {
    ...variables,
    // All addresses of the container, for what clients are told is an address outside of it.
    KAFKA_LISTENERS: variables['KAFKA_LISTENERS']
      || advertised.replaceAll(/:\/\/(\[[^\]]*\]|[^:]*):/g, '://0.0.0.0:'),
    ...(advertised.includes('SSL://') ? keysAndTrust(variables, readSecret) : {}),
  }
}

/** Stores and their passwords lie in files of one directory, which other variables name. */
function keysAndTrust(
  variables: Variables, readSecret: EnvironmentOptions['readSecret'],
): Variables {
  const read = (name: string): readonly [path: string, text: string] => {
    const file = variables[name]
    if (!file) {
      throw new StartError(`${name} must be set: KAFKA_ADVERTISED_LISTENERS has an SSL listener`)
    }
    const path = `${SECRETS}/${file}`
    const text = readSecret(path)
    if (text === undefined) throw new StartError(`${name}: there is no file ${path}`)
    return [path, text.replace(/\n+$/, '')]
  }
  const keys = {
    KAFKA_SSL_KEYSTORE_LOCATION: read('KAFKA_SSL_KEYSTORE_FILENAME')[0],
    KAFKA_SSL_KEY_PASSWORD: read('KAFKA_SSL_KEY_CREDENTIALS')[1],
    KAFKA_SSL_KEYSTORE_PASSWORD: read('KAFKA_SSL_KEYSTORE_CREDENTIALS')[1],
  }
  if (!/required|requested/.test(variables['KAFKA_SSL_CLIENT_AUTH'] ?? '')) return keys
  return {
    ...keys,
    KAFKA_SSL_TRUSTSTORE_LOCATION: read('KAFKA_SSL_TRUSTSTORE_FILENAME')[0],
    KAFKA_SSL_TRUSTSTORE_PASSWORD: read('KAFKA_SSL_TRUSTSTORE_CREDENTIALS')[1],
  }
}

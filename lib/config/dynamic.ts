// What the settings of a running broker may become (KIP-226): which can be changed at all, which
// only on single brokers, and to which values. What nobody knows is taken as it is.

import { ApiError, Errors } from '../../protocol/errors.ts'
import {
  atLeast, between, type ConfigType, doubleText, gzipLevel, listOf, oneOf, readValue,
} from '../../storage/config-values.ts'
import type { Config } from '../config.ts'
import { inHashOrder } from './hash-order.ts'
import type { Setting, SettingType } from './setting.ts'
import { SETTINGS, SETTINGS_BY_NAME } from './table.ts'

/** Files would set these for all listeners; while the broker runs each listener has its own. */
const PER_LISTENER: readonly string[] = [
  'ssl.key.password', 'ssl.keystore.certificate.chain', 'ssl.keystore.key',
  'ssl.keystore.location', 'ssl.keystore.password', 'ssl.keystore.type',
  'ssl.truststore.certificates', 'ssl.truststore.location', 'ssl.truststore.password',
  'ssl.truststore.type',
]
/** Rates in bytes per second that no file sets. */
const DYNAMIC_ALONE: readonly string[] = [
  'leader.replication.throttled.rate', 'follower.replication.throttled.rate',
  'replica.alter.log.dirs.io.max.bytes.per.second',
]
const MEBIBYTE = 1024 * 1024
const OVERRIDES = 'max.connections.per.ip.overrides'
const LISTENER_PREFIX = /^listener\.name\.[^.]*\./

/** What the broker runs with, as far as it matters here. */
export type Present = Pick<Config,
  'logDirs' | 'logCleanerThreads' | 'logCleanerDedupeBufferSize'>

/**
 * Looks through all dynamic settings that a broker, or the cluster as the default of all brokers,
 * would have. Throws INVALID_REQUEST in Kafka's words.
 */
export function checkDynamicSettings(
  settings: ReadonlyMap<string, string>, isClusterDefault: boolean, config: Present,
): void {
  const names = [...settings.keys()]
  refuse(names.filter((name) => updateMode(name) === 'read-only'),
    'Cannot update these configs dynamically')
  refuse(names.filter((name) => PER_LISTENER.includes(name)),
    'These security configs can be dynamically updated only per-listener using the listener prefix')
  checkValues(new Map([...settings].map(([name, text]) => [baseName(name), text])))
  if (isClusterDefault) {
    refuse(names.filter((name) => updateMode(baseName(name)) === 'per-broker'),
      'Cannot update these configs at default cluster level, broker id must be specified')
  }
  checkRequirements(settings, config)
}

/** What the broker itself would not run with. */
function checkRequirements(settings: ReadonlyMap<string, string>, config: Present): void {
  const must = (holds: boolean, what: string): void => {
    if (!holds) throw new ApiError(Errors.INVALID_REQUEST, `requirement failed: ${what}`)
  }
  const numberOf = (name: string, fallback: number): number => {
    const text = settings.get(name)
    return text === undefined ? fallback : Number(text)
  }
  const least = (name: string, minimum: number): void => (
    must(numberOf(name, minimum) >= minimum, `${name} must be greater than or equal to ${minimum}`))
  least('log.roll.ms', 1)
  least('log.roll.jitter.ms', 0)
  const threads = numberOf('log.cleaner.threads', config.logCleanerThreads)
  const bufferBytes = numberOf('log.cleaner.dedupe.buffer.size', config.logCleanerDedupeBufferSize)
  must(bufferBytes / threads > MEBIBYTE,
    'log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner thread.')
  const cordoned = listIn(settings.get('cordoned.log.dirs') ?? '')
  const missing = cordoned.filter((path) => !config.logDirs.includes(path))
  must(cordoned.includes('*') || missing.length === 0, 'All entries in cordoned.log.dirs must be '
    + `present in log.dirs or log.dir. Missing entries : ${missing.join(', ')}`)
  for (const pair of listIn(settings.get(OVERRIDES) ?? '')) {
    if (/:\s*\d+$/.test(pair)) continue
    throw new ApiError(Errors.INVALID_REQUEST,
      `Error parsing configuration property '${OVERRIDES}': ${whyNoPair(pair)}`)
  }
}

/** In the words of Java, which cuts at the last colon. */
function whyNoPair(pair: string): string {
  const colon = pair.lastIndexOf(':')
  return colon < 0 ? `begin 0, end -1, length ${pair.length}`
    : `For input string: "${pair.slice(colon + 1).trim()}"`
}

function listIn(text: string): string[] {
  return text.split(',').map((one) => one.trim()).filter((one) => one !== '')
}

function refuse(names: readonly string[], why: string): void {
  if (names.length === 0) return
  throw new ApiError(Errors.INVALID_REQUEST, `${why}: [${inHashOrder(names).join(', ')}]`)
}

function updateMode(name: string): string | undefined {
  return SETTINGS_BY_NAME.get(name)?.spec.updateMode
}

function baseName(name: string): string {
  return name.replace(LISTENER_PREFIX, '')
}

function checkValues(settings: ReadonlyMap<string, string>): void {
  try {
    for (const name of DYNAMIC_ALONE) {
      const text = settings.get(name)
      if (text !== undefined) atLeast(0)(name, readValue(name, 'long', text), text)
    }
    for (const setting of SETTINGS) {
      const text = settings.get(setting.name)
      if (text !== undefined) checkValue(setting, text)
    }
  } catch (error) {
    // Kafka calls it a bad request, although it is the config that is bad (KAFKA-13609).
    if (!(error instanceof ApiError)) throw error
    throw new ApiError(Errors.INVALID_REQUEST, error.message)
  }
}

function checkValue({ name, spec }: Setting<string, unknown>, text: string): void {
  const value = readValue(name, readAs(spec.type), text)
  const shown = spec.type === 'double' ? doubleText(Number(value)) : text
  const { minimum, maximum, also, choices } = spec
  if (also !== undefined) gzipLevel(name, value, text)
  else if (minimum !== undefined && maximum !== undefined) {
    between(minimum, maximum)(name, value, shown)
  } else if (minimum !== undefined) atLeast(minimum)(name, value, shown)
  if (choices === undefined) return
  const check = spec.type === 'list' ? listOf(...choices) : oneOf(...choices)
  check(name, value, text)
}

function readAs(type: SettingType): ConfigType {
  return type === 'class' || type === 'password' ? 'string' : type
}

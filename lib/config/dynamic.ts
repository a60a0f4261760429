// What the settings of a running broker may become (KIP-226): which can be changed at all, which
// only on single brokers, and to which values. What nobody knows is taken as it is.

import { ApiError, Errors } from '../../protocol/errors.ts'
import {
  atLeast, between, type ConfigType, gzipLevel, listOf, oneOf, readValue,
} from '../../storage/config-values.ts'
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
const LISTENER_PREFIX = /^listener\.name\.[^.]*\./

/**
 * Looks through all dynamic settings that a broker, or the cluster as the default of all brokers,
 * would have. Throws INVALID_REQUEST in Kafka's words.
 */
export function checkDynamicSettings(
  settings: ReadonlyMap<string, string>, isClusterDefault: boolean,
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
  const { minimum, maximum, also, choices } = spec
  if (also !== undefined) gzipLevel(name, value, text)
  else if (minimum !== undefined && maximum !== undefined) {
    between(minimum, maximum)(name, value, text)
  } else if (minimum !== undefined) atLeast(minimum)(name, value, text)
  if (choices === undefined) return
  const check = spec.type === 'list' ? listOf(...choices) : oneOf(...choices)
  check(name, value, text)
}

function readAs(type: SettingType): ConfigType {
  return type === 'class' || type === 'password' ? 'string' : type
}

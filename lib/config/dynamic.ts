// What the settings of a running broker may become (KIP-226): which can be changed at all, which
// only on single brokers, and to which values. What nobody knows is taken as it is.

import { ApiError, Errors } from '../../protocol/errors.ts'
import {
  anyList, atLeast, badValue, between, type ConfigType, doubleText, gzipLevel, listOf, oneOf,
  readValue,
} from '../../storage/config-values.ts'
import { OF_ALL_LISTENERS, PER_LISTENER } from './dynamic-listeners.ts'
import { type DynamicChange, effectsOf } from './effective.ts'
import { inHashOrder } from './hash-order.ts'
import { checkClass, isConfigProvider } from './java-classes.ts'
import { baseName } from './listener-names.ts'
import { checkReconfiguration } from './reconfiguration.ts'
import { checkRequirements } from './requirements.ts'
import type { Setting, SettingType } from './setting.ts'
import { SETTINGS, SETTINGS_BY_NAME } from './table.ts'

/** Rates in bytes per second that no file sets. */
const DYNAMIC_ALONE: readonly string[] = [
  'leader.replication.throttled.rate', 'follower.replication.throttled.rate',
  'replica.alter.log.dirs.io.max.bytes.per.second',
]
const LISTENERS = 'listeners'
const CONFIG_PROVIDERS = 'config.providers'

/**
 * Looks through all dynamic settings that a broker, or the cluster as the default of all brokers,
 * would have. Throws INVALID_REQUEST in Kafka's words.
 */
export function checkDynamicSettings(change: DynamicChange): void {
  const { settings, isClusterDefault, config } = change
  const names = [...settings.keys()]
  checkConfigProviders(settings)
  refuse(names.filter((name) => updateMode(name) === 'read-only'),
    'Cannot update these configs dynamically')
  refuse(names.filter((name) => PER_LISTENER.includes(name)),
    'These security configs can be dynamically updated only per-listener using the listener prefix')
  checkValues(new Map([...settings].map(([name, text]) => [baseName(name), text])))
  if (isClusterDefault) {
    refuse(names.filter(isOfOneBroker),
      'Cannot update these configs at default cluster level, broker id must be specified')
  }
  const effects = effectsOf(change)
  checkRequirements(effects.then, config)
  checkReconfiguration(effects, config)
}

function checkConfigProviders(settings: ReadonlyMap<string, string>): void {
  for (const provider of (settings.get(CONFIG_PROVIDERS) ?? '').split(',')) {
    const name = `${CONFIG_PROVIDERS}.${provider.trim()}.class`
    const className = settings.get(name)
    if (className === undefined || isConfigProvider(className)) continue
    throw new ApiError(Errors.INVALID_REQUEST, badValue(name, className,
      'Could not load config provider class or one of its dependencies').message)
  }
}

/** All that is said of single listeners is, but for what may be said of all of them. */
function isOfOneBroker(name: string): boolean {
  const base = baseName(name)
  return base === name ? updateMode(name) === 'per-broker' : !OF_ALL_LISTENERS.includes(base)
}

function refuse(names: readonly string[], why: string): void {
  if (names.length === 0) return
  throw new ApiError(Errors.INVALID_REQUEST, `${why}: [${inHashOrder(names).join(', ')}]`)
}

function updateMode(name: string): string | undefined {
  return SETTINGS_BY_NAME.get(name)?.spec.updateMode
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
  if (spec.type === 'class') checkClass(name, text)
  if (name === LISTENERS && text.trim() === '') {
    throw new ApiError(Errors.INVALID_CONFIG, `Configuration '${name}' must not be empty. Valid ` +
      'values include: any non-empty value')
  }
  if (choices === undefined) {
    if (spec.type === 'list' && name !== CONFIG_PROVIDERS) anyList(name, value, text)
    return
  }
  const check = spec.type === 'list' ? listOf(...choices) : oneOf(...choices)
  check(name, value, text)
}

function readAs(type: SettingType): ConfigType {
  return type === 'class' || type === 'password' ? 'string' : type
}

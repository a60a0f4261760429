// The configs of a client metrics subscription (KIP-714): what clients push, how often, and which
// clients do.

import { ApiError, Errors } from '../protocol/errors.ts'
import { type ConfigType, type ConfigValue, readValue } from '../storage/config-values.ts'
import { checkUnique } from './config-lists.ts'
import type { Settings } from './image/configs.ts'

export interface ClientMetricsConfig {
  readonly name: string
  readonly type: ConfigType
  readonly default: string
  readonly doc: string
}

/** As Kafka defines them. */
export const CLIENT_METRICS_CONFIGS: readonly ClientMetricsConfig[] = [
  {
    name: 'metrics', type: 'list', default: '',
    doc: 'What the names of the metrics to push begin with; * stands for all metrics.',
  },
  {
    name: 'interval.ms', type: 'int', default: '300000',
    doc: 'How often clients push their metrics.',
  },
  {
    name: 'match', type: 'list', default: '',
    doc: 'Which clients push: name=pattern pairs, all of which must match; none: every client.',
  },
]

const LEAST_INTERVAL_MS = 100
const GREATEST_INTERVAL_MS = 3_600_000
const MATCHED: readonly string[] = [
  'client_instance_id', 'client_id', 'client_software_name', 'client_software_version',
  'client_source_address', 'client_source_port',
]

/** Throws INVALID_REQUEST and INVALID_CONFIG, in Kafka's words. */
export function checkClientMetrics(subscription: string, settings: Settings): void {
  if (subscription === '') {
    throw new ApiError(Errors.INVALID_REQUEST, "Subscription name can't be empty")
  }
  for (const name of settings.keys()) {
    if (CLIENT_METRICS_CONFIGS.some((config) => config.name === name)) continue
    throw new ApiError(
      Errors.INVALID_REQUEST, `Unknown client metrics configuration: ${name}`)
  }
  const values = read(settings)
  const intervalMs = Number(values.get('interval.ms') ?? LEAST_INTERVAL_MS)
  if (intervalMs < LEAST_INTERVAL_MS || intervalMs > GREATEST_INTERVAL_MS) {
    throw new ApiError(Errors.INVALID_REQUEST, `Invalid value ${intervalMs} for interval.ms, ` +
      `interval must be between ${LEAST_INTERVAL_MS} and ${GREATEST_INTERVAL_MS} (1 hour)`)
  }
  for (const pattern of (values.get('match') ?? []) as readonly string[]) checkPattern(pattern)
}

function read(settings: Settings): Map<string, ConfigValue> {
  const values = new Map<string, ConfigValue>()
  for (const { name, type } of CLIENT_METRICS_CONFIGS) {
    const text = settings.get(name)
    if (text === undefined) continue
    const value = readValue(name, type, text)
    if (type === 'list') checkUnique(name, value)
    values.set(name, value)
  }
  return values
}

function checkPattern(pattern: string): void {
  const [name = '', value, ...rest] = pattern.replace(/=+$/, '').split('=')
  const isPair = value !== undefined && rest.length === 0
  if (isPair && MATCHED.includes(name.trim()) && isExpression(value.trim())) return
  throw new ApiError(Errors.INVALID_CONFIG, `Illegal client matching pattern: ${pattern}`)
}

/** By JavaScript's rules, which but for flags at the front are Java's in what patterns need. */
function isExpression(text: string): boolean {
  try {
    new RegExp(text.replace(/^\(\?[a-zA-Z]+\)/, ''))
    return true
  } catch {
    return false
  }
}

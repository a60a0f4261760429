// Where a broker has the value of a setting from: what was set dynamically on it, or on all
// brokers, what its properties say, and Kafka's default (KIP-226).

import { ConfigType } from '../../controller/image/configs.ts'
import { SOURCE_NUMBERS, type SettingSource } from '../../controller/topic-settings.ts'
import type { Services } from '../services.ts'
import { SETTINGS_BY_NAME } from './table.ts'

export type LayeredServices = Pick<Services, 'config' | 'controller' | 'broker'>

export interface Synonym {
  readonly name: string
  /** Null where it is a secret. */
  readonly value: string | null
  /** By the numbers of DescribeConfigs. */
  readonly source: number
}

interface Layer {
  readonly source: SettingSource
  valueOf(name: string): string | null | undefined
}

/** The strongest first. */
function layersOf({ config, controller: { image }, broker }: LayeredServices): readonly Layer[] {
  const dynamic = (resource: string) => (name: string) =>
    image.configs.value(ConfigType.BROKER, resource, name)
  const isGiven = (name: string): boolean => config.given(name) ||
    // Whichever of the two is given, Kafka takes both for given.
    (name === 'broker.id' && config.given('node.id')) ||
    (name === 'node.id' && config.given('broker.id'))
  const given = (name: string): string | null => {
    if (!isGiven(name)) return null
    return name === 'broker.id' || name === 'node.id' ? String(config.nodeId) : config.get(name)
  }
  return [
    { source: 'broker', valueOf: dynamic(String(broker.nodeId)) },
    { source: 'defaultBroker', valueOf: dynamic('') },
    { source: 'static', valueOf: given },
    { source: 'default', valueOf: (name) => SETTINGS_BY_NAME.get(name)?.spec.default },
  ]
}

/**
 * All places that give a server setting a value, by whichever of its names. What stands before the
 * first place that has the setting by its own name does not count, as in Kafka.
 */
export function serverSynonyms(name: string, services: LayeredServices): Synonym[] {
  const found = layersOf(services).flatMap(({ source, valueOf }) =>
    namesOf(name).flatMap((synonym): Synonym[] => {
      const value = valueOf(synonym) ?? null
      if (value === null) return []
      const shown = isSensitive(synonym) ? null : value
      return [{ name: synonym, value: shown, source: SOURCE_NUMBERS[source] }]
    }))
  const first = found.findIndex((synonym) => synonym.name === name)
  return first < 0 ? [] : found.slice(first)
}

/** The value of a server setting by its own name. */
export function serverValue(name: string, services: LayeredServices): string | null {
  for (const { source, valueOf } of layersOf(services)) {
    // A default may be another one for a node that is its whole cluster.
    const value = source === 'default' ? services.config.get(name) : valueOf(name)
    if (value !== null && value !== undefined) return value
  }
  return null
}

export function isSensitive(name: string): boolean {
  const setting = SETTINGS_BY_NAME.get(name)
  // What nobody knows may be a secret.
  return setting === undefined || setting.spec.type === 'password'
}

/** Settings that stand for one another, finest unit first. */
const SAME_TIMES: readonly (readonly string[])[] = [
  ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'],
  ['log.roll.ms', 'log.roll.hours'],
  ['log.roll.jitter.ms', 'log.roll.jitter.hours'],
]

function namesOf(name: string): readonly string[] {
  // The scheduler's interval stands in for this one, but is none of its units.
  if (name === 'log.flush.interval.ms') return [name, 'log.flush.scheduler.interval.ms']
  return SAME_TIMES.find((names) => names.includes(name)) ?? [name]
}

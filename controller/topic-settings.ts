// What a topic's configuration comes to, and from where: its own settings, over those set on this
// broker and on all brokers, over the server's properties, over Kafka's defaults.

import { TOPIC_CONFIGS } from '../storage/config.ts'
import type { DecisionSettings } from './decisions/decision.ts'
import { ConfigType, type Settings } from './image/configs.ts'
import type { Image } from './image/image.ts'

export type SettingSource =
  | 'topic' | 'broker' | 'defaultBroker' | 'static' | 'default'

/** The numbers of DescribeConfigs' ConfigSource. */
export const SOURCE_NUMBERS: Readonly<Record<SettingSource, number>> = {
  topic: 1, broker: 2, defaultBroker: 3, static: 4, default: 5,
}

export interface Synonym {
  /** The server's setting. */
  readonly name: string
  /** What its unit has to be multiplied by to be the topic's. */
  readonly factor?: number
}

const HOUR_MS = 3_600_000

/** Topic configs that the server knows under several names, the strongest first. */
const TIMES: Readonly<Record<string, readonly Synonym[]>> = {
  'retention.ms': [
    { name: 'log.retention.ms' }, { name: 'log.retention.minutes', factor: 60_000 },
    { name: 'log.retention.hours', factor: HOUR_MS },
  ],
  'segment.ms': [{ name: 'log.roll.ms' }, { name: 'log.roll.hours', factor: HOUR_MS }],
  'segment.jitter.ms': [
    { name: 'log.roll.jitter.ms' }, { name: 'log.roll.jitter.hours', factor: HOUR_MS },
  ],
  'flush.ms': [{ name: 'log.flush.interval.ms' }, { name: 'log.flush.scheduler.interval.ms' }],
}

export interface EffectiveSetting {
  readonly name: string
  readonly value: string | null
  readonly source: SettingSource
  readonly isSensitive: boolean
}

export function synonymsOf(topicConfig: string): readonly Synonym[] {
  const times = TIMES[topicConfig]
  if (times) return times
  const setting = TOPIC_CONFIGS.find(({ name }) => name === topicConfig)?.synonym
  return setting === undefined ? [] : [{ name: setting }]
}

export function converted(value: string, { factor }: Synonym): string {
  return factor === undefined ? value : String(Number(value) * factor)
}

/**
 * What gives every topic config by name, with the value that a topic with these settings has. It
 * looks up once what topics inherit; those without settings of their own share one list.
 */
export function effectiveTopicSettings(
  image: Image, settings: DecisionSettings,
): (own: Settings) => readonly EffectiveSetting[] {
  const layers = layersOf(image, settings)
  const inheritedSettings = TOPIC_CONFIGS
    .map(({ name, default: fallback }): EffectiveSetting => (
      { ...inherited(name, layers) ?? { value: fallback, source: 'default' },
        name, isSensitive: false }
    ))
    .sort(byName)
  return (own) => {
    if (own.size === 0) return inheritedSettings
    // Internal configs show where they are set.
    const ownSettings = [...own]
      .map(([name, value]): EffectiveSetting => (
        { name, value, source: 'topic', isSensitive: false }
      ))
    return [...inheritedSettings.filter(({ name }) => !own.has(name)), ...ownSettings].sort(byName)
  }
}

function byName(a: EffectiveSetting, b: EffectiveSetting): number {
  return a.name < b.name ? -1 : 1
}

interface Layer {
  readonly source: SettingSource
  readonly settings: Settings
}

/** What stands between a topic's own settings and Kafka's defaults, the strongest first. */
function layersOf(image: Image, settings: DecisionSettings): Layer[] {
  return [
    { source: 'broker', settings: image.configs.of(ConfigType.BROKER, String(settings.nodeId)) },
    { source: 'defaultBroker', settings: image.configs.of(ConfigType.BROKER, '') },
    { source: 'static', settings: settings.serverSettings },
  ]
}

function inherited(
  name: string, layers: readonly Layer[],
): { value: string, source: SettingSource } | undefined {
  for (const { source, settings } of layers) {
    for (const synonym of synonymsOf(name)) {
      const value = settings.get(synonym.name)
      if (value !== undefined) return { value: converted(value, synonym), source }
    }
  }
  return undefined
}

/** The value of one topic config. */
export function topicSetting(
  image: Image, settings: DecisionSettings, topicName: string, name: string,
): string | null {
  return image.configs.value(ConfigType.TOPIC, topicName, name) ??
    inherited(name, layersOf(image, settings))?.value ??
    TOPIC_CONFIGS.find((config) => config.name === name)?.default ?? null
}

/** `min.insync.replicas` of a topic, not above its replication factor. */
export function effectiveMinIsr(
  image: Image, settings: DecisionSettings, topicName: string, replicationFactor: number,
): number {
  const value = topicSetting(image, settings, topicName, 'min.insync.replicas')
  return Math.min(Number(value), replicationFactor)
}

export function isUncleanElectionEnabled(
  image: Image, settings: DecisionSettings, topicName: string,
): boolean {
  return topicSetting(image, settings, topicName, 'unclean.leader.election.enable') === 'true'
}

/**
 * What a list of a resource has that is not set; undefined for what is no list. Lists of groups and
 * client metrics count as none: Kafka's controller knows the types of the other two alone.
 */
export function listDefault(
  resourceType: number, name: string, settings: DecisionSettings,
): string | undefined {
  if (resourceType === ConfigType.BROKER) return settings.serverLists.get(name)
  if (resourceType !== ConfigType.TOPIC) return undefined
  const known = TOPIC_CONFIGS.find((config) => config.name === name)
  return known?.type === 'list' ? known.default : undefined
}

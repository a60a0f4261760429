// The settings of each kind of resource as DescribeConfigs lists them, in Kafka's order.

import { CLIENT_METRICS_CONFIGS } from '../../controller/client-metrics-configs.ts'
import { GROUP_CONFIGS, type GroupConfig } from '../../controller/group-configs.ts'
import { ConfigType, type Settings } from '../../controller/image/configs.ts'
import { converted, SOURCE_NUMBERS, synonymsOf } from '../../controller/topic-settings.ts'
import type { DescribeConfigsResponse } from '../../protocol/messages/describe-configs.ts'
import { TOPIC_CONFIGS } from '../../storage/config.ts'
import type { Logger } from '../../storage/ports.ts'
import { BROKER_RANKS, inHashOrder, TOPIC_RANKS } from './hash-order.ts'
import {
  isSensitive, type LayeredServices, serverSynonyms, serverValue, type Synonym,
} from './layers.ts'
import { loggerLevels } from './loggers.ts'
import type { SettingType } from './setting.ts'
import { shownValue } from './shown.ts'
import { SETTINGS, SETTINGS_BY_NAME } from './table.ts'

type Result = DescribeConfigsResponse['results'][number]
export type Entry = Result['configs'][number]

/** ConfigSource of the answer, beside those of topics. */
const LOGGER_SOURCE = 6
const CLIENT_METRICS_SOURCE = 7
const GROUP_SOURCE = 8
/** ConfigType of the answer. */
const TYPE_NUMBERS: Readonly<Record<SettingType, number>> = {
  boolean: 1, string: 2, int: 3, short: 4, long: 5, double: 6, list: 7, class: 8, password: 9,
}
const UNKNOWN_TYPE = 0

interface Described {
  readonly name: string
  readonly type: SettingType
  readonly doc: string
  readonly value: string | null
  readonly synonyms: readonly Synonym[]
}

/** Where the value is from is where the strongest synonym is from. */
function entry({ name, type, doc, value, synonyms }: Described): Entry {
  return {
    name, value: value === null ? null : shownValue(type, value),
    configSource: synonyms[0]?.source ?? SOURCE_NUMBERS.default,
    readOnly: false, isSensitive: false, synonyms: [...synonyms],
    configType: TYPE_NUMBERS[type], documentation: doc,
  }
}

/** What was set on the resource itself comes before all else. */
function withOwn(
  name: string, type: SettingType, own: string | undefined, source: number,
  inherited: readonly Synonym[],
): readonly Synonym[] {
  return own === undefined ? inherited
    : [{ name, value: shownValue(type, own), source }, ...inherited]
}

export function topicEntries(topicName: string, services: LayeredServices): Entry[] {
  const own = services.controller.image.configs.of(ConfigType.TOPIC, topicName)
  const entries = new Map(TOPIC_CONFIGS.map(({ name, type, default: fallback, doc }) => {
    const synonym = synonymsOf(name)[0]
    const inherited = synonym === undefined ? [] : serverSynonyms(synonym.name, services)
    const value = own.get(name) ?? dynamicDefault(name, services) ??
      services.config.topicDefaults.get(name) ?? fallback
    const synonyms = withOwn(name, type, own.get(name), SOURCE_NUMBERS.topic, inherited)
    return [name, entry({ name, type, doc, value, synonyms })]
  }))
  return inHashOrder([...entries.keys()], TOPIC_RANKS).map((name) => entries.get(name)!)
}

/** What was set dynamically on this broker, or on all, for topics that set nothing. */
function dynamicDefault(
  name: string, { controller: { image }, broker }: LayeredServices,
): string | undefined {
  for (const resource of [String(broker.nodeId), '']) {
    for (const synonym of synonymsOf(name)) {
      const value = image.configs.value(ConfigType.BROKER, resource, synonym.name)
      if (value !== undefined) return converted(value, synonym)
    }
  }
  return undefined
}

export function brokerEntries(services: LayeredServices): Entry[] {
  const { controller: { image }, broker } = services
  const dynamic = ['', String(broker.nodeId)].flatMap((resource) =>
    [...image.configs.of(ConfigType.BROKER, resource).keys()])
  const unknown = new Set(dynamic.filter((name) => !SETTINGS_BY_NAME.has(name)))
  const names = [
    ...inHashOrder([...unknown]), ...inHashOrder(SETTINGS.map(({ name }) => name), BROKER_RANKS),
  ]
  return names.map((name) =>
    serverEntry(name, serverValue(name, services), serverSynonyms(name, services)))
}

/** The empty name: what was set dynamically for all brokers. */
export function clusterEntries({ controller: { image } }: LayeredServices): Entry[] {
  const settings = image.configs.of(ConfigType.BROKER, '')
  return inHashOrder([...settings.keys()]).map((name) => {
    const value = settings.get(name)!
    const source = SOURCE_NUMBERS.defaultBroker
    return serverEntry(name, value, [{ name, value: isSensitive(name) ? null : value, source }])
  })
}

function serverEntry(name: string, value: string | null, synonyms: readonly Synonym[]): Entry {
  const spec = SETTINGS_BY_NAME.get(name)?.spec
  const shown = isSensitive(name) ? null : value
  const { type = 'string', doc = '' } = spec ?? {}
  return {
    ...entry({ name, type, doc, value: shown, synonyms }),
    isSensitive: isSensitive(name), readOnly: spec === undefined || spec.updateMode === 'read-only',
    ...spec === undefined && { configType: UNKNOWN_TYPE, documentation: null },
  }
}

export function groupEntries(groupId: string, services: LayeredServices): Entry[] {
  const own = services.controller.image.configs.of(ConfigType.GROUP, groupId)
  const entryOf = (config: GroupConfig): Entry => {
    const { name, type, doc } = config
    const value = own.get(name) ?? groupDefault(config, services)
    const inherited = config.synonym === undefined
      ? [{ name, value: config.default, source: SOURCE_NUMBERS.default }]
      : serverSynonyms(config.synonym, services)
    const synonyms = withOwn(name, type, own.get(name), GROUP_SOURCE, inherited)
    return entry({ name, type, doc, value, synonyms })
  }
  const listed = (configs: readonly GroupConfig[]): Entry[] =>
    inHashOrder(configs.map(({ name }) => name)).map((name) =>
      entryOf(configs.find((config) => config.name === name)!))
  return [
    ...listed(GROUP_CONFIGS.filter(({ name, isInternal }) => isInternal && own.has(name))),
    ...listed(GROUP_CONFIGS.filter(({ isInternal }) => !isInternal)),
  ]
}

function groupDefault(
  { name, synonym, default: fallback }: GroupConfig, services: LayeredServices,
): string {
  const value = (synonym === undefined ? null : serverValue(synonym, services)) ?? fallback
  // The server has several of these, and the first is what groups get.
  return name === 'streams.assignor.name' ? value.split(',')[0]!.trim() : value
}

export function clientMetricsEntries(settings: Settings): Entry[] {
  const entries = new Map(CLIENT_METRICS_CONFIGS.map(({ name, type, doc, default: fallback }) => {
    const own = settings.get(name)
    const synonyms = withOwn(name, type, own, CLIENT_METRICS_SOURCE, [])
    return [name, entry({ name, type, doc, value: own ?? fallback, synonyms })]
  }))
  return inHashOrder([...entries.keys()]).map((name) => entries.get(name)!)
}

export function loggerEntries(logger: Logger): Entry[] {
  return [...loggerLevels(logger)].map(([name, value]) => ({
    name, value, configSource: LOGGER_SOURCE, readOnly: false, isSensitive: false, synonyms: [],
    configType: UNKNOWN_TYPE, documentation: '',
  }))
}

// DescribeConfigs (key 32): the settings of topics, brokers, loggers, client metrics and groups
// (KIP-133).
//
// A setting's value comes with where it is from, and, if asked for, with all the places that could
// have given it, strongest first (synonyms, KIP-226). A resource that fails has its error beside
// the others.
//
// Versions: 1 and 2 differ in synonyms alone; 3 has types and documentation (KIP-569); 4 is
// flexible.

import { ConfigType, type Settings } from '../../controller/image/configs.ts'
import { checkTopicName } from '../../controller/topic-names.ts'
import { SOURCE_NUMBERS, type SettingSource, synonymsOf } from '../../controller/topic-settings.ts'
import { ApiError, Errors, errorMessage } from '../../protocol/errors.ts'
import {
  describeConfigs, type DescribeConfigsRequest, type DescribeConfigsResponse,
} from '../../protocol/messages/describe-configs.ts'
import { TOPIC_CONFIGS } from '../../storage/config.ts'
import { SETTINGS, SETTINGS_BY_NAME } from '../config/table.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'

type Resource = DescribeConfigsRequest['resources'][number]
type Result = DescribeConfigsResponse['results'][number]
type Entry = Result['configs'][number]
type Synonym = NonNullable<Entry['synonyms']>[number]

/** ConfigSource and ConfigType of the answer, beside those of topics. */
const CLIENT_METRICS_SOURCE = 7
const GROUP_SOURCE = 8
const TYPE_NUMBERS: Readonly<Record<string, number>> = {
  boolean: 1, string: 2, int: 3, short: 4, long: 5, double: 6, list: 7, class: 8, password: 9,
}
const UNKNOWN_TYPE = 0
/** Where there is no error, and where the topic is unknown, Kafka has a text that is empty. */
const NO_MESSAGE = ''

export const describeConfigsHandler = handler(describeConfigs, handleDescribeConfigs, {
  errorAnswer: ({ resources }, _version, errorCode) => ({
    results: resources.map((resource) =>
      failed(resource, errorCode, errorMessage(errorCode))),
  }),
})

function failed(
  { resourceType, resourceName }: Resource, errorCode: number, message: string | null,
): Result {
  return { errorCode, errorMessage: message, resourceType, resourceName, configs: [] }
}

const DESCRIBABLE: readonly number[] = Object.values(ConfigType).filter((type) => type !== 0)

function handleDescribeConfigs(
  request: DescribeConfigsRequest, _context: RequestContext, services: Services,
): DescribeConfigsResponse {
  if (request.resources.some(({ resourceType }) => !DESCRIBABLE.includes(resourceType))) {
    throw new ApiError(Errors.INVALID_REQUEST)
  }
  return { results: request.resources.map((resource) => describe(resource, request, services)) }
}

function describe(
  resource: Resource, request: DescribeConfigsRequest, services: Services,
): Result {
  const { resourceType, resourceName, configurationKeys } = resource
  try {
    const entries = entriesOf(resource, services)
    if (entries === undefined) {
      return failed(resource, Errors.UNKNOWN_TOPIC_OR_PARTITION, NO_MESSAGE)
    }
    const isWanted = (name: string): boolean => configurationKeys === null ||
      configurationKeys.length === 0 || configurationKeys.includes(name)
    const configs = entries.filter(({ name }) => isWanted(name)).map((entry): Entry => ({
      ...entry,
      synonyms: request.includeSynonyms ? entry.synonyms : [],
      documentation: request.includeDocumentation ? entry.documentation : null,
    }))
    return { errorCode: Errors.NONE, errorMessage: NO_MESSAGE, resourceType, resourceName, configs }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return failed(resource, error.code, error.message)
  }
}

function entriesOf(
  { resourceType, resourceName }: Resource, services: Services,
): Entry[] | undefined {
  const { controller: { image }, broker } = services
  const invalid = (why: string): ApiError => new ApiError(Errors.INVALID_REQUEST, why)
  switch (resourceType) {
    case ConfigType.TOPIC:
      checkTopicName(resourceName)
      return image.topics.byName(resourceName) ? topicEntries(resourceName, services) : undefined
    case ConfigType.BROKER:
      if (resourceName === '') return clusterEntries(services)
      if (brokerIdOf(resourceName) === broker.nodeId) return brokerEntries(services)
      throw invalid(`Unexpected broker id, expected ${broker.nodeId} or empty string, but ` +
        `received ${resourceName}`)
    case ConfigType.BROKER_LOGGER:
      if (resourceName === '') throw invalid('Broker id must not be empty')
      if (brokerIdOf(resourceName) !== broker.nodeId) {
        throw invalid(
          `Unexpected broker id, expected ${broker.nodeId} but received ${resourceName}`)
      }
      // Samsa's log has one level, given at the start; there are no loggers by name.
      return []
    case ConfigType.CLIENT_METRICS:
      if (resourceName === '') throw invalid('Client metrics subscription name must not be empty')
      return ownEntries(image.configs.of(resourceType, resourceName), CLIENT_METRICS_SOURCE)
    default:
      if (resourceName === '') throw invalid('Group name must not be empty')
      return ownEntries(image.configs.of(resourceType, resourceName), GROUP_SOURCE)
  }
}

function brokerIdOf(name: string): number {
  if (/^[+-]?\d+$/.test(name)) return Number(name)
  throw new ApiError(Errors.INVALID_REQUEST, `Broker id must be an integer, but it is: ${name}`)
}

function ownEntries(settings: Settings, configSource: number): Entry[] {
  return [...settings].map(([name, value]) => ({
    name, value, configSource, readOnly: false, isSensitive: false, synonyms: [],
    configType: UNKNOWN_TYPE, documentation: null,
  }))
}

function topicEntries(topicName: string, services: Services): Entry[] {
  const { controller: { image }, config } = services
  const own = image.configs.of(ConfigType.TOPIC, topicName)
  return TOPIC_CONFIGS.map(({ name, type, default: fallback, doc }): Entry => {
    const value = own.get(name)
    const inherited = serverSynonyms(synonymsOf(name).map((synonym) => synonym.name), services)
    const synonyms = value === undefined ? inherited
      : [{ name, value, source: SOURCE_NUMBERS.topic }, ...inherited]
    return {
      name,
      value: value ?? topicDefault(name, services) ?? config.topicDefaults.get(name) ?? fallback,
      configSource: synonyms[0]?.source ?? SOURCE_NUMBERS.default,
      readOnly: false, isSensitive: false, synonyms,
      configType: TYPE_NUMBERS[type] ?? UNKNOWN_TYPE, documentation: doc,
    }
  })
}

/** What was set dynamically on this broker, or on all, for topics that set nothing. */
function topicDefault(
  name: string, { controller: { image }, broker }: Services,
): string | undefined {
  for (const resource of [String(broker.nodeId), '']) {
    for (const synonym of synonymsOf(name)) {
      const value = image.configs.value(ConfigType.BROKER, resource, synonym.name)
      if (value === undefined) continue
      return synonym.factor === undefined ? value : String(Number(value) * synonym.factor)
    }
  }
  return undefined
}

/**
 * Where a server setting known under these names has values, strongest first. What stands before
 * the first name itself does not count, as in Kafka.
 */
function serverSynonyms(names: readonly string[], services: Services): Synonym[] {
  const { controller: { image }, broker, config } = services
  const found: Synonym[] = []
  const look = (
    source: SettingSource, valueOf: (name: string) => string | null | undefined,
  ): void => {
    for (const name of names) {
      const value = valueOf(name) ?? null
      if (value === null) continue
      found.push({ name, value: isSensitive(name) ? null : value, source: SOURCE_NUMBERS[source] })
    }
  }
  look('broker', (name) => image.configs.value(ConfigType.BROKER, String(broker.nodeId), name))
  look('defaultBroker', (name) => image.configs.value(ConfigType.BROKER, '', name))
  look('static', (name) => config.given(name) ? config.get(name) : null)
  look('default', (name) => SETTINGS_BY_NAME.get(name)?.spec.default)
  const first = found.findIndex(({ name }) => name === names[0])
  return first < 0 ? [] : found.slice(first)
}

function isSensitive(name: string): boolean {
  const setting = SETTINGS_BY_NAME.get(name)
  // What nobody knows may be a secret.
  return setting === undefined || setting.spec.type === 'password'
}

/** Server settings that stand for one another, finest unit first. */
const TIME_UNITS: readonly (readonly string[])[] = [
  ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'],
  ['log.roll.ms', 'log.roll.hours'],
  ['log.roll.jitter.ms', 'log.roll.jitter.hours'],
  ['log.flush.interval.ms', 'log.flush.scheduler.interval.ms'],
]

function unitsOf(name: string): readonly string[] {
  return TIME_UNITS.find((names) => names.includes(name)) ?? [name]
}

function brokerEntries(services: Services): Entry[] {
  const { config, controller: { image }, broker } = services
  return SETTINGS.map(({ name, spec }): Entry => {
    const synonyms = serverSynonyms(unitsOf(name), services)
    const own = synonyms.find((synonym) => synonym.name === name)
    const dynamic = image.configs.value(ConfigType.BROKER, String(broker.nodeId), name) ??
      image.configs.value(ConfigType.BROKER, '', name)
    return {
      name, value: isSensitive(name) ? null : dynamic ?? config.get(name),
      configSource: (synonyms[0] ?? own)?.source ?? SOURCE_NUMBERS.default,
      readOnly: spec.updateMode === 'read-only', isSensitive: isSensitive(name), synonyms,
      configType: TYPE_NUMBERS[spec.type] ?? UNKNOWN_TYPE, documentation: spec.doc,
    }
  })
}

/** The empty name: what was set dynamically for all brokers. */
function clusterEntries({ controller: { image } }: Services): Entry[] {
  return [...image.configs.of(ConfigType.BROKER, '')].map(([name, value]): Entry => {
    const shown = isSensitive(name) ? null : value
    const source = SOURCE_NUMBERS.defaultBroker
    const spec = SETTINGS_BY_NAME.get(name)?.spec
    return {
      name, value: shown, configSource: source,
      readOnly: spec?.updateMode === 'read-only' || spec === undefined,
      isSensitive: isSensitive(name), synonyms: [{ name, value: shown, source }],
      configType: TYPE_NUMBERS[spec?.type ?? ''] ?? UNKNOWN_TYPE, documentation: spec?.doc ?? null,
    }
  })
}

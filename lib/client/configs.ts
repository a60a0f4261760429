// Settings of topics, brokers, groups: described with where they come from, set and taken back.

import { describeConfigs } from '../../protocol/messages/describe-configs.ts'
import { incrementalAlterConfigs } from '../../protocol/messages/incremental-alter-configs.ts'
import type { Client } from './client.ts'
import type { Connection } from './connection.ts'
import { throwIfRefused } from './errors.ts'

/** Kinds of things that have settings, by their numbers in the protocol. */
export const RESOURCE_TYPES = {
  topic: 2, broker: 4, logger: 8, 'client-metrics': 16, group: 32,
} as const
export type ResourceType = keyof typeof RESOURCE_TYPES

export interface Resource {
  readonly type: ResourceType
  /** Of a broker: its id, or '' for what counts for all brokers. */
  readonly name: string
}

/** Where a value comes from, by its number. */
const SOURCES = [
  'unknown', 'topic', 'broker', 'all brokers', 'server.properties', 'default', 'logger',
  'client metrics', 'group',
] as const
export type Source = (typeof SOURCES)[number]

const TYPES = [
  'unknown', 'boolean', 'string', 'int', 'short', 'long', 'double', 'list', 'class', 'password',
] as const

export interface Setting {
  readonly name: string
  /** Null where it has none, or where it is a secret. */
  readonly value: string | null
  readonly source: Source
  readonly isReadOnly: boolean
  readonly isSensitive: boolean
  /** `unknown` of brokers before 2.6. */
  readonly type: (typeof TYPES)[number]
  /** Null of brokers before 2.6. */
  readonly doc: string | null
  /** What would count, the strongest first. */
  readonly synonyms: readonly Synonym[]
}

export interface Synonym {
  readonly name: string
  readonly value: string | null
  readonly source: Source
}

/** By name; all of them, or those that are named. Throws RefusedError. */
export async function describe(
  client: Client, { type, name }: Resource, keys: readonly string[] | null = null,
): Promise<Setting[]> {
  const connection = await whoKnows(client, { type, name })
  const { results } = await connection.request(describeConfigs, {
    resources: [{
      resourceType: RESOURCE_TYPES[type], resourceName: name, configurationKeys: keys,
    }],
    includeSynonyms: true,
    includeDocumentation: true,
  })
  const [result] = results
  throwIfRefused(result!.errorCode, `${type} ${name}`, result!.errorMessage)
  return result!.configs.map((config) => ({
    name: config.name,
    value: config.value,
    source: sourceOf(config.configSource),
    isReadOnly: config.readOnly,
    isSensitive: config.isSensitive,
    type: TYPES[config.configType] ?? 'unknown',
    doc: config.documentation,
    synonyms: config.synonyms.map((synonym) => ({
      name: synonym.name, value: synonym.value, source: sourceOf(synonym.source),
    })),
  })).sort((a, b) => a.name < b.name ? -1 : 1)
}

function sourceOf(number: number): Source {
  return SOURCES[number] ?? 'unknown'
}

/** A broker alone knows its own settings. */
function whoKnows(client: Client, { type, name }: Resource): Promise<Connection> {
  const isOfOne = (type === 'broker' || type === 'logger') && name !== ''
  return isOfOne ? client.broker(Number(name)) : client.any()
}

export interface Changes {
  readonly set?: ReadonlyMap<string, string>
  readonly unset?: readonly string[]
  /** Of lists. */
  readonly append?: ReadonlyMap<string, string>
  readonly subtract?: ReadonlyMap<string, string>
}

const OPERATIONS = { set: 0, unset: 1, append: 2, subtract: 3 } as const

/** All changes or none. Throws RefusedError. */
export async function alter(
  client: Client, { type, name }: Resource, changes: Changes, { isDryRun = false } = {},
): Promise<void> {
  const { set = new Map(), unset = [], append = new Map(), subtract = new Map() } = changes
  const configs = [
    ...[...set].map(([key, value]) => ({ name: key, value, configOperation: OPERATIONS.set })),
    ...unset.map((key) => ({ name: key, value: null, configOperation: OPERATIONS.unset })),
    ...[...append].map(([key, value]) => (
      { name: key, value, configOperation: OPERATIONS.append })),
    ...[...subtract].map(([key, value]) => (
      { name: key, value, configOperation: OPERATIONS.subtract })),
  ]
  const connection = await whoKnows(client, { type, name })
  const { responses } = await connection.request(incrementalAlterConfigs, {
    resources: [{ resourceType: RESOURCE_TYPES[type], resourceName: name, configs }],
    validateOnly: isDryRun,
  })
  for (const { errorCode, errorMessage } of responses) {
    throwIfRefused(errorCode, `${type} ${name}`, errorMessage)
  }
}

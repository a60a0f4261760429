// Changes to configurations: IncrementalAlterConfigs (set, delete, append, subtract) and the older
// AlterConfigs, which replaces a resource's settings altogether.

import { ApiError, Errors } from '../../protocol/errors.ts'
import { parseLogConfig } from '../../storage/config.ts'
import { checkClientMetrics } from '../client-metrics-configs.ts'
import { checkGroupConfigs } from '../group-checks.ts'
import { ConfigType } from '../image/configs.ts'
import { type NewRecord, record } from '../metadata-records.ts'
import { checkTopicName } from '../topic-names.ts'
import { listDefault } from '../topic-settings.ts'
import type { Decision, DecisionContext } from './decision.ts'

export interface ConfigChange {
  readonly operation: 'set' | 'delete' | 'append' | 'subtract'
  /** Null with 'delete' only. */
  readonly value: string | null
}

export interface ResourceChange {
  readonly type: number
  readonly name: string
  readonly changes: ReadonlyMap<string, ConfigChange>
}

/** An error for a resource; null: its settings are as wished. */
export type ResourceResult = ApiError | null

const MAX_VALUE_LENGTH = 32767
const MIN_INSYNC_REPLICAS = 'min.insync.replicas'

/** Answers one result per resource, in order. */
export function incrementalAlterConfigs(
  resources: readonly ResourceChange[], validateOnly: boolean,
): Decision<readonly ResourceResult[]> {
  return (context) => alterEach(resources, validateOnly, ({ type, name, changes }) =>
    alterConfig(context, type, name, changes))
}

export interface ResourceSettings {
  readonly type: number
  readonly name: string
  readonly settings: ReadonlyMap<string, string>
}

/** As `incrementalAlterConfigs`; what is not among the settings given is deleted. */
export function replaceConfigs(
  resources: readonly ResourceSettings[], validateOnly: boolean,
): Decision<readonly ResourceResult[]> {
  return (context) => alterEach(resources, validateOnly, ({ type, name, settings }) => {
    const changes = new Map<string, ConfigChange>()
    for (const [key, value] of settings) changes.set(key, { operation: 'set', value })
    for (const key of context.image.configs.of(type, name).keys()) {
      if (!settings.has(key)) changes.set(key, { operation: 'delete', value: null })
    }
    return alterConfig(context, type, name, changes)
  })
}

function alterEach<R>(
  resources: readonly R[], validateOnly: boolean, alter: (resource: R) => NewRecord[],
): { records: NewRecord[], answer: ResourceResult[] } {
  const records: NewRecord[] = []
  const answer = resources.map((resource): ResourceResult => {
    try {
      records.push(...alter(resource))
      return null
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      return error
    }
  })
  return { records: validateOnly ? [] : records, answer }
}

/** The records of a change to one resource. Throws INVALID_CONFIG and others. */
export function alterConfig(
  context: DecisionContext, type: number, name: string,
  changes: ReadonlyMap<string, ConfigChange>, { isNew = false } = {},
): NewRecord[] {
  const current = context.image.configs.of(type, name)
  const after = new Map(current)
  const records: NewRecord[] = []
  const altered: string[] = []
  for (const [key, change] of changes) {
    const before = current.get(key) ?? null
    const value = changedValue(key, before, change, listDefault(type, key, context.settings))
    // Brokers act on every change record, so one that changes nothing still counts.
    if (value === before && type !== ConfigType.BROKER) continue
    checkAllowed(context, type, name, key, value)
    if (value === null) after.delete(key)
    else after.set(key, value)
    altered.push(key)
    records.push(record('config', 0, { resourceType: type, resourceName: name, name: key, value }))
  }
  checkSettings(context, type, name, after)
  if (!isNew) checkExists(context, type, name)
  if (context.image.features.isElrEnabled && altered.includes(MIN_INSYNC_REPLICAS)) {
    // Another minimum, other eligible leaders: they are found anew (KIP-966).
    const topicName = type === ConfigType.TOPIC ? name : ''
    records.push(record('clearElr', 0, { topicName }))
  }
  return records
}

/**
 * What a setting becomes; null: it is not set. `listDefault` is what a list has that was not set,
 * undefined for other settings: adding to those and taking from them throws INVALID_CONFIG.
 */
export function changedValue(
  key: string, before: string | null, { operation, value }: ConfigChange,
  listDefault: string | undefined,
): string | null {
  if (operation === 'set') return value
  if (operation === 'delete') return null
  if (listDefault === undefined) {
    throw new ApiError(Errors.INVALID_CONFIG,
      `Can't ${operation.toUpperCase()} to key ${key} because its type is not LIST.`)
  }
  const items = (before ?? listDefault).split(',').filter((item) => item !== '')
  for (const item of splitLikeJava(value ?? '')) {
    const at = items.indexOf(item)
    if (operation === 'append' && at < 0) items.push(item)
    if (operation === 'subtract' && at >= 0) items.splice(at, 1)
  }
  return items.join(',')
}

/** String.split drops empty strings at the end, but keeps the empty text whole. */
function splitLikeJava(text: string): string[] {
  if (text === '') return ['']
  const parts = text.split(',')
  while (parts.at(-1) === '') parts.pop()
  return parts
}

function checkAllowed(
  { image }: DecisionContext, type: number, name: string, key: string, value: string | null,
): void {
  const refuse = (why: string): never => {
    throw new ApiError(Errors.INVALID_CONFIG, why)
  }
  if (type === ConfigType.BROKER && key === MIN_INSYNC_REPLICAS && image.features.isElrEnabled) {
    if (name !== '') {
      refuse('Broker-level min.insync.replicas cannot be altered while ELR is enabled.')
    }
    if (value === null) {
      refuse('Cluster-level min.insync.replicas cannot be removed while ELR is enabled.')
    }
  }
  if (value !== null && value.length > MAX_VALUE_LENGTH) {
    refuse('The configuration value cannot be added because it exceeds the maximum value size of ' +
      `${MAX_VALUE_LENGTH} bytes.`)
  }
}

function checkSettings(
  { settings }: DecisionContext, type: number, name: string, after: ReadonlyMap<string, string>,
): void {
  const invalid = (why: string): ApiError => new ApiError(Errors.INVALID_REQUEST, why)
  switch (type) {
    case ConfigType.TOPIC:
      if (name === '') throw invalid('Default topic resources are not allowed.')
      checkTopicName(name)
      // The defaults alone are as they should be, and take their time.
      if (after.size > 0) parseLogConfig(after, settings.topicDefaults)
      return
    case ConfigType.BROKER:
      if (name === '') return
      if (!/^[+-]?\d+$/.test(name)) {
        throw invalid('Unable to parse broker name as a base 10 number.')
      }
      if (Number(name) < 0) throw invalid('Invalid negative broker ID.')
      return
    case ConfigType.GROUP:
      if (name === '') throw invalid('Default group resources are not allowed.')
      checkGroupConfigs(after, (key) => settings.serverSettings.get(key))
      return
    case ConfigType.CLIENT_METRICS:
      checkClientMetrics(name, after)
      return
    default:
      throw invalid(`Unknown resource type ${type}`)
  }
}

function checkExists({ image }: DecisionContext, type: number, name: string): void {
  if (type === ConfigType.BROKER && name !== '') {
    const id = Number(name)
    if (!image.brokers.get(id) && !image.brokers.controllers.has(id)) {
      throw new ApiError(Errors.BROKER_ID_NOT_REGISTERED, `No node with id ${id} found.`)
    }
  }
  if (type === ConfigType.TOPIC && !image.topics.byName(name)) {
    throw new ApiError(Errors.UNKNOWN_TOPIC_OR_PARTITION, `The topic '${name}' does not exist.`)
  }
}

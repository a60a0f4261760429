// What Kafka asks of the configs of a group: alone, within the server's bounds, and together.

import { ApiError, Errors } from '../protocol/errors.ts'
import { type ConfigValue, readValue } from '../storage/config-values.ts'
import { type Bound, GROUP_CONFIGS, type GroupConfig } from './group-configs.ts'
import type { Settings } from './image/configs.ts'

type Values = ReadonlyMap<string, ConfigValue>

const BY_NAME: ReadonlyMap<string, GroupConfig> =
  new Map(GROUP_CONFIGS.map((config) => [config.name, config]))

/** Kafka looks at bounds in this order, so that of several the first is told. */
const BOUNDED = [
  'consumer.heartbeat.interval.ms', 'consumer.session.timeout.ms',
  'consumer.assignment.interval.ms', 'share.heartbeat.interval.ms', 'share.session.timeout.ms',
  'share.record.lock.duration.ms', 'share.delivery.count.limit',
  'share.partition.max.record.locks', 'share.assignment.interval.ms',
  'streams.heartbeat.interval.ms', 'streams.session.timeout.ms', 'streams.num.standby.replicas',
  'streams.assignment.interval.ms', 'streams.task.offset.interval.ms',
  'streams.num.warmup.replicas',
] as const

const TAGS = 'streams.rack.aware.assignment.tags'
const ASSIGNOR = 'streams.assignor.name'
const DEAD_LETTERS = 'errors.deadletterqueue.topic.name'

/**
 * `server` gives the text of what the server's properties set. Throws INVALID_CONFIG, in Kafka's
 * words.
 */
export function checkGroupConfigs(
  settings: Settings, server: (name: string) => string | undefined,
): void {
  for (const name of settings.keys()) {
    if (!BY_NAME.has(name)) throw invalid(`Unknown group config name: ${name}`)
  }
  const values = read(settings)
  for (const name of BOUNDED) checkBounds(BY_NAME.get(name)!, values, server)
  checkAssignor(values, server)
  for (const kind of ['consumer', 'share', 'streams']) checkTimes(kind, values, server)
  if (String(values.get(DEAD_LETTERS) ?? '').startsWith('__')) {
    throw invalid(`${DEAD_LETTERS}: DLQ topic name must not start with '__'`)
  }
}

function invalid(why: string): ApiError {
  return new ApiError(Errors.INVALID_CONFIG, why)
}

function read(settings: Settings): Values {
  const tags = settings.get(TAGS)?.trim()
  if (tags !== undefined) {
    const list = tags === '' ? [] : tags.split(/\s*,\s*/)
    if (new Set(list).size < list.length) {
      throw invalid(`${TAGS} must not contain duplicate tag keys.`)
    }
  }
  const values = new Map<string, ConfigValue>()
  for (const { name, type, check } of GROUP_CONFIGS) {
    const text = settings.get(name)
    if (text === undefined) continue
    const value = readValue(name, type, text)
    check?.(name, value, text)
    values.set(name, value)
  }
  return values
}

function checkBounds(
  { name, least, most }: GroupConfig, values: Values,
  server: (name: string) => string | undefined,
): void {
  const value = values.get(name)
  if (value === undefined) return
  const valueOf = (bound: Bound): number =>
    Number((bound.setting && server(bound.setting)) ?? bound.default)
  const from = least && valueOf(least)
  const to = most && valueOf(most)
  if (Number(value) >= (from ?? -Infinity) && Number(value) <= (to ?? Infinity)) return
  if (from === undefined) throw invalid(`${name} must be less than or equal to ${to}`)
  if (to === undefined) throw invalid(`${name} must be greater than or equal to ${from}`)
  throw invalid(`${name} must be in the range ${from} to ${to} inclusive.`)
}

function checkAssignor(values: Values, server: (name: string) => string | undefined): void {
  const assignor = values.get(ASSIGNOR)
  if (assignor === undefined) return
  const known = (server('group.streams.assignors') ?? 'sticky').split(',').map((one) => one.trim())
  if (known.includes(String(assignor))) return
  throw invalid(`${ASSIGNOR} '${String(assignor)}' is not a registered task assignor. ` +
    `Registered assignors are: [${known.join(', ')}].`)
}

/** A member must be able to send a heartbeat before it is given up. */
function checkTimes(
  kind: string, values: Values, server: (name: string) => string | undefined,
): void {
  const session = `${kind}.session.timeout.ms`
  const heartbeat = `${kind}.heartbeat.interval.ms`
  if (!values.has(session) && !values.has(heartbeat)) return
  const valueOf = (name: string): number =>
    Number(values.get(name) ?? server(`group.${name}`) ?? BY_NAME.get(name)!.default)
  if (valueOf(session) <= valueOf(heartbeat)) {
    throw invalid(`${session} must be greater than ${heartbeat}`)
  }
}

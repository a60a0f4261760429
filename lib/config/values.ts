// From properties to one value per setting, with a warning for what has no effect as it stands.

import { StartError } from '../start-error.ts'
import { nearest } from './nearest.ts'
import { BadValue, type Setting, type Value } from './setting.ts'
import { SETTINGS, SETTINGS_BY_NAME } from './table.ts'
import { SETTINGS_OF_TOPICS } from './topic-defaults.ts'

export type Warn = (message: string) => void

export interface SettingsRead {
  /** Text of what was given, under known names alone; without inline comments. */
  readonly given: ReadonlyMap<string, string>
  readonly values: ReadonlyMap<string, Value>
  /** Text of what was given to single listeners, under its whole name. */
  readonly ofListeners: ReadonlyMap<string, string>
}

/** What listeners may have of their own, each under its name in lower case. */
const OF_ONE_LISTENER =
  /^listener\.name\.[^.A-Z]+\.(max\.connections|max\.connection\.creation\.rate)$/

/** Prefixes under which names are free: those of one listener, of plug-ins, of providers. */
const OPEN_PREFIXES = ['listener.name.', 'config.providers.', 'rsm.config.', 'rlmm.config.']

/** Settings of Kafka 3 that version 4 no longer has. */
const REMOVED = new Set([
  'advertised.host.name', 'advertised.port', 'broker.id.generation.enable',
  'control.plane.listener.name', 'host.name', 'inter.broker.protocol.version',
  'log.message.downconversion.enable', 'log.message.format.version',
  'log.message.timestamp.difference.max.ms', 'offsets.commit.required.acks',
  'password.encoder.cipher.algorithm', 'password.encoder.iterations',
  'password.encoder.key.length', 'password.encoder.keyfactory.algorithm',
  'password.encoder.old.secret', 'password.encoder.secret', 'port', 'quota.consumer.default',
  'quota.producer.default', 'replica.fetch.max.wait.ms', 'reserved.broker.max.id',
])

/** Settings that Kafka reads but does not document; they steer its inner works. */
const INTERNAL = new Set([
  'controller.performance.always.log.threshold.ms', 'controller.performance.sample.period.ms',
  'group.consumer.assignor.offload.enable', 'group.consumer.regex.refresh.interval.ms',
  'group.share.assignor.offload.enable', 'group.share.dlq.manager.class.name',
  'group.share.initialize.retry.interval.ms', 'group.share.persister.class.name',
  'group.streams.acceptable.recovery.lag', 'group.streams.assignor.offload.enable',
  'group.streams.max.warmup.replicas', 'group.streams.min.task.offset.interval.ms',
  'group.streams.num.warmup.replicas', 'group.streams.task.offset.interval.ms',
  'internal.metadata.delete.delay.millis', 'internal.metadata.log.segment.bytes',
  'internal.metadata.max.batch.size.in.bytes', 'log.initial.task.delay.ms',
  'producer.id.expiration.check.interval.ms', 'remote.log.index.file.cache.ttl.ms',
  'remote.log.manager.task.retry.backoff.max.ms', 'remote.log.manager.task.retry.backoff.ms',
  'remote.log.manager.task.retry.jitter', 'server.max.startup.time.ms',
  'share.coordinator.cold.partition.snapshot.interval.ms',
  'share.coordinator.state.topic.prune.interval.ms', 'unclean.leader.election.interval.ms',
  'unstable.api.versions.enable', 'unstable.feature.versions.enable',
])

/** What settings are where nobody gives them; made once, for many nodes may start in a process. */
const DEFAULTS: ReadonlyMap<string, Value> = new Map(SETTINGS.map((setting) => {
  const { default: fallback } = setting.spec
  return [setting.name, typeof fallback === 'string' ? setting.parse(fallback) : null]
}))

const NUMBERS_AND_BOOLEANS = new Set(['boolean', 'short', 'int', 'long', 'double'])

/**
 * Reads the properties over a base that nobody gave, and of which there is thus nothing to warn.
 * Throws StartError for a value that its setting does not take.
 */
export function readSettings(
  properties: ReadonlyMap<string, string>, base: ReadonlyMap<string, string>, warn: Warn,
): SettingsRead {
  const given = new Map(base)
  const values = new Map(DEFAULTS)
  for (const [name, text] of base) values.set(name, SETTINGS_BY_NAME.get(name)!.parse(text))
  const ofListeners = new Map<string, string>()
  for (const [name, text] of properties) {
    const base = OF_ONE_LISTENER.exec(name)?.[1]
    if (base !== undefined) {
      const ofAll = SETTINGS_BY_NAME.get(base)!
      const clean = withoutComment(ofAll, text, warn)
      parse(ofAll, clean, name)
      ofListeners.set(name, clean)
      continue
    }
    const setting = SETTINGS_BY_NAME.get(name)
    if (setting === undefined) {
      warn(whyIgnored(name))
      continue
    }
    const clean = withoutComment(setting, text, warn)
    given.set(name, clean)
    values.set(name, parse(setting, clean))
    if (!isServed(setting)) warn(whyNoEffect(setting, clean))
  }
  return { given, values, ofListeners }
}

/** Whether Samsa acts on it, itself or through the configs of topics. */
export function isServed(setting: Setting<string, unknown>): boolean {
  return setting.spec.served || SETTINGS_OF_TOPICS.has(setting.name)
}

function parse(
  setting: Setting<string, unknown>, text: string, name: string = setting.name,
): Value {
  try {
    return setting.parse(text)
  } catch (error) {
    if (!(error instanceof BadValue)) throw error
    throw new StartError(`${name}=${text}: must be ${error.message}`)
  }
}

/** `3  # as many as disks`: Kafka refuses the number; here the comment is dropped. */
function withoutComment(setting: Setting<string, unknown>, text: string, warn: Warn): string {
  if (setting.spec.type === 'password') return text
  const trimmed = text.trim()
  if (!NUMBERS_AND_BOOLEANS.has(setting.spec.type)) return trimmed
  const match = /^(\S+)\s+#/.exec(trimmed)
  if (match === null) return trimmed
  const value = match[1]!
  warn(`${setting.name}=${trimmed}: ${value} is taken, what follows for a comment; `
    + 'a properties file has comments on lines of their own')
  return value
}

function whyNoEffect({ name, spec }: Setting<string, unknown>, text: string): string {
  const shown = spec.type === 'password' ? name : `${name}=${text}`
  return spec.moot === undefined
    ? `${shown} has no effect yet: Samsa does not act on this setting`
    : `${shown} has no effect: ${spec.moot}`
}

function whyIgnored(name: string): string {
  if (name.startsWith('zookeeper.')) return `${name} is ignored: there is no ZooKeeper any more`
  if (REMOVED.has(name)) return `${name} is ignored: Kafka 4 has no such setting any more`
  if (INTERNAL.has(name)) return `${name} is ignored: it steers the inner works of Kafka`
  if (OPEN_PREFIXES.some((prefix) => name.startsWith(prefix))) {
    return `${name} has no effect yet: Samsa does not act on this setting`
  }
  const meant = nearest(name, SETTINGS_BY_NAME.keys())
  return `${name} is ignored: no setting has this name`
    + (meant === undefined ? '' : `; did you mean ${meant}?`)
}

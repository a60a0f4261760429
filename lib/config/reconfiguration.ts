// The parts of a running broker that take new settings, each of which may refuse them: thread pools
// that must not grow or shrink too fast, reporters, retention, listeners. In Kafka's words and in
// the order in which it asks them.

import { ApiError, Errors } from '../../protocol/errors.ts'
import { badValue } from '../../storage/config-values.ts'
import { TOPIC_CONFIGS } from '../../storage/config.ts'
import {
  type DynamicListeners, OF_ALL_LISTENERS, PER_LISTENER, readListeners, startedListeners,
} from './dynamic-listeners.ts'
import type { Effective, Effects, Present } from './effective.ts'
import { isReporter } from './java-classes.ts'
import { listenerPrefix } from './listener-names.ts'
import { SETTINGS } from './table.ts'
import { mergeTimes } from './topic-defaults.ts'

const NETWORK_THREADS = 'num.network.threads'
const LIMITS: readonly string[] = ['max.connections', 'max.connection.creation.rate']
const REPORTERS = 'metric.reporters'
const CLEANER_THREADS = 'log.cleaner.threads'
const THREADS: readonly string[] = [
  'num.io.threads', 'num.replica.fetchers', 'num.recovery.threads.per.data.dir',
  'background.threads',
]
const REMOTE_THREADS: readonly string[] = [
  'remote.log.manager.copier.thread.pool.size', 'remote.log.manager.expiration.thread.pool.size',
  'remote.log.manager.follower.thread.pool.size', 'remote.log.reader.threads',
]
const LOG_SETTINGS: ReadonlySet<string> = new Set([
  'cordoned.log.dirs', ...TOPIC_CONFIGS.flatMap(({ synonym }) => synonym ?? []),
])
/** What is said of all listeners, and of those that are opened from now on. */
const LISTENER_SETTINGS: readonly string[] = [
  'listeners', 'listener.security.protocol.map', 'principal.builder.class', ...OF_ALL_LISTENERS,
  ...SETTINGS.filter(({ spec }) => spec.updateMode === 'per-broker').map(({ name }) => name)
    .filter((name) => /^(ssl|sasl)\./.test(name)),
]
const DEFAULT_OF_RETENTION = -2

/** Throws INVALID_REQUEST. */
export function checkReconfiguration(effects: Effects, config: Present): void {
  checkEachListener(effects, config)
  if (effects.touches([REPORTERS])) checkReporters(effects)
  for (const name of THREADS) checkThreads(name, effects)
  if (effects.touches(LOG_SETTINGS)) checkRetention(effects.then)
  if (effects.touches(LISTENER_SETTINGS)) checkListeners(effects, config)
  for (const name of REMOTE_THREADS) checkThreads(name, effects)
  checkCleanerThreads(effects)
}

function refuse(why: string): never {
  throw new ApiError(Errors.INVALID_REQUEST, 'Invalid value ' +
    `org.apache.kafka.common.config.ConfigException: ${why} for configuration Invalid dynamic ` +
    'configuration')
}

/** Listeners of the controller have their limits and threads from it, and it is not asked. */
function checkEachListener({ now, then }: Effects, config: Present): void {
  const isOfController = (name: string): boolean => config.controllerListenerNames.includes(name)
  for (const { name: listenerName } of listenersNow(now, config).all) {
    if (isOfController(listenerName)) continue
    const valueOf = (settings: Effective, name: string): number =>
      Number(settings.given.get(listenerPrefix(listenerName) + name) ?? settings.get(name))
    const isOther = (name: string): boolean => valueOf(now, name) !== valueOf(then, name)
    if (LIMITS.some(isOther)) {
      for (const name of LIMITS) {
        const value = valueOf(then, name)
        if (value <= 0) refuse(`Invalid ${name} ${value}`)
      }
    }
    checkPool(NETWORK_THREADS, valueOf(now, NETWORK_THREADS), valueOf(then, NETWORK_THREADS))
  }
}

/** Those that cannot be, which another broker may have taken, were never opened. */
function listenersNow(now: Effective, config: Present): DynamicListeners {
  try {
    return readListeners(now, config)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return startedListeners(config)
  }
}

function checkReporters({ then, changed }: Effects): void {
  if (then.list(REPORTERS).every(isReporter)) return
  refuse(`Validation of dynamic config update of Set(${changed.join(', ')}) failed with class ` +
    'class kafka.server.DynamicMetricsReporters')
}

function checkThreads(name: string, { now, then }: Effects): void {
  checkPool(name, now.number(name), then.number(name))
}

/** From half of what they are to double. */
function checkPool(name: string, now: number, then: number): void {
  const what = `Dynamic thread count update validation failed for ${name}=${then}`
  if (then < Math.trunc(now / 2)) {
    refuse(`${what}, value should be at least half the current value ${now}`)
  }
  if (then > now * 2) {
    refuse(`${what}, value should not be greater than double the current value ${now}`)
  }
}

function checkCleanerThreads({ now, then }: Effects): void {
  const before = now.number(CLEANER_THREADS)
  const after = then.number(CLEANER_THREADS)
  if (after < Math.trunc(before / 2)) {
    refuse(`Log cleaner threads cannot be reduced to less than half the current value ${before}`)
  }
  if (after > before * 2) {
    refuse('Log cleaner threads cannot be increased to more than double the current value ' +
      String(before))
  }
}

function checkRetention(settings: Effective): void {
  const { logRetentionMs } = mergeTimes(settings.get)
  const bytes = settings.number('log.retention.bytes')
  const local = (unit: string): number => settings.number(`log.local.retention.${unit}`)
  checkLocal('ms', logRetentionMs, logRetentionMs !== -1, local('ms'))
  checkLocal('bytes', bytes, bytes > -1, local('bytes'))
  checkLag('ms', logRetentionMs, local('ms'), settings)
  checkLag('bytes', bytes, local('bytes'), settings)
}

function checkLocal(unit: string, whole: number, isBounded: boolean, local: number): void {
  if (!isBounded || local === DEFAULT_OF_RETENTION) return
  const name = `log.local.retention.${unit}`
  const bad = (why: string): never => refuse(badValue(name, String(local), why).message)
  if (local === -1) bad(`Value must not be -1 as log.retention.${unit} value is set as ${whole}.`)
  if (local > whole) {
    bad(`Value must not be more than log.retention.${unit} property value: ${whole}`)
  }
}

function checkLag(unit: string, whole: number, local: number, settings: Effective): void {
  const name = `log.remote.copy.lag.${unit}`
  const lag = settings.number(name)
  const most = local === DEFAULT_OF_RETENTION ? whole : local
  if (lag <= 0 || most < 0 || lag <= most) return
  refuse(badValue(name, String(lag),
    `Value must not exceed log.local.retention.${unit} (effective value: ${most})`).message)
}

/** One that there is keeps its protocol, and what it was opened with. */
function checkListeners({ now, then }: Effects, config: Present): void {
  const before = listenersNow(now, config)
  const after = readListeners(then, config)
  for (const { name } of after.all) {
    if (!before.all.some((one) => one.name === name)) continue
    if (fixedSettings(name, now) !== fixedSettings(name, then)) {
      refuse(`Configs cannot be updated dynamically for existing listener ListenerName(${name}), ` +
        'restart broker or create a new listener for update')
    }
    if (before.protocols.get(name) !== after.protocols.get(name)) {
      refuse(`Security protocol cannot be updated for existing listener ListenerName(${name})`)
    }
  }
}

function fixedSettings(listenerName: string, { given }: Effective): string {
  const prefix = listenerPrefix(listenerName)
  const isFixed = (name: string): boolean => {
    const own = name.slice(prefix.length)
    return name.startsWith(prefix) && !OF_ALL_LISTENERS.includes(own) && !PER_LISTENER.includes(own)
  }
  return JSON.stringify([...given].filter(([name]) => isFixed(name)).sort())
}

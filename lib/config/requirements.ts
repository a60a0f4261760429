// What a broker would not run with after a dynamic change of its settings, in Kafka's words and in
// the order in which it looks.

import { ApiError, Errors } from '../../protocol/errors.ts'
import {
  areListenersChanged, type DynamicEndpoint, type DynamicListeners, readAdvertised, readListeners,
} from './dynamic-listeners.ts'
import type { Effective, Present } from './effective.ts'
import { pairsIn } from './pairs.ts'
import { mergeTimes } from './topic-defaults.ts'

const MEBIBYTE = 1024 * 1024
const CORDONED = 'cordoned.log.dirs'
const PER_IP = 'max.connections.per.ip'
const OVERRIDES = 'max.connections.per.ip.overrides'
const HOST = /^[0-9a-zA-Z\-%._:]*$/
const GROUP_KINDS = ['consumer', 'share', 'streams']
const UNROUTABLE = '0.0.0.0'

/** Throws INVALID_REQUEST. */
export function checkRequirements(settings: Effective, config: Present): void {
  for (const kind of GROUP_KINDS) checkAssignmentInterval(kind, settings, config)
  const listeners = readListeners(settings, config)
  checkTimes(settings)
  checkCleaner(settings)
  if (areListenersChanged(settings, config)) checkListeners(settings, listeners, config)
  checkCordoned(settings, config)
  checkLimits(settings)
}

function must(holds: boolean, what: string): void {
  if (!holds) throw invalid(`requirement failed: ${what}`)
}

function invalid(why: string): ApiError {
  return new ApiError(Errors.INVALID_REQUEST, why)
}

/** What a start took is not looked through once more. */
function checkAssignmentInterval(
  kind: string, settings: Effective, config: Pick<Present, 'get'>,
): void {
  const name = `group.${kind}.assignment.interval.ms`
  if (settings.get(name) === config.get(name)) return
  const nameOf = (bound: string): string => `group.${kind}.${bound}.assignment.interval.ms`
  const intervalMs = settings.number(name)
  if (intervalMs < settings.number(nameOf('min'))) {
    throw invalid(`${name} must be greater than or equal to ${nameOf('min')}`)
  }
  if (intervalMs > settings.number(nameOf('max'))) {
    throw invalid(`${name} must be less than or equal to ${nameOf('max')}`)
  }
}

function checkTimes({ get }: Effective): void {
  const { logRollMs, logRollJitterMs, logRetentionMs } = mergeTimes(get)
  must(logRollMs >= 1, 'log.roll.ms must be greater than or equal to 1')
  must(logRollJitterMs >= 0, 'log.roll.jitter.ms must be greater than or equal to 0')
  must(logRetentionMs >= 1 || logRetentionMs === -1,
    'log.retention.ms must be unlimited (-1) or, greater than or equal to 1')
}

function checkCleaner(settings: Effective): void {
  const threads = settings.number('log.cleaner.threads')
  if (threads === 0) throw invalid('/ by zero')
  const bytesEach = Math.trunc(settings.number('log.cleaner.dedupe.buffer.size') / threads)
  must(bytesEach > MEBIBYTE,
    'log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner thread.')
}

function checkListeners(
  settings: Effective, listeners: DynamicListeners, config: Present,
): void {
  const { controllerListenerNames: ofController } = config
  const isOfBroker = ({ name }: DynamicEndpoint): boolean => !ofController.includes(name)
  const told = readAdvertised(settings, listeners) ?? listeners.all
  const advertised = told.filter(isOfBroker)
  const names = listeners.all.map(({ name }) => name)
  // A node that is its quorum alone may do without a listener for it, or have it from its voters.
  if (listenerNamesIn(config.get('listeners') ?? '').some((name) => ofController.includes(name))) {
    must(names.some((name) => ofController.includes(name)), 'controller.listener.names must ' +
      "contain at least one value appearing in the 'listeners' configuration when running the " +
      'KRaft controller role')
    must(ofController.every((name) => names.includes(name)), 'controller.listener.names must only '
      + "contain values appearing in the 'listeners' configuration when running the KRaft " +
      'controller role')
  }
  must(advertised.length > 0, 'There must be at least one broker advertised listener. Perhaps ' +
    'all listeners appear in controller.listener.names?')
  const found = advertised.map(({ name }) => name)
  const among = config.interBrokerListenerName?.toUpperCase() ?? config.securityInterBrokerProtocol
  must(found.includes(among) || !isAdvertised(among, config), 'inter.broker.listener.name must ' +
    'be a listener name defined in advertised.listeners. The valid options based on currently ' +
    `configured listeners are ${found.join(',')}`)
  must(found.every((name) => names.includes(name)), 'advertised.listeners listener names must be ' +
    `equal to or a subset of the ones defined in listeners. Found ${found.join(',')}. The valid ` +
    `options based on the current configuration are ${names.join(',')}`)
  must(told.every(({ host }) => host !== UNROUTABLE), 'advertised.listeners cannot use the ' +
    `nonroutable meta-address ${UNROUTABLE}. Use a routable IP address.`)
}

function listenerNamesIn(text: string): string[] {
  return text.split(',').map((one) => one.slice(0, one.indexOf(':')).trim().toUpperCase())
}

/** A node may run without the listener that Kafka would have brokers use among themselves. */
function isAdvertised(listenerName: string, { advertisedListeners }: Present): boolean {
  return advertisedListeners.some(({ name }) => name === listenerName)
}

function checkCordoned(settings: Effective, { logDirs }: Present): void {
  const cordoned = settings.list(CORDONED)
  if (cordoned.includes('*')) {
    must(cordoned.length === 1, `When ${CORDONED} is set to *, it must not contain other values`)
    return
  }
  const missing = cordoned.filter((path) => !logDirs.includes(path))
  must(missing.length === 0, `All entries in ${CORDONED} must be present in log.dirs or log.dir. ` +
    `Missing entries : ${missing.join(', ')}`)
}

function checkLimits(settings: Effective): void {
  const pairs = pairsIn(OVERRIDES, settings.get(OVERRIDES) ?? '')
  for (const [, count] of pairs) {
    if (!/^[+-]?\d+$/.test(count) || Math.abs(Number(count)) >= 2 ** 31) {
      throw invalid(`For input string: "${count}"`)
    }
  }
  must(settings.number(PER_IP) !== 0 || pairs.length > 0,
    `${PER_IP} can be set to zero only if ${OVERRIDES} property is set.`)
  const wrong = pairs.map(([host]) => host).filter((host) => !HOST.test(host))
  if (wrong.length === 0) return
  throw invalid(`${OVERRIDES} contains invalid addresses : ${wrong.join(',')}`)
}

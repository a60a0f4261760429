// The configuration of a node: every Kafka setting by name, and what follows from several together.

import { SINGLE_NODE } from './config/development.ts'
import {
  parseConnectionOverrides, parseEndpoints, parseProtocolMap, parseVoter, type Endpoint,
  type Listener, type Voter,
} from './config/listeners.ts'
import { camelCase, SETTINGS, SETTINGS_BY_NAME, type SettingValues } from './config/table.ts'
import { mergeTimes, topicDefaults, type MergedTimes } from './config/topic-defaults.ts'
import { checkTogether } from './config/together.ts'
import { readSettings, type SettingsRead, type Warn } from './config/values.ts'
import { StartError } from './start-error.ts'

export { DEVELOPMENT } from './config/development.ts'
export type { Listener, SecurityProtocol, Voter } from './config/listeners.ts'

export type ProcessRole = 'broker' | 'controller'

/** What is put together from several settings; it replaces the plain value of the same name. */
interface Derived extends MergedTimes {
  readonly processRoles: readonly ProcessRole[]
  readonly nodeId: number
  readonly logDirs: readonly string[]
  readonly metadataLogDir: string
  /** Those of the broker and those of the controller. */
  readonly listeners: readonly Listener[]
  readonly brokerListeners: readonly Listener[]
  /** Empty when the quorum is this node alone and nothing asks for one. */
  readonly controllerListeners: readonly Listener[]
  readonly controllerListenerNames: readonly string[]
  /** What clients of the broker are told; the port is 0 where that of the listener is. */
  readonly advertisedListeners: readonly Listener[]
  /** Where others find the quorum: as advertised, or else as `controllerListeners`. */
  readonly advertisedControllerListeners: readonly Listener[]
  /** Empty when `controller.quorum.voters` is not given: the quorum is then found in the log. */
  readonly controllerQuorumVoters: readonly Voter[]
  /** Host → most connections of it. */
  readonly maxConnectionsPerIpOverrides: ReadonlyMap<string, number>
  /** How long a log may hold unsynced records; huge by default. */
  readonly logFlushIntervalMs: number
  /** Of the cluster that empty directories become part of; undefined: a new one of its own. */
  readonly newClusterId: string | undefined
}

/** The parsed value of each setting under its name in camelCase, and what was put together. */
export interface Config extends Omit<SettingValues, keyof Derived>, Derived {
  /** Topic config → the value that topics of this node have unless they are given another one. */
  readonly topicDefaults: ReadonlyMap<string, string>
  /** Text of what was given to single listeners alone: `listener.name.x.max.connections`. */
  readonly listenerSettings: ReadonlyMap<string, string>
  /** Text of a setting by Kafka's name, given or default; null when it has no value. */
  get(name: string): string | null
  /** Whether the setting was given, or is part of the base. */
  given(name: string): boolean
}

export interface ParseOptions {
  /** What counts where nothing is given, instead of Kafka's defaults: DEVELOPMENT, or nothing. */
  readonly base?: ReadonlyMap<string, string>
  /** What clients are told where a listener binds all addresses; localhost when left out. */
  readonly hostName?: string
  /** The cluster that empty log directories become part of; a new one when it is left out. */
  readonly newClusterId?: string
}

/**
 * Reads the settings of a node. What has no effect, and what is assumed, goes to `warn` as one line
 * each. Throws StartError, with one line, for values that cannot be.
 */
export function parseConfig(
  properties: ReadonlyMap<string, string>, warn: Warn, options: ParseOptions = {},
): Config {
  const read = readSettings(properties, options.base ?? new Map(), warn)
  const roles = readRoles(read, warn)
  const nodeId = readNodeId(read, warn)
  const voters = listOf(read, 'controller.quorum.voters').map(parseVoter)
  const listeners = readListeners(read, roles, voters.find(({ id }) => id === nodeId), warn)
  const assumed = assumeSingleNode(read, roles, voters, warn)
  const get = (name: string) => read.given.get(name) ?? assumed.get(name)
    ?? SETTINGS_BY_NAME.get(name)?.spec.default ?? null
  const logDirs = readLogDirs(read)
  // Into one object: a spread of so many values makes it anew, field by field.
  const config: Config = Object.assign(valuesOf(read, assumed), {
    ...mergeTimes(get),
    processRoles: roles,
    nodeId,
    logDirs,
    metadataLogDir: textOf(read, 'metadata.log.dir') ?? logDirs[0]!,
    ...listeners,
    ...readAdvertised(read, listeners, options),
    controllerQuorumVoters: voters,
    maxConnectionsPerIpOverrides: parseConnectionOverrides(
      String(read.values.get('max.connections.per.ip.overrides')),
    ),
    logFlushIntervalMs: Number(
      get('log.flush.interval.ms') ?? get('log.flush.scheduler.interval.ms'),
    ),
    newClusterId: options.newClusterId,
    topicDefaults: topicDefaults(get),
    listenerSettings: read.ofListeners,
    get,
    given: (name: string) => read.given.has(name),
  })
  checkTogether(config)
  return config
}

/** Why Samsa cannot run what the settings ask for, in one line; undefined when it can. */
export function whyNotYet(config: Config): string | undefined {
  const { controllerQuorumVoters: voters, processRoles } = config
  if (voters.length > 1) {
    return `controller.quorum.voters names ${voters.length} voters: `
      + 'Samsa does not form clusters yet, it runs a node of its own'
  }
  if (processRoles.length < 2) {
    return `process.roles=${processRoles.join(',')}: `
      + 'Samsa does not form clusters yet, a node is broker and controller at once'
  }
  const secured = config.listeners.find(({ securityProtocol }) => securityProtocol !== 'PLAINTEXT')
  if (secured !== undefined) {
    return `listeners: ${secured.name} is to speak ${secured.securityProtocol}, `
      + 'Samsa speaks PLAINTEXT alone yet'
  }
  return undefined
}

function textOf({ given }: SettingsRead, name: string): string | undefined {
  return given.get(name)
}

function listOf({ values }: SettingsRead, name: string): readonly string[] {
  const value = values.get(name)
  return Array.isArray(value) ? value as readonly string[] : []
}

/** Setting → its property; made once, for many nodes may start in a process. */
const PROPERTIES: ReadonlyMap<string, string> =
  new Map(SETTINGS.map(({ name }) => [name, camelCase(name)]))

function valuesOf({ values }: SettingsRead, assumed: ReadonlyMap<string, string>): SettingValues {
  const byProperty: Record<string, unknown> = {}
  for (const [name, value] of values) {
    const instead = assumed.get(name)
    byProperty[PROPERTIES.get(name)!] = instead === undefined
      ? value : SETTINGS_BY_NAME.get(name)!.parse(instead)
  }
  return byProperty as unknown as SettingValues // one property per setting, parsed by its type
}

function readRoles(read: SettingsRead, warn: Warn): readonly ProcessRole[] {
  const roles = listOf(read, 'process.roles') as readonly ProcessRole[]
  if (roles.length > 0) return [...new Set(roles)]
  warn('process.roles is not given: broker,controller is assumed')
  return ['broker', 'controller']
}

function readNodeId(read: SettingsRead, warn: Warn): number {
  const nodeId = textOf(read, 'node.id')
  const brokerId = textOf(read, 'broker.id')
  if (nodeId !== undefined) {
    if (brokerId !== undefined && Number(brokerId) !== Number(nodeId)) {
      warn(`broker.id=${brokerId} differs from node.id=${nodeId}: node.id counts`)
    }
    return Number(nodeId)
  }
  if (brokerId !== undefined && Number(brokerId) >= 0) return Number(brokerId)
  warn('node.id is not given: 1 is assumed')
  return 1
}

function readLogDirs(read: SettingsRead): readonly string[] {
  const name = read.given.has('log.dirs') ? 'log.dirs' : 'log.dir'
  const directories = listOf(read, name)
  if (directories.length > 0 && directories.every((directory) => directory !== '')) {
    return directories
  }
  throw new StartError(`${name}=${directories.join(',')}: must name at least one directory`)
}

type Listeners = Pick<
  Config, 'listeners' | 'brokerListeners' | 'controllerListeners' | 'controllerListenerNames'
>

function readListeners(
  read: SettingsRead, roles: readonly ProcessRole[], self: Voter | undefined, warn: Warn,
): Listeners {
  const named = listOf(read, 'controller.listener.names').map((name) => name.toUpperCase())
  const controllerListenerNames = named.length > 0 ? named : ['CONTROLLER']
  const endpoints = parseEndpoints(listOf(read, 'listeners'), 'listeners')
  const serves = ({ name }: Endpoint) => controllerListenerNames.includes(name)
  if (roles.includes('controller') && !endpoints.some(serves)) {
    if (self !== undefined) {
      const assumed = { name: controllerListenerNames[0]!, host: self.host, port: self.port }
      endpoints.push(assumed)
      warn(`listeners has none for the controller: ${assumed.name}://${self.host}:${self.port} `
        + 'is assumed, from controller.quorum.voters')
    } else if (named.length > 0) {
      throw new StartError(
        `controller.listener.names=${named.join(',')}: must name a listener of listeners`,
      )
    }
  }
  const secure = securityProtocols(read, controllerListenerNames)
  const listeners = endpoints.map((endpoint) => secure(endpoint, 'listeners'))
  return {
    listeners,
    brokerListeners: listeners.filter((listener) => !serves(listener)),
    controllerListeners: listeners.filter(serves),
    controllerListenerNames,
  }
}

type Secure = (endpoint: Endpoint, setting: string) => Listener

/** Gives each endpoint its protocol; the controller's is PLAINTEXT where no map is given. */
function securityProtocols(read: SettingsRead, controllerListenerNames: readonly string[]): Secure {
  const setting = 'listener.security.protocol.map'
  const map = parseProtocolMap(String(read.values.get(setting)))
  if (!read.given.has(setting)) {
    for (const name of controllerListenerNames) if (!map.has(name)) map.set(name, 'PLAINTEXT')
  }
  return (endpoint, of) => {
    const securityProtocol = map.get(endpoint.name)
    if (securityProtocol !== undefined) return { ...endpoint, securityProtocol }
    throw new StartError(`${of} names ${endpoint.name}, which ${setting} gives no protocol`)
  }
}

function readAdvertised(
  read: SettingsRead, { brokerListeners, controllerListeners }: Listeners,
  { hostName = 'localhost' }: ParseOptions,
): Pick<Config, 'advertisedListeners' | 'advertisedControllerListeners'> {
  const setting = 'advertised.listeners'
  const texts = listOf(read, setting)
  const endpoints = parseEndpoints(texts, setting)
  const ofController = (name: string): Endpoint | undefined => (
    controllerListeners.some((listener) => listener.name === name)
      ? endpoints.find((endpoint) => endpoint.name === name) : undefined)
  const advertisedListeners = texts.length === 0
    ? brokerListeners.map((listener) => (
      listener.host === '' ? { ...listener, host: hostName } : listener))
    : endpoints.filter(({ name }) => ofController(name) === undefined)
      .map((endpoint) => advertise(endpoint, brokerListeners))
  if (advertisedListeners.some(({ host }) => host === '0.0.0.0')) {
    throw new StartError(
      `${setting} must not be 0.0.0.0, which no client can reach; name an address of this machine`,
    )
  }
  return {
    advertisedListeners,
    advertisedControllerListeners: controllerListeners.map((listener) => (
      { ...listener, ...ofController(listener.name) })),
  }
}

function advertise(endpoint: Endpoint, listeners: readonly Listener[]): Listener {
  const listener = listeners.find(({ name }) => name === endpoint.name)
  if (listener !== undefined) return { ...listener, ...endpoint }
  const names = listeners.map(({ name }) => name).join(', ')
  throw new StartError(
    `advertised.listeners names ${endpoint.name}: must be a listener of the broker (${names})`,
  )
}

/** A node that is its whole cluster could not create internal topics of three replicas. */
function assumeSingleNode(
  read: SettingsRead, roles: readonly ProcessRole[], voters: readonly Voter[], warn: Warn,
): ReadonlyMap<string, string> {
  const others = voters.length > 1 || roles.length < 2
  const assumed = others ? [] : [...SINGLE_NODE].filter(([name]) => !read.given.has(name))
  if (assumed.length > 0) {
    const names = assumed.map(([name]) => name).join(', ')
    warn(`the node is a cluster of its own: 1 is assumed for ${names}`)
  }
  return new Map(assumed)
}

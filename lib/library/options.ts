// What a broker of the library is made of: the options of `Broker.start` as a configuration.

import { resolve } from 'node:path'

import type { Logger } from '../../storage/ports.ts'
import { addressText } from '../address.ts'
import { type Config, DEVELOPMENT, parseConfig } from '../config.ts'
import { nearest } from '../config/nearest.ts'
import { SETTINGS_BY_NAME } from '../config/table.ts'
import { StartError } from '../start-error.ts'
import { createLogger, silentLogger } from '../world/logger.ts'
import type { BrokerOptions } from './api.ts'
import { textOfSettings } from './settings.ts'

/** Where a broker in memory has its logs, on a disk of its own. */
export const MEMORY_DIRECTORY = '/samsa'

const LOOPBACK = '127.0.0.1'

/** What has another default than in Kafka: the rest of it is said by options. */
export const SINGLE_NODE_DEFAULTS: ReadonlyMap<string, string> = new Map(
  [...DEVELOPMENT].filter(([name]) => name !== 'listeners' && name !== 'log.dirs'))

/** Throws StartError for settings that cannot be. */
export function brokerConfig(
  options: BrokerOptions, logDirs: readonly string[], warn: (message: string) => void,
): Config {
  const { host = LOOPBACK, port = 0, settings = {} } = options
  const separating = logDirs.find((directory) => directory.includes(','))
  if (separating !== undefined) {
    throw new StartError(`directory=${separating}: a comma would make two of it (log.dirs)`)
  }
  const base = new Map(SINGLE_NODE_DEFAULTS)
  base.set('listeners', `PLAINTEXT://${addressText({ host, port })}`)
  base.set('log.dirs', logDirs.map((directory) => resolve(directory)).join(','))
  const given = textOfSettings(settings)
  for (const name of given.keys()) checkName(name)
  return parseConfig(given, warn, { base })
}

/** Settings of Kafka that are options here: a setting beside them would not count. */
export const SAID_BY_OPTIONS: ReadonlyMap<string, string> = new Map([
  ['log.dir', 'directory'], ['log.dirs', 'directory'], ['metadata.log.dir', 'directory'],
])

/** In a file it is worth a warning, which few would see here. */
function checkName(name: string): void {
  const option = SAID_BY_OPTIONS.get(name)
  if (option !== undefined) {
    throw new StartError(`settings: what ${name} says is said by the option ${option}; `
      + 'without it everything lies in memory')
  }
  if (SETTINGS_BY_NAME.has(name)) return
  const meant = nearest(name, SETTINGS_BY_NAME.keys())
  throw new StartError(`settings: Kafka has none that is called ${name}`
    + (meant === undefined ? '' : `; did you mean ${meant}?`))
}

export function loggerOf(log: BrokerOptions['log']): Logger {
  if (log === undefined) return silentLogger()
  return typeof log === 'function' ? createLogger({ write: log }) : createLogger({ level: log })
}

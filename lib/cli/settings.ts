// The settings of a command: a properties file, variables of the environment, or the values for
// development, and the overrides.

import { existsSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { DEVELOPMENT, parseConfig, type Config, type ParseOptions } from '../config.ts'
import { environmentSettings } from '../config/environment.ts'
import type { Warn } from '../config/values.ts'
import { parseProperties, PropertiesError } from '../properties.ts'
import { ArgumentError, reasonOf, StartError } from '../start-error.ts'

export interface SettingsOptions {
  readonly file?: string | undefined
  /** `key=value` each; they win over the file, the last over the first. */
  readonly overrides: readonly string[]
  /** `KAFKA_*` and `CLUSTER_ID` of the environment count, and win over the file. */
  readonly isEnvironment?: boolean
}

interface Given extends ParseOptions {
  readonly properties: ReadonlyMap<string, string>
}

/** Throws StartError for what cannot be read or is no setting. */
export function loadConfig(options: SettingsOptions, warn: Warn): Config {
  const { properties: given, ...parseOptions } = givenBy(options, warn)
  const properties = new Map(given)
  for (const override of options.overrides) {
    const at = override.indexOf('=')
    if (at < 1) throw new ArgumentError(`--override ${override}: must be key=value`)
    properties.set(override.slice(0, at).trim(), override.slice(at + 1).trim())
  }
  return parseConfig(properties, warn, { ...parseOptions, hostName: hostname() })
}

function givenBy({ file, isEnvironment = false }: SettingsOptions, warn: Warn): Given {
  const properties = file === undefined ? new Map<string, string>() : readFile(file)
  if (!isEnvironment) return { properties, base: file === undefined ? DEVELOPMENT : new Map() }
  const { clusterId: newClusterId, ...settings } =
    environmentSettings(process.env, { file: properties, readSecret, warn })
  return { ...settings, newClusterId }
}

function readSecret(path: string): string | undefined {
  if (!existsSync(path)) return undefined
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new StartError(`${path}: cannot be read: ${reasonOf(error)}`)
  }
}

function readFile(file: string): Map<string, string> {
  try {
    // Java reads a properties file as Latin-1; other characters are written as \uXXXX.
    return parseProperties(readFileSync(file, 'latin1'))
  } catch (error) {
    if (error instanceof PropertiesError) throw new StartError(`${file}: ${error.message}`)
    throw new StartError(`${file}: cannot be read: ${reasonOf(error)}`)
  }
}

// The settings of a command: a properties file, or the values for development, and the overrides.

import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { DEVELOPMENT, parseConfig, type Config } from '../config.ts'
import { parseProperties, PropertiesError } from '../properties.ts'
import { reasonOf, StartError } from '../start-error.ts'

export interface SettingsOptions {
  readonly file?: string | undefined
  /** `key=value` each; they win over the file, the last over the first. */
  readonly overrides: readonly string[]
}

/** Throws StartError for what cannot be read or is no setting. */
export function loadConfig(options: SettingsOptions, warn: (message: string) => void): Config {
  const properties = options.file === undefined ? new Map<string, string>() : readFile(options.file)
  for (const override of options.overrides) {
    const at = override.indexOf('=')
    if (at < 1) throw new StartError(`--override ${override}: must be key=value`)
    properties.set(override.slice(0, at).trim(), override.slice(at + 1).trim())
  }
  const base = options.file === undefined ? DEVELOPMENT : new Map<string, string>()
  return parseConfig(properties, warn, { base, hostName: hostname() })
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

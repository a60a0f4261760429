// The options of `samsa start`, and a quick reader for them.

import type { LogFormat, LogLevel } from '../world/logger.ts'

export interface StartOptions {
  /** A properties file. */
  readonly file?: string | undefined
  /** `key=value` each. */
  readonly overrides: readonly string[]
  /** Settings come from variables of the environment, too, as in Kafka's Docker image. */
  readonly isEnvironment?: boolean
  /** Gets the addresses of the listeners when the node is ready, and goes when it stops. */
  readonly readyFile?: string | undefined
  readonly logFormat: LogFormat
  readonly logLevel: LogLevel
  /** Left out: as the disk has it. */
  readonly maxOpenFiles?: number
  /** 0: any free one; left out: nobody watches. */
  readonly metricsPort?: number | undefined
  /** Left out: loopback alone. */
  readonly metricsHost?: string | undefined
}

/**
 * Reads the arguments of a start that needs no help: yargs alone would take longer to load than
 * all the rest of the broker. Gives undefined for anything else, mistakes included; yargs then has
 * the word.
 */
export function quickStartOptions(args: readonly string[]): StartOptions | undefined {
  if (args[0] !== 'start') return undefined
  const rest = args.slice(1)
  const overrides: string[] = []
  let file: string | undefined
  const more: { isEnvironment?: boolean, readyFile?: string } = {}
  while (rest.length > 0) {
    const argument = rest.shift()!
    if (argument === '--override') {
      const value = rest.shift()
      if (value === undefined || value.startsWith('-')) return undefined
      overrides.push(value)
    } else if (argument.startsWith('--override=')) {
      overrides.push(argument.slice('--override='.length))
    } else if (argument === '--environment') {
      more.isEnvironment = true
    } else if (/^--ready-file=./.test(argument)) {
      more.readyFile = argument.slice('--ready-file='.length)
    } else if (argument.startsWith('-') || file !== undefined) {
      return undefined
    } else {
      file = argument
    }
  }
  return { file, overrides, ...more, logFormat: 'text', logLevel: 'info' }
}

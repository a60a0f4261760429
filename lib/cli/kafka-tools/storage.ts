// `kafka-storage`: prepares log directories, and says what is in them.

import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { type MetaProperties, readMetaProperties } from '../../../storage/meta-properties.ts'
import { nodeDisk } from '../../../storage/node-disk.ts'
import type { Config } from '../../config.ts'
import { formatDirectories, formatEmptyDirectories } from '../../format.ts'
import { systemClock } from '../../world/clock.ts'
import { createLogger } from '../../world/logger.ts'
import { systemRandom } from '../../world/random.ts'
import { endWith } from '../ending.ts'
import { CommandError, DONE, FAILED } from '../exit.ts'
import { loadConfig } from '../settings.ts'
import type { Terminal } from '../terminal.ts'
import { type Given, parseOptions } from './options.ts'
import type { LocalToolSpec } from './tool.ts'

const GRAMMAR = {
  options: {
    config: 'value', 'cluster-id': 'value', 'ignore-formatted': 'flag', standalone: 'flag',
    'no-initial-controllers': 'flag',
  },
  aliases: {
    c: 'config', t: 'cluster-id', g: 'ignore-formatted', s: 'standalone',
    N: 'no-initial-controllers',
  },
  verbs: ['random-uuid', 'format', 'info'],
} as const

const FOR_FORMAT = [
  'cluster-id', 'ignore-formatted', 'standalone', 'no-initial-controllers',
] as const

type Options = Given<typeof GRAMMAR.options>

export const command: LocalToolSpec = {
  async runLocal(args, terminal) {
    const given = parseOptions(args, GRAMMAR)
    const [verb] = given.words
    if (verb !== 'format') given.refuse(FOR_FORMAT, `${verb}`)
    if (verb === 'random-uuid') {
      terminal.writeOut(`${systemRandom().uuid()}\n`)
      return DONE
    }
    const file = given.required('config')
    const logger = createLogger()
    try {
      const config = loadConfig({ file, overrides: [] }, (message) => logger.warn(message))
      if (verb === 'info') return info(config, terminal)
      format(config, given, terminal)
      return DONE
    } catch (error) {
      if (!(error instanceof CommandError)) return endWith(error, logger)
      terminal.writeError(`${error.message}\n`)
      return FAILED
    }
  },
}

function format(config: Config, given: Options, terminal: Terminal): void {
  const clusterId = given.required('cluster-id')
  const isStandalone = given.has('standalone')
  given.oneOf(['standalone', 'no-initial-controllers'])
  if (config.controllerQuorumVoters.length === 0 && config.controllerListeners.length > 0
    && !isStandalone && !given.has('no-initial-controllers')) {
    throw new CommandError('Because controller.quorum.voters is not set on this controller, you '
      + 'must specify one of the following: --standalone, or --no-initial-controllers.')
  }
  const all = directoriesOf(config)
  const empty = all.filter((directory) => metaOf(directory) === undefined)
  const formatted = all.find((directory) => metaOf(directory) !== undefined)
  if (formatted !== undefined && !given.has('ignore-formatted')) {
    throw new CommandError(`Log directory ${formatted} is already formatted. Use `
      + '--ignore-formatted to ignore this directory and format the others.')
  }
  const other = all.find((one) => (metaOf(one)?.clusterId ?? clusterId) !== clusterId)
  if (other !== undefined) {
    throw new CommandError(`Invalid cluster.id in: ${other}/meta.properties. Expected `
      + `${clusterId}, but read ${metaOf(other)!.clusterId}`)
  }
  if (empty.length === 0) terminal.writeOut('All of the log directories are already formatted.\n')
  const world = { clock: systemClock(), disk: nodeDisk(), random: systemRandom() }
  if (formatted === undefined) formatDirectories(config, world, clusterId, { isStandalone })
  else formatEmptyDirectories(config, world)
  for (const directory of empty) {
    const kind = directory !== resolve(config.metadataLogDir) ? 'data'
      : isStandalone ? 'dynamic metadata voter' : 'metadata'
    terminal.writeOut(`Formatting ${kind} directory ${directory}.\n`)
  }
}

function directoriesOf({ logDirs, metadataLogDir }: Config): string[] {
  return [...new Set([...logDirs, metadataLogDir].map((path) => resolve(path)))].sort()
}

function metaOf(directory: string): MetaProperties | undefined {
  return existsSync(directory) ? readMetaProperties(nodeDisk(), directory) : undefined
}

function info(config: Config, terminal: Terminal): number {
  const directories = directoriesOf(config)
  const isDirectory = (path: string): boolean => existsSync(path) && statSync(path).isDirectory()
  const found = directories.filter(isDirectory)
  const problems = directories.flatMap((path) => (
    !existsSync(path) ? [`${path} does not exist`]
      : !isDirectory(path) ? [`${path} is not a directory`]
        : metaOf(path) !== undefined ? [] : [`${path} is not formatted.`]))
  const metas = found.flatMap((path) => metaOf(path) ?? [])
  if (new Set(metas.map(({ clusterId }) => clusterId)).size > 1) {
    problems.push('Mismatched cluster IDs between storage directories.')
  }
  const list = (title: string, lines: readonly string[]): void => {
    if (lines.length === 0) return
    terminal.writeOut(`Found ${title}:\n${lines.map((line) => `  ${line}\n`).join('')}\n`)
  }
  list(found.length === 1 ? 'log directory' : 'log directories', found)
  const [meta] = metas
  if (meta !== undefined) {
    const { clusterId, directoryId, nodeId } = meta
    terminal.writeOut(`Found metadata: {cluster.id=${clusterId}, `
      + (directoryId === undefined ? '' : `directory.id=${directoryId}, `)
      + `node.id=${nodeId}, version=1}\n\n`)
  }
  list(problems.length === 1 ? 'problem' : 'problems', problems)
  return problems.length === 0 ? DONE : FAILED
}

// `samsa format`: makes empty log directories parts of a cluster whose id is given.

import { resolve } from 'node:path'
import { nodeDisk } from '../../storage/node-disk.ts'
import { formatDirectories } from '../format.ts'
import { systemClock } from '../world/clock.ts'
import { createLogger } from '../world/logger.ts'
import { systemRandom } from '../world/random.ts'
import { endWith } from './ending.ts'
import { loadConfig, type SettingsOptions } from './settings.ts'
import type { Terminal } from './terminal.ts'

export interface FormatOptions extends SettingsOptions {
  readonly clusterId: string
  /** The metadata log names this node as the only voter. */
  readonly isStandalone: boolean
}

/** Gives the exit code. */
export function format(options: FormatOptions, terminal: Terminal): number {
  const logger = createLogger()
  try {
    const config = loadConfig(options, (message) => logger.warn(message))
    const world = { clock: systemClock(), disk: nodeDisk(), random: systemRandom() }
    const { directoryIds } = formatDirectories(config, world, options.clusterId, options)
    for (const directory of directoryIds.keys()) {
      terminal.writeOut(`formatted ${resolve(directory)} for cluster ${options.clusterId}, `
        + `node ${config.nodeId}\n`)
    }
    return 0
  } catch (error) {
    return endWith(error, logger)
  }
}

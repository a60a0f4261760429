// The world of a node that runs on this machine.

import { nodeDisk, type NodeDiskOptions } from '../../storage/node-disk.ts'
import type { Logger } from '../../storage/ports.ts'
import { systemClock } from './clock.ts'
import { createLogger } from './logger.ts'
import { systemRandom } from './random.ts'
import { tcpNetwork } from './tcp.ts'
import type { World } from './world.ts'

/** Logs to standard error unless another logger is given. */
export function systemWorld(logger: Logger = createLogger(), options: NodeDiskOptions = {}): World {
  return {
    clock: systemClock(), random: systemRandom(), network: tcpNetwork(), disk: nodeDisk(options),
    logger,
  }
}

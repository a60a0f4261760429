// The world a node lives in: every effect it has on the outside goes through one of these ports.

import type { Disk } from '../../storage/disk.ts'
import type { Logger } from '../../storage/ports.ts'
import type { Clock } from './clock.ts'
import type { Network } from './network.ts'
import type { Random } from './random.ts'

export interface World {
  readonly clock: Clock
  readonly random: Random
  readonly network: Network
  readonly disk: Disk
  readonly logger: Logger
}

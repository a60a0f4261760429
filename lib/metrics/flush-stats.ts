// How long the device takes for logs: syncs of segments, told by the disk.

import type { Disk } from '../../storage/disk.ts'
import type { Clock } from '../world/clock.ts'
import { Quantiles } from './quantiles.ts'

const SEGMENT = /\.log$/

export class FlushStats {
  readonly timesMs: Quantiles

  /** From now on the disk tells this one. */
  constructor(disk: Disk, clock: Pick<Clock, 'monotonicMs'>) {
    this.timesMs = new Quantiles(clock.monotonicMs())
    disk.onSync = (path, tookMs) => {
      if (SEGMENT.test(path)) this.timesMs.add(tookMs, clock.monotonicMs())
    }
  }
}

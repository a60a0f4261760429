// Damage in what was on the device once (H3): a log that has lost something there is refused, by
// its name, and its files stay as they are. What never was there may go with the power.

import { ApiError, Errors } from '../protocol/errors.ts'
import type { Disk } from './disk.ts'
import type { Segment } from './segment.ts'

/** What is known of a log from elsewhere. */
export interface Known {
  /** `topic-partition` */
  readonly name: string
  /** Up to here the log was on the device. Undefined: nobody knows. */
  readonly recoveryPoint: number | undefined
  /** What lies before is deleted, whatever the files hold of it. */
  readonly startOffset: number
}

/**
 * Refuses a log of which only what lies below the offset can be read; `at` is where the rest should
 * begin. Throws CORRUPT_MESSAGE.
 */
export function refuseLoss(
  endOffset: number, { name, recoveryPoint = 0, startOffset }: Known, at?: Segment,
): void {
  if (endOffset >= recoveryPoint || recoveryPoint <= startOffset) return
  const why = at === undefined ? 'files are missing'
    : `no sound batch is at position ${at.sizeBytes} of ${at.path}`
  throw new ApiError(Errors.CORRUPT_MESSAGE, `${name} is damaged: it ends at offset ${endOffset}, `
    + `but was on the device up to ${recoveryPoint}; ${why}. It is left as it is`)
}

/**
 * A log that was closed does not end before it begins: the files or the checkpoint are damaged, and
 * to begin anew would delete all of it. Throws CORRUPT_MESSAGE.
 */
export function refuseStart(endOffset: number, { name, startOffset }: Known): void {
  if (startOffset <= endOffset) return
  throw new ApiError(Errors.CORRUPT_MESSAGE, `${name} is damaged: it ends at offset ${endOffset}, `
    + `but should begin at ${startOffset}. It is left as it is`)
}

/**
 * Indexes of a closed log whose segment is gone, and with it records that nobody deleted. Throws
 * CORRUPT_MESSAGE.
 */
export function refuseOrphans(names: readonly string[], { name, startOffset }: Known): void {
  const lost = names.find((orphan) => Number.parseInt(orphan, 10) >= startOffset)
  if (lost === undefined) return
  throw new ApiError(Errors.CORRUPT_MESSAGE,
    `${name} is damaged: the segment of ${lost} is missing. It is left as it is`)
}

/**
 * In the directory of a log that was closed, and refused at the start after it. The log is as that
 * end left it, however the process ended since: what is missing in it is damage, and nothing that a
 * crash may have taken. Kafka leaves such files alone.
 */
export const REFUSED_FILE = 'refused'

/** Notes why the log is refused, for the next start and for whoever looks into the directory. */
export function noteRefusal(disk: Disk, directory: string, error: unknown): void {
  if (!(error instanceof ApiError) || error.code !== Errors.CORRUPT_MESSAGE) return
  const file = disk.open(`${directory}/${REFUSED_FILE}`, 'create')
  try {
    file.truncate(0)
    file.write(Buffer.from(`${error.message}\n`), 0)
  } finally {
    file.close()
  }
}

/** The log is whole again: somebody has put back what was missing. */
export function forgetRefusal(disk: Disk, directory: string): void {
  disk.remove(`${directory}/${REFUSED_FILE}`)
}

// Puts a cleaned segment in the place of those it was made of, so that a crash leaves the old ones
// or the new one (G4); `storage/log-files.ts` finishes what is left half-way.
//
// `.cleaned` → `.swap`: from here on the new one counts. The old → `.deleted`, the oldest first:
// a tombstone must not go before what it deletes. `.swap` → the segment's own names.

import { Segment } from '../segment.ts'
import { SWAP_SUFFIX } from '../segment-names.ts'
import type { CleanedLog, Steps } from './cleaned-log.ts'

/** `target` is on the device. Readers of the old ones go on for `file.delete.delay.ms`. */
export function* swapIn(
  log: CleanedLog, group: readonly Segment[], target: Segment, nowMs: number,
): Steps<void> {
  const { disk, directory, segments, snapshots } = log
  const { baseOffset, createdMs } = target
  const dueMs = nowMs + log.config.fileDeleteDelayMs
  // All of it in one step: what comes between would see a log that is neither the old nor the new.
  log.io(() => {
    target.changeSuffix(SWAP_SUFFIX)
    for (const segment of group) retire(log, segment, dueMs)
    target.changeSuffix('')
    const cleaned = Segment.open(disk, directory, baseOffset, createdMs)
    cleaned.nextOffset = group.at(-1)!.nextOffset
    cleaned.isSynced = true
    segments.replace(group, cleaned)
    snapshots.removeBetween(baseOffset, cleaned.nextOffset)
  })
  yield { ioBytes: 0, wait: log.wait(disk.syncDirectoryAsync(directory)) }
}

function retire({ retired, removals }: CleanedLog, segment: Segment, dueMs: number): void {
  const paths = segment.retire()
  retired.add(segment)
  const onRemoval = (): void => {
    segment.close()
    retired.delete(segment)
  }
  for (const path of paths) removals.add(path, dueMs, onRemoval)
}

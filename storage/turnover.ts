// How the segments of a log come, go, and end. On a full disk the next one is not there at all, and
// those that are over go as ever.

import type { Disk } from './disk.ts'
import type { BegunSync, Durability } from './durability.ts'
import type { Guard } from './guard.ts'
import type { ProducerState } from './producers.ts'
import { discard } from './recovery.ts'
import type { Removals } from './removals.ts'
import { Segment } from './segment.ts'
import type { Segments } from './segments.ts'
import type { SnapshotFiles } from './snapshot-files.ts'

/** What of a log takes part. */
export interface LogParts {
  readonly disk: Disk
  readonly directory: string
  readonly segments: Segments
  readonly snapshots: SnapshotFiles
  readonly producers: ProducerState
  readonly durability: Durability
  readonly removals: Removals
  readonly guard: Guard
}

/**
 * Begins the next segment. The old one is complete then; an empty one stays as well, for the log
 * ends there until something is written to the next. Everything staged must be written. Throws
 * DiskFullError, and the old one stays the active one; StorageError.
 */
export function roll(parts: LogParts, baseOffset: number, nowMs: number): void {
  const { disk, directory, segments, snapshots, producers, durability, guard } = parts
  const { active } = segments
  const isEmpty = active.sizeBytes === 0
  if (isEmpty && active.baseOffset === baseOffset) return
  // Also if it does not fit: its name must not come back, after a crash, beside what is appended
  // to the old one.
  durability.namesChanged()
  const next = guard.fitting(() => {
    if (!isEmpty) active.finish()
    snapshots.write(baseOffset, producers)
    return Segment.create(disk, directory, baseOffset, nowMs)
  }, () => guard.wholly(() => snapshots.removeAbove(active.nextOffset)))
  segments.push(next)
}

/**
 * What is written ends at the offset, whatever of the last write is there. Throws what the disk
 * says.
 */
export function takeBackTo({ disk, segments, snapshots }: LogParts, endOffset: number): void {
  const { active, count } = segments
  // The batch that began it comes behind a gap: what is appended now may lie in that gap.
  if (active.baseOffset > endOffset && count > 1) {
    discard(disk, segments.removeFrom(active.baseOffset))
    snapshots.removeAbove(endOffset)
  }
  segments.active.takeBack(endOffset)
}

/** Puts the first segments away; their files go when it is time. Throws StorageError. */
export function letGo(
  { segments, snapshots, removals, guard }: LogParts, count: number, dueMs: number,
): void {
  const removed = segments.removeFirst(count)
  guard.do(() => {
    for (const segment of removed) {
      for (const path of segment.markDeleted()) removals.add(path, dueMs)
    }
    snapshots.removeBelow(segments.first.baseOffset)
  })
}

/**
 * Begins to sync all that the next start needs; undefined when it is on the device already.
 * Everything staged must be written. Throws DiskFullError, StorageError.
 */
export function beginLastSync(
  { segments, snapshots, producers, durability, guard }: LogParts, endOffset: number,
): BegunSync | undefined {
  const isComplete = segments.sizeBytes === 0 || snapshots.offsets.at(-1) === endOffset
  if (isComplete && !durability.hasChanged) return undefined
  return guard.fitting(() => {
    segments.active.finish()
    const snapshotPath = snapshots.write(endOffset, producers)
    return durability.begin(endOffset, { snapshotPath })
  })
}

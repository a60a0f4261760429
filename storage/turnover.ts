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
 * Begins the next segment. The old one is complete then; an empty one makes room. Everything staged
 * must be written. Throws DiskFullError, and the old one stays the active one; StorageError.
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
  })
  guard.do(() => {
    if (isEmpty) discard(disk, segments.removeFrom(active.baseOffset))
    segments.push(next)
  })
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

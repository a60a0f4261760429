// What of a log is on the device: the recovery point, below which everything is, and the syncs that
// move it.

import { dirname } from 'node:path'

import type { Disk } from './disk.ts'
import type { LeaderEpochs } from './epochs.ts'
import type { Segment } from './segment.ts'
import type { Segments } from './segments.ts'

export interface DurabilityOptions {
  readonly disk: Disk
  readonly directory: string
  readonly segments: Segments
  readonly epochs: LeaderEpochs
  readonly recoveryPoint: number
}

/** A sync under way: these segments have to be brought to the device before it can end. */
export interface BegunSync {
  readonly segments: readonly Segment[]
  readonly active: Segment
  readonly endOffset: number
  readonly writtenBytes: number
  readonly truncations: number
}

export class Durability {
  readonly #disk: Disk
  readonly #directory: string
  readonly #segments: Segments
  readonly #epochs: LeaderEpochs
  #recoveryPoint: number
  /** In all, since the log was opened; also what was synced of it. */
  #writtenBytes = 0
  #syncedBytes = 0
  #truncations = 0
  #isDirectorySynced = false

  constructor({ disk, directory, segments, epochs, recoveryPoint }: DurabilityOptions) {
    this.#disk = disk
    this.#directory = directory
    this.#segments = segments
    this.#epochs = epochs
    this.#recoveryPoint = recoveryPoint
  }

  get recoveryPoint(): number {
    return this.#recoveryPoint
  }

  get unsyncedBytes(): number {
    return this.#writtenBytes - this.#syncedBytes
  }

  wrote(sizeBytes: number): void {
    this.#writtenBytes += sizeBytes
  }

  /** There are new files. */
  namesChanged(): void {
    this.#isDirectorySynced = false
  }

  /** Syncs under way tell nothing any more: offsets from here on may come to name other records. */
  truncated(endOffset: number): void {
    this.#truncations++
    this.#isDirectorySynced = false
    this.#recoveryPoint = Math.min(this.#recoveryPoint, endOffset)
  }

  /** Begins to sync what is written, all below the offset. Throws what the disk says. */
  begin(endOffset: number): BegunSync {
    const { active, all } = this.#segments
    const segments = all.filter(({ isSynced }) => !isSynced)
    this.#epochs.sync()
    for (const segment of segments) {
      // Those of the active segment are built again after a crash, whatever is in them.
      if (segment !== active) segment.syncIndexes()
    }
    if (!this.#isDirectorySynced) {
      this.#disk.syncDirectory(this.#directory)
      this.#disk.syncDirectory(dirname(this.#directory))
      this.#isDirectorySynced = true
    }
    return {
      segments, active, endOffset, writtenBytes: this.#writtenBytes,
      truncations: this.#truncations,
    }
  }

  /** Syncs the segments. Rejects with what the disk says. */
  async finish(begun: BegunSync, isClosed: () => boolean): Promise<void> {
    for (const segment of begun.segments) {
      try {
        await segment.file.syncAsync()
      } catch (error) {
        // It may have been deleted, or closed, meanwhile.
        if (isClosed() || !this.#segments.all.includes(segment)) continue
        throw error
      }
    }
    if (!isClosed()) this.#end(begun)
  }

  /** As `finish`, at once. */
  finishNow(begun: BegunSync): void {
    for (const segment of begun.segments) segment.file.sync()
    this.#end(begun)
  }

  #end({ segments, active, endOffset, writtenBytes, truncations }: BegunSync): void {
    this.#syncedBytes = Math.max(this.#syncedBytes, writtenBytes)
    // A segment may have been cut and written to again meanwhile.
    if (truncations !== this.#truncations) return
    for (const segment of segments) segment.isSynced = segment !== active
    this.#recoveryPoint = Math.max(this.#recoveryPoint, endOffset)
  }
}

// What of a log is on the device: the recovery point, below which everything is, and the syncs that
// move it.

import { dirname } from 'node:path'

import { partitionMetadataPath } from './checkpoints.ts'
import { type Disk, syncFile } from './disk.ts'
import type { LeaderEpochs } from './epochs.ts'
import type { Guard } from './guard.ts'
import type { BegunSavePoint, SavePoints } from './save-points.ts'
import type { Segment } from './segment.ts'
import { fileNameOf, INDEX_SUFFIXES } from './segment-names.ts'
import type { Segments } from './segments.ts'

export interface DurabilityOptions {
  readonly disk: Disk
  readonly directory: string
  readonly segments: Segments
  readonly epochs: LeaderEpochs
  readonly recoveryPoint: number
  readonly guard: Guard
  /** Left out: there are none. */
  readonly savePoints?: SavePoints | undefined
}

/** A sync under way: all of this has to be brought to the device before it can end. */
export interface BegunSync {
  readonly segments: readonly Segment[]
  /** Of files beside the segments. */
  readonly paths: readonly string[]
  readonly directories: readonly string[]
  readonly active: Segment
  readonly endOffset: number
  readonly writtenBytes: number
  readonly truncations: number
  readonly names: number
  readonly epochs: number
  readonly savePoint: BegunSavePoint | undefined
}

/** What a sync takes with it that others leave to a recovery. */
export interface LastFiles {
  /** The producer state at the end. */
  readonly snapshotPath: string
}

export class Durability {
  readonly #disk: Disk
  readonly #directory: string
  readonly #segments: Segments
  readonly #epochs: LeaderEpochs
  readonly #guard: Guard
  readonly #savePoints: SavePoints | undefined
  #recoveryPoint: number
  /** In all, since the log was opened; also what was synced of it. */
  #writtenBytes = 0
  #syncedBytes = 0
  #truncations = 0
  /** Counts changes of the directory; what it looked like when it was synced. */
  #names = 0
  #syncedNames = -1

  constructor(options: DurabilityOptions) {
    const { disk, directory, segments, epochs, recoveryPoint, guard, savePoints } = options
    this.#disk = disk
    this.#directory = directory
    this.#segments = segments
    this.#epochs = epochs
    this.#guard = guard
    this.#savePoints = savePoints
    this.#recoveryPoint = recoveryPoint
    // What a recovery had no room for is saved with the next sync, at the latest at the end.
    if (recoveryPoint < segments.active.nextOffset) this.namesChanged()
  }

  get recoveryPoint(): number {
    return this.#recoveryPoint
  }

  get unsyncedBytes(): number {
    return this.#writtenBytes - this.#syncedBytes
  }

  /** Whether anything became of the log since it was opened, on the device or not. */
  get hasChanged(): boolean {
    return this.#writtenBytes > 0 || this.#names > 0 || this.#truncations > 0
  }

  wrote(sizeBytes: number): void {
    this.#writtenBytes += sizeBytes
  }

  /** There are new files. */
  namesChanged(): void {
    this.#names++
  }

  /** Before the log is cut. The caller brings what becomes of the directory to the device. */
  cut(): void {
    this.#savePoints?.cut()
  }

  /** Syncs under way tell nothing any more: offsets from here on may come to name other records. */
  truncated(endOffset: number): void {
    this.#truncations++
    this.#names++
    this.#recoveryPoint = Math.min(this.#recoveryPoint, endOffset)
  }

  /**
   * Begins to sync what is written, all below the offset; with the last files so that no recovery
   * is needed. Throws what the disk says.
   */
  begin(endOffset: number, last?: LastFiles): BegunSync {
    const { active, all } = this.#segments
    // There may be no room for it. A save point that was begun has to be finished.
    this.#epochs.save()
    const savePoint = last === undefined ? this.#savePoints?.begin() : undefined
    const needsIndexes = last !== undefined || savePoint !== undefined
    const segments = all.filter(({ isSynced }) => !isSynced)
    const paths = segments
      // Those of the active segment are built again after a crash, but for what a save point has.
      .filter((segment) => segment !== active || needsIndexes)
      .flatMap(({ baseOffset }) => INDEX_SUFFIXES.map((suffix) => (
        `${this.#directory}/${fileNameOf(baseOffset)}${suffix}`
      )))
      .filter((path) => this.#disk.exists(path))
    if (this.#epochs.isUnsynced) paths.push(this.#epochs.path)
    if (last !== undefined) paths.push(last.snapshotPath)
    // Whose records these are must not be lost with the power: another topic may get the name.
    if (this.#syncedNames < 0) paths.push(partitionMetadataPath(this.#directory))
    const hasNames = this.#syncedNames < this.#names || needsIndexes
    const directories = hasNames ? [this.#directory, dirname(this.#directory)] : []
    return {
      segments, paths, directories, active, endOffset, writtenBytes: this.#writtenBytes,
      truncations: this.#truncations, names: this.#names, epochs: this.#epochs.version, savePoint,
    }
  }

  /**
   * Syncs all of it, in no order: the recovery point moves when everything is there, and a save
   * point is written down behind it. Must follow in the same turn, while the files have the names
   * that they had. Rejects with StorageError.
   */
  async finish(begun: BegunSync): Promise<void> {
    try {
      await Promise.all([
        ...begun.segments.map((segment) => this.#syncSegment(segment)),
        ...begun.paths.map((path) => this.#syncFile(path)),
        ...begun.directories.map((path) => this.#disk.syncDirectoryAsync(path)),
      ])
    } catch (error) {
      throw this.#guard.failed(error)
    }
    if (this.#guard.isClosed) return
    this.#end(begun)
    if (begun.savePoint !== undefined) await this.#savePoints!.finish(begun.savePoint)
  }

  async #syncSegment(segment: Segment): Promise<void> {
    try {
      await segment.file.syncAsync()
    } catch (error) {
      // It may have been deleted, or closed, meanwhile.
      if (!this.#guard.isClosed && this.#segments.all.includes(segment)) throw error
    }
  }

  async #syncFile(path: string): Promise<void> {
    const file = this.#disk.open(path, 'write')
    try {
      await file.syncAsync()
    } finally {
      file.close()
    }
  }

  /** As `finish`, at once. */
  finishNow(begun: BegunSync): void {
    for (const segment of begun.segments) segment.file.sync()
    for (const path of begun.paths) syncFile(this.#disk, path)
    for (const path of begun.directories) this.#disk.syncDirectory(path)
    this.#end(begun)
  }

  #end({ segments, active, endOffset, names, epochs, ...begun }: BegunSync): void {
    this.#syncedBytes = Math.max(this.#syncedBytes, begun.writtenBytes)
    this.#syncedNames = Math.max(this.#syncedNames, names)
    this.#epochs.synced(epochs)
    // A segment may have been cut and written to again meanwhile.
    if (begun.truncations !== this.#truncations) return
    for (const segment of segments) segment.isSynced = segment !== active
    this.#recoveryPoint = Math.max(this.#recoveryPoint, endOffset)
  }
}

// `cleaner-offset-checkpoint` of a log directory: how far each of its logs was cleaned.

import {
  CorruptCheckpointError, isSameCheckpoint, type OffsetCheckpoint, readOffsets, writeOffsetsAsync,
} from '../checkpoints.ts'
import { type Disk, isDiskFull, StorageError } from '../disk.ts'
import type { Logger } from '../ports.ts'
import { DiskFullError } from '../room.ts'

const FILE = 'cleaner-offset-checkpoint'

/** A log, as far as it matters here. */
export interface CheckpointedLog {
  readonly name: string
  readonly compaction: { cleanedTo: number | undefined }
}

export class CleanerCheckpoint {
  readonly #disk: Disk
  readonly #path: string
  /** What the file says. */
  #saved: OffsetCheckpoint = new Map()
  /** Of logs that nobody has opened since. */
  readonly #waiting = new Map<string, number>()

  /**
   * One that is damaged is as good as none: the logs are cleaned from their start (H5). Throws
   * StorageError.
   */
  constructor(disk: Disk, directory: string, logger: Logger) {
    this.#disk = disk
    this.#path = `${directory}/${FILE}`
    try {
      this.#saved = readOffsets(disk, this.#path)
    } catch (error) {
      if (!(error instanceof CorruptCheckpointError)) throw new StorageError(this.#path, error)
      logger.warn('a checkpoint is damaged, logs are cleaned from their start', { error })
    }
    for (const [name, offset] of this.#saved) this.#waiting.set(name, offset)
  }

  /** Tells a log that was opened what the file says of it: once, for another may get its name. */
  tell(log: CheckpointedLog): void {
    const offset = this.#waiting.get(log.name)
    if (offset === undefined) return
    this.#waiting.delete(log.name)
    log.compaction.cleanedTo ??= offset
  }

  /**
   * Brings the file up to date with the logs, and with those that may still be opened; others are
   * gone. On the device when it resolves. Rejects with DiskFullError, and StorageError.
   */
  async save(logs: Iterable<CheckpointedLog>, unopened: Iterable<string>): Promise<void> {
    const offsets = new Map<string, number>()
    for (const { name, compaction: { cleanedTo } } of logs) {
      if (cleanedTo !== undefined) offsets.set(name, cleanedTo)
    }
    const waiting = new Set(unopened)
    for (const [name, offset] of this.#waiting) {
      if (waiting.has(name)) offsets.set(name, offset)
      else this.#waiting.delete(name)
    }
    if (isSameCheckpoint(offsets, this.#saved)) return
    try {
      await writeOffsetsAsync(this.#disk, this.#path, offsets, () => true)
    } catch (error) {
      if (isDiskFull(error)) throw new DiskFullError(this.#path, error)
      throw new StorageError(this.#path, error)
    }
    this.#saved = offsets
  }
}

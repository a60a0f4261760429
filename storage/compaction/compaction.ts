// The side of a log that cleanings see: what could be cleaned, how far it was, and doing it.

import type { LogConfig } from '../config.ts'
import type { Disk } from '../disk.ts'
import type { Guard } from '../guard.ts'
import type { Removals } from '../removals.ts'
import type { Segment } from '../segment.ts'
import type { Segments } from '../segments.ts'
import type { SnapshotFiles } from '../snapshot-files.ts'
import { type Cleanable, findDirt, isWorthCleaning } from './cleanable.ts'
import {
  type CleanedLog, CleaningAbandoned, type CleaningOptions, type Steps,
} from './cleaned-log.ts'
import { clean, type Cleaned } from './cleaner.ts'
import type { LastOfProducer } from './retained.ts'

/** What of a log changes. */
export interface CompactedLog {
  readonly name: string
  readonly directory: string
  readonly config: LogConfig
  readonly startOffset: number
  readonly endOffset: number
  readonly lastStableOffset: number
  readonly highWatermark: number
  readonly recoveryPoint: number
  readonly producers: { get(producerId: number): LastOfProducer | undefined }
  sync(): Promise<void>
}

/** What the log is made of. */
export interface CompactionParts {
  readonly disk: Disk
  readonly segments: Segments
  readonly snapshots: SnapshotFiles
  readonly removals: Removals
  readonly guard: Guard
}

export class Compaction {
  readonly #log: CompactedLog
  readonly #parts: CompactionParts
  #retired: Set<Segment> | undefined
  /** Below it keys are there once; undefined: nobody knows. A checkpoint keeps it. */
  cleanedTo: number | undefined
  /** Something in it cannot be read: it stays as it is until the next start. */
  isUncleanable = false
  /** It is copied to another directory: what a copy has must not be cleaned away behind it. */
  isPaused = false
  /** During a cleaning: where the log was cut since it began. */
  #truncatedTo = Infinity

  constructor(log: CompactedLog, parts: CompactionParts) {
    this.#log = log
    this.#parts = parts
  }

  get #isWanted(): boolean {
    return !this.isPaused && this.#log.config.cleanupPolicy.has('compact')
  }

  /** What a cleaning would be about; undefined where it is not needed, or not wanted. */
  cleanable(nowMs: number): Cleanable | undefined {
    const dirt = this.dirt(nowMs)
    return dirt !== undefined && isWorthCleaning(dirt, this.#log.config) ? dirt : undefined
  }

  /** As `cleanable`, also where a cleaning is not worth it yet. */
  dirt(nowMs: number): Cleanable | undefined {
    const { guard } = this.#parts
    if (!this.#isWanted || this.isUncleanable || !guard.isUsable) return undefined
    return this.#dirt(nowMs)
  }

  /** What cannot be cleaned although it should be. */
  uncleanableBytes(nowMs: number): number {
    return this.isUncleanable && this.#parts.guard.isUsable
      ? this.#dirt(nowMs)?.cleanableBytes ?? 0 : 0
  }

  #dirt(nowMs: number): Cleanable | undefined {
    const { config } = this.#log
    const { segments, guard } = this.#parts
    const { startOffset, endOffset, lastStableOffset } = this.#log
    return guard.do(() => findDirt({
      segments: segments.all, config, startOffset, endOffset, lastStableOffset,
      cleanedTo: this.cleanedTo,
    }, nowMs))
  }

  /**
   * Cleans in steps; answers undefined when the log changed in a way that ends it. Throws answers
   * (`ApiError`) for what cannot be cleaned, StorageError.
   */
  *clean(cleanable: Cleanable, options: CleaningOptions): Steps<Cleaned | undefined> {
    try {
      this.#truncatedTo = Infinity
      const cleaned = yield* clean(this.#cleaned(cleanable), cleanable, options)
      this.cleanedTo = cleaned.endOffset
      return cleaned
    } catch (error) {
      if (error instanceof CleaningAbandoned) return undefined
      throw error
    }
  }

  #cleaned({ firstUncleanableOffset }: Cleanable): CleanedLog {
    const { disk, segments, snapshots, removals, guard } = this.#parts
    const log = this.#log
    const checkUsable = (): void => {
      if (guard.failure !== undefined) throw guard.failure
      const isWanted = this.#isWanted && !guard.isClosed
      if (!isWanted || this.#truncatedTo < firstUncleanableOffset) throw new CleaningAbandoned()
    }
    return {
      disk, segments, snapshots, removals, producers: log.producers,
      retired: this.#retired ??= new Set(),
      directory: log.directory, name: log.name,
      get config() { return log.config },
      get highWatermark() { return log.highWatermark },
      get recoveryPoint() { return log.recoveryPoint },
      io: (work) => {
        checkUsable()
        return guard.do(work)
      },
      fitting: (work) => {
        checkUsable()
        return guard.fitting(work)
      },
      wait: (work) => work.catch((error: unknown) => {
        checkUsable()
        guard.fitting(() => { throw error })
      }),
      sync: () => log.sync(),
    }
  }

  /** The log was cut: what comes behind the active segment's base has not been looked at. */
  truncated(): void {
    this.#truncatedTo = Math.min(this.#truncatedTo, this.#log.endOffset)
    if (this.cleanedTo === undefined) return
    this.cleanedTo = Math.min(this.cleanedTo, this.#parts.segments.active.baseOffset)
  }

  /** Gives the files back that were kept for readers. */
  close(): void {
    for (const segment of this.#retired ?? []) segment.close()
  }
}

// What a cleaning is told of the log it works on, and the steps that it goes in.

import type { LogConfig } from '../config.ts'
import type { Disk } from '../disk.ts'
import type { Removals } from '../removals.ts'
import type { Segment } from '../segment.ts'
import type { Segments } from '../segments.ts'
import type { SnapshotFiles } from '../snapshot-files.ts'
import type { LastOfProducer } from './retained.ts'

export interface CleanedLog {
  readonly disk: Disk
  readonly directory: string
  /** `topic-partition`, for messages. */
  readonly name: string
  readonly segments: Segments
  readonly snapshots: SnapshotFiles
  readonly removals: Removals
  /** Segments that were replaced, and may still be read. */
  readonly retired: Set<Segment>
  readonly producers: { get(producerId: number): LastOfProducer | undefined }
  readonly config: LogConfig
  readonly highWatermark: number
  /** Everything below is on the device. */
  readonly recoveryPoint: number
  /**
   * Does something with the disk. Throws StorageError, answers (`ApiError`) as they are, and
   * CleaningAbandoned.
   */
  io<T>(work: () => T): T
  /** As `io`, for what may not fit on the disk, and is discarded then: DiskFullError. */
  fitting<T>(work: () => T): T
  /** As `io`, for what takes its time. */
  wait(work: Promise<void>): Promise<void>
  /** Brings everything to the device. */
  sync(): Promise<void>
}

/** A piece of work that is done: whoever drives the cleaning may let others in before the next. */
export interface Step {
  /** Read and written. */
  readonly ioBytes: number
  /** The next step has to wait for it. */
  readonly wait?: Promise<void>
}

/** A step without reading or writing. */
export const NOTHING: Step = { ioBytes: 0 }

/** Steps of a cleaning; what is sent in is the time of the wall clock, in milliseconds. */
export type Steps<T> = Generator<Step, T, number>

export interface CleaningOptions {
  /** When it begins. */
  readonly nowMs: number
  /** Half of `log.cleaner.io.buffer.size`: for reading. */
  readonly bufferBytes: number
  /** `log.cleaner.dedupe.buffer.size` */
  readonly maxMapBytes: number
  /** `log.cleaner.io.buffer.load.factor` */
  readonly loadFactor: number
}

export interface CleaningStats {
  bytesRead: number
  bytesWritten: number
  recordsRead: number
  recordsKept: number
  keys: number
  /** How full the map of the keys was, 0 to 1. */
  mapFill: number
}

/** The log is no longer what the cleaning began with: it was cut, or parts of it deleted. */
export class CleaningAbandoned extends Error {
  override readonly name = 'CleaningAbandoned'
}

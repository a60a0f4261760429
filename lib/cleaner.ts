// The log cleaner: looks for the dirtiest of the compacted logs, cleans it, and looks again. It
// works in small slices, so that no request waits long for it.

import { ApiError, Errors } from '../protocol/errors.ts'
import { CleanerCheckpoint } from '../storage/compaction/checkpoint.ts'
import { type Cleanable, isWorthCleaning } from '../storage/compaction/cleanable.ts'
import type { Cleaned } from '../storage/compaction/cleaner.ts'
import type { Steps } from '../storage/compaction/cleaned-log.ts'
import { type Disk, StorageError } from '../storage/disk.ts'
import type { Log } from '../storage/log.ts'
import type { LogDirectory } from '../storage/log-directory.ts'
import type { Logger } from '../storage/ports.ts'
import { DiskFullError } from '../storage/room.ts'
import type { Config } from './config.ts'
import type { RunningSettings, SettingName } from './config/running.ts'
import type { Chore } from './maintenance.ts'
import { Throttle } from './throttle.ts'
import { type Clock, nextTurn } from './world/clock.ts'

export interface CleanerOptions {
  readonly config: Pick<Config, 'logCleanerEnable'>
  readonly settings: RunningSettings
  readonly clock: Clock
  readonly disk: Disk
  readonly logger: Logger
  readonly directories: readonly LogDirectory[]
  /** Left out: nobody wants to know. */
  readonly stats?: CleanerStats
  /** The disk failed: the directory is no longer trusted. */
  onFailure(directory: LogDirectory, error: StorageError): void
}

/** How the cleaner fares. */
export class CleanerStats {
  /** When it last looked for something to clean, by the clock that never goes back. */
  lastLookMs: number | undefined
  /** Of the dirtiest log of that look, 0 to 1; also where it is not dirty enough. */
  dirtyRatio = 0
  /** For how long, at that look, the log that waits longest should have been cleaned. */
  mostOverdueMs = 0
  /** Of the last cleaning: bytes written for each one read, and how long it took. */
  keptRatio = 0
  lastCleaningMs = 0
  /** How full its map of keys was, 0 to 1. */
  mapFill = 0
  /** Read and written by all cleanings: what `log.cleaner.io.max.bytes.per.second` counts. */
  ioBytes = 0

  looked(nowMs: number, dirt: readonly Cleanable[]): void {
    this.lastLookMs = nowMs
    this.dirtyRatio = dirt.reduce((most, { dirtyRatio }) => Math.max(most, dirtyRatio), 0)
    this.mostOverdueMs = dirt.reduce((most, { overdueMs }) => Math.max(most, overdueMs), 0)
  }
}

/** Requests wait no longer than about this for the cleaner, unless a batch is very large. */
const SLICE_MS = 0.5
const FIRST_AFTER_MS = 1000
/** A pause is looked up from so often, lest a stop waits for it. */
const NAP_MS = 100

/** As in Kafka a cleaning under way begins anew with them, and a pause ends. */
const SETTINGS: readonly SettingName[] = [
  'log.cleaner.backoff.ms', 'log.cleaner.dedupe.buffer.size', 'log.cleaner.io.buffer.size',
  'log.cleaner.io.buffer.load.factor', 'log.cleaner.io.max.bytes.per.second',
]

/** None when `log.cleaner.enable` is off; compacted logs then grow, and none of them is deleted. */
export function cleanerChores(options: CleanerOptions): Chore[] {
  const { settings } = options
  if (!options.config.logCleanerEnable) {
    options.logger.warn('log.cleaner.enable is off: compacted topics grow without end')
    return []
  }
  const everyMs = (): number => Math.max(1, settings.value('log.cleaner.backoff.ms'))
  const cleaner = new LogCleaner(options)
  return [{
    name: 'Compaction', get everyMs() { return everyMs() },
    firstAfterMs: Math.min(FIRST_AFTER_MS, everyMs()),
    run: (_, isStopping) => cleaner.run(isStopping),
    watch: (due) => settings.onChange(SETTINGS, () => {
      cleaner.beginAnew()
      due()
    }),
  }]
}

interface Dirty {
  readonly directory: LogDirectory
  readonly log: Log
  readonly cleanable: Cleanable
}

class LogCleaner {
  readonly #options: CleanerOptions
  readonly #clock: Clock
  readonly #throttle: Throttle
  readonly #checkpoints = new Map<LogDirectory, CleanerCheckpoint>()
  readonly #stats: CleanerStats
  #isStopping: () => boolean = () => false
  #sliceStartMs = 0
  /** Goes up when what is being cleaned is to be begun anew. */
  #beginning = 0

  constructor(options: CleanerOptions) {
    this.#options = options
    this.#stats = options.stats ?? new CleanerStats()
    this.#clock = options.clock
    this.#throttle = new Throttle(this.#bytesPerSecond, options.clock)
  }

  get #bytesPerSecond(): number {
    return this.#options.settings.value('log.cleaner.io.max.bytes.per.second')
  }

  /** With the settings as they are now. */
  beginAnew(): void {
    this.#beginning++
    this.#throttle.bytesPerSecond = this.#bytesPerSecond
  }

  /** Cleans until nothing is dirty enough. */
  async run(isStopping: () => boolean): Promise<void> {
    this.#isStopping = isStopping
    this.#sliceStartMs = this.#clock.monotonicMs()
    for (;;) {
      const dirty = await this.#findDirtiest()
      if (dirty === undefined || isStopping()) return
      const hasEnded = await this.#guarded(dirty.directory, () => this.#clean(dirty))
      await this.#save(dirty.directory)
      // What ended it may be there for a while.
      if (hasEnded !== true) return
    }
  }

  async #findDirtiest(): Promise<Dirty | undefined> {
    let dirtiest: Dirty | undefined
    const dirt: Cleanable[] = []
    for (const directory of this.#options.directories) {
      const checkpoint = await this.#guarded(directory, () => this.#checkpointOf(directory))
      if (checkpoint === undefined) continue
      for (const log of [...directory.logs()]) {
        if (this.#isStopping()) return undefined
        if (!this.#isThere(directory, log)) continue
        checkpoint.tell(log)
        const isWanted = () => !this.#isStopping() && this.#isThere(directory, log)
        const cleanable = await this.#guarded(
          directory, () => this.#lookAt(directory, log, isWanted))
        if (cleanable !== undefined) dirt.push(cleanable)
        const isDirtier = cleanable !== undefined && isWorthCleaning(cleanable, log.config)
          && cleanable.dirtyRatio > (dirtiest?.cleanable.dirtyRatio ?? 0)
        if (isDirtier) dirtiest = { directory, log, cleanable }
        if (this.#isSliceOver()) await this.#rest(0, () => true)
      }
      await this.#save(directory)
    }
    this.#stats.looked(this.#clock.monotonicMs(), dirt)
    return dirtiest
  }

  #checkpointOf(directory: LogDirectory): CleanerCheckpoint {
    let checkpoint = this.#checkpoints.get(directory)
    if (checkpoint === undefined) {
      const { disk, logger } = this.#options
      checkpoint = new CleanerCheckpoint(disk, directory.path, logger)
      this.#checkpoints.set(directory, checkpoint)
    }
    return checkpoint
  }

  #isThere(directory: LogDirectory, log: Log): boolean {
    return !directory.isFailed && directory.get(log.topic, log.partition) === log
  }

  /** Segments of compacted logs are deleted here: never in the middle of a cleaning. */
  async #lookAt(
    directory: LogDirectory, log: Log, isWanted: () => boolean,
  ): Promise<Cleanable | undefined> {
    if (!log.config.cleanupPolicy.has('compact') || log.isFailed) return undefined
    const nowMs = this.#clock.nowMs()
    while (log.applyRetention(nowMs) > 0) {
      await this.#rest(0, isWanted)
      if (!isWanted()) return undefined
    }
    // A cleaning takes room before it gives some back.
    if (directory.room.isFull) return undefined
    try {
      return log.compaction.dirt(nowMs)
    } catch (error) {
      this.#setAside(log, error)
      return undefined
    }
  }

  /** What cannot be read cannot be cleaned; it stays as it is. Throws what is no answer. */
  #setAside(log: Log, error: unknown): void {
    if (!(error instanceof ApiError)) throw error
    // Closed, or failed: that is told elsewhere.
    if (error.code === Errors.KAFKA_STORAGE_ERROR) return
    log.compaction.isUncleanable = true
    this.#options.logger.error(
      'a log cannot be cleaned, and will not be before the next start', { log: log.name, error })
  }

  /** True when the log was cleaned, or is not to be looked at again. */
  async #clean({ directory, log, cleanable }: Dirty): Promise<boolean> {
    const startMs = this.#clock.monotonicMs()
    const beginning = this.#beginning
    const isWanted = (): boolean => (
      beginning === this.#beginning && !this.#isStopping() && this.#isThere(directory, log))
    try {
      // Batches with gaps between them must lie below it, or a recovery would doubt them.
      await log.sync()
      await directory.checkpointAsync()
      if (directory.room.isFull) return false
      const { settings } = this.#options
      const cleaned = await this.#drive(log.compaction.clean(cleanable, {
        nowMs: this.#clock.nowMs(),
        bufferBytes: settings.value('log.cleaner.io.buffer.size') / 2,
        maxMapBytes: settings.value('log.cleaner.dedupe.buffer.size'),
        loadFactor: settings.value('log.cleaner.io.buffer.load.factor'),
      }), isWanted)
      if (cleaned !== undefined) this.#tell(log, cleanable, cleaned, startMs)
      return cleaned !== undefined || beginning !== this.#beginning
    } catch (error) {
      this.#setAside(log, error)
      return log.compaction.isUncleanable
    }
  }

  /** Undefined when it was given up. */
  async #drive<T>(steps: Steps<T>, isWanted: () => boolean): Promise<T | undefined> {
    let step = steps.next(this.#clock.nowMs())
    while (step.done !== true) {
      const { ioBytes, wait } = step.value
      this.#stats.ioBytes += ioBytes
      const restMs = this.#throttle.restMs(ioBytes)
      // Steps are many and short: only few of them are worth a promise.
      if (wait !== undefined || restMs > 0 || this.#isSliceOver()) {
        const failure = await wait?.then(() => undefined, (error: unknown) => ({ error }))
        if (failure !== undefined) {
          step = steps.throw(failure.error)
          continue
        }
        await this.#rest(restMs, isWanted)
        if (!isWanted()) {
          steps.return(undefined as T)
          return undefined
        }
      }
      step = steps.next(this.#clock.nowMs())
    }
    return step.value
  }

  #isSliceOver(): boolean {
    return this.#clock.monotonicMs() - this.#sliceStartMs >= SLICE_MS
  }

  /** Lets others in, for one turn at least. */
  async #rest(restMs: number, isWanted: () => boolean): Promise<void> {
    for (let leftMs = restMs; leftMs > 0 && isWanted(); leftMs -= NAP_MS) {
      await new Promise<void>((resolve) => {
        this.#clock.setTimer(Math.min(leftMs, NAP_MS), resolve)
      })
    }
    await nextTurn(this.#clock)
    this.#sliceStartMs = this.#clock.monotonicMs()
  }

  #tell(log: Log, cleanable: Cleanable, cleaned: Cleaned, startMs: number): void {
    const { bytesRead, bytesWritten, recordsRead, recordsKept, keys, mapFill } = cleaned
    this.#stats.lastCleaningMs = this.#clock.monotonicMs() - startMs
    this.#stats.mapFill = mapFill
    this.#stats.keptRatio = bytesRead === 0 ? 0 : bytesWritten / bytesRead
    this.#options.logger.info('cleaned a log', {
      log: log.name, from: cleanable.firstDirtyOffset, to: cleaned.endOffset, keys, bytesRead,
      bytesWritten, recordsRead, recordsKept, ms: Math.round(this.#clock.monotonicMs() - startMs),
    })
  }

  async #save(directory: LogDirectory): Promise<void> {
    await this.#guarded(directory, () => (
      this.#checkpointOf(directory).save(directory.logs(), directory.names())))
  }

  /** What the disk does wrong takes the directory offline; the rest is a bug, and is thrown. */
  async #guarded<T>(
    directory: LogDirectory, work: () => T | Promise<T>,
  ): Promise<T | undefined> {
    if (directory.isFailed) return undefined
    try {
      return await work()
    } catch (error) {
      // Another time, when there is room.
      if (error instanceof DiskFullError) directory.room.filled()
      else if (!(error instanceof StorageError)) throw error
      else if (!directory.isFailed) this.#options.onFailure(directory, error)
      return undefined
    }
  }
}

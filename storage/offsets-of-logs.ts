// A checkpoint of a log directory: a file of one offset per log.

import {
  CorruptCheckpointError, type OffsetCheckpoint, readOffsets, writeOffsets, writeOffsetsAsync,
} from './checkpoints.ts'
import type { Disk } from './disk.ts'
import type { Log } from './log.ts'
import type { Logger } from './ports.ts'

type Logs = ReadonlyMap<string, Log>
type Unopened = ReadonlyMap<string, unknown>

export interface OffsetsOfLogsOptions {
  readonly disk: Disk
  readonly path: string
  readonly logger: Logger
  readonly offsetOf: (log: Log) => number
  /** A log that the file does not name has none, so it must not be there without some of them. */
  readonly mustBeWhole?: boolean
}

export class OffsetsOfLogs {
  readonly #disk: Disk
  readonly #path: string
  readonly #logger: Logger
  readonly #offsetOf: (log: Log) => number
  readonly #mustBeWhole: boolean
  /** What the file is to say. */
  #offsets: OffsetCheckpoint = new Map()
  /** What it says until that is there. */
  #saved = this.#offsets
  /** The file was missing, or damaged. */
  isLost = false
  /** Is fulfilled when what is on its way is there, or has failed. */
  #saving: Promise<void> | undefined

  constructor({ disk, path, logger, offsetOf, mustBeWhole = false }: OffsetsOfLogsOptions) {
    this.#disk = disk
    this.#path = path
    this.#logger = logger
    this.#offsetOf = offsetOf
    this.#mustBeWhole = mustBeWhole
  }

  load(): void {
    try {
      this.isLost = !this.#disk.exists(this.#path)
      this.#offsets = this.#saved = readOffsets(this.#disk, this.#path)
    } catch (error) {
      if (!(error instanceof CorruptCheckpointError)) throw error
      this.isLost = true
      this.#logger.warn('a checkpoint is damaged, the logs have to tell', { error })
    }
  }

  loaded(name: string): number | undefined {
    return this.#offsets.get(name)
  }

  /** Whether the file may say something of the log, now or soon. */
  mentions(name: string): boolean {
    return this.#offsets.has(name) || this.#saved.has(name)
  }

  /** Writes the file if it says more of the log, or may do so yet. */
  lower(name: string, offset: number): void {
    const said = Math.max(this.#offsets.get(name) ?? 0, this.#saved.get(name) ?? 0)
    if (said <= offset) return
    this.#write(new Map(this.#offsets).set(name, offset))
  }

  save(logs: Logs, unopened: Unopened): void {
    const offsets = this.#news(logs, unopened)
    if (offsets === undefined) return
    this.#write(offsets)
    this.isLost = unopened.size > 0 && this.isLost
  }

  #write(offsets: OffsetCheckpoint): void {
    writeOffsets(this.#disk, this.#path, offsets)
    this.#offsets = this.#saved = offsets
  }

  /** What is written at once meanwhile stays. */
  async saveAsync(logs: Logs, unopened: Unopened): Promise<void> {
    while (this.#saving !== undefined) await this.#saving
    const saved = this.#saveNews(logs, unopened)
    const over = (): void => { this.#saving = undefined }
    this.#saving = saved.then(over, over)
    await saved
  }

  async #saveNews(logs: Logs, unopened: Unopened): Promise<void> {
    const offsets = this.#news(logs, unopened)
    if (offsets === undefined) return
    this.#offsets = offsets
    const isNewest = (): boolean => this.#offsets === offsets
    try {
      await writeOffsetsAsync(this.#disk, this.#path, offsets, isNewest)
    } catch (error) {
      if (isNewest()) this.#offsets = this.#saved
      throw error
    }
    if (!isNewest()) return
    this.#saved = offsets
    this.isLost = unopened.size > 0 && this.isLost
  }

  /** What the file has to say from now on; undefined when it says so already, or must not yet. */
  #news(logs: Logs, unopened: Unopened): OffsetCheckpoint | undefined {
    if (this.isLost && this.#mustBeWhole && unopened.size > 0) return undefined
    if (this.#isSaid(logs, unopened)) return undefined
    const offsets = new Map<string, number>()
    for (const [name, log] of logs) offsets.set(name, this.#offsetOf(log))
    // Logs that are there and not opened keep what the file said.
    for (const name of unopened.keys()) {
      const offset = this.#offsets.get(name)
      if (offset !== undefined) offsets.set(name, offset)
    }
    return offsets
  }

  /** Looked at every few seconds, with thousands of logs: mostly nothing has changed. */
  #isSaid(logs: Logs, unopened: Unopened): boolean {
    if (this.#saved !== this.#offsets || this.isLost) return false
    let said = 0
    for (const name of unopened.keys()) if (this.#offsets.has(name)) said++
    if (logs.size + said !== this.#offsets.size) return false
    for (const [name, log] of logs) {
      if (this.#offsets.get(name) !== this.#offsetOf(log)) return false
    }
    return true
  }
}

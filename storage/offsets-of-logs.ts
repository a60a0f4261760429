// A checkpoint of a log directory: a file of one offset per log.

import {
  CorruptCheckpointError, type OffsetCheckpoint, readOffsets, writeOffsets, writeOffsetsAsync,
} from './checkpoints.ts'
import type { Disk } from './disk.ts'
import type { Log } from './log.ts'
import type { Logger } from './ports.ts'

type Logs = ReadonlyMap<string, Log>
type Unopened = ReadonlyMap<string, unknown>

export class OffsetsOfLogs {
  readonly #disk: Disk
  readonly #path: string
  readonly #logger: Logger
  readonly #offsetOf: (log: Log) => number
  /** What the file says, or is about to say. */
  #offsets: OffsetCheckpoint = new Map()
  /** The file was missing, or damaged. */
  isLost = false

  constructor(disk: Disk, path: string, logger: Logger, offsetOf: (log: Log) => number) {
    this.#disk = disk
    this.#path = path
    this.#logger = logger
    this.#offsetOf = offsetOf
  }

  load(): void {
    try {
      this.isLost = !this.#disk.exists(this.#path)
      this.#offsets = readOffsets(this.#disk, this.#path)
    } catch (error) {
      if (!(error instanceof CorruptCheckpointError)) throw error
      this.isLost = true
      this.#logger.warn('a checkpoint is damaged, the logs have to tell', { error })
    }
  }

  loaded(name: string): number | undefined {
    return this.#offsets.get(name)
  }

  /** Writes the file if it says more of the log. */
  lower(name: string, offset: number): void {
    if ((this.loaded(name) ?? 0) <= offset) return
    const offsets = new Map(this.#offsets).set(name, offset)
    writeOffsets(this.#disk, this.#path, offsets)
    this.#offsets = offsets
  }

  save(logs: Logs, unopened: Unopened): void {
    const { isLost } = this
    const before = this.#offsets
    const offsets = this.#changed(logs, unopened)
    if (offsets === undefined) return
    try {
      writeOffsets(this.#disk, this.#path, offsets)
    } catch (error) {
      this.#offsets = before
      this.isLost = isLost
      throw error
    }
  }

  /** One that is saved meanwhile stays. */
  async saveAsync(logs: Logs, unopened: Unopened): Promise<void> {
    const { isLost } = this
    const before = this.#offsets
    const offsets = this.#changed(logs, unopened)
    if (offsets === undefined) return
    const isNewest = (): boolean => this.#offsets === offsets
    try {
      await writeOffsetsAsync(this.#disk, this.#path, offsets, isNewest)
    } catch (error) {
      if (isNewest()) {
        this.#offsets = before
        this.isLost = isLost
      }
      throw error
    }
  }

  /** What the file has to say from now on; undefined when it says so already. */
  #changed(logs: Logs, unopened: Unopened): OffsetCheckpoint | undefined {
    const offsets = new Map<string, number>()
    for (const [name, log] of logs) offsets.set(name, this.#offsetOf(log))
    // Logs that are there and not opened keep what the file said.
    for (const name of unopened.keys()) {
      const offset = this.#offsets.get(name)
      if (offset !== undefined) offsets.set(name, offset)
    }
    if (!this.isLost && isSame(offsets, this.#offsets)) return undefined
    this.#offsets = offsets
    this.isLost = unopened.size > 0 && this.isLost
    return offsets
  }
}

function isSame(a: OffsetCheckpoint, b: OffsetCheckpoint): boolean {
  if (a.size !== b.size) return false
  for (const [name, offset] of a) if (b.get(name) !== offset) return false
  return true
}

// Whether a log directory has room. One that is full can be read, and what lies in it can go;
// nothing is appended until there is room again.

import { ApiError, Errors } from '../protocol/errors.ts'
import { type Disk, type DiskSpace, type StorageError, storageErrorOf } from './disk.ts'
import type { Logger } from './ports.ts'

/** What was to be written did not fit, and nothing is left of it. The log goes on as it was. */
export class DiskFullError extends ApiError {
  override readonly name = 'DiskFullError'
  override readonly cause: StorageError

  constructor(path: string, cause: unknown) {
    super(Errors.KAFKA_STORAGE_ERROR)
    this.cause = storageErrorOf(path, cause)
  }
}

/** False when it did not fit. */
export function fits(work: () => void): boolean {
  try {
    work()
    return true
  } catch (error) {
    if (!(error instanceof DiskFullError)) throw error
    return false
  }
}

/** So much has to come free before it is worth a try. */
export const LEAST_ROOM_BYTES = 4 * 1024 * 1024
/** A quota, or files that are too many, the free space does not show: it is tried now and then. */
const TRY_AGAIN_MS = 30_000

export class Room {
  readonly #disk: Disk
  readonly #directory: string
  readonly #logger: Logger
  /** What was free when it filled up; undefined while there is room. */
  #leftBytes: number | undefined
  /** When it was looked at first after that. */
  #sinceMs: number | undefined

  constructor(disk: Disk, directory: string, logger: Logger) {
    this.#disk = disk
    this.#directory = directory
    this.#logger = logger
  }

  get isFull(): boolean {
    return this.#leftBytes !== undefined
  }

  /** Throws KAFKA_STORAGE_ERROR while it is full. */
  check(): void {
    if (this.#leftBytes !== undefined) throw new ApiError(Errors.KAFKA_STORAGE_ERROR)
  }

  /** Something did not fit. */
  filled(): void {
    if (this.isFull) return
    const { usableBytes, totalBytes } = this.#space() ?? { usableBytes: 0, totalBytes: 0 }
    this.#leftBytes = usableBytes
    this.#sinceMs = undefined
    this.#logger.warn('A log directory is full: nothing is appended there until 4 MB '
      + 'come free; delete topics or records, lower retention.bytes or retention.ms, or enlarge '
      + 'the disk', { directory: this.#directory, usableBytes, totalBytes })
  }

  /** Whether there is room again, since now. `nowMs` is monotonic. */
  look(nowMs: number): boolean {
    if (this.#leftBytes === undefined) return false
    this.#sinceMs ??= nowMs
    const { usableBytes = 0, totalBytes = 0 } = this.#space() ?? {}
    const neededBytes = nowMs - this.#sinceMs >= TRY_AGAIN_MS
      ? LEAST_ROOM_BYTES : this.#leftBytes + LEAST_ROOM_BYTES
    if (usableBytes < neededBytes) return false
    this.#leftBytes = undefined
    this.#logger.info('A log directory has room again: appends go on', {
      directory: this.#directory, usableBytes, totalBytes,
    })
    return true
  }

  /** Undefined where the system does not say: whoever needs the directory finds out why. */
  #space(): DiskSpace | undefined {
    try {
      return this.#disk.space(this.#directory)
    } catch {
      return undefined
    }
  }
}

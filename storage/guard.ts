// Stands between a log and its disk: after the first failure the log is failed for good, for nobody
// knows what lies on the disk then. The recovery of the next start will. Only what does not fit is
// no failure, where it can be taken back.

import { ApiError, Errors } from '../protocol/errors.ts'
import { isDiskFull, type StorageError, storageErrorOf, takeBack } from './disk.ts'
import { DiskFullError, type Room } from './room.ts'

/** So many damaged places are remembered as told. */
const MOST_TOLD = 32

export class Guard {
  readonly #path: string
  readonly #onDamage: (why: string) => void
  #told: Set<string> | undefined
  readonly #room: Room | undefined
  #failure: StorageError | undefined
  isClosed = false

  /**
   * `path`: what is guarded, for messages. `onDamage` hears once of each damaged place, `room` of
   * what did not fit.
   */
  constructor(path: string, onDamage: (why: string) => void, room?: Room) {
    this.#path = path
    this.#onDamage = onDamage
    this.#room = room
  }

  get failure(): StorageError | undefined {
    return this.#failure
  }

  get isUsable(): boolean {
    return this.#failure === undefined && !this.isClosed
  }

  /** Throws KAFKA_STORAGE_ERROR after a failure, and when closed. */
  checkUsable(): void {
    if (this.isUsable) return
    throw new ApiError(Errors.KAFKA_STORAGE_ERROR)
  }

  /** Does something with the disk. Throws StorageError, and answers (`ApiError`) as they are. */
  do<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw this.failed(error)
    }
  }

  /** As `do`, for what must not be left half done, whatever the reason. Throws StorageError. */
  wholly(work: () => void): void {
    this.do(() => takeBack(this.#path, work))
  }

  /**
   * As `do`, for what may not fit and leaves nothing behind then, or what `takeBack` removes.
   * Throws DiskFullError.
   */
  fitting<T>(work: () => T, takeBack: () => void = () => {}): T {
    try {
      return work()
    } catch (error) {
      if (!isDiskFull(error)) throw this.failed(error)
      takeBack()
      this.#room?.filled()
      throw new DiskFullError(this.#path, error)
    }
  }

  /** Throws KAFKA_STORAGE_ERROR as `checkUsable` does, and while there is no room. */
  checkRoom(): void {
    this.checkUsable()
    this.#room?.check()
  }

  /** What to throw for an error. The first one of the disk stays. */
  failed(error: unknown): Error {
    if (error instanceof ApiError) {
      if (error.code === Errors.CORRUPT_MESSAGE) this.#tell(error.message)
      return error
    }
    return this.#failure ??= storageErrorOf(this.#path, error)
  }

  /** Clients ask again and again for what is damaged. */
  #tell(why: string): void {
    const told = this.#told ??= new Set()
    if (told.has(why) || told.size === MOST_TOLD) return
    told.add(why)
    this.#onDamage(why)
  }
}

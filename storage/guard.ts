// Stands between a log and its disk: after the first failure the log is failed for good, for nobody
// knows what lies on the disk then. The recovery of the next start will.

import { ApiError, Errors } from '../protocol/errors.ts'
import { StorageError } from './disk.ts'

/** So many damaged places are remembered as told. */
const MOST_TOLD = 32

export class Guard {
  readonly #path: string
  readonly #onDamage: (why: string) => void
  readonly #told = new Set<string>()
  #failure: StorageError | undefined
  isClosed = false

  /** `path`: what is guarded, for messages. `onDamage` hears once of each damaged place. */
  constructor(path: string, onDamage: (why: string) => void) {
    this.#path = path
    this.#onDamage = onDamage
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

  /** What to throw for an error. The first one of the disk stays. */
  failed(error: unknown): Error {
    if (error instanceof ApiError) {
      if (error.code === Errors.CORRUPT_MESSAGE) this.#tell(error.message)
      return error
    }
    return this.#failure ??= error instanceof StorageError
      ? error : new StorageError(this.#path, error)
  }

  /** Clients ask again and again for what is damaged. */
  #tell(why: string): void {
    if (this.#told.has(why) || this.#told.size === MOST_TOLD) return
    this.#told.add(why)
    this.#onDamage(why)
  }
}

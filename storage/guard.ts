// Stands between a log and its disk: after the first failure the log is failed for good, for nobody
// knows what lies on the disk then. The recovery of the next start will.

import { ApiError, Errors } from '../protocol/errors.ts'
import { StorageError } from './disk.ts'

export class Guard {
  readonly #path: string
  #failure: StorageError | undefined
  isClosed = false

  /** `path`: what is guarded, for messages. */
  constructor(path: string) {
    this.#path = path
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
    if (error instanceof ApiError) return error
    return this.#failure ??= error instanceof StorageError
      ? error : new StorageError(this.#path, error)
  }
}

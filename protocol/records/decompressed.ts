// What a codec has put out so far, held against the limit before it grows.

import { ApiError, Errors } from '../errors.ts'

/** What comes out of a batch is more than may. */
export function tooLarge(maxSizeBytes: number): ApiError {
  return new ApiError(
    Errors.MESSAGE_TOO_LARGE, `The records are larger than ${maxSizeBytes} bytes, uncompressed.`,
  )
}

export class Decompressed {
  readonly #maxSizeBytes: number
  readonly #parts: Buffer[] = []
  #sizeBytes = 0

  constructor(maxSizeBytes: number) {
    this.#maxSizeBytes = maxSizeBytes
  }

  /** How much may still be added. */
  get roomBytes(): number {
    return this.#maxSizeBytes - this.#sizeBytes
  }

  /** Throws MESSAGE_TOO_LARGE when so many more bytes would be too many. */
  expect(sizeBytes: number): void {
    if (sizeBytes > this.roomBytes) throw tooLarge(this.#maxSizeBytes)
  }

  add(part: Buffer): void {
    this.expect(part.length)
    this.#sizeBytes += part.length
    this.#parts.push(part)
  }

  bytes(): Buffer {
    return this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts)
  }
}

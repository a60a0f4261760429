// What a codec has put out so far, held against the limit before it grows.

import { DecompressedTooLargeError } from './record-errors.ts'

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

  /** Throws DecompressedTooLargeError when so many more bytes would be too many. */
  expect(sizeBytes: number): void {
    if (sizeBytes > this.roomBytes) throw new DecompressedTooLargeError(this.#maxSizeBytes)
  }

  add(part: Buffer): void {
    this.expect(part.length)
    this.#sizeBytes += part.length
    this.#parts.push(part)
  }

  bytes(): Buffer {
    return this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts, this.#sizeBytes)
  }
}

// What a codec has put out so far, held against the limit before it grows.

import { DecompressedTooLargeError } from './record-errors.ts'

/** Smaller parts are put together in slabs: a million of them would weigh more than their bytes. */
const SMALL_BYTES = 4 * 1024
const SLAB_BYTES = 64 * 1024

export class Decompressed {
  readonly #maxSizeBytes: number
  readonly #parts: Buffer[] = []
  #sizeBytes = 0
  /** Where small parts go, and how much of it is taken; it follows the parts. */
  #slab: Buffer | undefined
  #slabBytes = 0

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
    if (part.length >= SMALL_BYTES) {
      this.#closeSlab()
      this.#parts.push(part)
      return
    }
    const slab = this.#slabWith(part.length)
    this.#slabBytes += part.copy(slab, this.#slabBytes)
  }

  /**
   * Adds what `fill` puts at the start of a buffer of at least so many bytes, and of no more than
   * a small part has: it gives how many.
   */
  addSmall(mostBytes: number, fill: (target: Buffer) => number): void {
    const slab = this.#slabWith(mostBytes)
    const target = slab.subarray(this.#slabBytes, this.#slabBytes + mostBytes)
    const sizeBytes = fill(target)
    this.expect(sizeBytes)
    this.#sizeBytes += sizeBytes
    this.#slabBytes += sizeBytes
  }

  #slabWith(sizeBytes: number): Buffer {
    const isFull = this.#slab === undefined || this.#slabBytes + sizeBytes > this.#slab.length
    if (isFull) {
      this.#closeSlab()
      // Few are small: their slab is not larger than what most of them need.
      const isFirst = this.#parts.length === 0
      this.#slab = Buffer.allocUnsafe(isFirst ? Math.max(SMALL_BYTES, sizeBytes) : SLAB_BYTES)
    }
    return this.#slab!
  }

  #closeSlab(): void {
    if (this.#slabBytes > 0) this.#parts.push(this.#slab!.subarray(0, this.#slabBytes))
    this.#slab = undefined
    this.#slabBytes = 0
  }

  bytes(): Buffer {
    this.#closeSlab()
    return this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts, this.#sizeBytes)
  }
}

/** The most that a part may be for `addSmall`. */
export const MOST_SMALL_BYTES = SMALL_BYTES

// Walks the batches of a file. Lengths are believed only as far as the file goes.

import { Batch, BATCH_OVERHEAD, batchBytesAt, LOG_OVERHEAD } from '../protocol/records/batch.ts'
import type { DiskFile } from './disk.ts'

/** What is read at once: little at first, for mostly the first batch is all that is wanted. */
const FIRST_CHUNK_BYTES = 16 * 1024
const MAX_CHUNK_BYTES = 1024 * 1024

export class BatchReader {
  /** The current batch. Its bytes stay as they are when the reader moves on. */
  readonly batch = new Batch(Buffer.alloc(0))
  readonly #file: DiskFile
  readonly #end: number
  #chunk = Buffer.alloc(0)
  #chunkBytes = FIRST_CHUNK_BYTES
  #chunkPosition: number
  #position: number
  #nextPosition: number

  /** From one position of the file to before another. */
  constructor(file: DiskFile, from: number, to: number) {
    this.#file = file
    this.#end = to
    this.#chunkPosition = from
    this.#position = from
    this.#nextPosition = from
  }

  /** Where the current batch begins. */
  get position(): number {
    return this.#position
  }

  /** Where the next batch should begin; after the last one, where the whole batches end. */
  get nextPosition(): number {
    return this.#nextPosition
  }

  /** All was read; otherwise no whole batch is where the next one should be. */
  get isAtEnd(): boolean {
    return this.#nextPosition === this.#end
  }

  /** False at the end, or where no whole batch follows. */
  next(): boolean {
    if (!this.#has(LOG_OVERHEAD)) return false
    const at = this.#nextPosition - this.#chunkPosition
    const sizeBytes = batchBytesAt(this.#chunk, at)
    if (sizeBytes < BATCH_OVERHEAD || !this.#has(sizeBytes)) return false
    this.batch.at(this.#chunk, this.#nextPosition - this.#chunkPosition)
    this.#position = this.#nextPosition
    this.#nextPosition += sizeBytes
    return true
  }

  /** Has so many bytes from the next position on in memory. */
  #has(sizeBytes: number): boolean {
    const left = this.#end - this.#nextPosition
    if (sizeBytes > left) return false
    if (this.#nextPosition + sizeBytes <= this.#chunkPosition + this.#chunk.length) return true
    const wanted = Math.min(Math.max(sizeBytes, this.#chunkBytes), left)
    this.#chunkBytes = Math.min(this.#chunkBytes * 4, MAX_CHUNK_BYTES)
    // A fresh one each time: what was read from the one before may still be in use.
    const chunk = Buffer.allocUnsafe(wanted)
    const count = this.#file.read(chunk, 0, wanted, this.#nextPosition)
    this.#chunk = chunk.subarray(0, count)
    this.#chunkPosition = this.#nextPosition
    return count >= sizeBytes
  }
}

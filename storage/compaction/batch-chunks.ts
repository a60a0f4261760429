// Reads the batches of a file chunk by chunk, always into the same buffer: what was read last is
// gone with the next chunk. Every batch is checked, for what is copied gets no other look.

import {
  Batch, BATCH_OVERHEAD, batchBytesAt, LOG_OVERHEAD, MAGIC,
} from '../../protocol/records/batch.ts'
import type { DiskFile } from '../disk.ts'

export class BatchChunks {
  readonly batch = new Batch(Buffer.alloc(0))
  readonly #file: DiskFile
  readonly #end: number
  readonly #buffer: Buffer
  #chunk: Buffer
  #chunkPosition: number
  #nextPosition: number

  /** From one position of the file to before another. The buffer holds a batch header at least. */
  constructor(file: DiskFile, from: number, to: number, buffer: Buffer) {
    this.#file = file
    this.#end = to
    this.#buffer = buffer
    this.#chunk = buffer.subarray(0, 0)
    this.#chunkPosition = from
    this.#nextPosition = from
  }

  /** Where the current batch begins. */
  get position(): number {
    return this.#chunkPosition + this.batch.position
  }

  /** Where the next batch should begin. */
  get nextPosition(): number {
    return this.#nextPosition
  }

  /**
   * Reads the next chunk; answers how many bytes it has, 0 at the end. What does not fit into the
   * buffer, as it is larger than `log.cleaner.io.buffer.size`, gets one of its own.
   */
  fill(): number {
    const left = this.#end - this.#nextPosition
    this.#read(this.#buffer.subarray(0, Math.min(left, this.#buffer.length)))
    const sizeBytes = this.#sizeOfNext()
    if (sizeBytes > this.#chunk.length && sizeBytes <= left) {
      this.#read(Buffer.allocUnsafe(sizeBytes))
    }
    return this.#chunk.length
  }

  #read(target: Buffer): void {
    this.#chunkPosition = this.#nextPosition
    const count = this.#file.read(target, 0, target.length, this.#nextPosition)
    this.#chunk = target.subarray(0, count)
  }

  /** As far as the chunk tells; 0 when it is too short to. */
  #sizeOfNext(): number {
    const at = this.#nextPosition - this.#chunkPosition
    if (at + LOG_OVERHEAD > this.#chunk.length) return 0
    return batchBytesAt(this.#chunk, at)
  }

  /** Moves on to the next batch of the chunk. False when the chunk has no whole one left. */
  next(): boolean {
    const at = this.#nextPosition - this.#chunkPosition
    const sizeBytes = this.#sizeOfNext()
    if (sizeBytes < BATCH_OVERHEAD || at + sizeBytes > this.#chunk.length) return false
    this.batch.at(this.#chunk, at)
    this.#nextPosition += sizeBytes
    return true
  }

  /** Whether the batch is one, and undamaged. */
  get isSound(): boolean {
    return this.batch.magic === MAGIC && this.batch.isCrcValid()
  }
}

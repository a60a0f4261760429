// Batches that have their offsets and wait to be written. The bytes stay where they came in:
// batches that lie behind one another there are written as one.

import type { Batch } from '../protocol/records/batch.ts'

/** Batches one behind the other. */
interface Stretch {
  readonly buffer: Buffer
  readonly start: number
  end: number
}

export class Staging {
  #stretches: Stretch[] = []
  #sizeBytes = 0

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  add({ buffer, position, sizeBytes }: Batch): void {
    this.#sizeBytes += sizeBytes
    const last = this.#stretches.at(-1)
    const isAdjacent = last !== undefined && last.buffer.buffer === buffer.buffer
      && last.buffer.byteOffset + last.end === buffer.byteOffset + position
    if (isAdjacent) last.end += sizeBytes
    else this.#stretches.push({ buffer, start: position, end: position + sizeBytes })
  }

  /** Everything, in order. */
  buffers(): Buffer[] {
    return this.#stretches.map(({ buffer, start, end }) => (
      Buffer.from(buffer.buffer, buffer.byteOffset + start, end - start)
    ))
  }

  clear(): void {
    this.#stretches = []
    this.#sizeBytes = 0
  }
}

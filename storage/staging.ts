// Batches that have their offsets and wait to be written. The bytes stay where they came in:
// batches that lie behind one another there are written as one. What was known of their producers
// before is kept until then.

import type { Batch } from '../protocol/records/batch.ts'
import type { ProducerEntry, ProducerState } from './producers.ts'

/** Batches one behind the other. */
interface Stretch {
  readonly buffer: Buffer
  readonly start: number
  end: number
}

/** Most logs have nothing staged, and there are thousands of them. */
const NO_PRODUCERS: ReadonlyMap<number, ProducerEntry | undefined> = new Map()

export class Staging {
  #stretches: Stretch[] = []
  #sizeBytes = 0
  #producers: Map<number, ProducerEntry | undefined> | undefined

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** What of producers there was when nothing was staged. */
  get producers(): ReadonlyMap<number, ProducerEntry | undefined> {
    return this.#producers ?? NO_PRODUCERS
  }

  /** Before the producers hear of the batch. */
  add({ buffer, position, sizeBytes, hasProducer, producerId }: Batch, known: ProducerState): void {
    this.#sizeBytes += sizeBytes
    if (hasProducer && this.#producers?.has(producerId) !== true) {
      this.#producers ??= new Map()
      this.#producers.set(producerId, known.get(producerId)?.copy())
    }
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
    // It may still be needed by whoever clears.
    this.#producers = undefined
  }
}

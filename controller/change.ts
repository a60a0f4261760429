// A change on its way into the metadata: its records are read back from what will be written, and
// folded in, some at a time, for there may be ten thousand.

import { ImageBuilder } from './image/builder.ts'
import { DeltaCollector, type Image } from './image/image.ts'
import { type NewRecord, readRecord } from './metadata-records.ts'

/** A record, as far as it matters here. */
export type RecordBytes = Pick<NewRecord, 'bytes'>

export class Change {
  readonly delta = new DeltaCollector()
  readonly #records: readonly RecordBytes[]
  readonly #builder: ImageBuilder
  readonly #values: Buffer[] = []
  #sizeBytes = 0

  /** `head`: with all changes before this one. */
  constructor(records: readonly RecordBytes[], head: Image) {
    this.#records = records
    this.#builder = new ImageBuilder(head)
  }

  /** What is to be written. */
  get values(): readonly Buffer[] {
    return this.#values
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** With every record taken in so far. */
  get image(): Image {
    return this.#builder.image
  }

  get isComplete(): boolean {
    return this.#values.length === this.#records.length
  }

  /** Throws what encoding says, and for a record that contradicts those before it. */
  takeSome(count: number): void {
    const end = Math.min(this.#values.length + count, this.#records.length)
    for (let i = this.#values.length; i < end; i++) {
      const { bytes } = this.#records[i]!
      // What is applied is what is written: a record is read back from its bytes.
      const record = readRecord(bytes)
      // Few records look at what was before: the others must not have it built for them.
      this.delta.add(record, this.#builder)
      this.#builder.add(record)
      this.#values.push(bytes)
      this.#sizeBytes += bytes.length
    }
    // Else all of a large topic would be put into the image at the end, at once.
    if (!this.isComplete) void this.#builder.image
  }
}

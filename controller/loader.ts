// Loads the image from a snapshot and the log after it, metadata transactions (KIP-868) respected:
// what is between the begin and the end of one counts only once it has ended.

import type { Batch } from '../protocol/records/batch.ts'
import { recordsOf } from '../protocol/records/record.ts'
import { ImageBuilder } from './image/builder.ts'
import { EMPTY_IMAGE, type Image } from './image/image.ts'
import { readRecord } from './metadata-records.ts'
import type { LoadedSnapshot } from './snapshots.ts'

/** The part of a log that is read to replay it. */
export interface ReadableLog {
  batches(from: number, to?: number): Iterable<Batch>
}

export class MetadataLoader {
  #builder = new ImageBuilder(EMPTY_IMAGE)
  /** The image before an open transaction. */
  #beforeTransaction: Image | undefined
  #endOffset = 0
  #lastTimestampMs = 0

  constructor(snapshot: LoadedSnapshot | undefined) {
    if (!snapshot) return
    for (const value of snapshot.values) this.#builder.add(readRecord(value))
    this.#endOffset = snapshot.id.endOffset
    this.#lastTimestampMs = snapshot.lastTimestampMs
  }

  get image(): Image {
    return this.#builder.image
  }

  /** The next offset to be loaded. */
  get endOffset(): number {
    return this.#endOffset
  }

  /** When the last record taken in was appended. */
  get lastTimestampMs(): number {
    return this.#lastTimestampMs
  }

  get isInTransaction(): boolean {
    return this.#beforeTransaction !== undefined
  }

  /** Takes in the log up to `highWatermark`. Answers how many bytes it read. */
  load(log: ReadableLog, highWatermark: number): number {
    let sizeBytes = 0
    for (const batch of log.batches(this.#endOffset, highWatermark)) {
      if (batch.baseOffset >= highWatermark) break
      if (batch.lastOffset < this.#endOffset) continue
      sizeBytes += batch.sizeBytes
      this.#lastTimestampMs = batch.maxTimestamp
      this.#take(batch)
    }
    this.#endOffset = highWatermark
    return sizeBytes
  }

  #take(batch: Batch): void {
    if (batch.isControl) return
    for (const { value } of recordsOf(batch)) {
      if (value === null) throw new Error('a metadata record without a value')
      const record = readRecord(value)
      switch (record.type) {
        case 'beginTransaction':
          this.#beforeTransaction = this.image
          break
        case 'endTransaction':
          this.#beforeTransaction = undefined
          break
        case 'abortTransaction':
          this.#builder = new ImageBuilder(this.#beforeTransaction ?? this.image)
          this.#beforeTransaction = undefined
          break
        default:
          this.#builder.add(record)
      }
    }
  }
}

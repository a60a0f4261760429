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

/** So many records are taken in between two looks at the clock. */
const RECORDS_AT_ONCE = 256

export class MetadataLoader {
  #builder: ImageBuilder
  /** Of the snapshot that it begins with, until they are taken in. */
  #snapshotValues: readonly Buffer[]
  /** The image before an open transaction. */
  #beforeTransaction: Image | undefined
  #endOffset: number

  /** `endOffset`: of the first record that neither the image nor the values tell of. */
  private constructor(image: Image, snapshotValues: readonly Buffer[], endOffset: number) {
    this.#builder = new ImageBuilder(image)
    this.#snapshotValues = snapshotValues
    this.#endOffset = endOffset
  }

  /** From nothing without one. */
  static from(snapshot: LoadedSnapshot | undefined): MetadataLoader {
    return new MetadataLoader(EMPTY_IMAGE, snapshot?.values ?? [], snapshot?.id.endOffset ?? 0)
  }

  /** Goes on where an image ends, in which no transaction is open. */
  static after(image: Image, endOffset: number): MetadataLoader {
    return new MetadataLoader(image, [], endOffset)
  }

  /** Without the records of a transaction that has not ended. */
  get image(): Image {
    return this.#beforeTransaction ?? this.#builder.image
  }

  /** The next offset to be loaded. */
  get endOffset(): number {
    return this.#endOffset
  }

  get isInTransaction(): boolean {
    return this.#beforeTransaction !== undefined
  }

  /**
   * Takes in the snapshot and the log up to `highWatermark`, and hands back between parts of it:
   * the image is whole at the end. Answers how many bytes of the log it read.
   */
  *load(log: ReadableLog, highWatermark: number): Generator<void, number> {
    yield* this.#takeSnapshot()
    let sizeBytes = 0
    for (const batch of log.batches(this.#endOffset, highWatermark)) {
      if (batch.baseOffset >= highWatermark) break
      if (batch.lastOffset < this.#endOffset) continue
      sizeBytes += batch.sizeBytes
      yield* this.#take(batch)
      this.#endOffset = batch.nextOffset
    }
    this.#endOffset = highWatermark
    return sizeBytes
  }

  *#takeSnapshot(): Generator<void> {
    const values = this.#snapshotValues
    this.#snapshotValues = []
    for (const [i, value] of values.entries()) {
      this.#builder.add(readRecord(value))
      if (i % RECORDS_AT_ONCE === 0) yield
    }
  }

  *#take(batch: Batch): Generator<void> {
    if (batch.isControl) return
    let count = 0
    for (const { value } of recordsOf(batch)) {
      if (count++ % RECORDS_AT_ONCE === 0) yield
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
          this.#builder = new ImageBuilder(this.image)
          this.#beforeTransaction = undefined
          break
        default:
          this.#builder.add(record)
      }
    }
  }
}

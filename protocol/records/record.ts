// The records inside a batch: as objects, or one after the other under a cursor that allocates
// nothing for them.

import type { Batch } from './batch.ts'
import { decompress, type DecompressOptions } from './compression.ts'
import { DecompressionError, InvalidRecordError } from './record-errors.ts'
import { VarintReader } from './varint.ts'

export interface RecordHeader {
  readonly key: string
  readonly value: Buffer | null
}

/** Keys and values are views of the batch, or of what was decompressed. */
export interface Record {
  readonly offset: number
  readonly timestamp: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly RecordHeader[]
}

/** The records of a batch, uncompressed. Throws DecompressionError, DecompressedTooLargeError. */
export function payloadOf(batch: Batch, options?: DecompressOptions): Buffer {
  const { codec } = batch
  if (codec === undefined) {
    throw new DecompressionError(`There is no compression codec ${batch.codecId}.`)
  }
  return decompress(codec, batch.payload(), options)
}

/** Throws InvalidRecordError where the bytes are no records, or not as many as the batch says. */
export function* recordsOf(batch: Batch): Generator<Record> {
  if (batch.count === 0) return // left by a compaction that took the records: nothing to uncompress
  const cursor = new RecordCursor(payloadOf(batch), batch.count)
  const { baseOffset, baseTimestamp, maxTimestamp } = batch
  const isLogAppendTime = batch.timestampType === 'LogAppendTime'
  while (cursor.next()) {
    yield {
      offset: baseOffset + cursor.offsetDelta,
      timestamp: isLogAppendTime ? maxTimestamp : baseTimestamp + cursor.timestampDelta,
      key: cursor.key(),
      value: cursor.value(),
      headers: cursor.headers(),
    }
  }
}

/** Stands on one record after the other, and checks the structure of each as it moves on. */
export class RecordCursor {
  offsetDelta = 0
  timestampDelta = 0
  attributes = 0
  hasKey = false
  /** Length of the record as it says itself: without the length. */
  bodySizeBytes = 0
  readonly #reader: VarintReader
  readonly #count: number
  #read = 0
  #keyAt = 0
  #valueAt = 0
  #headersAt = 0

  constructor(payload: Buffer, count: number) {
    if (count < 0) throw new InvalidRecordError(`A batch says that it has ${count} records.`)
    this.#reader = new VarintReader(payload)
    this.#count = count
  }

  /** Place of the record in its batch, from 0. */
  get index(): number {
    return this.#read - 1
  }

  /** False behind the last record. Throws InvalidRecordError for what cannot be read. */
  next(): boolean {
    const reader = this.#reader
    if (this.#read === this.#count) {
      if (reader.position === reader.end) return false
      throw new InvalidRecordError('Bytes are left behind the last record of a batch.')
    }
    this.#read += 1
    try {
      this.#readRecord(reader)
    } catch (error) {
      if (!(error instanceof InvalidRecordError)) throw error
      throw new InvalidRecordError(`Record ${this.index}: ${error.message}`, this.index)
    }
    return true
  }

  #readRecord(reader: VarintReader): void {
    this.bodySizeBytes = reader.varint()
    const start = reader.position
    if (this.bodySizeBytes < 0 || this.bodySizeBytes > reader.end - start) {
      throw new InvalidRecordError(`its size of ${this.bodySizeBytes} bytes cannot be.`)
    }
    this.#readBody(reader)
    const readBytes = reader.position - start
    if (readBytes !== this.bodySizeBytes) {
      throw new InvalidRecordError(
        `its size is said to be ${this.bodySizeBytes} bytes and is ${readBytes}.`,
      )
    }
  }

  #readBody(reader: VarintReader): void {
    this.attributes = reader.byte()
    this.timestampDelta = reader.varlong()
    this.offsetDelta = reader.varint()
    this.#keyAt = reader.position
    this.hasKey = !reader.skipBytes()
    this.#valueAt = reader.position
    reader.skipBytes()
    this.#headersAt = reader.position
    const headerCount = reader.varint()
    if (headerCount < 0 || headerCount > reader.end - reader.position) {
      throw new InvalidRecordError(`its number of ${headerCount} headers cannot be.`)
    }
    for (let index = 0; index < headerCount; index += 1) {
      if (reader.skipBytes()) throw new InvalidRecordError('a header has no key.')
      reader.skipBytes()
    }
  }

  key(): Buffer | null {
    return new VarintReader(this.#reader.buffer, this.#keyAt).bytes()
  }

  value(): Buffer | null {
    return new VarintReader(this.#reader.buffer, this.#valueAt).bytes()
  }

  headers(): RecordHeader[] {
    const reader = new VarintReader(this.#reader.buffer, this.#headersAt)
    const count = reader.varint()
    return Array.from({ length: count }, () => ({
      key: reader.bytes()!.toString('utf8'), // a null key was refused before
      value: reader.bytes(),
    }))
  }
}

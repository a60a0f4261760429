// The records inside a batch: as objects, or one after the other under a cursor that allocates nothing.

import { ApiError, Errors } from '../errors.ts'
import type { Batch } from './batch.ts'
import { decompress } from './compression.ts'
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

/** The records of a batch, uncompressed. Throws UNSUPPORTED_COMPRESSION_TYPE, CORRUPT_MESSAGE. */
export function payloadOf(batch: Batch): Buffer {
  const { codec } = batch
  if (codec === undefined) {
    throw new ApiError(
      Errors.UNSUPPORTED_COMPRESSION_TYPE, `There is no compression codec ${batch.codecId}.`,
    )
  }
  const payload = batch.payload()
  return codec === 'none' ? payload : decompress(codec, payload)
}

/** Throws INVALID_RECORD where the bytes are no records, or not as many as the batch says. */
export function* recordsOf(batch: Batch): Generator<Record> {
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
    if (count < 0) throw invalid(`A batch says that it has ${count} records.`)
    this.#reader = new VarintReader(payload)
    this.#count = count
  }

  /** False behind the last record. Throws INVALID_RECORD for what cannot be read. */
  next(): boolean {
    const reader = this.#reader
    if (this.#read === this.#count) {
      if (reader.position === reader.end) return false
      throw invalid('Bytes are left behind the last record of a batch.')
    }
    this.#read += 1
    this.bodySizeBytes = reader.varint()
    const start = reader.position
    if (this.bodySizeBytes < 0 || this.bodySizeBytes > reader.end - start) {
      throw invalid(`A record says that it has ${this.bodySizeBytes} bytes.`)
    }
    this.#readBody(reader)
    if (reader.position - start !== this.bodySizeBytes) {
      throw invalid(`A record says ${this.bodySizeBytes} bytes and has ${reader.position - start}.`)
    }
    return true
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
      throw invalid(`A record says that it has ${headerCount} headers.`)
    }
    for (let index = 0; index < headerCount; index += 1) {
      if (reader.skipBytes()) throw invalid('A header has no key.')
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

function invalid(message: string): ApiError {
  return new ApiError(Errors.INVALID_RECORD, message)
}

// The records inside a batch: as objects, or one after the other under a cursor that allocates
// nothing for them.

import { type Batch, MAGIC } from './batch.ts'
import { decompress, type DecompressOptions } from './compression.ts'
import { DecompressionError, InvalidRecordError, OldFormatError } from './record-errors.ts'
import { lengthOf, MOST_SHORT_BYTES, shortAt, unzigzag, VarintReader, widthOf } from './varint.ts'

/** All that comes before the bytes of a key, where every number is short. */
const LEAST_PLAIN_BYTES = 2 + 1 + 2 + 2 + 2

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

/**
 * The records of a batch, uncompressed. Throws OldFormatError, DecompressionError,
 * DecompressedTooLargeError.
 */
export function payloadOf(batch: Batch, options?: DecompressOptions): Buffer {
  checkFormat(batch)
  const { codec } = batch
  if (codec === undefined) {
    throw new DecompressionError(`There is no compression codec ${batch.codecId}.`)
  }
  return decompress(codec, batch.payload(), options)
}

function checkFormat({ magic }: Batch): void {
  if (magic < MAGIC && magic >= 0) throw new OldFormatError(magic)
  if (magic !== MAGIC) throw new InvalidRecordError(`There is no message format ${magic}.`)
}

/** Throws InvalidRecordError where the bytes are no records, or not as many as the batch says. */
export function* recordsOf(batch: Batch): Generator<Record> {
  checkFormat(batch)
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
  hasValue = false
  /** Length of the record as it says itself: without the length. */
  bodySizeBytes = 0
  /** Where in the payload the record begins, its length first. */
  start = 0
  /** Where what follows the timestamp begins: it says nothing that depends on the batch's time. */
  restStart = 0
  /** Where what follows the offset begins: the key with its length. */
  contentStart = 0
  /** Where the bytes of the key begin and end; without a key nowhere that matters. */
  keyStart = 0
  keyEnd = 0
  readonly #reader: VarintReader
  readonly #count: number
  #read = 0
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

  /** Where in the payload the record ends. */
  get end(): number {
    return this.#reader.position
  }

  /** False behind the last record. Throws InvalidRecordError for what cannot be read. */
  next(): boolean {
    const reader = this.#reader
    this.start = reader.position
    if (this.#read === this.#count) {
      if (reader.position === reader.end) return false
      throw new InvalidRecordError('Bytes are left behind the last record of a batch.')
    }
    this.#read += 1
    if (this.#readPlain(reader)) return true
    try {
      this.#readRecord(reader)
    } catch (error) {
      if (!(error instanceof InvalidRecordError)) throw error
      throw new InvalidRecordError(`Record ${this.index}: ${error.message}`, this.index)
    }
    return true
  }

  /**
   * Most records have short numbers and no headers: those are read in one go, in half the time.
   * False, and nothing is changed, for any other and for what is wrong.
   */
  #readPlain(reader: VarintReader): boolean {
    const { buffer, end, position } = reader
    if (end - position < LEAST_PLAIN_BYTES) return false
    const size = shortAt(buffer, position)
    const bodyStart = position + widthOf(size)
    const time = shortAt(buffer, bodyStart + 1)
    const restStart = bodyStart + 1 + widthOf(time)
    const offset = shortAt(buffer, restStart)
    const contentStart = restStart + widthOf(offset)
    const key = shortAt(buffer, contentStart)
    const keyStart = contentStart + widthOf(key)
    const valueAt = keyStart + lengthOf(key)
    if (end - valueAt < MOST_SHORT_BYTES) return false
    const value = shortAt(buffer, valueAt)
    const headersAt = valueAt + widthOf(value) + lengthOf(value)
    const bodySizeBytes = headersAt + 1 - bodyStart
    if ((size | time | offset | key | value) < 0 || unzigzag(size) !== bodySizeBytes) return false
    if (headersAt >= end || buffer[headersAt] !== 0) return false
    this.bodySizeBytes = bodySizeBytes
    this.attributes = buffer[bodyStart]!
    this.timestampDelta = unzigzag(time)
    this.restStart = restStart
    this.offsetDelta = unzigzag(offset)
    this.contentStart = contentStart
    this.hasKey = (key & 1) === 0
    this.keyStart = keyStart
    this.keyEnd = valueAt
    this.#valueAt = valueAt
    this.hasValue = (value & 1) === 0
    this.#headersAt = headersAt
    reader.position = headersAt + 1
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
    this.restStart = reader.position
    this.offsetDelta = reader.varint()
    this.contentStart = reader.position
    const keySizeBytes = reader.skipBytes()
    this.hasKey = keySizeBytes >= 0
    this.keyEnd = reader.position
    this.keyStart = this.keyEnd - Math.max(0, keySizeBytes)
    this.#valueAt = reader.position
    this.hasValue = reader.skipBytes() >= 0
    this.#headersAt = reader.position
    const headerCount = reader.varint()
    if (headerCount < 0 || headerCount > reader.end - reader.position) {
      throw new InvalidRecordError(`its number of ${headerCount} headers cannot be.`)
    }
    for (let index = 0; index < headerCount; index += 1) {
      if (reader.skipBytes() < 0) throw new InvalidRecordError('a header has no key.')
      reader.skipBytes()
    }
  }

  key(): Buffer | null {
    return this.hasKey ? this.#reader.buffer.subarray(this.keyStart, this.keyEnd) : null
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

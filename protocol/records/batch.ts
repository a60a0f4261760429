// Record batches of magic 2: a cursor that reads them where they lie, and a builder.

import { compress, type Codec, CODECS } from './compression.ts'
import { crc32c } from './crc32c.ts'
import { readInt64, writeInt64 } from './int64.ts'
import { sizeOfRecord, writeRecord, type RecordToWrite } from './record-writer.ts'

/** Header of a batch, before its records. */
export const BATCH_OVERHEAD = 61
/** Base offset and length, which come before what the length counts. */
export const LOG_OVERHEAD = 12
export const MAGIC = 2

export type TimestampType = 'CreateTime' | 'LogAppendTime'

/** Where the length stands in a batch of any format, and where its magic does. */
export const LENGTH_AT = 8
export const MAGIC_AT = 16
const LEADER_EPOCH = 12
const CRC = 17
const ATTRIBUTES = 21
const LAST_OFFSET_DELTA = 23
const BASE_TIMESTAMP = 27
const MAX_TIMESTAMP = 35
const PRODUCER_ID = 43
const PRODUCER_EPOCH = 51
const BASE_SEQUENCE = 53
const COUNT = 57

const CODEC_MASK = 0x07
const LOG_APPEND_TIME = 0x08
const TRANSACTIONAL = 0x10
const CONTROL = 0x20
const DELETE_HORIZON = 0x40

/** All that a batch may be: what is beyond has no meaning, and goes when Kafka changes them. */
const KNOWN_ATTRIBUTES = 0x7f

const MAX_SEQUENCE = 0x7fffffff
const NO_TIMESTAMP = -1

/** The sequence number that many records on: after the largest comes 0. */
export function addSequence(sequence: number, increment: number): number {
  if (sequence > MAX_SEQUENCE - increment) return increment - (MAX_SEQUENCE - sequence) - 1
  return sequence + increment
}

/**
 * One batch of a buffer, read in place. A new cursor stands before the first batch (whose fields it
 * already shows), and each `next` moves it on; nothing is allocated.
 */
export class Batch {
  buffer: Buffer
  position: number
  #nextPosition: number

  constructor(buffer: Buffer, position = 0) {
    this.buffer = buffer
    this.position = position
    this.#nextPosition = position
  }

  /** Stands before the batch at a position, of this or of another buffer. */
  at(buffer: Buffer, position: number): this {
    this.buffer = buffer
    this.position = position
    this.#nextPosition = position
    return this
  }

  /** Moves on to the next batch; false when no whole one follows, the cursor then stays. */
  next(): boolean {
    if (!isWholeAt(this.buffer, this.#nextPosition)) return false
    this.position = this.#nextPosition
    this.#nextPosition += this.sizeBytes
    return true
  }

  get baseOffset(): number {
    return readInt64(this.buffer, this.position)
  }

  /** With base offset and length. */
  get sizeBytes(): number {
    return batchBytesAt(this.buffer, this.position)
  }

  get leaderEpoch(): number {
    return this.buffer.readInt32BE(this.position + LEADER_EPOCH)
  }

  get magic(): number {
    return this.buffer.readInt8(this.position + MAGIC_AT)
  }

  get crc(): number {
    return this.buffer.readUInt32BE(this.position + CRC)
  }

  get attributes(): number {
    return this.buffer.readInt16BE(this.position + ATTRIBUTES)
  }

  get lastOffsetDelta(): number {
    return this.buffer.readInt32BE(this.position + LAST_OFFSET_DELTA)
  }

  get lastOffset(): number {
    return this.baseOffset + this.lastOffsetDelta
  }

  get nextOffset(): number {
    return this.lastOffset + 1
  }

  /** That of the first record, or where there is a delete horizon, the horizon. */
  get baseTimestamp(): number {
    return readInt64(this.buffer, this.position + BASE_TIMESTAMP)
  }

  get maxTimestamp(): number {
    return readInt64(this.buffer, this.position + MAX_TIMESTAMP)
  }

  get producerId(): number {
    return readInt64(this.buffer, this.position + PRODUCER_ID)
  }

  get producerEpoch(): number {
    return this.buffer.readInt16BE(this.position + PRODUCER_EPOCH)
  }

  get baseSequence(): number {
    return this.buffer.readInt32BE(this.position + BASE_SEQUENCE)
  }

  get lastSequence(): number {
    const base = this.baseSequence
    return base === -1 ? -1 : addSequence(base, this.lastOffsetDelta)
  }

  get count(): number {
    return this.buffer.readInt32BE(this.position + COUNT)
  }

  /** The number of the codec as it stands, known or not: `codec` is undefined for 5 to 7. */
  get codecId(): number {
    return this.attributes & CODEC_MASK
  }

  get codec(): Codec | undefined {
    return CODECS[this.codecId]
  }

  get isTransactional(): boolean {
    return (this.attributes & TRANSACTIONAL) !== 0
  }

  get isControl(): boolean {
    return (this.attributes & CONTROL) !== 0
  }

  get timestampType(): TimestampType {
    return (this.attributes & LOG_APPEND_TIME) === 0 ? 'CreateTime' : 'LogAppendTime'
  }

  /** When the marks of deleted keys may go (KIP-534). */
  get deleteHorizonMs(): number | undefined {
    return (this.attributes & DELETE_HORIZON) === 0 ? undefined : this.baseTimestamp
  }

  get hasProducer(): boolean {
    return this.producerId !== -1
  }

  isCrcValid(): boolean {
    return this.crc === this.#computeCrc()
  }

  /** The batch as a view. */
  bytes(): Buffer {
    return this.buffer.subarray(this.position, this.position + this.sizeBytes)
  }

  /** What follows the header: the records, compressed if there is a codec; a view. */
  payload(): Buffer {
    return this.buffer.subarray(this.position + BATCH_OVERHEAD, this.position + this.sizeBytes)
  }

  /** Outside of what the checksum covers. */
  setBaseOffset(offset: number): void {
    writeInt64(this.buffer, offset, this.position)
  }

  /** Outside of what the checksum covers. */
  setLeaderEpoch(epoch: number): void {
    this.buffer.writeInt32BE(epoch, this.position + LEADER_EPOCH)
  }

  /** Changes whose time the batch carries, and computes the checksum again. */
  setMaxTimestamp(type: TimestampType, timestampMs: number): void {
    const attributes = type === 'LogAppendTime'
      ? this.attributes | LOG_APPEND_TIME
      : this.attributes & ~LOG_APPEND_TIME
    if (attributes === this.attributes && timestampMs === this.maxTimestamp) return
    this.buffer.writeInt16BE(attributes & KNOWN_ATTRIBUTES, this.position + ATTRIBUTES)
    writeInt64(this.buffer, timestampMs, this.position + MAX_TIMESTAMP)
    this.buffer.writeUInt32BE(this.#computeCrc(), this.position + CRC)
  }

  #computeCrc(): number {
    return crc32c(this.buffer, this.position + ATTRIBUTES, this.position + this.sizeBytes)
  }
}

/** What a batch holds instead of the records it came with. */
export interface OtherRecords {
  /** As the batch carries them: compressed with its codec. */
  readonly payload: Buffer
  readonly codec: Codec
  readonly count: number
  readonly baseTimestamp: number
  readonly maxTimestamp: number
  /** `baseTimestamp` is a delete horizon (KIP-534). */
  readonly hasDeleteHorizon: boolean
}

/** The batch with other records: same offsets, producer, epochs and kind. */
export function withRecords(batch: Batch, records: OtherRecords): Buffer {
  const { payload, codec, count, baseTimestamp, maxTimestamp, hasDeleteHorizon } = records
  const bytes = Buffer.allocUnsafe(BATCH_OVERHEAD + payload.length)
  batch.buffer.copy(bytes, 0, batch.position, batch.position + BATCH_OVERHEAD)
  payload.copy(bytes, BATCH_OVERHEAD)
  const kind = batch.attributes & (LOG_APPEND_TIME | TRANSACTIONAL | CONTROL)
  const horizon = hasDeleteHorizon ? DELETE_HORIZON : 0
  bytes.writeInt32BE(bytes.length - LOG_OVERHEAD, LENGTH_AT)
  bytes.writeInt16BE(kind | horizon | CODECS.indexOf(codec), ATTRIBUTES)
  writeInt64(bytes, baseTimestamp, BASE_TIMESTAMP)
  writeInt64(bytes, maxTimestamp, MAX_TIMESTAMP)
  bytes.writeInt32BE(count, COUNT)
  bytes.writeUInt32BE(crc32c(bytes, ATTRIBUTES), CRC)
  return bytes
}

/** Whether a whole batch, by its own length, starts at the position. */
export function isWholeAt(buffer: Buffer, position: number): boolean {
  if (position + LOG_OVERHEAD > buffer.length) return false
  const length = buffer.readInt32BE(position + LENGTH_AT)
  return length >= BATCH_OVERHEAD - LOG_OVERHEAD
    && length <= buffer.length - position - LOG_OVERHEAD
}

/** What a batch says of its size, with base offset and length. */
export function batchBytesAt(buffer: Buffer, position: number): number {
  return LOG_OVERHEAD + buffer.readInt32BE(position + LENGTH_AT)
}

export function lastOffsetAt(buffer: Buffer, position: number): number {
  return readInt64(buffer, position) + buffer.readInt32BE(position + LAST_OFFSET_DELTA)
}

/** How many bytes of the front are whole batches. */
export function wholeBatches(buffer: Buffer): number {
  let position = 0
  while (isWholeAt(buffer, position)) {
    position += batchBytesAt(buffer, position)
  }
  return position
}

/** The batches of a buffer, under one cursor for all of them: what is to be kept must be copied. */
export function* batchesOf(buffer: Buffer): Generator<Batch> {
  const batch = new Batch(buffer)
  while (batch.next()) yield batch
}

export interface BatchToBuild {
  readonly baseOffset?: number
  readonly records: readonly RecordToWrite[]
  readonly codec?: Codec
  readonly level?: number
  readonly producerId?: number
  readonly producerEpoch?: number
  readonly baseSequence?: number
  readonly leaderEpoch?: number
  readonly isTransactional?: boolean
  readonly isControl?: boolean
  readonly timestampType?: TimestampType
  /**
   * For records that name none. With LogAppendTime it is the time of all of them, though those that
   * name another keep it in their bytes, as in Kafka.
   */
  readonly timestampMs?: number
  readonly deleteHorizonMs?: number
  /** Offset of the last record less the base; that of the last record when left out. */
  readonly lastOffsetDelta?: number
}

/** Writes one batch. The offset deltas of the records count from 0 where they name none. */
export function buildBatch(batch: BatchToBuild): Buffer {
  const { records, codec = 'none', timestampType = 'CreateTime', timestampMs = 0 } = batch
  const times = records.map((record) => record.timestamp ?? timestampMs)
  const isCreateTime = timestampType === 'CreateTime' && times.length > 0
  const maxTimestamp = isCreateTime ? times.reduce((a, b) => Math.max(a, b)) : timestampMs
  const baseTimestamp = batch.deleteHorizonMs ?? times[0] ?? NO_TIMESTAMP
  const payload = buildPayload(records, times, baseTimestamp)
  const compressed = codec === 'none' ? payload : compress(codec, payload, batch.level)
  const lastDelta = records.at(-1)?.offsetDelta ?? records.length - 1
  const bytes = Buffer.allocUnsafe(BATCH_OVERHEAD + compressed.length)
  writeInt64(bytes, batch.baseOffset ?? 0, 0)
  bytes.writeInt32BE(bytes.length - LOG_OVERHEAD, LENGTH_AT)
  bytes.writeInt32BE(batch.leaderEpoch ?? -1, LEADER_EPOCH)
  bytes.writeInt8(MAGIC, MAGIC_AT)
  bytes.writeInt16BE(attributesOf(batch), ATTRIBUTES)
  bytes.writeInt32BE(batch.lastOffsetDelta ?? lastDelta, LAST_OFFSET_DELTA)
  writeInt64(bytes, baseTimestamp, BASE_TIMESTAMP)
  writeInt64(bytes, maxTimestamp, MAX_TIMESTAMP)
  writeInt64(bytes, batch.producerId ?? -1, PRODUCER_ID)
  bytes.writeInt16BE(batch.producerEpoch ?? -1, PRODUCER_EPOCH)
  bytes.writeInt32BE(batch.baseSequence ?? -1, BASE_SEQUENCE)
  bytes.writeInt32BE(records.length, COUNT)
  compressed.copy(bytes, BATCH_OVERHEAD)
  bytes.writeUInt32BE(crc32c(bytes, ATTRIBUTES), CRC)
  return bytes
}

function attributesOf(batch: BatchToBuild): number {
  return CODECS.indexOf(batch.codec ?? 'none')
    | (batch.timestampType === 'LogAppendTime' ? LOG_APPEND_TIME : 0)
    | (batch.isTransactional === true ? TRANSACTIONAL : 0)
    | (batch.isControl === true ? CONTROL : 0)
    | (batch.deleteHorizonMs === undefined ? 0 : DELETE_HORIZON)
}

function buildPayload(
  records: readonly RecordToWrite[], times: readonly number[], baseTimestamp: number,
): Buffer {
  const deltas = records.map(({ offsetDelta }, index) => offsetDelta ?? index)
  const sizes = records.map((record, index) => (
    sizeOfRecord(record, deltas[index]!, times[index]! - baseTimestamp)
  ))
  const payload = Buffer.allocUnsafe(sizes.reduce((sum, { total }) => sum + total, 0))
  let position = 0
  for (const [index, record] of records.entries()) {
    const delta = times[index]! - baseTimestamp
    position = writeRecord(payload, position, record, deltas[index]!, delta, sizes[index]!.body)
  }
  return payload
}

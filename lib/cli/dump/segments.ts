// The batches and records of a segment or a snapshot, one after the other, however large the file.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { ApiError } from '../../../protocol/errors.ts'
import { Batch, LOG_OVERHEAD, MAGIC } from '../../../protocol/records/batch.ts'
import { recordsOf } from '../../../protocol/records/record.ts'
import { named } from '../record-json.ts'
import { isZero } from './files.ts'
import { type Meaning, meaningOf, type RecordKind } from './record-kinds.ts'
import { plain } from './values.ts'

const CHUNK_BYTES = 4 * 1024 * 1024
const LEAST_BATCH_BYTES = 26

export interface DumpedRecord {
  readonly offset: number
  readonly timestamp: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly { readonly key: string, readonly value: Buffer | null }[]
  readonly meaning: Meaning | undefined
}

export interface DumpedBatch {
  /** Of another format: what all formats have. */
  readonly batch: BatchHeader | AnyHeader
  readonly records: readonly DumpedRecord[]
  /** What is wrong with it. */
  readonly damage: string | undefined
  /** Why there are no records although nothing is wrong. */
  readonly unread?: string | undefined
}

export type BatchHeader = ReturnType<typeof headerOf>
export type AnyHeader = Pick<
  BatchHeader, 'baseOffset' | 'lastOffset' | 'position' | 'sizeBytes' | 'magic'
>

export function isBatch(header: BatchHeader | AnyHeader): header is BatchHeader {
  return header.magic === MAGIC
}

/** What lies behind the last whole batch. */
export interface Tail {
  readonly position: number
  readonly sizeBytes: number
  readonly isZero: boolean
}

/** The batches of a file; what comes back at the end is what lies behind the last one. */
export function* batchesOfFile(
  path: string, kind: RecordKind, wantsRecords: boolean,
): Generator<DumpedBatch, Tail> {
  const file = openSync(path, 'r')
  try {
    const sizeBytes = fstatSync(file).size
    let buffer = Buffer.alloc(0)
    let position = 0
    const batch = new Batch(buffer)
    while (position < sizeBytes) {
      // As much as the next batch needs, at least.
      const needed = Math.max(CHUNK_BYTES, buffer.length * 2)
      buffer = Buffer.alloc(Math.min(needed, sizeBytes - position))
      readSync(file, buffer, 0, buffer.length, position)
      batch.at(buffer, 0)
      let at = 0
      while (isWhole(buffer, at)) {
        batch.at(buffer, at)
        yield dumped(batch, position + at, kind, wantsRecords)
        at += batch.sizeBytes
      }
      const isLast = position + buffer.length === sizeBytes
      if (at === 0 && (isLast || !couldBeLarger(buffer, sizeBytes - position))) break
      position += at
      if (at > 0) buffer = Buffer.alloc(0)
      if (isLast && position < sizeBytes) {
        buffer = Buffer.alloc(sizeBytes - position)
        readSync(file, buffer, 0, buffer.length, position)
        break
      }
    }
    return tailOf(buffer, position, sizeBytes)
  } finally {
    closeSync(file)
  }
}

function isWhole(buffer: Buffer, at: number): boolean {
  if (at + LEAST_BATCH_BYTES > buffer.length) return false
  const length = buffer.readInt32BE(at + LOG_OVERHEAD - 4)
  return length >= LEAST_BATCH_BYTES - LOG_OVERHEAD && at + LOG_OVERHEAD + length <= buffer.length
}

function couldBeLarger(buffer: Buffer, leftBytes: number): boolean {
  if (buffer.length < LOG_OVERHEAD) return true
  const length = buffer.readInt32BE(LOG_OVERHEAD - 4)
  return length > buffer.length - LOG_OVERHEAD && length <= leftBytes - LOG_OVERHEAD
}

function tailOf(buffer: Buffer, position: number, sizeBytes: number): Tail {
  const left = sizeBytes - position
  return {
    position, sizeBytes: left, isZero: isZero(buffer.subarray(0, left)),
  }
}

function headerOf(batch: Batch, position: number) {
  return {
    baseOffset: batch.baseOffset, lastOffset: batch.lastOffset, count: batch.count, position,
    sizeBytes: batch.sizeBytes, magic: batch.magic, codec: batch.codec ?? `codec ${batch.codecId}`,
    leaderEpoch: batch.leaderEpoch, producerId: batch.producerId,
    producerEpoch: batch.producerEpoch, baseSequence: batch.baseSequence,
    isTransactional: batch.isTransactional, isControl: batch.isControl,
    timestampType: batch.timestampType, maxTimestamp: batch.maxTimestamp,
    deleteHorizonMs: batch.deleteHorizonMs, crc: batch.crc,
  }
}

function dumped(
  batch: Batch, position: number, kind: RecordKind, wantsRecords: boolean,
): DumpedBatch {
  if (batch.magic !== MAGIC) return unread(batch, position)
  const header = headerOf(batch, position)
  if (!batch.isCrcValid()) {
    return { batch: header, records: [], damage: 'the checksum is wrong' }
  }
  try {
    const records = wantsRecords ? [...recordsOf(batch)].map((record) => (
      { ...record, meaning: meaningOf(kind, record, batch.isControl) }
    )) : []
    return { batch: header, records, damage: undefined }
  } catch (error) {
    if (!(error instanceof ApiError || error instanceof RangeError)) throw error
    return { batch: header, records: [], damage: error.message }
  }
}

/** What Kafka wrote before it had batches; the offset of a compressed one is its last record's. */
const OLD_FORMATS: ReadonlyMap<number, string> = new Map([
  [0, 'a message of the format before Kafka 0.10, which is not read here'],
  [1, 'a message of the format before Kafka 0.11, which is not read here'],
])

/** All formats begin with an offset and a length, and have their number at the same place. */
function unread({ baseOffset, sizeBytes, magic }: Batch, position: number): DumpedBatch {
  const old = OLD_FORMATS.get(magic)
  return {
    batch: { baseOffset, lastOffset: baseOffset, position, sizeBytes, magic }, records: [],
    unread: old, damage: old === undefined ? 'there is no such format' : undefined,
  }
}

/** As it is written in JSON. */
export function batchJson({ batch, records, damage, unread: why }: DumpedBatch): string {
  return JSON.stringify({
    ...batch, ...damage === undefined ? {} : { damage },
    ...why === undefined ? {} : { unread: why },
    records: records.map(({ offset, timestamp, key, value, headers, meaning }) => ({
      offset, timestamp,
      ...meaning === undefined
        ? { ...named('key', key), ...named('value', value) } : plain(meaning) as object,
      ...headers.length === 0 ? {} : {
        headers: headers.map((header) => ({ key: header.key, ...named('value', header.value) })),
      },
    })),
  })
}

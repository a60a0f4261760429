// Random record batches of ours, and those that were read as what would build them again.

import { type Batch, type BatchToBuild } from '../../protocol/records/batch.ts'
import { CODECS } from '../../protocol/records/compression.ts'
import { type Record, RecordCursor, payloadOf } from '../../protocol/records/record.ts'
import type { HeaderToWrite, RecordToWrite } from '../../protocol/records/record-writer.ts'
import type { Below } from '../harness/random.ts'

const NOW_MS = 1_700_000_000_000
/** Deltas of timestamps are written exactly up to 52 bits. */
const HIGHEST = 2 ** 51
const MAX_SEQUENCE = 2 ** 31 - 1
const LEVELS = { gzip: [1, 6, 9], zstd: [-131072, -7, 1, 3, 9, 12] } as const
const HEADER_KEYS = ['', 'trace', 'größe', '日本語', 'k'.repeat(200)]

const upTo = (below: Below, end: number) => below(2 ** 20) * (end / 2 ** 20) + below(2 ** 20)

/** What builds the batch again to its bytes, if it is not compressed. */
export function toBuildAgain(batch: Batch): BatchToBuild {
  const { baseOffset, baseTimestamp, count, deleteHorizonMs } = batch
  const records: RecordToWrite[] = []
  if (count > 0) {
    for (const cursor = new RecordCursor(payloadOf(batch), count); cursor.next();) {
      records.push({
        key: cursor.key(), value: cursor.value(), headers: cursor.headers(),
        offsetDelta: cursor.offsetDelta, timestamp: baseTimestamp + cursor.timestampDelta,
      })
    }
  }
  return {
    baseOffset, records, codec: batch.codec!, producerId: batch.producerId,
    producerEpoch: batch.producerEpoch, baseSequence: batch.baseSequence,
    leaderEpoch: batch.leaderEpoch, isTransactional: batch.isTransactional,
    isControl: batch.isControl, timestampType: batch.timestampType,
    timestampMs: batch.maxTimestamp, lastOffsetDelta: batch.lastOffsetDelta,
    ...deleteHorizonMs === undefined ? {} : { deleteHorizonMs },
  }
}

export function randomBatch(below: Below): BatchToBuild {
  const hasProducer = below(2) === 0
  const hasGaps = below(4) === 0
  const codec = CODECS[below(CODECS.length)]!
  const level = codec === 'gzip' || codec === 'zstd' ? oneOf(LEVELS[codec], below) : undefined
  const records = randomRecords(hasGaps, below)
  return {
    codec, records, baseOffset: below(4) === 0 ? upTo(below, HIGHEST) : below(1000),
    ...level === undefined ? {} : { level },
    leaderEpoch: below(4) === 0 ? -1 : below(2 ** 30),
    timestampType: below(3) === 0 ? 'LogAppendTime' : 'CreateTime',
    timestampMs: NOW_MS + below(1000),
    ...hasProducer ? randomProducer(below) : {},
    ...below(8) === 0 ? { deleteHorizonMs: NOW_MS - below(1_000_000) } : {},
    ...hasGaps || records.length === 0
      ? { lastOffsetDelta: (records.at(-1)?.offsetDelta ?? 0) + below(3) } : {},
  }
}

function randomProducer(below: Below): Partial<BatchToBuild> {
  return {
    producerId: upTo(below, HIGHEST), producerEpoch: below(2 ** 15),
    baseSequence: below(4) === 0 ? MAX_SEQUENCE - below(3) : below(100_000),
    isTransactional: below(2) === 0,
  }
}

/** None now and then; a thousand more seldom. */
function randomRecords(hasGaps: boolean, below: Below): RecordToWrite[] {
  const count = below(100) === 0 ? below(1000) : below(9)
  let offsetDelta = hasGaps ? below(5) : 0
  return Array.from({ length: count }, () => {
    const record = {
      key: randomBytes(below), value: randomBytes(below), timestamp: randomTimestamp(below),
      headers: randomHeaders(below), offsetDelta,
    }
    offsetDelta += 1 + (hasGaps ? below(below(100) === 0 ? 100_000 : 5) : 0)
    return record
  })
}

function randomTimestamp(below: Below): number {
  switch (below(12)) {
    case 0: return -1
    case 1: return 0
    case 2: return upTo(below, HIGHEST)
    default: return NOW_MS + below(100_000) - 50_000
  }
}

function randomHeaders(below: Below): HeaderToWrite[] {
  const count = below(3) === 0 ? below(5) : 0
  return Array.from({ length: count }, () => (
    { key: oneOf(HEADER_KEYS, below), value: randomBytes(below) }
  ))
}

/** Null, empty, short, seldom longer than a block of any codec; half of them compressible. */
function randomBytes(below: Below): Buffer | null {
  const kind = below(6)
  if (kind === 0) return null
  const size = below(kind === 1 ? 1 : below(300) === 0 ? 150_000 : 300)
  const isCompressible = below(2) === 0
  return Buffer.from(
    Uint8Array.from({ length: size }, (_, i) => isCompressible ? i % 11 : below(256)))
}

/** What is to be read in a batch, as far as it was given. */
export function expectedRecords(batch: BatchToBuild): Record[] {
  const { baseOffset = 0, timestampMs = 0 } = batch
  const isAppendTime = batch.timestampType === 'LogAppendTime'
  return batch.records.map(({ key = null, value = null, headers = [], ...record }) => ({
    offset: baseOffset + record.offsetDelta!, key, value, headers,
    timestamp: isAppendTime ? timestampMs : record.timestamp!,
  }))
}

export function oneOf<T>(values: readonly T[], below: Below): T {
  return values[below(values.length)]!
}

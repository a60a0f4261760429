// A batch of which only some records stay, as a compaction leaves it.

import { type Batch, withRecords } from './batch.ts'
import { compress } from './compression.ts'
import { RecordCursor } from './record.ts'
import { sizeOfVarlong, writeVarint, writeVarlong } from './varint.ts'

const NO_TIMESTAMP = -1
/** By so much a record may become longer when its timestamp is written anew. */
const MOST_ADDED_BYTES = 10

/**
 * The batch with those of its records for which `keeps` holds a 1, by their place. `payload` are
 * its records, uncompressed. With a delete horizon the batch counts its timestamps from that
 * instead of from its first record, whether the horizon is new or was there before (KIP-534).
 */
export function retainRecords(
  batch: Batch, payload: Buffer, keeps: Uint8Array, deleteHorizonMs: number | undefined,
): Buffer {
  const target = Buffer.allocUnsafe(payload.length + batch.count * MOST_ADDED_BYTES)
  const cursor = new RecordCursor(payload, batch.count)
  const isLogAppendTime = batch.timestampType === 'LogAppendTime'
  const { baseTimestamp: oldBase } = batch
  let baseTimestamp = deleteHorizonMs
  let maxTimestamp = isLogAppendTime ? batch.maxTimestamp : NO_TIMESTAMP
  let position = 0
  let count = 0
  while (cursor.next()) {
    if (keeps[cursor.index] !== 1) continue
    const timestamp = isLogAppendTime ? maxTimestamp : oldBase + cursor.timestampDelta
    baseTimestamp ??= timestamp
    maxTimestamp = Math.max(maxTimestamp, timestamp)
    position = copyRecord(target, position, payload, cursor, timestamp - baseTimestamp)
    count++
  }
  const codec = batch.codec!
  return withRecords(batch, {
    payload: compress(codec, target.subarray(0, position)), codec, count,
    baseTimestamp: baseTimestamp ?? NO_TIMESTAMP, maxTimestamp,
    hasDeleteHorizon: deleteHorizonMs !== undefined,
  })
}

/** Headers and all else stay as they are, byte by byte; gives the position behind the record. */
function copyRecord(
  target: Buffer, position: number, payload: Buffer, cursor: RecordCursor, timestampDelta: number,
): number {
  const { start, restStart, end } = cursor
  if (timestampDelta === cursor.timestampDelta) {
    payload.copy(target, position, start, end)
    return position + end - start
  }
  const bodySizeBytes = 1 + sizeOfVarlong(timestampDelta) + end - restStart
  let at = writeVarint(target, bodySizeBytes, position)
  target[at] = cursor.attributes
  at = writeVarlong(target, timestampDelta, at + 1)
  payload.copy(target, at, restStart, end)
  return at + end - restStart
}

/** The batch without records: it still tells of its producer, and how far the log reaches. */
export function emptied(batch: Batch): Buffer {
  return withRecords(batch, {
    payload: Buffer.alloc(0), codec: 'none', count: 0, baseTimestamp: NO_TIMESTAMP,
    maxTimestamp: batch.maxTimestamp, hasDeleteHorizon: false,
  })
}

// The records of a batch written anew with offsets that follow each other, byte by byte: a batch of
// millions of tiny records must not become millions of objects.

import { type Batch, withRecords } from './batch.ts'
import { type Codec, compress } from './compression.ts'
import { RecordCursor } from './record.ts'
import { sizeOfVarint, sizeOfVarlong, writeVarint, writeVarlong } from './varint.ts'

const LEAST_NATIVE_BYTES = 48

/**
 * The batch in a codec of its own, its records numbered from 0. `payload` is what `payloadOf` gave
 * for it. Times count from that of the first record. Throws InvalidRecordError.
 */
export function renumbered(
  batch: Batch, payload: Buffer, codec: Codec, level: number | undefined, maxTimestamp: number,
): Buffer {
  const { count } = batch
  const first = new RecordCursor(payload, count)
  const shift = first.next() ? first.timestampDelta : 0
  const records = Buffer.allocUnsafe(sizeAfter(payload, count, shift))
  write(payload, count, shift, records)
  return withRecords(batch, {
    payload: codec === 'none' ? records : compress(codec, records, level),
    codec, count, maxTimestamp, baseTimestamp: batch.baseTimestamp + shift,
    hasDeleteHorizon: false,
  })
}

function sizeAfter(payload: Buffer, count: number, shift: number): number {
  let sizeBytes = 0
  for (const cursor = new RecordCursor(payload, count); cursor.next();) {
    const bodyBytes = bodySizeBytes(cursor, shift)
    sizeBytes += sizeOfVarint(bodyBytes) + bodyBytes
  }
  return sizeBytes
}

function bodySizeBytes(cursor: RecordCursor, shift: number): number {
  return 1 + sizeOfVarlong(cursor.timestampDelta - shift) + sizeOfVarint(cursor.index)
    + cursor.end - cursor.contentStart
}

function write(payload: Buffer, count: number, shift: number, into: Buffer): void {
  let at = 0
  for (const cursor = new RecordCursor(payload, count); cursor.next();) {
    at = writeVarint(into, bodySizeBytes(cursor, shift), at)
    into[at] = 0 // attributes: none are defined
    at = writeVarlong(into, cursor.timestampDelta - shift, at + 1)
    at = writeVarint(into, cursor.index, at)
    at = copy(payload, cursor.contentStart, cursor.end, into, at)
  }
}

/** Gives the position behind the copy. */
function copy(from: Buffer, start: number, end: number, into: Buffer, at: number): number {
  // A call of the runtime costs more than a few bytes by hand.
  if (end - start > LEAST_NATIVE_BYTES) return at + from.copy(into, at, start, end)
  for (let i = start; i < end; i++) into[at++] = from[i]!
  return at
}

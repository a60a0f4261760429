// Writing single records into the payload of a batch.

import { sizeOfVarint, sizeOfVarlong, writeVarint, writeVarlong } from './varint.ts'

export interface HeaderToWrite {
  readonly key: string
  readonly value: Buffer | null
}

export interface RecordToWrite {
  readonly key?: Buffer | null
  readonly value?: Buffer | null
  readonly headers?: readonly HeaderToWrite[]
  readonly timestamp?: number
  readonly offsetDelta?: number
}

export interface RecordSize {
  /** What the length before the record says. */
  readonly body: number
  /** With that length itself. */
  readonly total: number
}

export function sizeOfRecord(
  record: RecordToWrite, offsetDelta: number, timestampDelta: number,
): RecordSize {
  const { key, value, headers = [] } = record
  let body = 1 + sizeOfVarlong(timestampDelta) + sizeOfVarint(offsetDelta)
    + sizeOfBytes(key) + sizeOfBytes(value) + sizeOfVarint(headers.length)
  for (const header of headers) {
    const keySize = Buffer.byteLength(header.key)
    body += sizeOfVarint(keySize) + keySize + sizeOfBytes(header.value)
  }
  return { body, total: sizeOfVarint(body) + body }
}

/** Writes a record of a size found before; gives the position behind it. */
export function writeRecord(
  buffer: Buffer, position: number, record: RecordToWrite,
  offsetDelta: number, timestampDelta: number, bodySize: number,
): number {
  const { key, value, headers = [] } = record
  let at = writeVarint(buffer, bodySize, position)
  buffer[at] = 0 // attributes: none are defined
  at = writeVarlong(buffer, timestampDelta, at + 1)
  at = writeVarint(buffer, offsetDelta, at)
  at = writeBytes(buffer, key, at)
  at = writeBytes(buffer, value, at)
  at = writeVarint(buffer, headers.length, at)
  for (const header of headers) {
    at = writeVarint(buffer, Buffer.byteLength(header.key), at)
    at += buffer.write(header.key, at)
    at = writeBytes(buffer, header.value, at)
  }
  return at
}

function sizeOfBytes(bytes: Buffer | null | undefined): number {
  return bytes === null || bytes === undefined ? 1 : sizeOfVarint(bytes.length) + bytes.length
}

function writeBytes(buffer: Buffer, bytes: Buffer | null | undefined, position: number): number {
  if (bytes === null || bytes === undefined) return writeVarint(buffer, -1, position)
  const at = writeVarint(buffer, bytes.length, position)
  bytes.copy(buffer, at)
  return at + bytes.length
}

// Recognises messages of the formats before record batches (magic 0 and 1), which are not
// supported: they must not be taken for damage, and cut off.

import { batchBytesAt, MAGIC_AT } from '../protocol/records/batch.ts'
import type { DiskFile } from './disk.ts'

// offset (int64), size (int32), checksum (int32), magic (int8), attributes (int8); with magic 1 a
// timestamp (int64); then key and value, each behind its length (int32, −1 for null)
const HEADER_BYTES = 18
const TIMESTAMP_BYTES = 8

/** Whether a whole message of an old format lies there, by all of its lengths. */
export function isOldMessage(file: DiskFile, position: number, end: number): boolean {
  const readInt32 = (at: number): number | undefined => {
    const bytes = Buffer.allocUnsafe(4)
    return at + 4 <= end && file.read(bytes, 0, 4, at) === 4 ? bytes.readInt32BE(0) : undefined
  }
  const header = Buffer.allocUnsafe(HEADER_BYTES)
  if (position + HEADER_BYTES > end) return false
  if (file.read(header, 0, HEADER_BYTES, position) < HEADER_BYTES) return false
  const magic = header.readInt8(MAGIC_AT)
  if (magic !== 0 && magic !== 1) return false
  const messageEnd = position + batchBytesAt(header, 0)
  const keyAt = position + HEADER_BYTES + (magic === 1 ? TIMESTAMP_BYTES : 0)
  const keyBytes = readInt32(keyAt)
  if (keyBytes === undefined || keyBytes < -1) return false
  const valueAt = keyAt + 4 + Math.max(0, keyBytes)
  const valueBytes = readInt32(valueAt)
  if (valueBytes === undefined || valueBytes < -1) return false
  return valueAt + 4 + Math.max(0, valueBytes) === messageEnd && messageEnd <= end
}

// CRC-32C (Castagnoli), the checksum of a record batch.

import { loadCrc32c } from './packages.ts'

/** Below this size a call into native code costs more than it saves. */
const NATIVE_FROM_BYTES = 400
/** Castagnoli's polynomial, reversed. */
const POLYNOMIAL = 0x82f63b78

const native = loadCrc32c()
const TABLES = buildTables()

/** The checksum of the bytes from `start` to before `end`, as an unsigned number. */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length): number {
  if (native !== undefined && end - start >= NATIVE_FROM_BYTES) {
    return native.crc32c(bytes.subarray(start, end))
  }
  return sliced(bytes, start, end)
}

/** Eight tables: the n-th gives what a byte does to the checksum n bytes later. */
function buildTables(): Uint32Array[] {
  const tables = Array.from({ length: 8 }, () => new Uint32Array(256))
  for (let byte = 0; byte < 256; byte += 1) {
    let crc = byte
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ ((crc & 1) === 0 ? 0 : POLYNOMIAL)
    tables[0]![byte] = crc
  }
  for (let n = 1; n < 8; n += 1) {
    for (let byte = 0; byte < 256; byte += 1) {
      const before = tables[n - 1]![byte]!
      tables[n]![byte] = (before >>> 8) ^ tables[0]![before & 0xff]!
    }
  }
  return tables
}

/** Slicing-by-8: eight bytes a step. */
function sliced(bytes: Uint8Array, start: number, end: number): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = TABLES as [
    Uint32Array, Uint32Array, Uint32Array, Uint32Array,
    Uint32Array, Uint32Array, Uint32Array, Uint32Array,
  ]
  let crc = 0xffffffff
  let at = start
  for (; at + 8 <= end; at += 8) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    crc = t7[crc & 0xff]! ^ t6[(crc >>> 8) & 0xff]! ^ t5[(crc >>> 16) & 0xff]! ^ t4[crc >>> 24]!
      ^ t3[bytes[at + 4]!]! ^ t2[bytes[at + 5]!]! ^ t1[bytes[at + 6]!]! ^ t0[bytes[at + 7]!]!
  }
  for (; at < end; at += 1) crc = (crc >>> 8) ^ t0[(crc ^ bytes[at]!) & 0xff]!
  return (crc ^ 0xffffffff) >>> 0
}

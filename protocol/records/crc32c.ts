// CRC-32C (Castagnoli), the checksum of a record batch.

import { nativeCrc32c, scriptCrc32c } from './packages.ts'

/** Below this size a call into native code costs more than it saves, by measurement. */
const NATIVE_FROM_BYTES = 320
/** Castagnoli's polynomial, reversed. */
const POLYNOMIAL = 0x82f63b78
const SLICES = 16

type Table = Uint32Array
type FourTables = [Table, Table, Table, Table]
type SixteenTables = [...FourTables, ...FourTables, ...FourTables, ...FourTables]

/** The checksum of the bytes from `start` to before `end`, as an unsigned number. */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length): number {
  if (end - start < NATIVE_FROM_BYTES) return slicedCrc32c(bytes, start, end)
  const native = nativeCrc32c()
  if (native !== undefined) return native.crc32c(bytes.subarray(start, end))
  return scriptCrc32c().buf(bytes.subarray(start, end), 0) >>> 0
}

/** In JavaScript alone. */
export const slicedCrc32c = slicing(buildTables() as [...SixteenTables])

/**
 * Slicing by 16 (Kounavis and Berry): sixteen bytes a step, with a table for each. The tables are
 * parameters because the engine takes those for constants, which makes it twice as fast.
 */
function slicing(
  [T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15]: SixteenTables,
): (bytes: Uint8Array, start: number, end: number) => number {
  return (bytes, start, end) => {
    let crc = 0xffffffff
    let at = start
    for (; at + SLICES <= end; at += SLICES) {
      crc = T15[bytes[at]! ^ (crc & 0xff)]! ^ T14[bytes[at + 1]! ^ ((crc >>> 8) & 0xff)]!
        ^ T13[bytes[at + 2]! ^ ((crc >>> 16) & 0xff)]! ^ T12[bytes[at + 3]! ^ (crc >>> 24)]!
        ^ T11[bytes[at + 4]!]! ^ T10[bytes[at + 5]!]! ^ T9[bytes[at + 6]!]! ^ T8[bytes[at + 7]!]!
        ^ T7[bytes[at + 8]!]! ^ T6[bytes[at + 9]!]! ^ T5[bytes[at + 10]!]!
        ^ T4[bytes[at + 11]!]! ^ T3[bytes[at + 12]!]! ^ T2[bytes[at + 13]!]!
        ^ T1[bytes[at + 14]!]! ^ T0[bytes[at + 15]!]!
    }
    for (; at < end; at += 1) crc = (crc >>> 8) ^ T0[(crc ^ bytes[at]!) & 0xff]!
    return ~crc >>> 0
  }
}

/** The n-th table tells what a byte does to the checksum n bytes later. */
function buildTables(): Table[] {
  const first = Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ ((crc & 1) * POLYNOMIAL)
    return crc
  })
  const tables = [first]
  for (let n = 1; n < SLICES; n += 1) {
    tables.push(tables[n - 1]!.map((before) => (before >>> 8) ^ first[before & 0xff]!))
  }
  return tables
}

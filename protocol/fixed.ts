// Values whose size is known, at a place in a buffer that has room for them.

import type { Kind } from './schema.ts'

const TWO_32 = 2 ** 32
const TWO_63 = 2 ** 63

/** What each kind takes; kinds of no fixed size are not there. */
export const FIXED_BYTES: Readonly<Partial<Record<Kind, number>>> = {
  bool: 1, int8: 1, int16: 2, uint16: 2, int32: 4, uint32: 4, int64: 8, float64: 8, uuid: 16,
}

function readInt32(buffer: Buffer, at: number): number {
  return buffer[at]! << 24 | buffer[at + 1]! << 16 | buffer[at + 2]! << 8 | buffer[at + 3]!
}

/** By kind. Nothing is checked here: who calls has made sure that the bytes are there. */
export const readFixed = {
  bool: (buffer: Buffer, at: number): boolean => buffer[at] !== 0,
  int8: (buffer: Buffer, at: number): number => buffer[at]! << 24 >> 24,
  int16: (buffer: Buffer, at: number): number => (
    (buffer[at]! << 24 | buffer[at + 1]! << 16) >> 16
  ),
  uint16: (buffer: Buffer, at: number): number => buffer[at]! << 8 | buffer[at + 1]!,
  int32: readInt32,
  uint32: (buffer: Buffer, at: number): number => readInt32(buffer, at) >>> 0,
  int64: (buffer: Buffer, at: number): number => (
    readInt32(buffer, at) * TWO_32 + (readInt32(buffer, at + 4) >>> 0)
  ),
  float64: (buffer: Buffer, at: number): number => buffer.readDoubleBE(at),
  uuid: (buffer: Buffer, at: number): string => buffer.toString('base64url', at, at + 16),
} as const

function writeInt16(buffer: Buffer, at: number, value: number): void {
  buffer[at] = value >>> 8
  buffer[at + 1] = value
}

function writeInt32(buffer: Buffer, at: number, value: number): void {
  buffer[at] = value >>> 24
  buffer[at + 1] = value >>> 16
  buffer[at + 2] = value >>> 8
  buffer[at + 3] = value
}

/** By kind, into room that is there. */
export const writeFixed = {
  bool: (buffer: Buffer, at: number, value: boolean): void => { buffer[at] = value ? 1 : 0 },
  int8: (buffer: Buffer, at: number, value: number): void => { buffer[at] = value },
  int16: writeInt16,
  uint16: writeInt16,
  int32: writeInt32,
  uint32: writeInt32,
  /** From 2⁶³ on it is the largest there is. */
  int64: (buffer: Buffer, at: number, value: number): void => {
    const isBeyond = value >= TWO_63
    writeInt32(buffer, at, isBeyond ? 0x7fffffff : Math.floor(value / TWO_32))
    writeInt32(buffer, at + 4, isBeyond ? -1 : value >>> 0)
  },
  float64: (buffer: Buffer, at: number, value: number): void => {
    buffer.writeDoubleBE(value, at)
  },
  uuid: (buffer: Buffer, at: number, value: string): void => {
    if (buffer.write(value, at, 16, 'base64url') !== 16) throw new TypeError(`${value} is no uuid`)
  },
} as const

// The same as source, for `generate.ts`: engines inline only so many calls into one function.
// `b` is the source of the buffer, `at` of a place in it.

const byte = (b: string, at: string, offset: number) => (
  offset === 0 ? `${b}[${at}]` : `${b}[${at} + ${offset}]`
)

function int32Source(b: string, at: string, offset: number): string {
  const bytes = [0, 1, 2, 3].map((i) => byte(b, at, offset + i))
  return `(${bytes[0]} << 24 | ${bytes[1]} << 16 | ${bytes[2]} << 8 | ${bytes[3]})`
}

/** Reads a value so many bytes behind the place. */
export function readSource(kind: Kind, b: string, at: string, offset: number): string {
  const first = byte(b, at, offset)
  const second = byte(b, at, offset + 1)
  switch (kind) {
    case 'bool': return `${first} !== 0`
    case 'int8': return `${first} << 24 >> 24`
    case 'int16': return `(${first} << 24 | ${second} << 16) >> 16`
    case 'uint16': return `${first} << 8 | ${second}`
    case 'int32': return int32Source(b, at, offset)
    case 'uint32': return `${int32Source(b, at, offset)} >>> 0`
    case 'int64': {
      const high = int32Source(b, at, offset)
      return `${high} * ${TWO_32} + (${int32Source(b, at, offset + 4)} >>> 0)`
    }
    default: return `read_${kind}(${b}, ${at} + ${offset})`
  }
}

/** Writes what a variable holds; other variables that it makes are named after it. */
export function writeSource(
  kind: Kind, b: string, at: string, offset: number, variable: string,
): string {
  const store = (value: string, sizeBytes: number, start = offset) => (
    Array.from({ length: sizeBytes }, (_, i) => {
      const shift = 8 * (sizeBytes - 1 - i)
      return `${byte(b, at, start + i)} = ${value}${shift === 0 ? '' : ` >>> ${shift}`}`
    }).join('; ')
  )
  switch (kind) {
    case 'bool': return store(`${variable} ? 1 : 0`, 1)
    case 'int8': return store(variable, 1)
    case 'int16': case 'uint16': return store(variable, 2)
    case 'int32': case 'uint32': return store(variable, 4)
    case 'int64': {
      const [high, low] = [`${variable}_high`, `${variable}_low`]
      return `let ${high} = 0x7fffffff, ${low} = -1
if (!(${variable} >= ${TWO_63})) {
${high} = Math.floor(${variable} / ${TWO_32}); ${low} = ${variable} >>> 0
}
${store(high, 4)}; ${store(low, 4, offset + 4)}`
    }
    default: return `write_${kind}(${b}, ${at} + ${offset}, ${variable})`
  }
}

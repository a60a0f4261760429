// Variable-length integers of records: seven bits a byte, signed ones in zig-zag.

import { InvalidRecordError } from './record-errors.ts'

/** Reads one after the other; a reader is a position in a buffer, bounded by `end`. */
export class VarintReader {
  readonly buffer: Buffer
  position: number
  readonly end: number

  constructor(buffer: Buffer, position = 0, end = buffer.length) {
    this.buffer = buffer
    this.position = position
    this.end = end
  }

  byte(): number {
    if (this.position >= this.end) throw truncated()
    const byte = this.buffer[this.position]!
    this.position += 1
    return byte
  }

  /** A zig-zag integer of 32 bits. */
  varint(): number {
    const { position } = this
    const first = position < this.end ? this.buffer[position]! : 0x80
    // Most are a single byte.
    if (first < 0x80) {
      this.position = position + 1
      return (first >>> 1) ^ -(first & 1)
    }
    return this.#longVarint()
  }

  #longVarint(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte()
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1)
    }
    throw new InvalidRecordError('a variable-length integer has more than 5 bytes.')
  }

  /** A zig-zag integer of 64 bits; beyond the safe integers it is near, not exact. */
  varlong(): number {
    const { position } = this
    const first = position < this.end ? this.buffer[position]! : 0x80
    if (first < 0x80) {
      this.position = position + 1
      return (first >>> 1) ^ -(first & 1)
    }
    return this.#longVarlong()
  }

  #longVarlong(): number {
    let low = 0 // 28 bits
    let high = 0 // 35 bits above them, as a number
    let scale = 1
    for (let index = 0; index < 10; index += 1) {
      const byte = this.byte()
      if (index < 4) {
        low |= (byte & 0x7f) << (7 * index)
      } else {
        // Of the tenth byte only one bit is left of 64.
        high += (byte & (index === 9 ? 0x01 : 0x7f)) * scale
        scale *= 128
      }
      if (byte < 0x80) return unzigzag64(low, high)
    }
    throw new InvalidRecordError('a variable-length integer has more than 10 bytes.')
  }

  /** As many bytes as a length before them says; null for a negative one. The result is a view. */
  bytes(): Buffer | null {
    const length = this.varint()
    if (length < 0) return null
    if (length > this.end - this.position) throw truncated()
    const start = this.position
    this.position += length
    return this.buffer.subarray(start, this.position)
  }

  /** Passes over bytes with a length before them, and gives it: a negative one for null. */
  skipBytes(): number {
    const length = this.varint()
    if (length < 0) return length
    if (length > this.end - this.position) throw truncated()
    this.position += length
    return length
  }
}

function unzigzag64(low: number, high: number): number {
  const negative = (low & 1) === 1
  const half = high * 2 ** 27 + (low >>> 1)
  return negative ? -half - 1 : half
}

function truncated(): InvalidRecordError {
  return new InvalidRecordError('the bytes end before its fields do.')
}

export const MOST_SHORT_BYTES = 2

/**
 * A number of one or two bytes as it stands, in zig-zag; −1 for a longer one. Whoever reads on has
 * to know that the bytes are there.
 */
export function shortAt(buffer: Buffer, at: number): number {
  const first = buffer[at]!
  if (first < 0x80) return first
  const second = buffer[at + 1]!
  // A last byte of 0 adds nothing: such a number has more bytes than `widthOf` can tell.
  return second > 0 && second < 0x80 ? first - 0x80 + (second << 7) : -1
}

/** How many bytes a short number has. */
export function widthOf(short: number): number {
  return short < 0x80 ? 1 : 2
}

export function unzigzag(short: number): number {
  return (short >>> 1) ^ -(short & 1)
}

/** How many bytes follow, of a short number that is their length: none for a negative one. */
export function lengthOf(short: number): number {
  return (short & 1) === 0 ? short >>> 1 : 0
}

/** Bytes that `writeVarint` takes for a 32-bit value. */
export function sizeOfVarint(value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0
  let size = 1
  for (; rest >= 0x80; rest >>>= 7) size += 1
  return size
}

/** Writes a 32-bit value in zig-zag; gives the position behind it. */
export function writeVarint(buffer: Buffer, value: number, position: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0
  let at = position
  for (; rest >= 0x80; rest >>>= 7) {
    buffer[at] = (rest & 0x7f) | 0x80
    at += 1
  }
  buffer[at] = rest
  return at + 1
}

/** Twice the value, or for a negative one twice its distance from −1, plus one. */
function zigzag(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1
}

/** Bytes that `writeVarlong` takes for a value of at most 52 bits. */
export function sizeOfVarlong(value: number): number {
  let rest = zigzag(value)
  let size = 1
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) size += 1
  return size
}

/** Writes a value of at most 52 bits in zig-zag; gives the position behind it. */
export function writeVarlong(buffer: Buffer, value: number, position: number): number {
  let rest = zigzag(value)
  let at = position
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) {
    buffer[at] = (rest % 128) | 0x80
    at += 1
  }
  buffer[at] = rest
  return at + 1
}

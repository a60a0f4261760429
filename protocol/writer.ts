// Writes the primitive types of the protocol; large byte fields go by reference, the rest into one
// buffer.

import { writeFixed } from './fixed.ts'
import { isLate, type Part } from './late-bytes.ts'

const LEAST_BYTES = 64
/** Texts that short are mostly ASCII, and sooner copied than handed to Node. */
const SHORT_TEXT = 40

/** Besides records, which go by reference: who asks for more wants to fill the memory. */
const MAX_SIZE_BYTES = 256 * 1024 * 1024

/** A message would be larger than any has to be, or a text in it than it can be. */
export class MessageTooLargeError extends Error {
  override readonly name: string = 'MessageTooLargeError'

  constructor(reason = `it would have more than ${MAX_SIZE_BYTES} bytes`) {
    super(reason)
  }
}

export class Writer {
  /** What is written to: another one after `reserve` had to make room. */
  buffer: Buffer
  #position = 0
  /** Where the bytes begin that are not in `#done` yet. */
  #start = 0
  #done: Part[] = []
  #doneBytes = 0
  #referredBytes = 0

  constructor(sizeHintBytes = LEAST_BYTES) {
    this.buffer = Buffer.allocUnsafe(Math.max(sizeHintBytes, LEAST_BYTES))
  }

  get sizeBytes(): number {
    return this.#doneBytes + this.#position - this.#start
  }

  /** Without what went by reference. */
  get ownBytes(): number {
    return this.sizeBytes - this.#referredBytes
  }

  /** The parts in order, the first a buffer; the writer is of no further use. */
  finish(): Part[] {
    if (this.#position > this.#start || this.#done.length === 0) this.#cut()
    return this.#done
  }

  /** As `finish`, where nothing was written that is late. */
  finishBuffers(): Buffer[] {
    const parts = this.finish()
    if (parts.some(isLate)) throw new Error('bytes that are not there yet have no place here')
    return parts as Buffer[]
  }

  /** All of it in one buffer; the writer is of no further use. */
  finishWhole(): Buffer {
    const parts = this.finishBuffers()
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts)
  }

  #cut(): void {
    const part = this.buffer.subarray(this.#start, this.#position)
    this.#done.push(part)
    this.#doneBytes += part.length
    this.#start = this.#position
  }

  /** Makes room for so many bytes, and gives where they begin. */
  reserve(sizeBytes: number): number {
    const position = this.#position
    const end = position + sizeBytes
    if (end > this.buffer.length) return this.#grow(sizeBytes)
    this.#position = end
    return position
  }

  #grow(sizeBytes: number): number {
    const partBytes = this.#position - this.#start
    if (partBytes + sizeBytes > MAX_SIZE_BYTES) throw new MessageTooLargeError()
    const room = Math.min(2 * (partBytes + sizeBytes), MAX_SIZE_BYTES)
    const buffer = Buffer.allocUnsafe(Math.max(room, LEAST_BYTES))
    this.buffer.copy(buffer, 0, this.#start, this.#position)
    this.buffer = buffer
    this.#start = 0
    this.#position = partBytes + sizeBytes
    return partBytes
  }

  bool(value: boolean): void {
    const at = this.reserve(1)
    writeFixed.bool(this.buffer, at, value)
  }

  int8(value: number): void {
    const at = this.reserve(1)
    writeFixed.int8(this.buffer, at, value)
  }

  int16(value: number): void {
    const at = this.reserve(2)
    writeFixed.int16(this.buffer, at, value)
  }

  uint16(value: number): void {
    const at = this.reserve(2)
    writeFixed.uint16(this.buffer, at, value)
  }

  int32(value: number): void {
    const at = this.reserve(4)
    writeFixed.int32(this.buffer, at, value)
  }

  uint32(value: number): void {
    const at = this.reserve(4)
    writeFixed.uint32(this.buffer, at, value)
  }

  int64(value: number): void {
    const at = this.reserve(8)
    writeFixed.int64(this.buffer, at, value)
  }

  float64(value: number): void {
    const at = this.reserve(8)
    writeFixed.float64(this.buffer, at, value)
  }

  uuid(value: string): void {
    const at = this.reserve(16)
    writeFixed.uuid(this.buffer, at, value)
  }

  /** Unsigned, as a varint. */
  varint(value: number): void {
    let rest = value >>> 0
    while (rest > 0x7f) {
      this.int8(rest & 0x7f | 0x80)
      rest >>>= 7
    }
    this.int8(rest)
  }

  string(value: string): void {
    if (this.#shortText(value, 2)) return
    const length = stringLength(value)
    this.int16(length)
    this.#text(value, length)
  }

  nullableString(value: string | null): void {
    if (value === null) this.int16(-1)
    else this.string(value)
  }

  compactString(value: string): void {
    if (this.#shortText(value, 1)) return
    const length = stringLength(value)
    this.varint(length + 1)
    this.#text(value, length)
  }

  compactNullableString(value: string | null): void {
    if (value === null) this.int8(0)
    else this.compactString(value)
  }

  /**
   * Writes a short text of ASCII behind its length: of two bytes, or of one, which is a varint and
   * one more. Any other is left alone: then the result is false.
   */
  #shortText(value: string, prefixBytes: 1 | 2): boolean {
    const { length } = value
    if (length > SHORT_TEXT) return false
    const at = this.reserve(prefixBytes + length)
    const { buffer } = this
    const start = at + prefixBytes
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i)
      if (code > 0x7f) {
        this.#position = at
        return false
      }
      buffer[start + i] = code
    }
    if (prefixBytes === 2) buffer[at] = 0
    buffer[start - 1] = prefixBytes === 2 ? length : length + 1
    return true
  }

  #text(value: string, length: number): void {
    const at = this.reserve(length)
    this.buffer.write(value, at, length, 'utf8')
  }

  bytes(value: Buffer): void {
    this.int32(value.length)
    this.copy(value)
  }

  nullableBytes(value: Buffer | null): void {
    if (value === null) this.int32(-1)
    else this.bytes(value)
  }

  compactBytes(value: Buffer): void {
    this.varint(value.length + 1)
    this.copy(value)
  }

  compactNullableBytes(value: Buffer | null): void {
    if (value === null) this.int8(0)
    else this.compactBytes(value)
  }

  copy(value: Buffer): void {
    const at = this.reserve(value.length)
    value.copy(this.buffer, at)
  }

  records(value: Part): void {
    this.int32(value.length)
    this.#refer(value)
  }

  nullableRecords(value: Part | null): void {
    if (value === null) this.int32(-1)
    else this.records(value)
  }

  compactRecords(value: Part): void {
    this.varint(value.length + 1)
    this.#refer(value)
  }

  compactNullableRecords(value: Part | null): void {
    if (value === null) this.int8(0)
    else this.compactRecords(value)
  }

  #refer(value: Part): void {
    if (value.length === 0) return
    this.#cut()
    this.#done.push(value)
    this.#doneBytes += value.length
    this.#referredBytes += value.length
  }

  arrayLength(length: number): void {
    this.int32(length)
  }

  /** −1: null. */
  compactArrayLength(length: number): void {
    this.varint(length + 1)
  }

  /** One field of a tagged section: its tag, its size, and what `write` writes. */
  tagged<T>(tag: number, write: (writer: Writer, value: T) => void, value: T): void {
    const content = new Writer()
    write(content, value)
    this.varint(tag)
    this.varint(content.sizeBytes)
    for (const part of content.finishBuffers()) this.copy(part)
  }
}

function stringLength(value: string): number {
  const length = Buffer.byteLength(value, 'utf8')
  if (length > 0x7fff) {
    throw new MessageTooLargeError(`a string of ${length} bytes, where 32767 are the most`)
  }
  return length
}

// Reads the primitive types of the protocol from a buffer, and believes no length before it is
// proven.

import { StacklessError } from './errors.ts'
import { readFixed } from './fixed.ts'

/** Where the bytes went wrong. */
export interface DecodePlace {
  /** As Kafka calls it: `FetchRequest`. */
  readonly message: string
  readonly version: number
  /** `topics[3].partitions`; empty between fields and behind the last. */
  readonly path: string
  /** In the bytes that the message was read from, of the field that could not be read. */
  readonly offset: number
}

/**
 * The bytes are not what they should be. Whoever sent them gets no answer: the connection closes.
 */
export class DecodeError extends StacklessError {
  override readonly name = 'DecodeError'
  /** What is wrong, without the place. */
  readonly reason: string
  /** Undefined where the bytes are of no message that is known. */
  readonly place: DecodePlace | undefined

  constructor(reason: string, place?: DecodePlace) {
    super(place === undefined ? reason : `${textOf(place)}: ${reason}`)
    this.reason = reason
    this.place = place
  }
}

function textOf({ message, version, path, offset }: DecodePlace): string {
  return `${message} version ${version}${path === '' ? '' : `, ${path}`}, byte ${offset}`
}

/** The most elements of one array, in Kafka too. */
const MAX_ELEMENTS = 1_000_000
/** The most fields in one tagged section, in Kafka too. Only known ones are kept. */
const MAX_TAGS = 10_000

/**
 * What the arrays of one message may hold altogether, counted in values: a number is one; a text,
 * a list or another object is four or more, and what it holds (see `generate.ts`). Kafka bounds
 * each array for itself; but one byte on the wire may become a hundred in memory, and arrays stand
 * in arrays. A value takes some ten bytes: whatever the size of its frame, a request becomes no
 * more than about 10 MB, and is read in less than a tenth of a second. Honest ones stay far below:
 * there is room for a fetch of 50,000 partitions, for 100,000 topics in Metadata, for 200,000
 * groups; Kafka is run with some thousand partitions on a broker, and its clients ask in pieces.
 */
export const REQUEST_VALUES = 1_000_000
/** What another node answered, or this one wrote itself: large is what was asked for. */
export const TRUSTED_VALUES = 50_000_000

export class Reader {
  readonly buffer: Buffer
  offset: number
  #valuesLeft: number

  constructor(buffer: Buffer, offset: number, values = REQUEST_VALUES) {
    this.buffer = buffer
    this.offset = offset
    this.#valuesLeft = values
  }

  /** Moves on, and gives where the bytes began. */
  skip(sizeBytes: number): number {
    const start = this.offset
    const end = start + sizeBytes
    if (end > this.buffer.length) throw this.#isCutOff(sizeBytes)
    this.offset = end
    return start
  }

  // Errors are made by functions of their own: the engine inlines what is small.

  #isCutOff(sizeBytes: number): DecodeError {
    const restBytes = this.buffer.length - this.offset
    return new DecodeError(`${sizeBytes} bytes are to come, and ${restBytes} are left`)
  }

  bool(): boolean {
    return readFixed.bool(this.buffer, this.skip(1))
  }

  int8(): number {
    return readFixed.int8(this.buffer, this.skip(1))
  }

  int16(): number {
    return readFixed.int16(this.buffer, this.skip(2))
  }

  uint16(): number {
    return readFixed.uint16(this.buffer, this.skip(2))
  }

  int32(): number {
    return readFixed.int32(this.buffer, this.skip(4))
  }

  uint32(): number {
    return readFixed.uint32(this.buffer, this.skip(4))
  }

  int64(): number {
    return readFixed.int64(this.buffer, this.skip(8))
  }

  float64(): number {
    return readFixed.float64(this.buffer, this.skip(8))
  }

  uuid(): string {
    return readFixed.uuid(this.buffer, this.skip(16))
  }

  /** An unsigned varint of up to five bytes, as Kafka takes it: the 32 bits of a signed integer. */
  varint(): number {
    const first = this.buffer[this.offset]
    if (first! < 0x80) {
      this.offset++
      return first!
    }
    return this.#longVarint()
  }

  #longVarint(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.buffer[this.skip(1)]!
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    throw new DecodeError('a varint of more than five bytes')
  }

  string(): string {
    return this.#text(required(this.int16()))
  }

  nullableString(): string | null {
    const length = this.int16()
    return length < 0 ? null : this.#text(length)
  }

  compactString(): string {
    return this.#text(required(this.#compactStringLength()))
  }

  compactNullableString(): string | null {
    const length = this.#compactStringLength()
    return length < 0 ? null : this.#text(length)
  }

  #compactStringLength(): number {
    const length = this.#compactLength()
    if (length > 0x7fff) throw isTooLong(length)
    return length
  }

  /** Null is a negative one. The end of the range wraps around, as it does in Java. */
  #compactLength(): number {
    return this.varint() - 1 | 0
  }

  #text(length: number): string {
    const start = this.skip(length)
    return this.buffer.toString('utf8', start, this.offset)
  }

  bytes(): Buffer {
    return this.#view(required(this.int32()))
  }

  nullableBytes(): Buffer | null {
    const length = this.int32()
    return length < 0 ? null : this.#view(length)
  }

  compactBytes(): Buffer {
    return this.#view(required(this.#compactLength()))
  }

  compactNullableBytes(): Buffer | null {
    const length = this.#compactLength()
    return length < 0 ? null : this.#view(length)
  }

  #view(length: number): Buffer {
    const start = this.skip(length)
    return this.buffer.subarray(start, this.offset)
  }

  /**
   * How many elements an array has, each of at least so many bytes and so many values (see
   * `REQUEST_VALUES`).
   */
  arrayLength(elementBytes: number, elementValues: number): number {
    return this.#count(required(this.int32()), elementBytes, elementValues)
  }

  /** As `arrayLength`; −1 for null. */
  nullableArrayLength(elementBytes: number, elementValues: number): number {
    return this.#count(this.int32(), elementBytes, elementValues)
  }

  compactArrayLength(elementBytes: number, elementValues: number): number {
    return this.#count(required(this.#compactLength()), elementBytes, elementValues)
  }

  compactNullableArrayLength(elementBytes: number, elementValues: number): number {
    return this.#count(this.#compactLength(), elementBytes, elementValues)
  }

  #count(length: number, elementBytes: number, elementValues: number): number {
    if (length <= 0) return length < 0 ? -1 : 0
    const restBytes = this.buffer.length - this.offset
    this.#valuesLeft -= length * elementValues
    if (length * elementBytes > restBytes || length > MAX_ELEMENTS || this.#valuesLeft < 0) {
      throw isTooMuch(length, elementBytes, restBytes)
    }
    return length
  }

  /** How many fields the tagged section has. */
  tagCount(): number {
    if (this.buffer[this.offset] !== 0) return this.#tagCount()
    this.offset++
    return 0
  }

  #tagCount(): number {
    const count = this.varint()
    const restBytes = this.buffer.length - this.offset
    if (count < 0 || count > MAX_TAGS || count > restBytes) {
      throw new DecodeError(`${count} tagged fields, and ${restBytes} bytes are left`)
    }
    return count
  }

  /** Passes over a tagged field that is not known. As in Kafka, the size of others is not read. */
  skipTag(sizeBytes: number): void {
    this.skip(required(sizeBytes))
  }

  /** Passes over a tagged section of which no field is known. */
  skipTags(): void {
    for (let count = this.tagCount(); count > 0; count--) {
      this.varint()
      this.skipTag(this.varint())
    }
  }

  /** For a tag that the version does not have, though others do. */
  refuseTag(tag: number): never {
    throw new DecodeError(`tag ${tag} is not part of this version`)
  }
}

/** Knows at which field it is, for those whose reading failed; see `generateReader`. */
export class TracedReader extends Reader {
  /** `.name` of fields and `[index]` of elements, down to what is being read. */
  readonly #path: string[] = []
  /** Where the field began that is being read. */
  fieldOffset: number

  constructor(buffer: Buffer, offset: number, values: number) {
    super(buffer, offset, values)
    this.fieldOffset = offset
  }

  at<T>(label: string, read: () => T): T {
    this.#path.push(label)
    this.fieldOffset = this.offset
    const value = read()
    this.#path.pop()
    this.fieldOffset = this.offset
    return value
  }

  /** Without the dot in front. */
  get path(): string {
    return this.#path.join('').slice(1)
  }
}

function required(length: number): number {
  if (length < 0) throw isNull()
  return length
}

function isNull(): DecodeError {
  return new DecodeError('null where a value must be')
}

function isTooMuch(length: number, elementBytes: number, restBytes: number): DecodeError {
  const isCutOff = length * elementBytes > restBytes
  const why = isCutOff ? `, and ${restBytes} bytes are left` : ' is too much'
  return new DecodeError(`an array of ${length} elements${why}`)
}

function isTooLong(length: number): DecodeError {
  return new DecodeError(`a string of ${length} bytes`)
}

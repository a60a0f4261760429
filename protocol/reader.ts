// Reads the primitive types of the protocol from a buffer, and believes no length before it is
// proven.

/**
 * The bytes are not what they should be. Whoever sent them gets no answer: the connection closes.
 */
export class DecodeError extends Error {
  override readonly name = 'DecodeError'
}

/** The most array elements of one message: far above what clients send, far below what harms. */
const MAX_ELEMENTS = 1_000_000
/** The most fields in one tagged section; Kafka itself has sent no more than a handful so far. */
const MAX_TAGS = 1024

const TWO_32 = 2 ** 32

export class Reader {
  readonly buffer: Buffer
  offset: number
  #elements = 0

  constructor(buffer: Buffer, offset: number) {
    this.buffer = buffer
    this.offset = offset
  }

  /** Moves on, and gives where the bytes began. */
  skip(sizeBytes: number): number {
    const start = this.offset
    if (sizeBytes > this.buffer.length - start) {
      throw new DecodeError(`${sizeBytes} bytes at ${start} of ${this.buffer.length}`)
    }
    this.offset = start + sizeBytes
    return start
  }

  bool(): boolean {
    return this.buffer[this.skip(1)] !== 0
  }

  int8(): number {
    return this.buffer.readInt8(this.skip(1))
  }

  int16(): number {
    return this.buffer.readInt16BE(this.skip(2))
  }

  uint16(): number {
    return this.buffer.readUInt16BE(this.skip(2))
  }

  int32(): number {
    return this.buffer.readInt32BE(this.skip(4))
  }

  uint32(): number {
    return this.buffer.readUInt32BE(this.skip(4))
  }

  int64(): number {
    const start = this.skip(8)
    return this.buffer.readInt32BE(start) * TWO_32 + this.buffer.readUInt32BE(start + 4)
  }

  float64(): number {
    return this.buffer.readDoubleBE(this.skip(8))
  }

  uuid(): string {
    const start = this.skip(16)
    return this.buffer.toString('base64url', start, start + 16)
  }

  /** An unsigned varint of up to five bytes, as Kafka takes it: the 32 bits of a signed integer. */
  varint(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.buffer[this.skip(1)]!
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    throw new DecodeError(`a varint of more than five bytes at ${this.offset - 5}`)
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
    const length = this.varint() - 1
    if (length > 0x7fff) throw new DecodeError(`a string of ${length} bytes`)
    return length
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
    return this.#view(required(this.varint() - 1))
  }

  compactNullableBytes(): Buffer | null {
    const length = this.varint() - 1
    return length < 0 ? null : this.#view(length)
  }

  #view(length: number): Buffer {
    const start = this.skip(length)
    return this.buffer.subarray(start, this.offset)
  }

  /** How many elements an array has, each of at least so many bytes. */
  arrayLength(elementBytes: number): number {
    return this.#count(required(this.int32()), elementBytes)
  }

  /** As `arrayLength`; −1 for null. */
  nullableArrayLength(elementBytes: number): number {
    return this.#count(this.int32(), elementBytes)
  }

  compactArrayLength(elementBytes: number): number {
    return this.#count(required(this.varint() - 1), elementBytes)
  }

  compactNullableArrayLength(elementBytes: number): number {
    return this.#count(this.varint() - 1, elementBytes)
  }

  #count(length: number, elementBytes: number): number {
    if (length < 0) return -1
    this.#elements += length
    const restBytes = this.buffer.length - this.offset
    if (length * elementBytes > restBytes || this.#elements > MAX_ELEMENTS) {
      throw new DecodeError(`an array of ${length} elements in ${restBytes} bytes`)
    }
    return length
  }

  /** How many fields the tagged section has. */
  tagCount(): number {
    const count = this.varint()
    if (count < 0 || count > MAX_TAGS) throw new DecodeError(`${count} tagged fields`)
    return count
  }

  /** The size of a tagged field, which must be there. */
  tagSize(): number {
    const sizeBytes = required(this.varint())
    if (sizeBytes > this.buffer.length - this.offset) {
      throw new DecodeError(`a tagged field of ${sizeBytes} bytes at ${this.offset}`)
    }
    return sizeBytes
  }

  /** Passes over a tagged section of which no field is known. */
  skipTags(): void {
    for (let count = this.tagCount(); count > 0; count--) {
      this.varint()
      this.skip(this.tagSize())
    }
  }

  /** For a tag that the version does not have, though others do. */
  refuseTag(tag: number): never {
    throw new DecodeError(`tag ${tag} is not part of this version`)
  }
}

function required(length: number): number {
  if (length < 0) throw new DecodeError('null where a value must be')
  return length
}

// What codecs written by hand are made of: a place in a buffer to read at, and one to write at.

const TWO_32 = 2 ** 32
/** Sooner copied than handed to Node. */
const SHORT_TEXT = 40

export class Input {
  readonly buffer: Buffer
  at: number

  constructor(buffer: Buffer, at: number) {
    this.buffer = buffer
    this.at = at
  }

  /** Moves on over so many bytes, which must be there, and gives where they began. */
  take(sizeBytes: number): number {
    const start = this.at
    this.at = start + sizeBytes
    if (this.at > this.buffer.length) throw new RangeError('a message is cut off')
    return start
  }

  /** Unsigned. */
  varint(): number {
    const byte = this.buffer[this.at]!
    if (byte < 0x80) {
      this.at++
      return byte
    }
    return this.#longVarint()
  }

  #longVarint(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.buffer[this.take(1)]!
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
    }
    throw new RangeError('a varint is too long')
  }

  text(): string {
    const length = this.varint() - 1
    if (length < 0) throw new RangeError('null where a text must be')
    const start = this.take(length)
    return this.buffer.toString('utf8', start, this.at)
  }

  nullableText(): string | null {
    if (this.buffer[this.at] !== 0) return this.text()
    this.at++
    return null
  }

  uuid(): string {
    const start = this.take(16)
    return this.buffer.toString('base64url', start, this.at)
  }

  view(): Buffer | null {
    const length = this.varint() - 1
    if (length < 0) return null
    const start = this.take(length)
    return this.buffer.subarray(start, this.at)
  }

  /** Of an array whose elements have at least so many bytes; −1 for null. */
  length(elementBytes: number): number {
    const length = this.varint() - 1
    if (length * elementBytes > this.buffer.length - this.at) {
      throw new RangeError('an array is longer than its bytes')
    }
    return length
  }

  int32s(): number[] {
    const length = this.length(4)
    const { buffer } = this
    const start = this.take(4 * length)
    const values: number[] = []
    for (let i = 0; i < length; i++) values.push(readInt32(buffer, start + 4 * i))
    return values
  }

  /** A tagged section of which nothing is known. */
  skipTags(): void {
    for (let count = this.varint(); count > 0; count--) {
      this.varint()
      this.take(this.varint())
    }
  }
}

export function readInt16(buffer: Buffer, at: number): number {
  return (buffer[at]! << 24 | buffer[at + 1]! << 16) >> 16
}

export function readInt32(buffer: Buffer, at: number): number {
  return buffer[at]! << 24 | buffer[at + 1]! << 16 | buffer[at + 2]! << 8 | buffer[at + 3]!
}

export function readInt64(buffer: Buffer, at: number): number {
  return readInt32(buffer, at) * TWO_32 + (readInt32(buffer, at + 4) >>> 0)
}

export class Output {
  buffer: Buffer
  at = 0
  #start = 0
  readonly #parts: Buffer[] = []
  #partBytes = 0

  constructor(sizeBytes: number) {
    this.buffer = Buffer.allocUnsafe(sizeBytes)
  }

  /** Room for so many bytes at `at`. */
  ensure(sizeBytes: number): Buffer {
    if (this.at + sizeBytes <= this.buffer.length) return this.buffer
    const larger = Buffer.allocUnsafe(2 * (this.at - this.#start + sizeBytes))
    this.buffer.copy(larger, 0, this.#start, this.at)
    this.at -= this.#start
    this.#start = 0
    this.buffer = larger
    return larger
  }

  varint(value: number): void {
    const buffer = this.ensure(5)
    let rest = value
    while (rest > 0x7f) {
      buffer[this.at++] = rest & 0x7f | 0x80
      rest >>>= 7
    }
    buffer[this.at++] = rest
  }

  text(value: string): void {
    if (value.length <= SHORT_TEXT && this.#shortText(value)) return
    const length = Buffer.byteLength(value)
    this.varint(length + 1)
    const buffer = this.ensure(length)
    this.at += buffer.write(value, this.at)
  }

  /** False for what is not ASCII. */
  #shortText(value: string): boolean {
    const { length } = value
    const buffer = this.ensure(length + 1)
    let { at } = this
    buffer[at++] = length + 1
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i)
      if (code > 0x7f) return false
      buffer[at++] = code
    }
    this.at = at
    return true
  }

  nullableText(value: string | null): void {
    if (value === null) this.varint(0)
    else this.text(value)
  }

  uuid(value: string): void {
    const buffer = this.ensure(16)
    this.at += buffer.write(value, this.at, 16, 'base64url')
  }

  int32s(values: readonly number[]): void {
    this.varint(values.length + 1)
    const buffer = this.ensure(4 * values.length)
    for (const value of values) this.at = writeInt32(buffer, value, this.at)
  }

  /** By reference. */
  records(value: Buffer | null): void {
    if (value === null) {
      this.varint(0)
      return
    }
    this.varint(value.length + 1)
    if (value.length === 0) return
    this.#cut()
    this.#parts.push(value)
    this.#partBytes += value.length
  }

  #cut(): void {
    const part = this.buffer.subarray(this.#start, this.at)
    this.#parts.push(part)
    this.#partBytes += part.length
    this.#start = this.at
  }

  /** A frame, its length first. */
  finish(): Buffer[] {
    if (this.at > this.#start) this.#cut()
    writeInt32(this.#parts[0]!, this.#partBytes - 4, 0)
    return this.#parts
  }
}

export function writeInt16(buffer: Buffer, value: number, at: number): number {
  buffer[at] = value >>> 8
  buffer[at + 1] = value
  return at + 2
}

export function writeInt32(buffer: Buffer, value: number, at: number): number {
  buffer[at] = value >>> 24
  buffer[at + 1] = value >>> 16
  buffer[at + 2] = value >>> 8
  buffer[at + 3] = value
  return at + 4
}

export function writeInt64(buffer: Buffer, value: number, at: number): number {
  writeInt32(buffer, Math.floor(value / TWO_32), at)
  return writeInt32(buffer, value >>> 0, at + 4)
}

/** The header of a request in its second version; a length goes before it later. */
export function requestFrame(
  key: number, version: number, correlationId: number, clientId: string,
): Output {
  const out = new Output(1024)
  const { buffer } = out
  writeInt16(buffer, key, 4)
  writeInt16(buffer, version, 6)
  writeInt32(buffer, correlationId, 8)
  out.at = 13
  out.text(clientId)
  writeInt16(buffer, out.at - 14, 12)
  buffer[out.at++] = 0
  return out
}

/** The header of a response in its first version. */
export function responseFrame(correlationId: number, sizeBytes: number): Output {
  const out = new Output(sizeBytes)
  writeInt32(out.buffer, correlationId, 4)
  out.buffer[8] = 0
  out.at = 9
  return out
}

// Where in a message lengths and counts stand, found by reading it.

import { generateReader, type Read } from '../protocol/generate.ts'
import { isFlexible } from '../protocol/header.ts'
import { DecodeError, Reader } from '../protocol/reader.ts'
import type { Message } from '../protocol/schema.ts'

export interface LengthPlace {
  readonly form: 'int16' | 'int32' | 'varint'
  readonly start: number
  readonly end: number
}

const SIZES = { int16: 2, int32: 4 }

class Spy extends Reader {
  readonly places: LengthPlace[] = []

  override string() { this.#note('int16'); return super.string() }
  override nullableString() { this.#note('int16'); return super.nullableString() }
  override compactString() { this.#note('varint'); return super.compactString() }
  override compactNullableString() { this.#note('varint'); return super.compactNullableString() }
  override bytes() { this.#note('int32'); return super.bytes() }
  override nullableBytes() { this.#note('int32'); return super.nullableBytes() }
  override compactBytes() { this.#note('varint'); return super.compactBytes() }
  override compactNullableBytes() { this.#note('varint'); return super.compactNullableBytes() }
  override tagCount() { this.#note('varint'); return super.tagCount() }

  override arrayLength(bytes: number, values: number) {
    this.#note('int32')
    return super.arrayLength(bytes, values)
  }

  override nullableArrayLength(bytes: number, values: number) {
    this.#note('int32')
    return super.nullableArrayLength(bytes, values)
  }

  override compactArrayLength(bytes: number, values: number) {
    this.#note('varint')
    return super.compactArrayLength(bytes, values)
  }

  override compactNullableArrayLength(bytes: number, values: number) {
    this.#note('varint')
    return super.compactNullableArrayLength(bytes, values)
  }

  #note(form: LengthPlace['form']): void {
    const start = this.offset
    let end = start
    if (form === 'varint') while ((this.buffer[end++] ?? 0) >= 0x80);
    else end += SIZES[form]
    this.places.push({ form, start, end })
  }
}

/** Readers of messages by version, made once. */
export class PlaceFinder {
  readonly #readers = new Map<Message, Read[]>()

  /** Those up to where the bytes cannot be read any more. */
  placesIn(message: Message, version: number, bytes: Buffer): LengthPlace[] {
    const spy = new Spy(bytes, 0)
    try {
      this.#readerOf(message, version)(spy)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
    }
    return spy.places
  }

  #readerOf(message: Message, version: number): Read {
    let versions = this.#readers.get(message)
    if (versions === undefined) this.#readers.set(message, versions = [])
    return versions[version] ??=
      generateReader(message.shape, version, isFlexible(message, version))
  }
}

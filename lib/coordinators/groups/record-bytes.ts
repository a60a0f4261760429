// The two bytes before a key, which tell the kind of the record, and before a value, which tell its
// version.

import { decodeMessage, DecodeError } from '../../../protocol/compile.ts'
import type { Decoded, Message } from '../../../protocol/schema.ts'

export const NUMBER_SIZE_BYTES = 2

/** Throws `DecodeError`. */
export function numberOf(bytes: Buffer): number {
  if (bytes.length < NUMBER_SIZE_BYTES) throw new DecodeError('a record without its number')
  return bytes.readInt16BE(0)
}

export function decodeKey<M extends Message>(of: M, key: Buffer): Decoded<M> {
  return decodeMessage(of, 0, key, NUMBER_SIZE_BYTES)
}

export function decodeValue<M extends Message>(of: M, value: Buffer): Decoded<M> {
  return decodeMessage(of, numberOf(value), value, NUMBER_SIZE_BYTES)
}

// Messages to bytes and back: straight-line readers and writers, built on first use from a
// message's description, one for each version.

import { writeFixed } from './fixed.ts'
import { generateReader, generateWriter, type Read, type Write } from './generate.ts'
import {
  decodeResponseHeader, isFlexible, requestHeaderVersion, responseHeaderVersion,
} from './header.ts'
import type { Part } from './late-bytes.ts'
import { PREPARED_READERS, PREPARED_WRITERS } from './prepared.ts'
import { DecodeError, Reader, REQUEST_VALUES, TracedReader, TRUSTED_VALUES } from './reader.ts'
import type {
  Api, Decoded, Encodable, Message, RequestOf, ResponseOf, WriteOf,
} from './schema.ts'
import { Writer } from './writer.ts'

export { DecodeError }

/** What has been built for one version of a message. */
interface Codec {
  read: Read | undefined
  /** Reads as well, slowly, and knows where it is. */
  trace: Read | undefined
  write: Write | undefined
  /** What the next buffer begins with: as much as was last needed, and going down slowly. */
  sizeHintBytes: number
}

/** Length, key, version and correlation id. */
const REQUEST_START_BYTES = 12
const LENGTH_BYTES = 4

const MOST_HINT_BYTES = 16 * 1024
const HINT_DECAY = 1 / 8

/** A memo and nothing else: what it holds depends on the description alone. */
const codecs = new WeakMap<Message, (Codec | undefined)[]>()

function codecOf(message: Message, version: number): Codec {
  let versions = codecs.get(message)
  if (versions === undefined) codecs.set(message, versions = [])
  const known = versions[version]
  if (known !== undefined) return known
  if (!hasVersion(message, version)) {
    throw new RangeError(`${message.name} has no version ${version}`)
  }
  const fresh: Codec = { read: undefined, trace: undefined, write: undefined, sizeHintBytes: 0 }
  versions[version] = fresh
  return fresh
}

function hasVersion({ versions }: Message, version: number): boolean {
  return version >= versions[0] && version <= versions[1]
}

/** Of a version that has not been used yet, and may not be there. */
function codecToRead(message: Message, version: number): Codec {
  if (hasVersion(message, version)) return codecOf(message, version)
  throw new DecodeError(`${message.name} has no version ${version}`)
}

function readMessage(
  message: Message, version: number, buffer: Buffer, offset: number, values: number,
): unknown {
  const codec = codecs.get(message)?.[version] ?? codecToRead(message, version)
  codec.read ??= readerOf(message, version)
  try {
    return codec.read(new Reader(buffer, offset, values))
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw withPlace(error, message, version, new TracedReader(buffer, offset, values))
  }
}

function readerOf(message: Message, version: number): Read {
  return PREPARED_READERS[`${message.name} ${version}`]?.()
    ?? generateReader(message.shape, version, isFlexible(message, version))
}

function writerOf(message: Message, version: number): Write {
  return PREPARED_WRITERS[`${message.name} ${version}`]?.()
    ?? generateWriter(message.shape, version, isFlexible(message, version))
}

/** The error with its place: the bytes are read again, and fail again, by a reader that looks. */
function withPlace(
  error: DecodeError, message: Message, version: number, reader: TracedReader,
): DecodeError {
  const codec = codecOf(message, version)
  codec.trace ??= generateReader(message.shape, version, isFlexible(message, version), true)
  try {
    codec.trace(reader)
  } catch (traced) {
    // Of one field, where the other may be of several that are read at once.
    const { reason } = traced instanceof DecodeError ? traced : error
    const { path, fieldOffset } = reader
    const place = { message: message.name, version, path, offset: fieldOffset }
    return new DecodeError(reason, place)
  }
  return error
}

function writeInto(
  writer: Writer, codec: Codec, message: Message, version: number, value: unknown,
): void {
  codec.write ??= writerOf(message, version)
  codec.write(writer, value)
  const neededBytes = Math.min(writer.ownBytes, MOST_HINT_BYTES)
  const surplusBytes = codec.sizeHintBytes - neededBytes
  codec.sizeHintBytes = neededBytes
    + (surplusBytes > 0 ? surplusBytes - Math.ceil(surplusBytes * HINT_DECAY) : 0)
}

/**
 * Reads a message. Bytes after it are left alone. Throws `DecodeError`, for a version too that the
 * message does not have.
 */
export function decodeMessage<M extends Message>(
  message: M, version: number, buffer: Buffer, offset = 0,
): Decoded<M> {
  return readMessage(message, version, buffer, offset, REQUEST_VALUES) as Decoded<M>
}

/** Writes a message into one buffer. */
export function encodeMessage<M extends Message>(
  message: M, version: number, value: Encodable<M>,
): Buffer {
  const codec = codecOf(message, version)
  const writer = new Writer(codec.sizeHintBytes)
  writeInto(writer, codec, message, version, value)
  return writer.finishWhole()
}

/** As `encodeMessage`, behind a number of 16 bits: so keys and values of coordinators begin. */
export function encodeNumbered<M extends Message>(
  number: number, message: M, version: number, value: Encodable<M>,
): Buffer {
  const codec = codecOf(message, version)
  const writer = new Writer(codec.sizeHintBytes)
  writer.int16(number)
  writeInto(writer, codec, message, version, value)
  return writer.finishWhole()
}

/**
 * Writes a whole response frame, its length included: `records` fields by reference, the rest in as
 * few buffers as that allows.
 */
export function encodeResponse<A extends Api>(
  api: A, version: number, correlationId: number, body: ResponseOf<A>,
): Part[] {
  const codec = codecOf(api.response, version)
  const writer = new Writer(codec.sizeHintBytes)
  writer.int32(0)
  writer.int32(correlationId)
  if (responseHeaderVersion(api.key, isFlexible(api, version)) > 0) writer.varint(0)
  writeInto(writer, codec, api.response, version, body)
  return framed(writer, writer.finish())
}

/** Writes a whole request frame, its length included, as `encodeResponse` does. */
export function encodeRequest<A extends Api>(
  api: A, version: number, correlationId: number, clientId: string | null,
  body: WriteOf<A['request']['shape']>,
): Buffer[] {
  const codec = codecOf(api.request, version)
  const writer = new Writer(codec.sizeHintBytes)
  const at = writer.reserve(REQUEST_START_BYTES)
  writeFixed.int16(writer.buffer, at + 4, api.key)
  writeFixed.int16(writer.buffer, at + 6, version)
  writeFixed.int32(writer.buffer, at + 8, correlationId)
  writer.nullableString(clientId)
  if (requestHeaderVersion(api.key, version) > 1) writer.varint(0)
  writeInto(writer, codec, api.request, version, body)
  return framed(writer, writer.finishBuffers())
}

/** Puts the length of the whole frame into the first four bytes of its first part, a buffer. */
function framed<P extends Part>(writer: Writer, parts: P[]): P[] {
  (parts[0] as Buffer).writeInt32BE(writer.sizeBytes - LENGTH_BYTES, 0)
  return parts
}

/** Reads a request's body; `bodyOffset` comes from `decodeRequestHeader`. */
export function decodeRequest<A extends Api>(
  api: A, version: number, frame: Buffer, bodyOffset: number,
): RequestOf<A> {
  return decodeMessage(api.request, version, frame, bodyOffset) as RequestOf<A>
}

/** Reads a response frame without its length. Throws `DecodeError`. */
export function decodeResponse<A extends Api>(
  api: A, version: number, frame: Buffer,
): { correlationId: number, body: Decoded<A['response']> } {
  const headerVersion = responseHeaderVersion(api.key, isFlexible(api, version))
  const { correlationId, bodyOffset } = decodeResponseHeader(frame, headerVersion)
  const body = readMessage(api.response, version, frame, bodyOffset, TRUSTED_VALUES)
  return { correlationId, body: body as Decoded<A['response']> }
}

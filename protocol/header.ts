// The headers of requests and responses: which version an API's message has, and what is in them.

import { FLEXIBLE_SINCE } from './apis.ts'
import { readFixed } from './fixed.ts'
import { DecodeError, Reader } from './reader.ts'

export interface RequestHeader {
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  readonly clientId: string | null
  /** Where the body begins. */
  readonly bodyOffset: number
}

/** Its response header has no tags in any version, so that every client can read its errors. */
const API_VERSIONS = 18

const CORRELATION_ID_BYTES = 4

/** Whether a version is in the compact form with tagged fields (KIP-482). */
export function isFlexible(
  { flexibleSince }: { readonly flexibleSince: number | undefined }, version: number,
): boolean {
  return flexibleSince !== undefined && version >= flexibleSince
}

/** 1: client id; 2: and tagged fields. An API that nobody knows counts as not flexible. */
export function requestHeaderVersion(apiKey: number, apiVersion: number): 1 | 2 {
  return apiVersion >= (FLEXIBLE_SINCE.get(apiKey) ?? Infinity) ? 2 : 1
}

/** 0: correlation id alone; 1: and tagged fields. */
export function responseHeaderVersion(apiKey: number, isFlexibleVersion: boolean): 0 | 1 {
  return isFlexibleVersion && apiKey !== API_VERSIONS ? 1 : 0
}

/** Reads the header of a request frame (without its length). Throws `DecodeError`. */
export function decodeRequestHeader(frame: Buffer): RequestHeader {
  const reader = new Reader(frame, 0)
  let version: 1 | 2 = 1
  let field = 'requestApiKey'
  try {
    const apiKey = reader.int16()
    field = 'requestApiVersion'
    const apiVersion = reader.int16()
    field = 'correlationId'
    const correlationId = reader.int32()
    field = 'clientId'
    const clientId = reader.nullableString()
    field = ''
    version = requestHeaderVersion(apiKey, apiVersion)
    if (version > 1) reader.skipTags()
    return { apiKey, apiVersion, correlationId, clientId, bodyOffset: reader.offset }
  } catch (error) {
    throw placed(error, 'RequestHeader', version, field, reader.offset)
  }
}

/** Reads the header of a response frame (without its length). Throws `DecodeError`. */
export function decodeResponseHeader(
  frame: Buffer, version: 0 | 1,
): { correlationId: number, bodyOffset: number } {
  // Nearly always: nothing but a number, and no tags.
  const hasNoTags = version === 0 || frame[CORRELATION_ID_BYTES] === 0
  if (frame.length > CORRELATION_ID_BYTES && hasNoTags) {
    const correlationId = readFixed.int32(frame, 0)
    return { correlationId, bodyOffset: CORRELATION_ID_BYTES + version }
  }
  const reader = new Reader(frame, 0)
  try {
    const correlationId = reader.int32()
    if (version > 0) reader.skipTags()
    return { correlationId, bodyOffset: reader.offset }
  } catch (error) {
    const field = reader.offset === 0 ? 'correlationId' : ''
    throw placed(error, 'ResponseHeader', version, field, reader.offset)
  }
}

function placed(
  error: unknown, message: string, version: number, path: string, offset: number,
): unknown {
  return error instanceof DecodeError
    ? new DecodeError(error.reason, { message, version, path, offset })
    : error
}

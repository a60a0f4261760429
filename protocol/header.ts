// The headers of requests and responses: which version an API's message has, and what is in them.

import { FLEXIBLE_SINCE } from './apis.ts'
import { Reader } from './reader.ts'

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
  const apiKey = reader.int16()
  const apiVersion = reader.int16()
  const correlationId = reader.int32()
  const clientId = reader.nullableString()
  if (requestHeaderVersion(apiKey, apiVersion) > 1) reader.skipTags()
  return { apiKey, apiVersion, correlationId, clientId, bodyOffset: reader.offset }
}

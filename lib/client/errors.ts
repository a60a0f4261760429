// What can go wrong for a client: nobody there, no answer, a broker that cannot, one that refuses.

import { ApiError, type ErrorCode, Errors, errorMessage, errorName } from '../../protocol/errors.ts'
import type { RecordToWrite } from '../../protocol/records/record-writer.ts'

/** No connection, or it broke: of the address, for the reason. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError'
  readonly address: string
  /** The system's code: ECONNREFUSED, ENOTFOUND, …; empty where there is none. */
  readonly code: string

  constructor(address: string, reason: string, code = '') {
    super(`${address}: ${reason}`)
    this.address = address
    this.code = code
  }
}

/** There was a connection, and no answer in time. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError'
}

/** The broker does not serve the API, or in no version that is known here. */
export class UnsupportedError extends Error {
  override readonly name = 'UnsupportedError'
  readonly api: string

  constructor(address: string, api: string, reason: string) {
    super(`${address} does not serve ${api}${reason}`)
    this.api = api
  }
}

/** What answers on the address is no Kafka broker, by its first bytes. */
export class ForeignError extends Error {
  override readonly name = 'ForeignError'
  readonly speaks: 'HTTP' | 'TLS' | undefined

  constructor(address: string, speaks: 'HTTP' | 'TLS' | undefined) {
    super(speaks === undefined
      ? `${address} answers, but not in Kafka's protocol`
      : `${address} speaks ${speaks}, not Kafka's protocol in plain`)
    this.speaks = speaks
  }
}

/** The broker's own refusal of one thing, a topic for instance. */
export class RefusedError extends ApiError {
  override readonly name: string = 'RefusedError'
  /** What it is about: `topic orders`. */
  readonly about: string

  constructor(code: number, about: string, message?: string | null) {
    const said = message === null || message === undefined || message === ''
      ? errorMessage(code) ?? errorName(code)
      : message
    super(code as ErrorCode, said)
    this.about = about
  }

  /** As the protocol calls it. */
  get codeName(): string {
    return errorName(this.code)
  }
}

/** A refusal of a batch for one of its records (KIP-467): nothing of the batch was taken. */
export class RefusedRecordError extends RefusedError {
  override readonly name = 'RefusedRecordError'
  readonly record: RecordToWrite

  constructor(
    code: number, about: string, message: string | null | undefined, record: RecordToWrite,
  ) {
    super(code, about, message)
    this.record = record
  }
}

/**
 * Whether the other side does not know what it was asked: it serves no version of it, or says so in
 * its answer, as where a feature of the cluster is of an older level.
 */
export function isUnsupported(error: unknown): boolean {
  return error instanceof UnsupportedError
    || (error instanceof RefusedError && error.code === Errors.UNSUPPORTED_VERSION)
}

/** Throws the refusal, where the code is one. */
export function throwIfRefused(code: number, about: string, message?: string | null): void {
  if (code !== 0) throw new RefusedError(code, about, message)
}

/** What a person makes of the system's word for a connection that failed. */
export function reasonOfConnecting(error: unknown): { reason: string, code: string } {
  const { code = '', message = String(error) } = error as { code?: string, message?: string }
  return { reason: REASONS.get(code) ?? message, code }
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'nothing listens there'],
  ['ENOTFOUND', 'no such host'],
  ['EAI_AGAIN', 'the name server does not answer'],
  ['ETIMEDOUT', 'no answer'],
  ['EHOSTUNREACH', 'no way to this host'],
  ['ENETUNREACH', 'no way to this network'],
  ['ECONNRESET', 'the connection was cut'],
  ['EPIPE', 'the connection was cut'],
])

// What a handler of an API is: a function from a request to an answer, with the versions it serves.

import type { ErrorCode } from '../../protocol/errors.ts'
import type {
  Api, ListenerKind, RequestOf, ResponseOf, VersionRange,
} from '../../protocol/schema.ts'
import type { Services } from '../services.ts'
import type { Client } from './client.ts'
import { Later } from './later.ts'

export { Later }
export type { ErrorCode as ErrorNumber }

/** What a handler may know about who asks, and when. */
export interface RequestContext {
  readonly apiVersion: number
  readonly correlationId: number
  readonly clientId: string | null
  /** Unique within the life of a node. */
  readonly connectionId: number
  readonly listenerName: string
  readonly listenerKind: ListenerKind
  /** The client's IP address, without a port. */
  readonly clientAddress: string
  /** `User:ANONYMOUS` as long as nobody authenticates. */
  readonly principal: string
  readonly client: Client
  /** Wall-clock time of the request, in milliseconds. */
  readonly nowMs: number
  /**
   * The most bytes of records to answer with, by the memory that the node has left for answers. 0:
   * none at all. It changes as others are answered.
   */
  readonly answerRoomBytes: number
  /** Late bytes of an answer that lie in a file are sent without being read. */
  readonly sendsFiles: boolean
  /**
   * Runs when the answer has left, or never will: the place to give back pooled buffers it refers
   * to.
   */
  onSent(fn: () => void): void
  /** Runs when the client has gone before its answer: what only he waits for can end. */
  onClosed(fn: () => void): void
  /** The connection's next request is handled after this one's answer, `pipelined` or not. */
  answerFirst(): void
}

/** The request is not answered (acks=0). */
export const NO_ANSWER = Symbol('no answer')

/**
 * Synchronous where nothing has to wait, `Later` on hot paths that do, a promise elsewhere. Until
 * it is there no other request of the connection is handled, as in Kafka; see `pipelined` for the
 * exception.
 */
export type Answer<A extends Api> =
  | ResponseOf<A> | Promise<ResponseOf<A>> | Later<ResponseOf<A> | typeof NO_ANSWER>
  | Later<ResponseOf<A>> | typeof NO_ANSWER

export interface HandlerOptions<A extends Api> {
  /** What is served; left out: all versions described. */
  readonly versions?: VersionRange
  /** What ApiVersions tells; left out: what is served. */
  readonly advertise?: VersionRange
  /** Served to whoever asks, but ApiVersions says nothing of it. */
  readonly isHidden?: boolean
  /**
   * Turns an `ApiError` (or, with UNKNOWN_SERVER_ERROR, a bug) thrown by the handler into a
   * response.
   */
  errorAnswer?(
    request: RequestOf<A>, apiVersion: number, code: ErrorCode, message: string | undefined,
  ): ResponseOf<A>
  /**
   * What a version that is not served gets, in the form of version 0; left out: the connection
   * closes.
   */
  answerUnsupported?(): ResponseOf<A>
  /**
   * A request may be handled while earlier ones of the same API and connection still wait
   * (Produce).
   */
  readonly pipelined?: boolean
  /**
   * The handler keeps no view of the request's bytes beyond its answer, so that the receive buffer
   * can be lent instead of copied. Matters only for requests with `bytes` or `records` fields.
   */
  readonly borrowsBytes?: boolean
  /**
   * Answers hold records (Fetch), and are asked for only while the node has memory for them:
   * clients may leave them unread.
   */
  readonly answersRecords?: boolean
}

/** A handler with its API, as the server keeps it. */
export interface Handler<A extends Api = Api> {
  readonly api: A
  readonly versions: VersionRange
  readonly advertise: VersionRange
  readonly options: HandlerOptions<A>
  handle(request: RequestOf<A>, context: RequestContext, services: Services): Answer<A>
}

/**
 * Declares the handler of an API: `export const heartbeatHandler = handler(heartbeat, (request) =>
 * …)`.
 */
export function handler<A extends Api>(
  api: A,
  handle: (request: RequestOf<A>, context: RequestContext, services: Services) => Answer<A>,
  options: HandlerOptions<A> = {},
): Handler<A> {
  const versions = options.versions ?? api.versions
  return { api, versions, advertise: options.advertise ?? versions, options, handle }
}

/** Thrown by a handler where Kafka answers by closing the connection. */
export class CloseConnection extends Error {
  constructor(reason: string) {
    super(reason)
    this.name = 'CloseConnection'
  }
}

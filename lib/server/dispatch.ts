// From a frame to its handler and back to bytes: headers, versions, and what becomes of every kind
// of failure.

import { decodeMessage, DecodeError, encodeResponse } from '../../protocol/compile.ts'
import { ApiError, errorName, Errors } from '../../protocol/errors.ts'
import { decodeRequestHeader } from '../../protocol/header.ts'
import type { Api, FieldSpec, RequestOf, ResponseOf, Shape } from '../../protocol/schema.ts'
import { MessageTooLargeError } from '../../protocol/writer.ts'
import type { RequestStats } from '../metrics/request-stats.ts'
import type { Services } from '../services.ts'
import { Exchange, type ExchangeOwner } from './exchange.ts'
import { type Answer, CloseConnection, type Handler, Later, NO_ANSWER } from './handler.ts'
import { tellRefusal } from './refusals.ts'
import type { Slab } from './slabs.ts'

type Request = RequestOf<Api>
type Response = ResponseOf<Api>

export class Dispatcher {
  readonly #services: Services
  readonly #handlers: (Handler | undefined)[] = []
  /** By API key: the request may outlive its frame, so it is read from a copy. */
  readonly #copiesFrame: boolean[] = []
  /** Undefined where nobody counts. */
  readonly stats: RequestStats | undefined

  /** `stats`: counts requests; left out: nobody does. */
  constructor(handlers: readonly Handler[], services: Services, stats?: RequestStats) {
    this.#services = services
    this.stats = stats
    for (const handler of handlers) {
      const { key, request } = handler.api
      this.#handlers[key] = handler
      this.#copiesFrame[key] = !handler.options.borrowsBytes && holdsBytes(request.shape)
    }
  }

  /** The handler that the frame asks for, before anything else of it is read. */
  handlerOf(frame: Buffer): Handler | undefined {
    return frame.length < 2 ? undefined : this.#handlers[frame.readInt16BE(0)]
  }

  /**
   * Handles one request. Gives its exchange: with an answer already, or one that comes later,
   * which the owner is then told. Undefined when there is nothing to answer: the owner has been
   * told that it failed.
   */
  dispatch(frame: Buffer, slab: Slab, owner: ExchangeOwner): Exchange | undefined {
    const handler = this.handlerOf(frame)
    if (handler === undefined || !handler.api.listeners.includes(owner.peer.listenerKind)) {
      owner.failed('not served', `${requestName(frame, undefined)} is not served here`)
      return undefined
    }
    let exchange: Exchange
    let request: Request
    try {
      const header = decodeRequestHeader(frame)
      exchange = new Exchange(owner, handler, header, this.#services.clock.nowMs())
      if (!serves(handler, header.apiVersion)) return this.#answerUnsupported(exchange)
      this.stats?.begun(exchange, frame.length)
      const body = this.#copiesFrame[handler.api.key] ? Buffer.from(frame) : frame
      request = decodeMessage(handler.api.request, header.apiVersion, body, header.bodyOffset)
    } catch (error) {
      this.#failUnread(frame, handler, owner, error)
      return undefined
    }
    if (handler.options.borrowsBytes) {
      slab.lent++
      exchange.slab = slab
    }
    this.#handle(exchange, request)
    return exchange
  }

  #answerUnsupported(exchange: Exchange): Exchange | undefined {
    const { handler, apiVersion } = exchange
    const answer = handler.options.answerUnsupported?.()
    if (answer === undefined) {
      const reason = `version ${apiVersion} of ${handler.api.name} is not served`
      exchange.owner.failed('not served', reason)
      return undefined
    }
    exchange.answer = encodeResponse(handler.api, 0, exchange.correlationId, answer)
    exchange.isDone = true
    return exchange
  }

  #failUnread(frame: Buffer, handler: Handler, owner: ExchangeOwner, error: unknown): void {
    const name = requestName(frame, handler)
    if (error instanceof DecodeError) {
      owner.failed('not readable', `${name} cannot be read: ${error.message}`)
      return
    }
    owner.lines.log('error', 'reading', `Reading ${name} failed unexpectedly`, { error })
    owner.failed('not readable', `${name} cannot be read`)
  }

  #handle(exchange: Exchange, request: Request): void {
    let answer: Answer<Api>
    try {
      answer = exchange.handler.handle(request, exchange, this.#services)
    } catch (error) {
      this.#fail(exchange, request, error)
      return
    }
    if (answer === NO_ANSWER) {
      this.#finish(exchange)
    } else if (answer instanceof Later) {
      this.stats?.waits(exchange)
      answer.settle(
        (response) => {
          if (response === NO_ANSWER) this.#finish(exchange)
          else this.#deliver(exchange, request, response)
        },
        (error) => this.#fail(exchange, request, error),
      )
    } else if (isPromise(answer)) {
      this.stats?.waits(exchange)
      answer.then(
        (response) => this.#deliver(exchange, request, response),
        (error: unknown) => this.#fail(exchange, request, error),
      )
    } else {
      this.#deliver(exchange, request, answer)
    }
  }

  /** `why` is for the debug log: more than the errors in the response say. */
  #deliver(exchange: Exchange, request: Request, response: Response, why?: string): void {
    const { handler, apiVersion, correlationId } = exchange
    const { logger } = this.#services
    if (logger.isDebug === true) tellRefusal(logger, exchange, request, response, why)
    this.stats?.answered(exchange, response)
    try {
      exchange.answer = encodeResponse(handler.api, apiVersion, correlationId, response)
    } catch (error) {
      const why = error instanceof MessageTooLargeError ? `: ${error.message}` : ''
      if (why === '') this.#logBug(exchange, error)
      exchange.owner.failed(
        'not answered', `the answer to ${handler.api.name} cannot be written${why}`)
    }
    this.#finish(exchange)
  }

  /**
   * An ApiError is an answer; anything else is a bug, told in the log and answered as an unknown
   * error.
   */
  #fail(exchange: Exchange, request: Request, error: unknown): void {
    const { api, options } = exchange.handler
    if (error instanceof CloseConnection) {
      exchange.owner.failed('not answered', `${api.name}: ${error.message}`)
      this.#finish(exchange)
      return
    }
    const isAnswer = error instanceof ApiError
    if (!isAnswer) this.#logBug(exchange, error)
    const code = isAnswer ? error.code : Errors.UNKNOWN_SERVER_ERROR
    const message = isAnswer ? error.message : undefined
    let response: Response | undefined
    try {
      response = options.errorAnswer?.(request, exchange.apiVersion, code, message)
    } catch (second) {
      this.#logBug(exchange, second)
    }
    if (response !== undefined) {
      this.#deliver(exchange, request, response, message)
      return
    }
    exchange.owner.failed('not answered', `${api.name} failed with ${errorName(code)}`)
    this.#finish(exchange)
  }

  #finish(exchange: Exchange): void {
    this.stats?.done(exchange)
    exchange.isDone = true
    exchange.owner.done(exchange)
  }

  #logBug(exchange: Exchange, error: unknown): void {
    const { name } = exchange.handler.api
    exchange.owner.lines.log('error', `bug in ${name}`, 'A request failed unexpectedly', {
      api: name, version: exchange.apiVersion, client: exchange.clientId,
      address: exchange.clientAddress, error,
    })
  }
}

function serves(handler: Handler, apiVersion: number): boolean {
  return apiVersion >= handler.versions[0] && apiVersion <= handler.versions[1]
}

function isPromise(answer: unknown): answer is Promise<Response> {
  return typeof (answer as { then?: unknown }).then === 'function'
}

function holdsBytes(shape: Shape): boolean {
  return Object.values(shape).some((field) => {
    let spec: FieldSpec | undefined = field.spec
    while (spec?.kind === 'array') spec = spec.element?.spec
    if (spec?.kind === 'bytes' || spec?.kind === 'records') return true
    return spec?.shape !== undefined && holdsBytes(spec.shape)
  })
}

/** What the log calls a request of which perhaps not even the name is known. */
function requestName(frame: Buffer, handler: Handler | undefined): string {
  if (frame.length < 4) return `a request of ${frame.length} bytes`
  const version = frame.readInt16BE(2)
  const name = handler?.api.name ?? `API ${frame.readInt16BE(0)}`
  return `${name} version ${version}`
}

// Requests from within the process: they go to the same handlers as those of any client, so that
// the same is checked and the same refused, but without a socket and without bytes.

import { ApiError } from '../../protocol/errors.ts'
import type { Api, RequestOf, ResponseOf } from '../../protocol/schema.ts'
import { Client } from '../server/client.ts'
import { type Answer, CloseConnection, type Handler, Later, NO_ANSWER } from '../server/handler.ts'
import type { RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'
import { KafkaError } from './errors.ts'

const CLIENT_ID = 'samsa'
/** No client at a socket has this one. */
const CONNECTION_ID = 0
const LOOPBACK = '127.0.0.1'

/** An answer, and what to call when nothing of it is needed any more. */
export interface Answered<A extends Api> {
  readonly response: ResponseOf<A>
  release(): void
}

/** A request as its handler sees it. */
class InProcess implements RequestContext {
  readonly apiVersion: number
  readonly correlationId = 0
  readonly clientId = CLIENT_ID
  readonly connectionId = CONNECTION_ID
  readonly listenerName: string
  readonly listenerKind = 'broker'
  readonly clientAddress = LOOPBACK
  readonly principal = 'User:ANONYMOUS'
  readonly client = new Client(0)
  readonly nowMs: number
  readonly answerRoomBytes = Number.MAX_SAFE_INTEGER
  readonly sendsFiles = false
  #sent: (() => void)[] = []
  #closed: (() => void)[] = []

  constructor(apiVersion: number, { broker, clock }: Services) {
    this.apiVersion = apiVersion
    this.listenerName = broker.listeners[0]?.name ?? ''
    this.nowMs = clock.nowMs()
  }

  onSent(fn: () => void): void {
    this.#sent.push(fn)
  }

  onClosed(fn: () => void): void {
    this.#closed.push(fn)
  }

  answerFirst(): void {}

  readonly sent = (): void => {
    for (const fn of this.#sent.splice(0)) fn()
  }

  readonly close = (): void => {
    for (const fn of this.#closed.splice(0)) fn()
    this.client.gone()
  }
}

/**
 * Resolves with the answer to a request of the newest version, or of the one given. Rejects with
 * KafkaError for a request that is refused as a whole. Who aborts gets what there is by then.
 */
export async function ask<A extends Api>(
  services: Services, handler: Handler<A>, request: RequestOf<A>,
  { version = handler.versions[1], signal }: {
    readonly version?: number, readonly signal?: AbortSignal | undefined
  } = {},
): Promise<Answered<A>> {
  const context = new InProcess(version, services)
  signal?.addEventListener('abort', context.close)
  try {
    const response = await settled(handler.handle(request, context, services))
    return { response, release: context.sent }
  } catch (error) {
    context.sent()
    if (error instanceof ApiError) throw new KafkaError(error.code, handler.api.name, error.message)
    if (!(error instanceof CloseConnection)) throw error
    throw new Error(`${handler.api.name}: ${error.message}`)
  } finally {
    signal?.removeEventListener('abort', context.close)
  }
}

function settled<A extends Api>(answer: Answer<A>): Promise<ResponseOf<A>> {
  if (answer === NO_ANSWER) throw new Error('the request was of a kind that is not answered')
  if (!(answer instanceof Later)) return Promise.resolve(answer)
  return new Promise((resolve, reject) => {
    answer.settle((response) => {
      if (response === NO_ANSWER) reject(new Error('the request was not answered'))
      else resolve(response)
    }, reject)
  })
}

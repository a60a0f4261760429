// One request under way: what its handler may know of it, and its answer once that is there.

import type { Part } from '../../protocol/late-bytes.ts'
import type { ListenerKind } from '../../protocol/schema.ts'
import type { Client } from './client.ts'
import type { Handler, RequestContext } from './handler.ts'
import type { RepeatedLines } from './repeated-lines.ts'
import type { Slab } from './slabs.ts'

/** What all requests of a connection share. */
export interface Peer {
  readonly connectionId: number
  readonly clientAddress: string
  readonly listenerName: string
  readonly listenerKind: ListenerKind
  readonly principal: string
  readonly client: Client
}

/** Why a connection is closed, as far as log lines are told apart. */
export type Failure = 'not served' | 'not readable' | 'not answered'

/** The connection, as an exchange sees it. */
export interface ExchangeOwner {
  readonly peer: Peer
  readonly isClosed: boolean
  /** How large an answer may be that can as well be smaller. */
  readonly answerRoomBytes: number
  readonly sendsFiles: boolean
  /**
   * The exchange has its answer: `isDone` is set. Not called for what `dispatch` gives back done.
   */
  done(exchange: Exchange): void
  /** All that is left is to close the connection, after what came before. */
  failed(failure: Failure, reason: string): void
  /** The log, for what clients can bring about as often as they like. */
  readonly lines: RepeatedLines
}

export class Exchange implements RequestContext {
  readonly owner: ExchangeOwner
  readonly handler: Handler
  readonly apiVersion: number
  readonly correlationId: number
  readonly clientId: string | null
  readonly nowMs: number
  /** The slab the request was lent from, if its handler reads the bytes in place. */
  slab: Slab | undefined
  /** What it has taken of the memory for requests, as long as it has the slab. */
  requestBytes = 0
  /** The whole answer, frame length included. Empty: there is none to send. */
  answer: readonly Part[] = []
  isDone = false
  isAnsweredFirst = false
  /** By the clock that never goes back, where somebody counts; see RequestStats. */
  beganMs = 0
  sizeBytes = 0
  waitsSinceMs = 0
  doneMs = 0
  #sent: (() => void)[] | undefined
  #closed: (() => void)[] | undefined

  constructor(
    owner: ExchangeOwner, handler: Handler,
    header: { apiVersion: number, correlationId: number, clientId: string | null }, nowMs: number,
  ) {
    this.owner = owner
    this.handler = handler
    this.apiVersion = header.apiVersion
    this.correlationId = header.correlationId
    this.clientId = header.clientId
    this.nowMs = nowMs
  }

  get connectionId(): number {
    return this.owner.peer.connectionId
  }

  get clientAddress(): string {
    return this.owner.peer.clientAddress
  }

  get listenerName(): string {
    return this.owner.peer.listenerName
  }

  get listenerKind(): ListenerKind {
    return this.owner.peer.listenerKind
  }

  get principal(): string {
    return this.owner.peer.principal
  }

  get client(): Client {
    return this.owner.peer.client
  }

  get answerRoomBytes(): number {
    return this.owner.answerRoomBytes
  }

  get sendsFiles(): boolean {
    return this.owner.sendsFiles
  }

  onSent(fn: () => void): void {
    if (this.#sent) this.#sent.push(fn)
    else this.#sent = [fn]
  }

  onClosed(fn: () => void): void {
    if (this.owner.isClosed) fn()
    else if (this.#closed) this.#closed.push(fn)
    else this.#closed = [fn]
  }

  /** The connection is gone; told only as long as there is no answer. */
  closed(): void {
    const callbacks = this.#closed
    this.#closed = undefined
    if (callbacks && !this.isDone) for (const callback of callbacks) callback()
  }

  answerFirst(): void {
    this.isAnsweredFirst = true
  }

  get isAwaitedWhenSent(): boolean {
    return this.#sent !== undefined
  }

  /** The answer has left, or never will. */
  sent(): void {
    const callbacks = this.#sent
    this.#sent = undefined
    if (callbacks) for (const callback of callbacks) callback()
  }
}

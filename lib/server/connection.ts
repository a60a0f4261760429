// One client's connection: requests in, answers out in the same order, and limits on both.
//
// As in Kafka, a request is handled when the one before it has its answer; only requests of an API
// marked `pipelined` may follow each other sooner. What a turn answers is sent in one write, in
// the reply phase of the turn (see world/turn.ts). What cannot be handled yet waits in line; a
// line too long stops the reading.

import assert from 'node:assert'

import type { ConnectionEvents, NetworkConnection } from '../world/network.ts'
import type { Clock } from '../world/clock.ts'
import type { Turn } from '../world/turn.ts'
import type { Logger } from '../../storage/ports.ts'
import type { Dispatcher } from './dispatch.ts'
import type { Exchange, ExchangeOwner, Peer } from './exchange.ts'
import { FrameError, Frames } from './frames.ts'
import type { Handler } from './handler.ts'
import { Queue } from './queue.ts'
import type { Slab, SlabPool } from './slabs.ts'

/** A turn handles no more than this of one connection: the others shall not wait for it. */
const TURN_BYTES = 1 << 20
/** Requests waiting in line beyond either bound stop the reading. */
const WAITING_REQUESTS = 1000
const WAITING_BYTES = 1 << 20
/**
 * With so much unsent, no further request is handled: a client that does not read gets no more to
 * read.
 */
const UNSENT_BYTES = 1 << 20

/** What connections share. */
export interface ConnectionEnvironment {
  readonly clock: Clock
  readonly turn: Turn
  readonly logger: Logger
  /** Undefined until the node serves; no connection is read from before. */
  readonly dispatcher: Dispatcher | undefined
  readonly pool: SlabPool
  /** `socket.request.max.bytes` */
  readonly maxRequestBytes: number
  /** Called once, when the connection is gone. */
  onGone(connection: Connection): void
}

interface WaitingFrame {
  readonly frame: Buffer
  readonly slab: Slab
}

export class Connection implements ConnectionEvents, ExchangeOwner {
  readonly peer: Peer
  lastActiveMs: number
  readonly #environment: ConnectionEnvironment
  readonly #network: NetworkConnection
  readonly #frames: Frames
  /** Handled, in order, from the oldest that has no answer yet. */
  readonly #pending = new Queue<Exchange>()
  readonly #waiting = new Queue<WaitingFrame>()
  #waitingBytes = 0
  /** Answers of this turn. */
  #out: Buffer[] = []
  #outBytes = 0
  #outAwaited: Exchange[] = []
  #returning: Slab[] = []
  #turnBytes = 0
  #isTurnOpen = false
  #isPaused = false
  /** Why no further request is read: what is under way is answered, then the connection closes. */
  #closing: string | undefined
  /** Why what comes after the requests in line cannot be read. */
  #broken: string | undefined
  #isClosed = false

  constructor(peer: Peer, network: NetworkConnection, environment: ConnectionEnvironment) {
    this.peer = peer
    this.#network = network
    this.#environment = environment
    this.#frames = new Frames(environment.pool, environment.maxRequestBytes)
    this.lastActiveMs = environment.clock.monotonicMs()
  }

  /** Whether a request is being handled or waits for it. */
  get isBusy(): boolean {
    return this.#pending.length > 0 || this.#waiting.length > 0 || this.#out.length > 0
  }

  /** Answers what is under way, then closes. The reason goes to the log, if there is one. */
  close(reason = ''): void {
    if (this.#closing !== undefined) return
    this.#closing = reason
    if (reason !== '') {
      const { clientAddress, listenerName } = this.peer
      this.#environment.logger.warn(`Closing a connection: ${reason}`, {
        address: `${clientAddress}:${this.#network.remotePort}`, listener: listenerName,
      })
    }
    this.#pause()
    this.#openTurn()
  }

  destroy(): void {
    this.#network.destroy()
  }

  // ConnectionEvents, called by the network.

  buffer(): Buffer {
    return this.#frames.buffer()
  }

  received(sizeBytes: number): void {
    this.lastActiveMs = this.#environment.clock.monotonicMs()
    if (this.#closing !== undefined || this.#broken !== undefined) return
    try {
      this.#frames.received(sizeBytes, this.#onFrame)
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      this.#broken = error.message
      this.#pause()
      this.#openTurn()
    }
  }

  drained(): void {
    this.lastActiveMs = this.#environment.clock.monotonicMs()
    this.#handleWaiting()
  }

  closed(reason: Error | undefined): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#frames.close()
    this.#environment.onGone(this)
    if (reason) {
      this.#environment.logger.debug('A connection broke', {
        address: this.peer.clientAddress, reason: reason.message,
      })
    }
    // What came in whole is still handled up to the first answer that cannot be sent: a producer
    // that wants no acknowledgements may close right after its last request.
    this.#openTurn()
  }

  // Requests.

  get #dispatcher(): Dispatcher {
    const { dispatcher } = this.#environment
    assert(dispatcher !== undefined, 'a connection is read from before the node serves')
    return dispatcher
  }

  readonly #onFrame = (frame: Buffer, slab: Slab): void => {
    if (this.#closing !== undefined) return
    if (this.#waiting.length === 0 && this.#mayHandle(frame)) {
      this.#handle(frame, slab)
      return
    }
    slab.lent++
    this.#waiting.push({ frame, slab })
    this.#waitingBytes += frame.length
    this.#openTurn()
    if (this.#isLineLongerThan(WAITING_REQUESTS, WAITING_BYTES)) this.#pause()
  }

  #mayHandle(frame: Buffer): boolean {
    if (this.#turnBytes >= TURN_BYTES) return false
    if (this.#outBytes >= UNSENT_BYTES) return false
    if (!this.#isClosed && this.#network.unsentBytes >= UNSENT_BYTES) return false
    const { last } = this.#pending
    return last === undefined || follows(last.handler, this.#dispatcher.handlerOf(frame))
  }

  #handle(frame: Buffer, slab: Slab): void {
    this.#turnBytes += frame.length
    this.#openTurn()
    const exchange = this.#dispatcher.dispatch(frame, slab, this)
    if (exchange === undefined) return
    if (exchange.isDone && this.#pending.length === 0) this.#collect(exchange)
    else this.#pending.push(exchange)
  }

  // ExchangeOwner, called by the dispatcher.

  failed(reason: string): void {
    this.close(reason)
  }

  done(exchange: Exchange): void {
    // Not (yet) the next in order: `#handle`, or the answer before it, will come to it.
    if (this.#pending.first !== exchange) return
    while (this.#pending.first?.isDone) this.#collect(this.#pending.shift()!)
    this.#openTurn()
  }

  #collect(exchange: Exchange): void {
    if (exchange.slab) this.#returning.push(exchange.slab)
    if (this.#isClosed && exchange.answer.length > 0) {
      this.#dropWaiting()
      exchange.sent()
      return
    }
    for (const buffer of exchange.answer) {
      this.#out.push(buffer)
      this.#outBytes += buffer.length
    }
    if (exchange.isAwaitedWhenSent) this.#outAwaited.push(exchange)
  }

  // The end of a turn.

  #openTurn(): void {
    if (this.#isTurnOpen) return
    this.#isTurnOpen = true
    this.#environment.turn.onReplies(this.#endTurn)
  }

  readonly #endTurn = (): void => {
    this.#isTurnOpen = false
    this.#turnBytes = 0
    this.#send()
    for (const slab of this.#returning) this.#environment.pool.giveBack(slab)
    this.#returning.length = 0
    if (this.#waiting.length > 0) {
      this.#environment.clock.afterTurn(this.#handleWaiting)
      return
    }
    if (this.#broken !== undefined) this.close(this.#broken)
    if (this.#pending.length === 0 && this.#closing !== undefined) this.#network.end()
  }

  #send(): void {
    const out = this.#out
    const awaited = this.#outAwaited
    if (out.length === 0 && awaited.length === 0) return
    this.#out = []
    this.#outBytes = 0
    this.#outAwaited = []
    const sent = () => { for (const exchange of awaited) exchange.sent() }
    if (this.#isClosed) sent()
    else this.#network.send(out, awaited.length === 0 ? undefined : sent)
  }

  readonly #handleWaiting = (): void => {
    while (this.#closing === undefined) {
      const { first } = this.#waiting
      if (first === undefined || !this.#mayHandle(first.frame)) break
      this.#waiting.shift()
      const { frame, slab } = first
      this.#waitingBytes -= frame.length
      this.#handle(frame, slab)
      // The request has borrowed the slab itself, or has no more use for it.
      this.#environment.pool.giveBack(slab)
    }
    if (this.#closing !== undefined) this.#dropWaiting()
    else if (!this.#isLineLongerThan(WAITING_REQUESTS / 2, WAITING_BYTES / 2)) this.#resume()
  }

  #isLineLongerThan(requests: number, sizeBytes: number): boolean {
    return this.#waiting.length > requests || this.#waitingBytes > sizeBytes
  }

  #dropWaiting(): void {
    while (this.#waiting.first) this.#environment.pool.giveBack(this.#waiting.shift()!.slab)
    this.#waitingBytes = 0
    this.#openTurn()
  }

  #pause(): void {
    if (this.#isPaused) return
    this.#isPaused = true
    this.#network.pause()
  }

  #resume(): void {
    if (!this.#isPaused || this.#closing !== undefined || this.#broken !== undefined) return
    this.#isPaused = false
    this.#network.resume()
  }
}

/** Whether a request may be handled while the one before it still has no answer. */
function follows(last: Handler, next: Handler | undefined): boolean {
  return last === next && next.options.pipelined === true
}

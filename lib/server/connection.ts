// One client's connection: requests in, answers out in the same order, and limits on both.
//
// As in Kafka, a request is handled when the one before it has its answer; only requests of an API
// marked `pipelined` may follow each other sooner. What a turn answers is sent in one write, in
// the reply phase of the turn (see world/turn.ts). What cannot be handled yet waits in line; a
// line too long stops the reading.
//
// What a connection keeps in memory counts against two budgets of the node. Requests: while theirs
// is used up nobody reads a further one. Answers: while clients leave too much unread, requests
// for records wait in line, and other answers become smaller (`answerRoomBytes`).

import type { ConnectionEvents, NetworkConnection } from '../world/network.ts'
import type { Clock } from '../world/clock.ts'
import type { Turn } from '../world/turn.ts'
import type { Logger } from '../../storage/ports.ts'
import { AnswerTimes } from '../metrics/answer-times.ts'
import type { Budget } from './budget.ts'
import type { Dispatcher } from './dispatch.ts'
import type { Exchange, ExchangeOwner, Failure, Peer } from './exchange.ts'
import { FrameError, Frames } from './frames.ts'
import type { Handler } from './handler.ts'
import { Outbox } from './outbox.ts'
import { Queue } from './queue.ts'
import type { RepeatedLines } from './repeated-lines.ts'
import type { Slab, SlabPool } from './slabs.ts'

/** A turn handles no more than this of one connection: the others shall not wait for it. */
const TURN_BYTES = 1 << 20
/** Requests waiting in line beyond either bound stop the reading. */
const WAITING_REQUESTS = 1000
const WAITING_BYTES = 1 << 20
/**
 * No answer gets more than this part of what is left of the node's budget: many share it before it
 * is used up.
 */
const ROOM_SHARE = 4

/** What connections share. */
export interface ConnectionEnvironment {
  readonly clock: Clock
  readonly turn: Turn
  readonly logger: Logger
  readonly lines: RepeatedLines
  /** Undefined until the node serves; no connection is read from before. */
  readonly dispatcher: Dispatcher | undefined
  readonly pool: SlabPool
  /** `socket.request.max.bytes` */
  readonly maxRequestBytes: number
  /** `queued.max.request.bytes`: what requests take, from their length on to their answer. */
  readonly requestMemory: Budget
  /** What answers take until clients have read them. */
  readonly answerMemory: Budget
  /** Called once, when the connection is gone. */
  onGone(connection: Connection): void
}

interface WaitingFrame {
  readonly frame: Buffer
  readonly slab: Slab
}

export class Connection implements ConnectionEvents, ExchangeOwner {
  readonly peer: Peer
  readonly #environment: ConnectionEnvironment
  readonly #network: NetworkConnection
  readonly #frames: Frames
  /** Handled, in order, from the oldest that has no answer yet. */
  readonly #pending = new Queue<Exchange>()
  readonly #waiting = new Queue<WaitingFrame>()
  #waitingBytes = 0
  readonly #outbox: Outbox
  /** Where somebody counts. */
  #times: AnswerTimes | undefined
  #returning: Slab[] = []
  #returningBytes = 0
  #turnBytes = 0
  #isTurnOpen = false
  #isPaused = false
  /** Not read from until it is let in, or the node has memory for requests again. */
  #isHeldUp = false
  #lastReceivedMs: number
  /** No further request is handled: what is under way is answered, then the connection closes. */
  #isClosing = false
  /** Why what comes after the requests in line cannot be read. */
  #broken: FrameError | undefined
  #isClosed = false

  constructor(peer: Peer, network: NetworkConnection, environment: ConnectionEnvironment) {
    this.peer = peer
    this.#network = network
    this.#environment = environment
    const { pool, maxRequestBytes, requestMemory, answerMemory, clock } = environment
    this.#frames = new Frames(pool, maxRequestBytes, requestMemory)
    this.#outbox = new Outbox(network, answerMemory, clock, {
      caughtUp: () => this.#openTurn(),
      failed: (error) => this.#breakOff(error),
    })
    this.#lastReceivedMs = clock.monotonicMs()
  }

  /**
   * Since when it does nothing, though it could; undefined while a request of it is under way. A
   * client that leaves answers unread is idle whatever it asks for.
   */
  get idleSinceMs(): number | undefined {
    if (this.stalledSinceMs !== undefined) return this.stalledSinceMs
    const isBusy = this.#pending.length > 0 || this.#waiting.length > 0 || !this.#outbox.isEmpty
    return isBusy || this.#isHeldUp ? undefined : this.lastActiveMs
  }

  /** When the client last sent or took something. */
  get lastActiveMs(): number {
    return Math.max(this.#lastReceivedMs, this.#outbox.lastTakenMs)
  }

  get stalledSinceMs(): number | undefined {
    return this.#outbox.stalledSinceMs
  }

  /** Requests that wait for their answer. */
  * underWay(): Generator<Exchange> {
    for (const exchange of this.#pending.values()) if (!exchange.isDone) yield exchange
  }

  /** To be called now and then; see Outbox. */
  observe(): void {
    this.#outbox.observe()
  }

  /** Reads nothing until `readOn`. */
  hold(): void {
    this.#isHeldUp = true
    this.#pause()
  }

  readonly readOn = (): void => {
    this.#isHeldUp = false
    this.#frames.begin()
    this.#handleSoon()
  }

  /** Answers what is under way, then closes. */
  close(): void {
    if (this.#isClosing) return
    this.#isClosing = true
    this.#pause()
    this.#openTurn()
  }

  /** Closes at once, and frees what its answers take. */
  abandon(): void {
    this.#warn('stalled', 'the client reads nothing, and others wait for the memory of its answers')
    this.destroy()
    this.closed(undefined)
  }

  destroy(): void {
    this.#network.destroy()
  }

  /** An answer of which a part has left already cannot become an error. */
  #breakOff(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    this.#warn('unreadable', `the records of an answer cannot be read: ${reason}`)
    this.destroy()
  }

  #warn(kind: string, reason: string): void {
    const { clientAddress, listenerName } = this.peer
    this.lines.log('warn', kind, `Closing a connection: ${reason}`, {
      address: `${clientAddress}:${this.#network.remotePort}`, listener: listenerName,
    })
  }

  // ConnectionEvents, called by the network.

  buffer(): Buffer {
    return this.#frames.buffer()
  }

  received(sizeBytes: number): void {
    this.#lastReceivedMs = this.#environment.clock.monotonicMs()
    if (this.#isClosing || this.#broken !== undefined) return
    try {
      this.#frames.received(sizeBytes, this.#onFrame)
      if (!this.#frames.isHeldUp) return
      this.hold()
      this.#environment.requestMemory.whenFree(this.readOn)
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      this.#broken = error
      this.#pause()
      this.#openTurn()
    }
  }

  drained(): void {
    this.#outbox.drained()
    if (this.#outbox.isOut) this.#times?.left()
    this.#handleWaiting()
  }

  closed(reason: Error | undefined): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#frames.close()
    this.#environment.requestMemory.forget(this.readOn)
    this.#environment.answerMemory.forget(this.#handleSoon)
    this.#outbox.close()
    this.#times?.left()
    this.#environment.onGone(this)
    this.peer.client.gone()
    if (reason) {
      this.#environment.logger.debug('A connection broke', {
        address: this.peer.clientAddress, reason: reason.message,
      })
    }
    for (const exchange of this.#pending.values()) exchange.closed()
    // What came in whole is still handled up to the first answer that cannot be sent: a producer
    // that wants no acknowledgements may close right after its last request.
    this.#openTurn()
  }

  // Requests.

  get #dispatcher(): Dispatcher {
    const { dispatcher } = this.#environment
    if (dispatcher === undefined) {
      throw new Error('a connection is read from before the node serves')
    }
    return dispatcher
  }

  readonly #onFrame = (frame: Buffer, slab: Slab): void => {
    if (this.#isClosing) {
      this.#environment.requestMemory.giveBack(frame.length)
      return
    }
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
    if (this.#turnBytes >= TURN_BYTES || this.#outbox.isFull) return false
    const { last } = this.#pending
    if (last && !follows(last, this.#dispatcher.handlerOf(frame))) return false
    return !this.#isForRecords(frame) || this.#hasAnswerMemory()
  }

  #isForRecords(frame: Buffer): boolean {
    return this.#dispatcher.handlerOf(frame)?.options.answersRecords === true
  }

  #hasAnswerMemory(): boolean {
    const { answerMemory } = this.#environment
    if (this.#isClosed || !answerMemory.isExhausted) return true
    answerMemory.whenFree(this.#handleSoon)
    return false
  }

  #handle(frame: Buffer, slab: Slab): void {
    this.#turnBytes += frame.length
    this.#openTurn()
    const exchange = this.#dispatcher.dispatch(frame, slab, this)
    // As in Kafka the charge ends where the request is decoded, unless its records are still to
    // be written.
    if (exchange?.slab === undefined) this.#environment.requestMemory.giveBack(frame.length)
    else exchange.requestBytes = frame.length
    if (exchange === undefined) return
    if (exchange.isDone && this.#pending.length === 0) this.#collect(exchange)
    else this.#pending.push(exchange)
  }

  // ExchangeOwner, called by the dispatcher and by handlers.

  get isClosed(): boolean {
    return this.#isClosed
  }

  get answerRoomBytes(): number {
    return Math.ceil(this.#environment.answerMemory.freeBytes / ROOM_SHARE)
  }

  get sendsFiles(): boolean {
    return this.#network.files !== undefined
  }

  failed(failure: Failure, reason: string): void {
    if (!this.#isClosing) this.#warn(failure, reason)
    this.close()
  }

  get lines(): RepeatedLines {
    return this.#environment.lines
  }

  done(exchange: Exchange): void {
    // Not (yet) the next in order: `#handle`, or the answer before it, will come to it.
    if (this.#pending.first !== exchange) return
    while (this.#pending.first?.isDone) this.#collect(this.#pending.shift()!)
    this.#openTurn()
  }

  #collect(exchange: Exchange): void {
    if (exchange.slab) {
      this.#returning.push(exchange.slab)
      this.#returningBytes += exchange.requestBytes
    }
    if (this.#isClosed && exchange.answer.length > 0) {
      this.#dropWaiting()
      exchange.sent()
      return
    }
    this.#outbox.add(exchange)
    const { stats } = this.#dispatcher
    if (stats === undefined || exchange.answer.length === 0) return
    this.#times ??= new AnswerTimes(stats)
    this.#times.made(exchange)
  }

  // The end of a turn.

  #openTurn(): void {
    if (this.#isTurnOpen) return
    this.#isTurnOpen = true
    this.#environment.turn.onReplies(this.#endTurn)
  }

  readonly #send = (): boolean => {
    this.#outbox.send()
    return this.#outbox.isOut
  }

  readonly #endTurn = (): void => {
    this.#isTurnOpen = false
    this.#turnBytes = 0
    if (this.#times === undefined) this.#outbox.send()
    else this.#times.leave(this.#send)
    this.#giveBack()
    if (this.#waiting.length > 0) {
      this.#handleSoon()
      return
    }
    this.#closeBroken()
    const isAnswered = this.#pending.length === 0 && this.#outbox.isEmpty
    if (isAnswered && this.#isClosing) this.#network.end()
  }

  #closeBroken(): void {
    if (this.#broken === undefined || this.#isClosing) return
    const { message, foreign } = this.#broken
    const instead = foreign === 'HTTP' ? '; it looks like an HTTP request'
      : foreign === 'TLS' ? '; it looks like TLS, and this listener speaks PLAINTEXT'
      : ''
    this.#warn(foreign ?? 'length', message + instead)
    this.close()
  }

  #giveBack(): void {
    if (this.#returning.length === 0) return
    for (const slab of this.#returning) this.#environment.pool.giveBack(slab)
    this.#returning.length = 0
    this.#environment.requestMemory.giveBack(this.#returningBytes)
    this.#returningBytes = 0
  }

  readonly #handleSoon = (): void => {
    this.#environment.clock.afterTurn(this.#handleWaiting)
  }

  readonly #handleWaiting = (): void => {
    while (!this.#isClosing) {
      const { first } = this.#waiting
      if (first === undefined || !this.#mayHandle(first.frame)) break
      // Many that leave together would have the node read for nobody for a long time.
      if (this.#isClosed && this.#isForRecords(first.frame)) {
        this.#dropWaiting()
        break
      }
      this.#waiting.shift()
      const { frame, slab } = first
      this.#waitingBytes -= frame.length
      this.#handle(frame, slab)
      // The request has borrowed the slab itself, or has no more use for it.
      this.#environment.pool.giveBack(slab)
    }
    if (this.#isClosing) this.#dropWaiting()
    else if (!this.#isLineLongerThan(WAITING_REQUESTS / 2, WAITING_BYTES / 2)) this.#resume()
  }

  #isLineLongerThan(requests: number, sizeBytes: number): boolean {
    return this.#waiting.length > requests || this.#waitingBytes > sizeBytes
  }

  #dropWaiting(): void {
    while (this.#waiting.first) this.#environment.pool.giveBack(this.#waiting.shift()!.slab)
    this.#environment.requestMemory.giveBack(this.#waitingBytes)
    this.#waitingBytes = 0
    this.#openTurn()
  }

  #pause(): void {
    if (this.#isPaused) return
    this.#isPaused = true
    this.#network.pause()
  }

  #resume(): void {
    if (!this.#isPaused || this.#isHeldUp) return
    if (this.#isClosing || this.#broken !== undefined) return
    this.#isPaused = false
    this.#network.resume()
  }
}

/** Whether a request may be handled while the one before it still has no answer. */
function follows(last: Exchange, next: Handler | undefined): boolean {
  return last.handler === next && next.options.pipelined === true && !last.isAnsweredFirst
}

// The answers of one connection on their way out: collected during a turn, sent in one write, and
// counted against the node's memory until the system has taken them.
//
// Answers with bytes that are late stand in a line, with all that comes behind them: they are read
// and sent a piece at a time, each when the system has taken the one before. What lies in a file
// the system sends from there, if it can.

import { isLate, type LateBytes, type Part } from '../../protocol/late-bytes.ts'
import type { Clock } from '../world/clock.ts'
import type { FileSending, NetworkConnection } from '../world/network.ts'
import type { Budget } from './budget.ts'
import type { Exchange } from './exchange.ts'
import { Queue } from './queue.ts'

/** With so much unsent a client gets no more to read: no further request of it is handled. */
const FULL_BYTES = 1 << 20
/** So much of what is in line is read for one write. */
const PIECE_BYTES = 1 << 20
/** It may be more by so much, if nothing is left then. */
const SPARE_BYTES = 64 * 1024
/**
 * So much of a file is read and sent where the system takes no more of it for now: only of what was
 * sent so it tells that there is room again.
 */
const NEXT_BYTES = 4096
/** Of the bytes before a file: more are worth a packet of their own. */
const HEAD_BYTES = 4096

/** What is sent together, and who is to hear when it is out. */
interface Piece {
  buffers: Buffer[]
  after: (() => void)[]
}

export interface OutboxEvents {
  /** There was a line, and nothing of it is left. */
  caughtUp(): void
  /** Bytes that are promised cannot be had: the answer ends in the middle. */
  failed(error: unknown): void
}

export class Outbox {
  readonly #network: NetworkConnection
  readonly #memory: Budget
  readonly #clock: Pick<Clock, 'monotonicMs' | 'afterTurn'>
  readonly #events: OutboxEvents
  /** Of this turn. */
  #buffers: Buffer[] = []
  #turnBytes = 0
  #awaited: Exchange[] = []
  /** Between what is to be sent: who is to hear when all before it is. */
  readonly #line = new Queue<Part | (() => void)>()
  /** Of those in line that are in memory. */
  #lineBytes = 0
  /** What of the first in line was sent. */
  #firstSentBytes = 0
  #goesOn = false
  /** What is taken of the memory. */
  #countedBytes = 0
  /** As last observed: what the client has still to take, and when it took something. */
  #untakenBytes = 0
  #lastTakenMs: number
  #isClosed = false

  constructor(
    network: NetworkConnection, memory: Budget,
    clock: Pick<Clock, 'monotonicMs' | 'afterTurn'>, events: OutboxEvents,
  ) {
    this.#network = network
    this.#memory = memory
    this.#clock = clock
    this.#events = events
    this.#lastTakenMs = clock.monotonicMs()
  }

  /** Whether there is nothing to hand to the system. */
  get isEmpty(): boolean {
    return this.#buffers.length === 0 && this.#line.length === 0
  }

  /** Whether the system has taken all that was sent. */
  get isOut(): boolean {
    return this.#isClosed || this.#line.length === 0 && this.#network.unsentBytes === 0
  }

  get isFull(): boolean {
    if (this.#turnBytes >= FULL_BYTES || this.#line.length > 0) return true
    return !this.#isClosed && this.#network.unsentBytes >= FULL_BYTES
  }

  /** When the client was last seen to take something. */
  get lastTakenMs(): number {
    return this.#lastTakenMs
  }

  /** Since when the client takes nothing of what it was sent; undefined if it has it all. */
  get stalledSinceMs(): number | undefined {
    return this.#untakenBytes === 0 ? undefined : this.#lastTakenMs
  }

  add(exchange: Exchange): void {
    const isInLine = this.#line.length > 0 || exchange.answer.some(isLate)
    for (const part of exchange.answer) {
      if (isLate(part)) this.#line.push(part)
      else this.#addBuffer(part, isInLine)
    }
    if (!exchange.isAwaitedWhenSent) return
    if (this.#line.length === 0) this.#awaited.push(exchange)
    else this.#line.push(() => exchange.sent())
  }

  #addBuffer(buffer: Buffer, isInLine: boolean): void {
    this.#countedBytes += buffer.length
    this.#memory.take(buffer.length)
    if (isInLine) {
      this.#line.push(buffer)
      this.#lineBytes += buffer.length
    } else {
      this.#buffers.push(buffer)
      this.#turnBytes += buffer.length
    }
  }

  /** Sends what the turn has answered. */
  send(): void {
    this.#sendTurn()
    this.#sendLine()
  }

  #sendTurn(): void {
    const buffers = this.#buffers
    const awaited = this.#awaited
    if (buffers.length === 0 && awaited.length === 0) return
    this.#buffers = []
    this.#turnBytes = 0
    this.#awaited = []
    const sent = () => { for (const exchange of awaited) exchange.sent() }
    if (this.#isClosed) sent()
    else this.#network.send(buffers, awaited.length === 0 ? undefined : sent)
    this.#settle()
    if (this.#untakenBytes === 0 && this.#countedBytes > 0) this.observe()
  }

  /** The system has taken all that was sent. */
  drained(): void {
    this.#settle()
    this.observe()
    this.#sendLine()
  }

  /** Sends a piece of the line, if the system has taken what came before. */
  #sendLine(): void {
    if (this.#line.length === 0 || this.#goesOn || this.#network.unsentBytes > 0) return
    const piece: Piece = { buffers: [], after: [] }
    try {
      this.#sendPiece(piece)
    } catch (error) {
      for (const fn of piece.after) fn()
      this.close()
      this.#events.failed(error)
      return
    }
    if (this.#untakenBytes === 0) this.observe()
    if (this.#line.length === 0) this.#events.caughtUp()
    else if (this.#network.unsentBytes === 0) this.#goOn()
  }

  /** Others have their turn in between. */
  #goOn(): void {
    this.#goesOn = true
    this.#clock.afterTurn(() => {
      this.#goesOn = false
      this.#sendLine()
    })
  }

  #sendPiece(piece: Piece): void {
    for (let leftBytes = PIECE_BYTES; leftBytes > 0;) {
      const { first } = this.#line
      if (first === undefined) break
      if (typeof first === 'function') {
        piece.after.push(first)
        this.#line.shift()
      } else if (isLate(first)) {
        const restBytes = first.length - this.#firstSentBytes
        const sizeBytes = restBytes > leftBytes + SPARE_BYTES ? leftBytes : restBytes
        const sentBytes = this.#sendFromFile(first, sizeBytes, piece)
        if (sentBytes === undefined) this.#read(first, sizeBytes, piece)
        else if (sentBytes < sizeBytes) {
          // Of what is written the system says when it has taken it: then there is room again.
          const nextBytes = Math.min(sizeBytes - sentBytes, NEXT_BYTES)
          if (this.#network.unsentBytes === 0) this.#read(first, nextBytes, piece)
          break
        }
        leftBytes -= sizeBytes
      } else {
        piece.buffers.push(first)
        this.#lineBytes -= first.length
        leftBytes -= first.length
        this.#line.shift()
      }
    }
    this.#hand(piece)
  }

  /** How many bytes went; undefined where they have to be read. */
  #sendFromFile(first: LateBytes, sizeBytes: number, piece: Piece): number | undefined {
    const { files } = this.#network
    if (files === undefined) return undefined
    const place = first.inFile?.(this.#firstSentBytes)
    if (place === undefined) return undefined
    this.#handHead(piece, files)
    if (this.#network.unsentBytes > 0) return 0
    const sentBytes = files.body(place, sizeBytes)
    if (sentBytes !== undefined) this.#took(first, sentBytes)
    return sentBytes
  }

  #read(first: LateBytes, sizeBytes: number, piece: Piece): void {
    const { bytes, release } = first.read(this.#firstSentBytes, sizeBytes)
    piece.buffers.push(bytes)
    piece.after.push(release)
    this.#countedBytes += sizeBytes
    this.#memory.take(sizeBytes)
    this.#took(first, sizeBytes)
  }

  /** So many of the first in line are on their way. */
  #took(first: LateBytes, sizeBytes: number): void {
    this.#firstSentBytes += sizeBytes
    if (this.#firstSentBytes < first.length) return
    this.#firstSentBytes = 0
    this.#line.shift()
  }

  /** Sends what the piece holds so far, in one packet with what follows if it is small. */
  #handHead(piece: Piece, files: FileSending): void {
    const [head] = piece.buffers
    if (piece.buffers.length === 1 && head!.length <= HEAD_BYTES) {
      const sentBytes = files.head(head!)
      piece.buffers = sentBytes === head!.length ? [] : [head!.subarray(sentBytes)]
    }
    this.#hand(piece)
  }

  /** Sends what the piece holds so far. */
  #hand(piece: Piece): void {
    const { buffers, after } = piece
    piece.buffers = []
    piece.after = []
    this.#network.send(buffers, () => { for (const fn of after) fn() })
    this.#settle()
  }

  /** To be called now and then: only so it is seen that a client reads slowly, not never. */
  observe(): void {
    const { untakenBytes } = this.#network
    if (untakenBytes !== this.#untakenBytes) this.#lastTakenMs = this.#clock.monotonicMs()
    this.#untakenBytes = untakenBytes
  }

  /** The connection is gone. */
  close(): void {
    this.#isClosed = true
    for (const part of this.#line.values()) if (typeof part === 'function') part()
    while (this.#line.length > 0) this.#line.shift()
    this.#lineBytes = 0
    this.#settle()
  }

  /** Gives back the memory of what has left. */
  #settle(): void {
    const unsentBytes = this.#isClosed ? 0
      : this.#turnBytes + this.#lineBytes + this.#network.unsentBytes
    this.#memory.giveBack(this.#countedBytes - unsentBytes)
    this.#countedBytes = unsentBytes
  }
}

// The answers of one connection on their way out: collected during a turn, sent in one write, and
// counted against the node's memory until the system has taken them.

import type { Clock } from '../world/clock.ts'
import type { NetworkConnection } from '../world/network.ts'
import type { Budget } from './budget.ts'
import type { Exchange } from './exchange.ts'

/** With so much unsent a client gets no more to read: no further request of it is handled. */
const FULL_BYTES = 1 << 20

export class Outbox {
  readonly #network: NetworkConnection
  readonly #memory: Budget
  readonly #clock: Pick<Clock, 'monotonicMs'>
  /** Of this turn. */
  #buffers: Buffer[] = []
  #turnBytes = 0
  #awaited: Exchange[] = []
  /** What is taken of the memory. */
  #countedBytes = 0
  /** As last observed: what the client has still to take, and when it took something. */
  #untakenBytes = 0
  #lastTakenMs: number
  #isClosed = false

  constructor(
    network: NetworkConnection, memory: Budget, clock: Pick<Clock, 'monotonicMs'>,
  ) {
    this.#network = network
    this.#memory = memory
    this.#clock = clock
    this.#lastTakenMs = clock.monotonicMs()
  }

  /** Whether this turn has answered nothing so far. */
  get isEmpty(): boolean {
    return this.#buffers.length === 0
  }

  get isFull(): boolean {
    if (this.#turnBytes >= FULL_BYTES) return true
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
    let sizeBytes = 0
    for (const buffer of exchange.answer) {
      this.#buffers.push(buffer)
      sizeBytes += buffer.length
    }
    this.#turnBytes += sizeBytes
    this.#countedBytes += sizeBytes
    this.#memory.take(sizeBytes)
    if (exchange.isAwaitedWhenSent) this.#awaited.push(exchange)
  }

  /** Sends what the turn has answered. */
  send(): void {
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
    this.#settle()
  }

  /** Gives back the memory of what has left. */
  #settle(): void {
    const unsentBytes = this.#isClosed ? 0 : this.#turnBytes + this.#network.unsentBytes
    this.#memory.giveBack(this.#countedBytes - unsentBytes)
    this.#countedBytes = unsentBytes
  }
}

// The listeners of a node and the connections they accept.

import type { Logger } from '../../storage/ports.ts'
import type { ListenerKind } from '../../protocol/schema.ts'
import type { Clock, Timer } from '../world/clock.ts'
import type { ConnectionEvents, Listener, Network, NetworkConnection } from '../world/network.ts'
import type { Turn } from '../world/turn.ts'
import { Admission } from './admission.ts'
import { Budget } from './budget.ts'
import { Client } from './client.ts'
import { Connection, type ConnectionEnvironment } from './connection.ts'
import type { ConnectionLimitOptions } from './connection-limits.ts'
import type { Dispatcher } from './dispatch.ts'
import type { RateWindows } from '../rate-windows.ts'
import { RepeatedLines } from './repeated-lines.ts'
import { SlabPool } from './slabs.ts'

export interface ServerOptions {
  readonly network: Network
  readonly clock: Clock
  readonly turn: Turn
  readonly logger: Logger
  /** `socket.request.max.bytes` */
  readonly maxRequestBytes: number
  /** `connections.max.idle.ms` */
  readonly maxIdleMs: number
  /** `queued.max.request.bytes`; not above 0: no bound. */
  readonly requestMemoryBytes: number
  readonly connectionLimits: ConnectionLimitOptions
  /** `quota.window.num`, `quota.window.size.seconds` */
  readonly rateWindows: RateWindows
  /** What clients may leave unread altogether. */
  readonly answerMemoryBytes?: number
}

/** A listener as `listeners` names it. */
export interface ListenerAddress {
  readonly name: string
  readonly kind: ListenerKind
  readonly host: string
  /** 0: any free port. */
  readonly port: number
}

interface OpenListener {
  readonly name: string
  readonly kind: ListenerKind
  readonly listener: Listener
}

/** What became of the connections of a listener, since the start. */
export interface ConnectionTally {
  readonly accepted: number
  readonly closed: number
  readonly receivedBytes: number
  readonly sentBytes: number
}

type Tally = { -readonly [K in keyof ConnectionTally]: ConnectionTally[K] }
const NOTHING: Tally = { accepted: 0, closed: 0, receivedBytes: 0, sentBytes: 0 }

/** The connections' environment, before `serve` without a dispatcher: nothing is read by then. */
type ServerEnvironment = { -readonly [K in keyof ConnectionEnvironment]: ConnectionEnvironment[K] }

/** Everybody as long as nobody has to authenticate. */
const ANONYMOUS = 'User:ANONYMOUS'
const NOBODY: ReadonlyMap<string, number> = new Map()
/** How long a stopping server waits for requests that are being handled. */
const STOP_GRACE_MS = 1000
const SWEEPS_PER_IDLE_TIME = 10
const LEAST_SWEEP_MS = 100
const MOST_SWEEP_MS = 1000
/** What a burst of requests needed is given back within two of them. */
const TRIM_MS = 10_000
/**
 * Kafka sends records out of the page cache and has none of them in memory; here they lie in
 * buffers until the client has taken them. It is enough for four answers of `fetch.max.bytes`, or
 * 256 of what a consumer asks of one partition, all unread at once.
 */
const ANSWER_MEMORY_BYTES = 256 * 1024 * 1024
/** A client that reads nothing for so long is closed where others wait for its memory. */
const STALL_MS = 10_000

export class Server {
  readonly #options: ServerOptions
  readonly #environment: ServerEnvironment
  readonly #connections = new Map<Connection, NetworkConnection>()
  /** By listener; bytes of those alone that are closed. */
  readonly #tallies = new Map<string, Tally>()
  #listeners: OpenListener[] = []
  readonly #admission: Admission
  #wanted: ConnectionLimitOptions | undefined
  /** With addresses for hosts. */
  #hosts: Pick<ConnectionLimitOptions, 'overrides' | 'addressRates'> =
    { overrides: NOBODY, addressRates: NOBODY }
  /** Connections that came before `serve`, not read from yet. */
  #early: Connection[] = []
  #nextConnectionId = 1
  #sweep: Timer | undefined
  #trimmedMs = 0
  #isStopping = false
  #onEmpty: (() => void) | undefined

  constructor(options: ServerOptions) {
    const { requestMemoryBytes, answerMemoryBytes = ANSWER_MEMORY_BYTES } = options
    this.#options = options
    this.#environment = {
      ...options, pool: new SlabPool(), dispatcher: undefined,
      lines: new RepeatedLines(options.logger, options.clock),
      requestMemory: new Budget(requestMemoryBytes > 0 ? requestMemoryBytes : Infinity),
      answerMemory: new Budget(answerMemoryBytes),
      onGone: (connection) => this.#forget(connection),
    }
    this.#admission = new Admission({
      limits: options.connectionLimits, windows: options.rateWindows, clock: options.clock,
      mostConnections: options.network.mostConnections, lines: this.#environment.lines,
      onAdmitted: (connection) => this.#begin(connection),
    })
  }

  /** By listener. */
  get tallies(): ReadonlyMap<string, ConnectionTally> {
    const tallies = new Map([...this.#tallies].map(([name, tally]) => [name, { ...tally }]))
    for (const [{ peer: { listenerName } }, network] of this.#connections) {
      addBytes(tallies.get(listenerName)!, network)
    }
    return tallies
  }

  get connections(): Iterable<Connection> {
    return this.#connections.keys()
  }

  /** What is left of `queued.max.request.bytes`; Infinity without a bound. */
  get requestMemory(): Pick<Budget, 'freeBytes' | 'usedBytes'> {
    return this.#environment.requestMemory
  }

  get connectionCount(): number {
    return this.#connections.size
  }

  /**
   * Looks up the hosts that have limits of their own; to be called before `bind`. Rejects with the
   * network's error.
   */
  resolveLimits(): Promise<void> {
    return this.limit(this.#options.connectionLimits)
  }

  /**
   * Other limits from now on, those of single hosts once their addresses are found. Rejects with
   * the network's error where one of the overrides is not; those of before then go on to count.
   */
  async limit(limits: ConnectionLimitOptions): Promise<void> {
    const wanted = this.#wanted = limits
    this.#admission.limit({ ...limits, ...this.#hosts })
    const addressRates = await this.#byAddress(limits.addressRates, (host, error) => {
      const { message: reason } = error as Error
      this.#options.logger.warn('The connection rate of a host does not count', { host, reason })
    })
    const overrides = await this.#byAddress(limits.overrides).catch((error: unknown) => ({ error }))
    // Others may have been set meanwhile.
    if (this.#wanted !== wanted) return
    const hasFailed = 'error' in overrides
    this.#hosts = { addressRates, overrides: hasFailed ? this.#hosts.overrides : overrides }
    this.#admission.limit({ ...limits, ...this.#hosts })
    if (hasFailed) throw overrides.error
  }

  async #byAddress(
    limits: ReadonlyMap<string, number>, onUnknown?: (host: string, error: unknown) => void,
  ): Promise<ReadonlyMap<string, number>> {
    const found = new Map<string, number>()
    for (const [host, most] of limits) {
      try {
        found.set(plainAddress(await this.#options.network.addressOf(host)), most)
      } catch (error) {
        if (onUnknown === undefined) throw error
        onUnknown(host, error)
      }
    }
    return found
  }

  /**
   * Binds the listeners, so that their ports are known; nobody is served before `serve`. Rejects
   * with the network's error for the first address that cannot be had, and then holds none.
   */
  async bind(addresses: readonly ListenerAddress[]): Promise<ListenerAddress[]> {
    const bound: ListenerAddress[] = []
    const opened: OpenListener[] = []
    try {
      for (const address of addresses) {
        this.#admission.open(address.kind, address.name)
        if (!this.#tallies.has(address.name)) {
          this.#tallies.set(address.name, { ...NOTHING })
        }
        const listener = await this.#options.network.listen(address, {
          accepted: (connection) => this.#accept(connection, address),
          failed: (error) => this.#environment.lines.log(
            'warn', 'accept', 'A connection could not be accepted',
            { listener: address.name, error: error.message },
          ),
        })
        opened.push({ name: address.name, kind: address.kind, listener })
        bound.push({ ...address, port: listener.port })
      }
    } catch (error) {
      for (const { kind, name } of addresses) this.#admission.close(kind, name)
      await closeAll(opened)
      throw error
    }
    this.#listeners.push(...opened)
    return bound
  }

  /** Closes a listener and its connections, once what they have asked is answered. */
  async unbind(name: string): Promise<void> {
    const gone = this.#listeners.filter((listener) => listener.name === name)
    this.#listeners = this.#listeners.filter((listener) => listener.name !== name)
    await closeAll(gone)
    for (const { kind } of gone) this.#admission.close(kind, name)
    for (const connection of this.connections) {
      if (connection.peer.listenerName === name) connection.close()
    }
  }

  /** Begins to serve, those first who connected meanwhile. */
  serve(dispatcher: Dispatcher): void {
    this.#environment.dispatcher = dispatcher
    for (const connection of this.#early) connection.readOn()
    this.#early = []
    this.#sweepLater()
  }

  /**
   * Accepts no more, lets requests in the works finish for a moment, and closes all connections.
   */
  async stop(): Promise<void> {
    this.#isStopping = true
    this.#sweep?.cancel()
    await this.#closeListeners()
    this.#admission.stop()
    for (const connection of this.connections) connection.close()
    if (this.#connections.size > 0) await this.#emptied()
    this.#environment.lines.end()
  }

  #emptied(): Promise<void> {
    return new Promise<void>((resolve) => {
      const grace = this.#options.clock.setTimer(STOP_GRACE_MS, () => {
        for (const connection of this.connections) connection.destroy()
        resolve()
      })
      this.#onEmpty = () => {
        grace.cancel()
        resolve()
      }
    })
  }

  async #closeListeners(): Promise<void> {
    const listeners = this.#listeners
    this.#listeners = []
    await closeAll(listeners)
  }

  #accept(network: NetworkConnection, address: ListenerAddress): ConnectionEvents {
    const peer = {
      connectionId: this.#nextConnectionId++, clientAddress: plainAddress(network.remoteAddress),
      listenerName: address.name, listenerKind: address.kind, principal: ANONYMOUS,
      client: new Client(network.remotePort),
    }
    const connection = new Connection(peer, network, this.#environment)
    this.#connections.set(connection, network)
    this.#tallies.get(address.name)!.accepted++
    const outcome = this.#admission.arrived(connection)
    if (this.#isStopping || outcome === 'refused') connection.destroy()
    else if (outcome === 'waits') connection.hold()
    else if (this.#environment.dispatcher === undefined) {
      connection.hold()
      this.#early.push(connection)
    }
    return connection
  }

  /** For one that had to wait. */
  #begin(connection: Connection): void {
    if (this.#environment.dispatcher === undefined) this.#early.push(connection)
    else connection.readOn()
  }

  #forget(connection: Connection): void {
    const tally = this.#tallies.get(connection.peer.listenerName)!
    tally.closed++
    addBytes(tally, this.#connections.get(connection)!)
    this.#connections.delete(connection)
    this.#admission.left(connection)
    if (this.#connections.size === 0) this.#onEmpty?.()
  }

  #sweepLater(): void {
    const { clock, maxIdleMs } = this.#options
    const wantedMs = maxIdleMs < 0 ? MOST_SWEEP_MS : maxIdleMs / SWEEPS_PER_IDLE_TIME
    const delayMs = Math.min(Math.max(wantedMs, LEAST_SWEEP_MS), MOST_SWEEP_MS)
    this.#sweep = clock.setTimer(delayMs, () => {
      this.#environment.lines.flush()
      if (clock.monotonicMs() - this.#trimmedMs >= TRIM_MS) this.#trim()
      for (const connection of this.connections) connection.observe()
      if (maxIdleMs >= 0) this.#closeIdle(clock.monotonicMs() - maxIdleMs)
      this.#closeStalled(clock.monotonicMs() - STALL_MS)
      this.#sweepLater()
    })
  }

  #trim(): void {
    this.#trimmedMs = this.#environment.clock.monotonicMs()
    this.#environment.pool.trim()
  }

  /** Closes who has been silent for too long; a request that is waiting is not silence. */
  #closeIdle(latestMs: number): void {
    for (const connection of this.connections) {
      if ((connection.idleSinceMs ?? Infinity) < latestMs) connection.destroy()
    }
  }

  /**
   * Where requests wait because clients leave answers unread: closes all who have read nothing for
   * long. One at a time would let others of that sort take its place.
   */
  #closeStalled(latestMs: number): void {
    if (!this.#environment.answerMemory.isAwaited) return
    for (const connection of this.connections) {
      if ((connection.stalledSinceMs ?? Infinity) >= latestMs) continue
      connection.abandon()
    }
  }
}

function addBytes(tally: Tally, { receivedBytes, sentBytes }: NetworkConnection): void {
  tally.receivedBytes += receivedBytes
  tally.sentBytes += sentBytes
}

async function closeAll(listeners: readonly OpenListener[]): Promise<void> {
  await Promise.all(listeners.map(({ listener }) => listener.close()))
}

/** An IPv4 address as such, also where the listener speaks IPv6. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address
}

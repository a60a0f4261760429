// How many connections there may be, altogether, of single listeners and of single addresses, and
// how fast they may come, as Kafka counts them (ConnectionQuotas, KIP-402 and KIP-612). A broker
// and a controller in one process count each for itself.

import type { RateWindows } from '../rate-windows.ts'
import { ConnectionRate } from './connection-rate.ts'

/** For connections of one listener. */
export interface ListenerLimits {
  /** `max.connections` */
  readonly most: number
  /** `max.connection.creation.rate` */
  readonly mostPerSecond: number
}

export interface ConnectionLimitOptions extends ListenerLimits {
  /** What single listeners have instead: each of them has limits of its own, these or the same. */
  ofListener(listenerName: string): Partial<ListenerLimits>
  /** `max.connections.per.ip` */
  readonly mostPerAddress: number
  /** `max.connections.per.ip.overrides`: host → its own limit. */
  readonly overrides: ReadonlyMap<string, number>
  /** `connection_creation_rate` of addresses that have none of their own. */
  readonly addressRate: number
  /** `connection_creation_rate`: host → its own limit. */
  readonly addressRates: ReadonlyMap<string, number>
  /**
   * `inter.broker.listener.name`: where there are others beside it, its connections are let in
   * although there are too many.
   */
  readonly interBrokerListener: string
}

/** An address that is not to be let in. */
export type Refusal = { readonly most: number } | { readonly delayMs: number }

interface OpenListener {
  count: number
  readonly rate: ConnectionRate
}

/** Kafka's largest int: no limit at all. */
const UNLIMITED = 2 ** 31 - 1
/** Rates of so many addresses are looked through for those that are forgotten. */
const SWEEP_RATES = 1000

export class ConnectionLimits {
  #options: ConnectionLimitOptions
  readonly #windows: RateWindows
  readonly #listeners = new Map<string, OpenListener>()
  readonly #counts = new Map<string, number>()
  #total = 0
  readonly #rate: ConnectionRate
  readonly #rates = new Map<string, ConnectionRate>()
  #sweepAt = SWEEP_RATES

  /** The hosts of the options are addresses by now. */
  constructor(options: ConnectionLimitOptions, windows: RateWindows) {
    this.#options = options
    this.#windows = windows
    this.#rate = new ConnectionRate(windows)
  }

  /** From now on; what was counted stays. */
  limit(options: ConnectionLimitOptions): void {
    this.#options = options
  }

  open(listenerName: string): void {
    this.#listeners.set(listenerName, { count: 0, rate: new ConnectionRate(this.#windows) })
  }

  close(listenerName: string): void {
    this.#listeners.delete(listenerName)
  }

  /** Whether a connection of the listener has to wait until another one ends. */
  isFull(listenerName: string): boolean {
    const { most = this.#options.most } = this.#options.ofListener(listenerName)
    if ((this.#listeners.get(listenerName)?.count ?? 0) >= most) return true
    return !this.isProtected(listenerName) && this.#total >= this.#options.most
  }

  /** How many there are beyond what should be. */
  get excess(): number {
    return Math.max(0, this.#total - this.#options.most)
  }

  isProtected(listenerName: string): boolean {
    return listenerName === this.#options.interBrokerListener && this.#listeners.size > 1
  }

  /** Counts a new connection for how fast they come; answers how long it has to wait. */
  waitMs(listenerName: string, nowMs: number): number {
    const { mostPerSecond } = this.#options
    const listener = this.#listeners.get(listenerName)
    const own = this.#options.ofListener(listenerName).mostPerSecond ?? mostPerSecond
    listener?.rate.record(nowMs)
    const waitMs = listener?.rate.waitMs(own, nowMs) ?? 0
    if (this.isProtected(listenerName)) return waitMs
    this.#rate.record(nowMs)
    return Math.max(waitMs, this.#rate.waitMs(mostPerSecond, nowMs))
  }

  /** Counts a connection; if its address may not have it, it is not counted at all. */
  enter(listenerName: string, address: string, nowMs: number): Refusal | undefined {
    const delayMs = this.#delayMs(address, nowMs)
    if (delayMs > 0) {
      // It did not come, for the others.
      if (!this.isProtected(listenerName)) this.#rate.record(nowMs, -1)
      this.#listeners.get(listenerName)?.rate.record(nowMs, -1)
      return { delayMs }
    }
    const count = this.#counts.get(address) ?? 0
    const most = this.#options.overrides.get(address) ?? this.#options.mostPerAddress
    if (count >= most) return { most }
    this.#counts.set(address, count + 1)
    this.#total++
    const listener = this.#listeners.get(listenerName)
    if (listener !== undefined) listener.count++
    return undefined
  }

  leave(listenerName: string, address: string): void {
    const count = this.#counts.get(address) ?? 0
    if (count > 1) this.#counts.set(address, count - 1)
    else this.#counts.delete(address)
    this.#total--
    const listener = this.#listeners.get(listenerName)
    // It may have been closed, and opened again, since the connection came.
    if (listener !== undefined && listener.count > 0) listener.count--
  }

  #delayMs(address: string, nowMs: number): number {
    const mostPerSecond = this.#options.addressRates.get(address) ?? this.#options.addressRate
    if (mostPerSecond >= UNLIMITED) return 0
    let rate = this.#rates.get(address)
    if (rate === undefined) {
      this.#sweepRates(nowMs)
      rate = new ConnectionRate(this.#windows)
      this.#rates.set(address, rate)
    }
    rate.record(nowMs)
    const delayMs = rate.waitMs(mostPerSecond, nowMs)
    if (delayMs > 0) rate.record(nowMs, -1)
    return delayMs
  }

  /** There may be many addresses, most of which never come again. */
  #sweepRates(nowMs: number): void {
    if (this.#rates.size < this.#sweepAt) return
    for (const [address, rate] of this.#rates) {
      if (rate.isForgotten(nowMs)) this.#rates.delete(address)
    }
    this.#sweepAt = Math.max(SWEEP_RATES, this.#rates.size * 2)
  }
}

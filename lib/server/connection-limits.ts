// How many connections there may be, altogether and of single addresses, as Kafka counts them
// (ConnectionQuotas). A broker and a controller in one process count each for itself.

export interface ConnectionLimitOptions {
  /** `max.connections` */
  readonly most: number
  /** `max.connections.per.ip` */
  readonly mostPerAddress: number
  /** `max.connections.per.ip.overrides`: host → its own limit. */
  readonly overrides: ReadonlyMap<string, number>
  /**
   * The listener of other brokers, if clients have one of their own: they are let in where others
   * have to wait.
   */
  readonly protectedListener: string | undefined
}

export class ConnectionLimits {
  readonly #options: ConnectionLimitOptions
  readonly #counts = new Map<string, number>()
  #total = 0

  /** The hosts of the overrides are addresses by now. */
  constructor(options: ConnectionLimitOptions) {
    this.#options = options
  }

  /** Whether a connection of the listener has to wait until another one ends. */
  isFull(listenerName: string): boolean {
    return !this.isProtected(listenerName) && this.#total >= this.#options.most
  }

  /** There are more than should be, for the sake of a protected listener. */
  get isExceeded(): boolean {
    return this.#total > this.#options.most
  }

  isProtected(listenerName: string): boolean {
    return listenerName === this.#options.protectedListener
  }

  mostOf(address: string): number {
    return this.#options.overrides.get(address) ?? this.#options.mostPerAddress
  }

  /** Counts a connection; false, and not counted, if its address has as many as it may. */
  enter(address: string): boolean {
    const count = this.#counts.get(address) ?? 0
    if (count >= this.mostOf(address)) return false
    this.#counts.set(address, count + 1)
    this.#total++
    return true
  }

  leave(address: string): void {
    const count = this.#counts.get(address) ?? 0
    if (count > 1) this.#counts.set(address, count - 1)
    else this.#counts.delete(address)
    this.#total--
  }
}

// What a connection knows of the client at its other end: where it comes from, what it says it is,
// and when it has gone.

const UNKNOWN = 'unknown'

export class Client {
  readonly port: number
  /** As ApiVersions told them (KIP-511). */
  softwareName = UNKNOWN
  softwareVersion = UNKNOWN
  #isGone = false
  #onGone: (() => void)[] = []

  constructor(port: number) {
    this.port = port
  }

  /** Runs when the connection has gone, whatever was under way. */
  onGone(fn: () => void): void {
    if (this.#isGone) fn()
    else this.#onGone.push(fn)
  }

  gone(): void {
    this.#isGone = true
    for (const fn of this.#onGone.splice(0)) fn()
  }
}

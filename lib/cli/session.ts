// What a command works with while it runs: a client of the cluster, its output, and the signal that
// ends it.

import { Client } from '../client/client.ts'
import type { Address } from '../address.ts'
import { parseAddress } from '../client/dial.ts'
import { VERSION } from '../version.ts'
import { type Clock, systemClock } from '../world/clock.ts'
import { tcpDial } from '../world/dial.ts'
import { UsageError } from './exit.ts'
import type { Interruption } from './interruption.ts'
import { ask, Output, type Terminal } from './terminal.ts'
import { durationMs } from './units.ts'

/** What every command that speaks to a broker takes. */
export interface CommonOptions {
  readonly bootstrap: string
  readonly json: boolean
  readonly timeout: string
}

/** Of a command that destroys something. */
export interface DestructiveOptions {
  readonly yes: boolean
  readonly dryRun: boolean
}

export class Session {
  readonly output: Output
  readonly terminal: Terminal
  readonly clock: Clock = systemClock()
  readonly #options: CommonOptions
  readonly #interruption: Interruption
  #client: Client | undefined

  constructor(options: CommonOptions, terminal: Terminal, interruption: Interruption) {
    this.#options = options
    this.terminal = terminal
    this.output = new Output(terminal, options.json)
    this.#interruption = interruption
  }

  /**
   * Aborted by Ctrl-C, by whoever asks the process to end, and when nobody reads any more: these no
   * longer end the process by themselves, and whoever calls this promises to look at it.
   */
  watchForInterruption(): AbortSignal {
    return this.#interruption.watch()
  }

  get isInterrupted(): boolean {
    return this.#interruption.isAborted
  }

  /** Connects when it is first asked something. */
  get client(): Client {
    this.#client ??= this.newClient(parseBootstrap(this.#options.bootstrap))
    return this.#client
  }

  get bootstrap(): string {
    return this.#options.bootstrap
  }

  get timeoutMs(): number {
    return durationMs('--timeout', this.#options.timeout)
  }

  newClient(bootstrap: readonly Address[]): Client {
    const { timeoutMs } = this
    return new Client({
      bootstrap, dial: tcpDial(), clock: this.clock, softwareVersion: VERSION,
      requestTimeoutMs: timeoutMs, timeoutMs: timeoutMs * 2,
    })
  }

  /** Whether to go on with what cannot be undone. Where nobody can be asked it takes `--yes`. */
  async confirm({ yes }: DestructiveOptions, question: string): Promise<boolean> {
    if (yes) return true
    if (this.terminal.isInteractive) return ask(this.terminal, question)
    throw new UsageError(`${question} Nobody can be asked here: add --yes to go on, `
      + '--dry-run to see what would be done')
  }

  close(): void {
    this.#client?.close()
  }
}

/** Throws UsageError. */
export function parseBootstrap(text: string): Address[] {
  return text.split(',').map((one) => {
    const address = parseAddress(one)
    if (address !== undefined) return address
    throw new UsageError(`--bootstrap ${text}: write host:port, and commas between several`)
  })
}

// A connection that asks a broker now and then whether it is served, and notes when it first was,
// or was closed.

import { connect, type Socket } from 'node:net'
import { encodeRequest } from '../../protocol/compile.ts'
import { apiVersions } from '../../protocol/messages/api-versions.ts'
import { sleep } from '../harness/process.ts'

/** Nothing that is not to wait takes so long, and what waits takes longer. */
const PATIENCE_MS = 400
const POLL_MS = 10
const HALF_SECOND_MS = 500

const QUESTION = Buffer.concat(encodeRequest(apiVersions, 0, 1, 'visitor', {}))

export class Visitor {
  readonly #socket: Socket
  readonly #cameMs = performance.now()
  #answers = 0
  #answeredMs: number | undefined
  isClosed = false

  /** From an address of this machine: all of 127 are. */
  constructor(port: number, localAddress = '127.0.0.1') {
    this.#socket = connect({ host: '127.0.0.1', port, localAddress })
    this.#socket.on('data', () => {
      this.#answers++
      this.#answeredMs ??= performance.now()
    })
    this.#socket.on('close', () => { this.isClosed = true })
    // Who is closed with a question of his unread hears of an error.
    this.#socket.on('error', () => {})
  }

  ask(): void {
    this.#socket.write(QUESTION)
  }

  /** What becomes of one more question. */
  async asks(): Promise<string> {
    const before = this.#answers
    if (this.isClosed) return 'closed'
    this.ask()
    for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += POLL_MS) {
      if (this.#answers > before) return 'served'
      if (this.isClosed) return 'closed'
      await sleep(POLL_MS)
    }
    return 'waits'
  }

  get state(): string {
    return this.isClosed ? 'closed' : this.#answers > 0 ? 'served' : 'waits'
  }

  /** After how many seconds it was answered, to the half of one. */
  get servedAfter(): string {
    if (this.#answeredMs === undefined) return this.state
    return String(Math.round((this.#answeredMs - this.#cameMs) / HALF_SECOND_MS) / 2)
  }

  leave(): void {
    this.#socket.destroy()
  }
}

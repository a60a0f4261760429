// A connection of bytes: frames go out whole or broken, and answers are waited for a short while.

import { connect, type Socket } from 'node:net'

const LENGTH_BYTES = 4

export type Outcome = 'answered' | 'closed' | 'silent'

export class Line {
  readonly #port: number
  #socket: Socket | undefined
  #received: Buffer = Buffer.alloc(0)
  #wake: (() => void) | undefined

  constructor(port: number) {
    this.#port = port
  }

  /** Sends bytes; gives the next frame (without its length), or how it failed to come. */
  async ask(
    parts: readonly Buffer[], timeoutMs: number,
  ): Promise<{ outcome: Outcome, frame?: Buffer }> {
    const socket = this.#socket ??= this.#open()
    for (const part of parts) socket.write(part)
    const endMs = performance.now() + timeoutMs
    for (;;) {
      const frame = this.#take()
      if (frame !== undefined) return { outcome: 'answered', frame }
      if (socket !== this.#socket) return { outcome: 'closed' }
      const leftMs = endMs - performance.now()
      if (leftMs <= 0) {
        this.close()
        return { outcome: 'silent' }
      }
      await this.#change(leftMs)
    }
  }

  close(): void {
    // Without a FIN nothing of the connection stays behind, however many there are.
    this.#socket?.resetAndDestroy()
    this.#socket = undefined
  }

  #open(): Socket {
    this.#received = Buffer.alloc(0)
    const socket = connect(this.#port, '127.0.0.1')
    socket.setNoDelay(true)
    const isThis = () => this.#socket === socket
    socket.on('data', (chunk: Buffer) => {
      if (!isThis()) return
      this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
      this.#wake?.()
    })
    const gone = () => {
      if (!isThis()) return
      this.#socket = undefined
      this.#wake?.()
    }
    socket.on('end', () => { socket.destroy(); gone() })
    socket.on('close', gone)
    socket.on('error', () => {})
    return socket
  }

  #take(): Buffer | undefined {
    const received = this.#received
    if (received.length < LENGTH_BYTES) return undefined
    const end = LENGTH_BYTES + received.readInt32BE(0)
    if (received.length < end) return undefined
    this.#received = received.subarray(end)
    return received.subarray(LENGTH_BYTES, end)
  }

  #change(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

export function withLength(frame: Buffer): Buffer {
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeInt32BE(frame.length)
  return Buffer.concat([length, frame])
}

// A connection that asks a broker in the protocol itself, in the version that is named: for what no
// client asks, or tells as it is, and where a client that costs much would measure itself.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { decodeResponse, encodeRequest } from '../../protocol/compile.ts'
import type { Api, Decoded, WriteOf } from '../../protocol/schema.ts'

const LENGTH_BYTES = 4
const CLIENT_ID = 'harness'
/** Only for giving up: some brokers take minutes for what they are asked here. */
const PATIENCE_MS = 300_000

interface Asked {
  readonly correlationId: number
  readonly read: (frame: Buffer) => unknown
  readonly resolve: (body: never) => void
  readonly reject: (error: unknown) => void
}

export interface WireOptions {
  /** For how long nothing may come while an answer is waited for. */
  readonly timeoutMs?: number
}

/** Answers come in the order of their requests, several of which may be on the way. */
export class Wire {
  readonly #socket: Socket
  readonly #waiting: Asked[] = []
  /** What came and is no whole answer yet. */
  #parts: Buffer[] = []
  #partsBytes = 0
  /** So many tell something: a length, or the whole answer that it is the length of. */
  #neededBytes = LENGTH_BYTES
  #nextCorrelationId = 0
  /** Why nothing can be asked any more. */
  #end: Error | undefined

  private constructor(socket: Socket, { timeoutMs = PATIENCE_MS }: WireOptions) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('the broker closed the connection')))
    // One timer of the connection, which the system starts anew with all that goes and comes.
    socket.setTimeout(timeoutMs)
    socket.on('timeout', () => {
      if (this.#waiting.length > 0) this.#fail(new Error(`no answer for ${timeoutMs} ms`))
    })
  }

  /** `address`: host:port */
  static async connect(address: string, options: WireOptions = {}): Promise<Wire> {
    const colon = address.lastIndexOf(':')
    const socket = connect({
      host: address.slice(0, colon), port: Number(address.slice(colon + 1)), noDelay: true,
    })
    await once(socket, 'connect')
    return new Wire(socket, options)
  }

  /** Rejects when the connection ends before the answer, or none comes. */
  ask<A extends Api>(
    api: A, version: number, body: WriteOf<A['request']['shape']>,
  ): Promise<Decoded<A['response']>> {
    const correlationId = this.#nextCorrelationId++
    const parts = encodeRequest(api, version, correlationId, CLIENT_ID, body)
    const request = parts.length === 1 ? parts[0]! : Buffer.concat(parts)
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) return reject(this.#end)
      const read = (frame: Buffer) => decodeResponse(api, version, frame).body
      this.#waiting.push({ correlationId, read, resolve, reject })
      this.#socket.write(request)
    })
  }

  close(): void {
    this.#fail(new Error('the connection has been closed'))
  }

  #take(chunk: Buffer): void {
    this.#parts.push(chunk)
    this.#partsBytes += chunk.length
    if (this.#partsBytes < this.#neededBytes) return
    let rest = this.#parts.length === 1 ? chunk : Buffer.concat(this.#parts)
    this.#neededBytes = LENGTH_BYTES
    while (rest.length >= LENGTH_BYTES) {
      this.#neededBytes = LENGTH_BYTES + rest.readInt32BE(0)
      if (rest.length < this.#neededBytes) break
      this.#answer(rest.subarray(LENGTH_BYTES, this.#neededBytes))
      rest = rest.subarray(this.#neededBytes)
      this.#neededBytes = LENGTH_BYTES
    }
    this.#parts = rest.length === 0 ? [] : [rest]
    this.#partsBytes = rest.length
  }

  #answer(frame: Buffer): void {
    const asked = this.#waiting.shift()
    const correlationId = frame.readInt32BE(0)
    if (asked?.correlationId !== correlationId) {
      const error = new Error(`an answer to ${correlationId}, not to ${asked?.correlationId}`)
      asked?.reject(error)
      return this.#fail(error)
    }
    try {
      asked.resolve(asked.read(frame) as never)
    } catch (error) {
      asked.reject(error)
    }
  }

  /** The first reason counts. */
  #fail(error: Error): void {
    this.#end ??= error
    this.#socket.destroy()
    for (const { reject } of this.#waiting.splice(0)) reject(this.#end)
  }
}

/** So many connections. */
export function wiresTo(address: string, count: number): Promise<Wire[]> {
  return Promise.all(Array.from({ length: count }, () => Wire.connect(address)))
}

/** Asks on a connection of its own. */
export async function ask<A extends Api>(
  address: string, api: A, version: number, body: WriteOf<A['request']['shape']>,
  options: WireOptions = {},
): Promise<Decoded<A['response']>> {
  const wire = await Wire.connect(address, options)
  return wire.ask(api, version, body).finally(() => wire.close())
}

// One connection that asks a broker in the protocol itself, one request after the other: for what
// no client tells as it is.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { decodeResponse, encodeRequest } from '../../protocol/compile.ts'
import type { Api, Decoded, WriteOf } from '../../protocol/schema.ts'

const LENGTH_BYTES = 4

export class Wire {
  readonly #socket: Socket
  #bytes: Buffer = Buffer.alloc(0)
  #answered: ((frame: Buffer) => void) | undefined
  #failed: ((error: Error) => void) | undefined
  #correlationId = 0

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('error', (error) => this.#failed?.(error))
    socket.on('close', () => this.#failed?.(new Error('closed without an answer')))
  }

  static async connect(address: string): Promise<Wire> {
    const [host, port] = address.split(':')
    const socket = connect(Number(port), host!)
    await once(socket, 'connect')
    return new Wire(socket)
  }

  close(): void {
    this.#socket.destroy()
  }

  ask<A extends Api>(
    api: A, version: number, body: WriteOf<A['request']['shape']>,
  ): Promise<Decoded<A['response']>> {
    const request = encodeRequest(api, version, ++this.#correlationId, 'history', body)
    return new Promise((resolve, reject) => {
      this.#failed = reject
      this.#answered = (frame) => {
        try {
          resolve(decodeResponse(api, version, frame).body)
        } catch (error) {
          reject(error)
        }
      }
      this.#socket.write(Buffer.concat(request))
    })
  }

  #take(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk])
    if (this.#bytes.length < LENGTH_BYTES) return
    const end = LENGTH_BYTES + this.#bytes.readInt32BE(0)
    if (this.#bytes.length < end) return
    const frame = this.#bytes.subarray(LENGTH_BYTES, end)
    this.#bytes = this.#bytes.subarray(end)
    this.#answered?.(frame)
  }
}

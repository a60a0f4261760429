// A client over a raw socket, with the codecs of the project: it costs the machine little, and the
// same for every broker that it loads.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { decodeResponse, encodeRequest } from '../../protocol/compile.ts'
import type { Api, Decoded, WriteOf } from '../../protocol/schema.ts'

const LENGTH_BYTES = 4

interface Asked {
  readonly read: (frame: Buffer) => unknown
  readonly resolve: (body: never) => void
  readonly reject: (error: unknown) => void
}

/** Answers come in the order of their requests, several of which may be on the way. */
export class Client {
  readonly #socket: Socket
  readonly #waiting: Asked[] = []
  #bytes: Buffer = Buffer.alloc(0)
  #correlationId = 0

  constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => this.#received(chunk))
    const lost = (error?: unknown) => {
      for (const { reject } of this.#waiting.splice(0)) {
        reject(error instanceof Error ? error : new Error('the broker closed the connection'))
      }
    }
    socket.on('error', lost)
    socket.on('close', lost)
  }

  ask<A extends Api>(
    api: A, version: number, body: WriteOf<A['request']['shape']>,
  ): Promise<Decoded<A['response']>> {
    const frames = encodeRequest(api, version, this.#correlationId++, 'bench', body)
    const sent = frames.length === 1 ? frames[0]! : Buffer.concat(frames)
    return new Promise((resolve, reject) => {
      const read = (frame: Buffer) => decodeResponse(api, version, frame).body
      this.#waiting.push({ read, resolve, reject })
      this.#socket.write(sent)
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #received(chunk: Buffer): void {
    let bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk])
    while (bytes.length >= LENGTH_BYTES) {
      const end = LENGTH_BYTES + bytes.readInt32BE(0)
      if (bytes.length < end) break
      const { read, resolve } = this.#waiting.shift()!
      resolve(read(bytes.subarray(LENGTH_BYTES, end)) as never)
      bytes = bytes.subarray(end)
    }
    this.#bytes = bytes
  }
}

/** `address`: host:port */
export async function clientOf(address: string): Promise<Client> {
  const [host, port] = address.split(':')
  const socket = connect(Number(port), host!)
  await once(socket, 'connect')
  return new Client(socket)
}

export function clientsOf(address: string, count: number): Promise<Client[]> {
  return Promise.all(Array.from({ length: count }, () => clientOf(address)))
}

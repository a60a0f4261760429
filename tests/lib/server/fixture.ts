// A server on loopback with handlers of the test's choosing, and a client of plain sockets.

import { connect, type Socket } from 'node:net'

import { decodeResponse, encodeRequest } from '../../../protocol/compile.ts'
import type { Api, ResponseOf, WriteOf } from '../../../protocol/schema.ts'
import { Dispatcher } from '../../../lib/server/dispatch.ts'
import type { Handler } from '../../../lib/server/handler.ts'
import type { ConnectionLimitOptions } from '../../../lib/server/connection-limits.ts'
import type { RateWindows } from '../../../lib/rate-windows.ts'
import { Server } from '../../../lib/server/server.ts'
import type { Services } from '../../../lib/services.ts'
import { type Clock, systemClock } from '../../../lib/world/clock.ts'
import { createLogger } from '../../../lib/world/logger.ts'
import type { Network } from '../../../lib/world/network.ts'
import { tcpNetwork } from '../../../lib/world/tcp.ts'
import { Turn } from '../../../lib/world/turn.ts'

export interface TestServer {
  readonly port: number
  readonly otherPorts: readonly number[]
  readonly turn: Turn
  readonly log: string[]
  readonly server: Server
}

export interface TestServerOptions {
  readonly maxRequestBytes?: number
  readonly maxIdleMs?: number
  readonly requestMemoryBytes?: number
  readonly answerMemoryBytes?: number
  readonly clock?: Clock
  readonly network?: Network
  readonly limits?: Partial<ConnectionLimitOptions>
  readonly rateWindows?: RateWindows
  /** Listeners besides PLAINTEXT. */
  readonly others?: readonly string[]
}

export const NO_LIMITS: ConnectionLimitOptions = {
  most: Infinity, mostPerSecond: Infinity, ofListener: () => ({}), mostPerAddress: Infinity,
  overrides: new Map(), addressRate: Infinity, addressRates: new Map(),
  interBrokerListener: 'INTERNAL',
}

/** Starts a server; handlers see only what is real here: clock, turn and logger. */
export async function startServer(
  handlers: readonly Handler[], options: TestServerOptions = {},
): Promise<TestServer> {
  const {
    maxRequestBytes = 1 << 24, maxIdleMs = -1, requestMemoryBytes = -1, clock = systemClock(),
    network = tcpNetwork(), limits = {}, others = [], rateWindows = { count: 11, sizeMs: 1000 },
    ...rest
  } = options
  const turn = new Turn(clock)
  const log: string[] = []
  const logger = createLogger({ level: 'debug', write: (line) => log.push(line) })
  const server = new Server({
    network, clock, turn, logger, maxRequestBytes, maxIdleMs, requestMemoryBytes, ...rest,
    connectionLimits: {
      ...NO_LIMITS, ...limits,
    },
    rateWindows,
  })
  await server.resolveLimits()
  const bound = await server.bind(['PLAINTEXT', ...others].map((name) => (
    { name, kind: name === 'CONTROLLER' ? 'controller' : 'broker', host: '127.0.0.1', port: 0 }
  )))
  server.serve(new Dispatcher(handlers, { clock, turn, logger } as unknown as Services))
  const [port = 0, ...otherPorts] = bound.map((listener) => listener.port)
  return { port, otherPorts, turn, log, server }
}

/** A clock that can be put forward; its timers run by the real one. */
export function movableClock(): { clock: Clock, forward(ms: number): void } {
  const real = systemClock()
  let aheadMs = 0
  return {
    clock: { ...real, monotonicMs: () => real.monotonicMs() + aheadMs },
    forward: (ms) => { aheadMs += ms },
  }
}

/**
 * Long enough for a request to be answered, if it is to be: clients and server share an event loop,
 * so that turns count, however slow the machine.
 */
export async function turns(): Promise<void> {
  for (let i = 0; i < 30; i++) await new Promise((resolve) => { setTimeout(resolve, 1) })
}

export class Client {
  readonly socket: Socket
  isClosed = false
  /** Anything came. */
  received = false
  #chunks: Buffer[] = []
  #sizeBytes = 0
  #wake: (() => void) | undefined

  constructor(port: number, localAddress = '127.0.0.1') {
    this.socket = connect({ port, host: '127.0.0.1', localAddress })
    this.socket.on('data', (chunk: Buffer) => {
      this.received = true
      this.#chunks.push(chunk)
      this.#sizeBytes += chunk.length
      this.#wake?.()
    })
    this.socket.on('close', () => {
      this.isClosed = true
      this.#wake?.()
    })
    this.socket.on('error', () => {})
  }

  write(...bytes: readonly Buffer[]): void {
    for (const part of bytes) this.socket.write(part)
  }

  /** The next frame without its length; undefined when the connection closed instead. */
  async frame(): Promise<Buffer | undefined> {
    for (;;) {
      const end = 4 + (this.#sizeBytes < 4 ? 0 : this.#joined(4).readInt32BE(0))
      if (this.#sizeBytes >= end) {
        const bytes = this.#joined(end)
        this.#chunks[0] = bytes.subarray(end)
        this.#sizeBytes -= end
        return bytes.subarray(4, end)
      }
      if (this.isClosed) return undefined
      await new Promise<void>((resolve) => { this.#wake = resolve })
    }
  }

  /** The first of what came, at least so many bytes of it in one piece. */
  #joined(sizeBytes: number): Buffer {
    if (this.#chunks[0]!.length < sizeBytes) this.#chunks = [Buffer.concat(this.#chunks)]
    return this.#chunks[0]!
  }

  async answer<A extends Api>(
    api: A, apiVersion: number,
  ): Promise<{ correlationId: number, body: ResponseOf<A> } | undefined> {
    const frame = await this.frame()
    return frame && decodeResponse(api, apiVersion, frame) as
      { correlationId: number, body: ResponseOf<A> }
  }

  async closed(): Promise<boolean> {
    return await this.frame() === undefined
  }

  destroy(): void {
    this.socket.destroy()
  }
}

/** Servers, and clients of theirs, until a test is over. */
export class StartedServers {
  #servers: Server[] = []
  #clients: Client[] = []

  readonly start = async (handlers: readonly Handler[], options?: TestServerOptions) => {
    const started = await startServer(handlers, options)
    this.#servers.push(started.server)
    return {
      ...started,
      client: (localAddress?: string, port = started.port) => this.connect(port, localAddress),
    }
  }

  connect(port: number, localAddress?: string): Client {
    const client = new Client(port, localAddress)
    this.#clients.push(client)
    return client
  }

  readonly end = async (): Promise<void> => {
    for (const client of this.#clients.splice(0)) client.destroy()
    for (const server of this.#servers.splice(0)) await server.stop()
  }
}

/** A whole request frame. */
export function requestOf<A extends Api>(
  api: A, apiVersion: number, correlationId: number, body: WriteOf<A['request']['shape']>,
): Buffer {
  return Buffer.concat(encodeRequest(api, apiVersion, correlationId, 'test', body as never))
}

// A small HTTP server for those who watch a node: GET and HEAD, and nothing that takes a body.

import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { bindAddress } from './tcp.ts'

export interface HttpAnswer {
  readonly status: number
  /** `content-type` */
  readonly type: string
  /** In parts. */
  readonly body: readonly Buffer[]
}

/** Gives the answer to a path, which comes without what stands behind a question mark. */
export type HttpAnswerer = (path: string) => Promise<HttpAnswer>

export interface HttpServer {
  /** Really bound. */
  readonly port: number
  /** Accepts no more, and ends the connections that there are. */
  close(): Promise<void>
}

/** Those who watch are few; whoever keeps connections open must not use up the node's. */
export const MOST_CONNECTIONS = 50
/** A client that sends its request, or takes its answer, no faster is let go. */
const PATIENCE_MS = 10_000
const PATIENCE_CHECK_MS = 1000
const TOO_MUCH_BYTES = 8 * 1024
/** Of one connection: many that stand in line hold up everybody else. */
const MOST_REQUESTS = 100
/** Of one answer. */
const MOST_IN_TURN_BYTES = 256 * 1024

/** Rejects with the system's error. `failed` hears of answers that could not be made. */
export async function listenHttp(
  { host, port }: { readonly host: string, readonly port: number }, answer: HttpAnswerer,
  failed: (error: unknown) => void,
): Promise<HttpServer> {
  // Only now: a node that nobody watches has no use for it.
  const { createServer } = await import('node:http')
  const server = createServer({
    maxHeaderSize: TOO_MUCH_BYTES, headersTimeout: PATIENCE_MS, requestTimeout: PATIENCE_MS,
    keepAliveTimeout: PATIENCE_MS, connectionsCheckingInterval: PATIENCE_CHECK_MS,
  }, (request, response) => {
    guests.ask(request.socket, response)
    respond(request, response, answer).catch((error: unknown) => {
      failed(error)
      response.destroy()
    })
  })
  server.maxRequestsPerSocket = MOST_REQUESTS
  const guests = new Guests()
  server.on('connection', (socket) => guests.come(socket))
  server.setTimeout(PATIENCE_MS)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: bindAddress(host), port }, () => {
      server.off('error', reject)
      server.on('error', failed)
      resolve()
    })
  })
  return { port: portOf(server), close: () => close(server) }
}

/**
 * Who is connected. Where there are too many, one makes room for who comes: refused would be also
 * those who only ask whether the node lives.
 */
class Guests {
  /** These have not asked yet, or have their answer; since longest first. */
  readonly #idle = new Set<Socket>()
  readonly #asking = new Set<Socket>()

  come(socket: Socket): void {
    socket.once('close', () => {
      this.#idle.delete(socket)
      this.#asking.delete(socket)
    })
    if (this.#idle.size + this.#asking.size >= MOST_CONNECTIONS) {
      const [longest] = this.#idle.size > 0 ? this.#idle : this.#asking
      longest!.destroy()
    }
    this.#idle.add(socket)
  }

  ask(socket: Socket, response: ServerResponse): void {
    this.#idle.delete(socket)
    this.#asking.add(socket)
    response.once('close', () => {
      if (this.#asking.delete(socket) && !socket.destroyed) this.#idle.add(socket)
    })
  }
}

function portOf(server: Server): number {
  const address = server.address()
  return address !== null && typeof address === 'object' ? address.port : 0
}

async function close(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

async function respond(
  request: IncomingMessage, response: ServerResponse, answer: HttpAnswerer,
): Promise<void> {
  request.resume()
  const { method, url = '/' } = request
  if (method !== 'GET' && method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD', 'content-length': 0 }).end()
    return
  }
  const path = pathOf(url)
  if (path === undefined) {
    response.writeHead(400, { 'content-length': 0 }).end()
    return
  }
  const { status, type, body } = await answer(path)
  const sizeBytes = body.reduce((sum, { length }) => sum + length, 0)
  response.writeHead(status, {
    'content-type': type, 'content-length': sizeBytes, 'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  let inTurnBytes = 0
  for (const part of method === 'GET' ? body : []) {
    if (response.destroyed) return
    if (!response.write(part)) await drained(response)
    inTurnBytes += part.length
    if (inTurnBytes < MOST_IN_TURN_BYTES) continue
    await nextTurn()
    inTurnBytes = 0
  }
  response.end()
}

/** Of what is asked for: a path, or a whole URL, as proxies ask (RFC 9112, 3.2). */
function pathOf(target: string): string | undefined {
  const [, authority, path] = /^(?:https?:\/\/([^/?#]+))?([^?#]*)/i.exec(target)!
  if (authority !== undefined) return path === '' ? '/' : path
  return path!.startsWith('/') ? path : undefined
}

/** The system takes megabytes without a pause: so others are let in. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => { setImmediate(resolve) })
}

/** The client has taken what there was, or is gone. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done)
      resolve()
    }
    response.on('drain', done).on('close', done)
  })
}

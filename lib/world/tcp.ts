// The network over TCP: the only file that knows sockets.
//
// Node allocates a buffer for every chunk a socket receives, unless the socket is made with
// `onread`. A server cannot ask for that, so its sockets are taken over: accepted paused, their
// handle is put into a socket of our own, which then reads straight into the buffers of the
// connection's owner (measured: more than twice the bytes per second). Where a runtime shows no
// handle, `data` events and a copy do the same.

import { readFileSync } from 'node:fs'
import { createServer, Socket, SocketAddress, type Server } from 'node:net'

import { FileSender } from './file-sender.ts'
import type {
  ConnectionEvents, FileSending, Listener, ListenerEvents, Network, NetworkConnection,
} from './network.ts'

/** Answers up to this size are copied together: cheaper than one more entry in a vectored write. */
const SMALL_BYTES = 4096

/**
 * Connections that may wait to be accepted. Kafka's 50 are too few for one thread: while it works
 * for some milliseconds a burst of clients would overflow them, and be heard a second later.
 */
const BACKLOG = 511

export function tcpNetwork(): Network {
  const fileSender = new FileSender()
  return {
    mostConnections: Math.floor(mostDescriptors() / DESCRIPTORS_PER_CONNECTION),
    addressOf: async (host) => {
      const { lookup } = await import('node:dns/promises')
      // Of several addresses Java too takes one of IPv4.
      const { address, family } = await lookup(host, { order: 'ipv4first' })
      return new SocketAddress({ address, family: family === 6 ? 'ipv6' : 'ipv4' }).address
    },
    listen: (address, events) => new Promise((resolve, reject) => {
      const server = createServer({ pauseOnConnect: true, noDelay: true, keepAlive: true })
      server.on('connection', (socket) => open(socket, events, fileSender))
      server.once('error', reject)
      const host = bindAddress(address.host)
      server.listen({ host, port: address.port, backlog: BACKLOG }, () => {
        server.off('error', reject)
        // A failed accept concerns one connection alone. (Where file descriptors run out libuv
        // closes what comes and tells nobody: hence `mostConnections`.)
        server.on('error', (error) => events.failed(error))
        resolve(listener(server, address.host))
      })
    }),
  }
}

/** Files that cannot be opened end a node, a connection refused does not: files get half. */
const DESCRIPTORS_PER_CONNECTION = 2

/** `ulimit -n` of this process, where the system tells it (Linux). */
function mostDescriptors(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8')
    return Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? Infinity)
  } catch {
    return Infinity
  }
}

/** As Java does: no host is all addresses, and localhost is the one that every client tries. */
export function bindAddress(host: string): string | undefined {
  if (host === '') return undefined
  return host === 'localhost' ? '127.0.0.1' : host
}

function listener(server: Server, host: string): Listener {
  const bound = server.address()
  const port = bound !== null && typeof bound === 'object' ? bound.port : 0
  return {
    host, port,
    close() {
      // The port is free at once; the callback would wait for the connections too.
      server.close()
      return Promise.resolve()
    },
  }
}

/** Of a socket that is closed, or on a system without them. */
const NO_DESCRIPTOR = -1

/** What Node keeps behind a socket; not part of its documented interface. */
interface WithHandle {
  _handle?: { readonly writeQueueSize?: number, readonly fd?: number } | null
}

function open(accepted: Socket, listenerEvents: ListenerEvents, fileSender: FileSender): void {
  const { remoteAddress, remotePort } = accepted
  if (remoteAddress === undefined || remotePort === undefined) {
    accepted.destroy()
    return
  }
  const connection = new TcpConnection(remoteAddress, remotePort, fileSender)
  const events = listenerEvents.accepted(connection)
  connection.start(accepted, events)
}

class TcpConnection implements NetworkConnection {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly #fileSender: FileSender
  #socket: (Socket & WithHandle) | undefined
  #events: ConnectionEvents | undefined
  #isPaused = false
  #isDestroyed = false
  /** Not all of what was sent went at once. */
  #isBehind = false
  /** Sent past the socket, which does not count them. */
  #pastBytes = 0

  constructor(remoteAddress: string, remotePort: number, fileSender: FileSender) {
    this.remoteAddress = remoteAddress
    this.remotePort = remotePort
    this.#fileSender = fileSender
  }

  start(accepted: Socket, events: ConnectionEvents): void {
    const socket = takeOver(accepted, events) ?? copyInto(accepted, events)
    this.#socket = socket
    this.#events = events
    let reason: Error | undefined
    socket.on('error', (error) => { reason = error })
    socket.on('close', () => events.closed(reason))
    // The owner may have decided while it was asked to accept.
    if (this.#isDestroyed) socket.destroy()
    else if (this.#isPaused) socket.pause()
  }

  get unsentBytes(): number {
    return this.#socket?.writableLength ?? 0
  }

  get untakenBytes(): number {
    if (this.unsentBytes === 0) return 0
    return this.#socket?._handle?.writeQueueSize ?? this.unsentBytes
  }

  get receivedBytes(): number {
    return this.#socket?.bytesRead ?? 0
  }

  get sentBytes(): number {
    const socket = this.#socket
    if (socket === undefined) return 0
    return (socket.bytesWritten ?? 0) - socket.writableLength + this.#pastBytes
  }

  send(buffers: readonly Buffer[], sent?: () => void): void {
    const socket = this.#socket
    if (socket === undefined || socket.destroyed || buffers.length === 0) {
      sent?.()
      return
    }
    const chunks = merged(buffers)
    if (chunks.length > 1) socket.cork()
    const last = chunks.length - 1
    for (let i = 0; i < last; i++) socket.write(chunks[i]!)
    if (sent) {
      socket.write(chunks[last]!, () => {
        sent()
        this.#onWritten()
      })
    } else socket.write(chunks[last]!, this.#onWritten)
    if (chunks.length > 1) socket.uncork()
    this.#isBehind = socket.writableLength > 0
  }

  get files(): FileSending | undefined {
    return this.#fileSender.isThere ? this.#files : undefined
  }

  readonly #files: FileSending = {
    head: (bytes) => {
      const sentBytes = this.#fileSender.sendHead(this.#descriptor, bytes)
      this.#pastBytes += sentBytes
      return sentBytes
    },
    body: (place, sizeBytes) => {
      const sentBytes = this.#fileSender.send(this.#descriptor, place, sizeBytes)
      this.#pastBytes += sentBytes ?? 0
      return sentBytes
    },
  }

  get #descriptor(): number {
    return this.#socket?._handle?.fd ?? NO_DESCRIPTOR
  }

  /**
   * Node's own `drain` comes only where the bytes had exceeded a mark. Of a write that went at once
   * it is told too, later: by then nobody waits for it.
   */
  readonly #onWritten = (): void => {
    if (!this.#isBehind || this.unsentBytes > 0 || this.#socket?.destroyed !== false) return
    this.#isBehind = false
    this.#events?.drained()
  }

  pause(): void {
    this.#isPaused = true
    this.#socket?.pause()
  }

  resume(): void {
    this.#isPaused = false
    this.#socket?.resume()
  }

  end(): void {
    if (this.#socket) this.#socket.destroySoon()
    else this.#isDestroyed = true
  }

  destroy(): void {
    this.#isDestroyed = true
    this.#socket?.destroy()
  }
}

/** Reads into the owner's buffers: the fast way. Undefined where the handle cannot be had. */
function takeOver(accepted: Socket, events: ConnectionEvents): Socket | undefined {
  const { _handle: handle } = accepted as Socket & WithHandle
  if (handle === undefined || handle === null || !('useUserBuffer' in handle)) return undefined
  ;(accepted as Socket & WithHandle)._handle = null
  return new Socket({
    handle,
    onread: {
      buffer: () => events.buffer(),
      callback: (sizeBytes: number) => {
        events.received(sizeBytes)
        return true
      },
    },
  } as ConstructorParameters<typeof Socket>[0])
}

function copyInto(accepted: Socket, events: ConnectionEvents): Socket {
  accepted.on('data', (chunk: Buffer) => {
    for (let at = 0; at < chunk.length && !accepted.destroyed;) {
      const copied = chunk.copy(events.buffer(), 0, at)
      at += copied
      events.received(copied)
    }
  })
  accepted.resume()
  return accepted
}

/** Small neighbours copied together, large ones as they are. */
function merged(buffers: readonly Buffer[]): readonly Buffer[] {
  if (buffers.length === 1) return buffers
  const chunks: Buffer[] = []
  for (let i = 0; i < buffers.length;) {
    let end = i
    let sizeBytes = 0
    while (end < buffers.length && buffers[end]!.length <= SMALL_BYTES) {
      sizeBytes += buffers[end++]!.length
    }
    if (end - i <= 1) {
      chunks.push(buffers[i]!)
      i++
      continue
    }
    const chunk = Buffer.allocUnsafe(sizeBytes)
    for (let at = 0; i < end; i++) at += buffers[i]!.copy(chunk, at)
    chunks.push(chunk)
  }
  return chunks
}

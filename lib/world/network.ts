// The network as the server sees it: connections that bring bytes into buffers of the server's
// choosing.

import type { FilePlace } from '../../protocol/late-bytes.ts'

/**
 * What a connection tells its owner. Calls come one at a time, never from within a call to the
 * connection.
 */
export interface ConnectionEvents {
  /**
   * Where the next bytes shall go: at least one byte long, untouched by others until `received`.
   */
  buffer(): Buffer
  /** So many bytes now stand at the front of the last `buffer()`. */
  received(sizeBytes: number): void
  /** After bytes were left unsent: they have all been taken by the system. */
  drained(): void
  /** The last call: the connection is gone, by either side, for a reason when there was one. */
  closed(reason: Error | undefined): void
}

/**
 * Past all that a connection keeps for itself: to be used while nothing is unsent, or bytes would
 * overtake others. The system takes as much as it has room for, and does not tell when it would
 * take more: what is sent otherwise does.
 */
export interface FileSending {
  /** A few bytes, before a `body` that follows at once: how many of them went. */
  head(bytes: Buffer): number
  /**
   * What nobody has to read for that: how many bytes went, 0 where there is no room now. Undefined
   * where it cannot be done.
   */
  body(place: FilePlace, sizeBytes: number): number | undefined
}

export interface NetworkConnection {
  readonly remoteAddress: string
  readonly remotePort: number
  /** Bytes handed to `send` that are still kept in memory: the system has not taken them all. */
  readonly unsentBytes: number
  /** Those of them that the system has not taken: they become fewer while the other side reads. */
  readonly untakenBytes: number
  /** Of all that came, and of all that the system has taken, since the connection was accepted. */
  readonly receivedBytes: number
  readonly sentBytes: number
  /**
   * Sends the buffers in order; `sent` is called when the system took them all, or never will:
   * nobody looks at them any more.
   */
  send(buffers: readonly Buffer[], sent?: () => void): void
  /** Undefined where the system has no such calls. */
  readonly files: FileSending | undefined
  /** Stops reading until `resume`; bytes already read are still reported. */
  pause(): void
  resume(): void
  /** Sends what is left, then closes. */
  end(): void
  /** Closes at once. */
  destroy(): void
}

export interface Listener {
  /** The address and port really bound. */
  readonly host: string
  readonly port: number
  /** Accepts no more; connections that exist live on. */
  close(): Promise<void>
}

/** What a listener tells its owner. */
export interface ListenerEvents {
  accepted(connection: NetworkConnection): ConnectionEvents
  /** A connection could not be accepted; the listener goes on. */
  failed(error: Error): void
}

export interface Network {
  /**
   * How many connections there should be at most: each takes a file descriptor, and files need
   * some too. Infinity where nothing is known of a limit.
   */
  readonly mostConnections: number
  /** The address of a host's name, or of an address in its plain form. Rejects with the error. */
  addressOf(host: string): Promise<string>
  /** No `host`: all addresses; `port` 0: a free one. Rejects with the system's error. */
  listen(
    address: { readonly host: string, readonly port: number }, events: ListenerEvents,
  ): Promise<Listener>
}

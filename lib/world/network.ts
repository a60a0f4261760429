// The network as the server sees it: connections that bring bytes into buffers of the server's
// choosing.

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
  /** What was held back by `unsentBytes` has gone down: sending may go on. */
  drained(): void
  /** The last call: the connection is gone, by either side, for a reason when there was one. */
  closed(reason: Error | undefined): void
}

export interface NetworkConnection {
  readonly remoteAddress: string
  readonly remotePort: number
  /** Bytes handed to `send` that the system has not taken yet. */
  readonly unsentBytes: number
  /**
   * Sends the buffers in order; `sent` is called when the system took them all (not when it
   * fails).
   */
  send(buffers: readonly Buffer[], sent?: () => void): void
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

export interface Network {
  /** No `host`: all addresses; `port` 0: a free one. Rejects with the system's error. */
  listen(
    address: { readonly host: string, readonly port: number },
    accept: (connection: NetworkConnection) => ConnectionEvents,
  ): Promise<Listener>
}

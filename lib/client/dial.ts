// How a client reaches a broker: the port, which `lib/world/dial.ts` is for this machine.

import type { Address } from '../address.ts'

/** What a link tells its owner. */
export interface LinkEvents {
  /** Bytes as they came; they stay as they are. */
  received(bytes: Buffer): void
  /** The last call: the link is gone, by either side, for a reason when there was one. */
  closed(reason: Error | undefined): void
}

export interface Link {
  /** Sends the buffers in order. */
  send(buffers: readonly Buffer[]): void
  /** Bytes handed to `send` that the system has not taken. */
  readonly unsentBytes: number
  /** Closes at once. */
  destroy(): void
}

/** Connects, or rejects with the system's error; gives up after the time. */
export type Dial = (
  address: Address, events: LinkEvents, timeoutMs: number,
) => Promise<Link>

const DEFAULT_PORT = 9092

/**
 * Reads `host:port`, or `host` alone with Kafka's port. Undefined for what is none, a URL for
 * instance.
 */
export function parseAddress(text: string): Address | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:/[\]]+))(?::(\d{1,5}))?$/.exec(text.trim())
  if (match === null) return undefined
  const port = match[3] === undefined ? DEFAULT_PORT : Number(match[3])
  return port >= 1 && port <= 65_535 ? { host: (match[1] ?? match[2])!, port } : undefined
}

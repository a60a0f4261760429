// Randomness as a port: ids and jitter come from here, so that a simulated node can be given a
// seed.

import { randomBytes } from 'node:crypto'

export interface Random {
  bytes(count: number): Buffer
  /** A version 4 UUID in Kafka's text form (22 characters), never one that starts with a dash. */
  uuid(): string
  /** Evenly from 0 to `maxExclusive` − 1. */
  integer(maxExclusive: number): number
}

/** Derives what the port offers from a source of random bytes. */
export function randomFrom(bytes: (count: number) => Buffer): Random {
  return {
    bytes,
    uuid() {
      // Kafka avoids a leading dash (Uuid.randomUuid): a command line would take it for an option.
      for (;;) {
        const id = bytes(16)
        id[6] = (id[6]! & 0x0f) | 0x40
        id[8] = (id[8]! & 0x3f) | 0x80
        const text = id.toString('base64url')
        if (!text.startsWith('-')) return text
      }
    },
    integer(maxExclusive) {
      if (maxExclusive === 1) return 0
      // 48 bits over a far smaller range: the bias is below one in a billion.
      return bytes(6).readUIntBE(0, 6) % maxExclusive
    },
  }
}

/** Asking the system costs the more the smaller the pieces are. */
const POOL_BYTES = 4096

/** No byte is given twice. */
export function systemRandom(): Random {
  let pool = Buffer.alloc(0)
  return randomFrom((count) => {
    if (count > POOL_BYTES / 16) return randomBytes(count)
    if (count > pool.length) pool = randomBytes(POOL_BYTES)
    // A copy: who keeps it does not keep the pool.
    const bytes = Buffer.from(pool.subarray(0, count))
    pool = pool.subarray(count)
    return bytes
  })
}

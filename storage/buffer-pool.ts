// Buffers that reads are made into: large ones are kept and lent again, for a fresh one costs the
// system as much as the read itself.

/** A buffer that somebody has until he gives it back; `bytes` is at least as long as asked. */
export interface Lease {
  readonly bytes: Buffer
  release(): void
}

const CLASSES_BYTES = [64 * 1024, 1024 * 1024 + 64 * 1024] as const
/** Below it Node's own pool is the cheapest. */
const LEAST_BYTES = 4096
/** More are given to the garbage collector. */
const MOST_KEPT = 8

function nothing(): void {}

export class BufferPool {
  readonly #free: readonly Buffer[][] = CLASSES_BYTES.map(() => [])

  lease(sizeBytes: number): Lease {
    const index = CLASSES_BYTES.findIndex((largest) => sizeBytes <= largest)
    if (index < 0 || sizeBytes < LEAST_BYTES) {
      return { bytes: Buffer.allocUnsafe(sizeBytes), release: nothing }
    }
    const free = this.#free[index]!
    const bytes = free.pop() ?? Buffer.allocUnsafeSlow(CLASSES_BYTES[index]!)
    let isLent = true
    return {
      bytes,
      release: () => {
        // Twice the same buffer in the pool would mix two answers.
        if (!isLent) return
        isLent = false
        if (free.length < MOST_KEPT) free.push(bytes)
      },
    }
  }
}

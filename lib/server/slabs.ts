// The memory that requests are received into: slabs, lent to the requests that lie in them, used
// again after.

/** Receives the small requests of one connection, many at a time. */
export const SLAB_BYTES = 64 * 1024
/**
 * The largest slab that is kept for later use, and the most that is allocated on a client's word.
 */
export const LARGEST_SLAB_BYTES = 2 * 1024 * 1024
/** What the pool keeps altogether; the rest is left to the garbage collector. */
const POOL_BYTES = 64 * 1024 * 1024

export class Slab {
  readonly bytes: Buffer
  /** How many requests still look into it. */
  lent = 0
  /** No longer where a connection receives: goes back to the pool with the last request. */
  isRetired = false

  constructor(sizeBytes: number) {
    // Not from Node's own pool, and in untouched pages: a slab costs memory only as far as bytes
    // arrived.
    this.bytes = Buffer.allocUnsafeSlow(sizeBytes)
  }
}

/** Slabs of one size that nobody uses. */
interface Free {
  readonly slabs: Slab[]
  /** At any time since the last trim: so many were not needed. */
  leastCount: number
}

export class SlabPool {
  readonly #free = new Map<number, Free>()
  #sizeBytes = 0

  /** A slab of at least so many bytes; beyond the largest pooled size, of exactly so many. */
  take(sizeBytes: number): Slab {
    const size = slabSize(sizeBytes)
    const free = this.#free.get(size)
    const slab = free?.slabs.pop()
    if (free === undefined || slab === undefined) return new Slab(size)
    free.leastCount = Math.min(free.leastCount, free.slabs.length)
    this.#sizeBytes -= size
    slab.isRetired = false
    return slab
  }

  /** The connection receives elsewhere from now on. */
  retire(slab: Slab): void {
    slab.isRetired = true
    if (slab.lent === 0) this.#keep(slab)
  }

  /** A request that lay in the slab is answered, and what it staged is written. */
  giveBack(slab: Slab): void {
    slab.lent--
    if (slab.lent === 0 && slab.isRetired) this.#keep(slab)
  }

  #keep(slab: Slab): void {
    const size = slab.bytes.length
    if (size > LARGEST_SLAB_BYTES || this.#sizeBytes + size > POOL_BYTES) return
    const free = this.#free.get(size)
    if (free) free.slabs.push(slab)
    else this.#free.set(size, { slabs: [slab], leastCount: 0 })
    this.#sizeBytes += size
  }

  /** To be called now and then: lets go of what was not needed since the last time. */
  trim(): void {
    for (const [size, free] of this.#free) {
      free.slabs.splice(0, free.leastCount)
      this.#sizeBytes -= size * free.leastCount
      free.leastCount = free.slabs.length
    }
  }
}

function slabSize(sizeBytes: number): number {
  if (sizeBytes > LARGEST_SLAB_BYTES) return sizeBytes
  let size = SLAB_BYTES
  while (size < sizeBytes) size *= 2
  return size
}

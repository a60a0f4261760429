// Buffers that reads are made into. Large ones are kept and used again, for a fresh one costs the
// system as much as the read itself; and they are shared: what several readers of a log ask for at
// about the same time is read once. What one alone asks for is better not read at all, where the
// system can send it from its file.

import type { LentBytes } from '../protocol/late-bytes.ts'
import type { DiskFile } from './disk.ts'

export interface ReadFile {
  readonly file: DiskFile
  /** Stands for what is in the file: another one when bytes of it have changed. */
  readonly places: object
}

const CLASSES_BYTES = [64 * 1024, 1024 * 1024 + 64 * 1024] as const
/** Below it Node's own pool is the cheapest. */
const LEAST_BYTES = 4096
/** Of each class; more are given to the garbage collector. */
const MOST_KEPT = 32

function nothing(): void {}

/** A buffer, and what it was filled with last. */
class Kept {
  readonly bytes: Buffer
  lent = 0
  /** In the order of releases. */
  releasedAt = 0
  places: object | undefined
  position = 0
  sizeBytes = 0

  constructor(capacityBytes: number) {
    this.bytes = Buffer.allocUnsafeSlow(capacityBytes)
  }

  holds(places: object, position: number, sizeBytes: number): boolean {
    return this.position === position && this.places === places && this.sizeBytes === sizeBytes
  }
}

/** As many as there may be readers of about the same place, and what each has asked for since. */
const REMEMBERED = 64

export class BufferPool {
  readonly #classes: readonly BufferClass[] =
    CLASSES_BYTES.map((capacityBytes) => new BufferClass(capacityBytes))
  /** What was asked for last, oldest at `#next`. */
  readonly #asked: { places: object, position: number }[] = []
  #next = 0

  /** Whether it was asked for a moment ago already; from now on it was. */
  isSoughtAgain({ places }: ReadFile, position: number): boolean {
    const isAgain = this.#asked.some((one) => one.position === position && one.places === places)
    if (!isAgain) {
      this.#asked[this.#next] = { places, position }
      this.#next = (this.#next + 1) % REMEMBERED
    }
    return isAgain
  }

  /** So many bytes from the position on; fewer where the file ends before. */
  read(from: ReadFile, position: number, sizeBytes: number): LentBytes {
    const index = CLASSES_BYTES.findIndex((largest) => sizeBytes <= largest)
    if (index >= 0 && sizeBytes >= LEAST_BYTES) {
      return this.#classes[index]!.read(from, position, sizeBytes)
    }
    const bytes = Buffer.allocUnsafe(sizeBytes)
    const count = from.file.read(bytes, 0, sizeBytes, position)
    return { bytes: bytes.subarray(0, count), release: nothing }
  }

  /** To be called now and then: lets go of what was not needed since the last time. */
  trim(): void {
    for (const each of this.#classes) each.trim()
    this.#asked.length = 0
    this.#next = 0
  }
}

class BufferClass {
  readonly #capacityBytes: number
  #kept: Kept[] = []
  #lentCount = 0
  /** At a time, since the last trim. */
  #mostLent = 0
  #releases = 0

  constructor(capacityBytes: number) {
    this.#capacityBytes = capacityBytes
  }

  read(from: ReadFile, position: number, sizeBytes: number): LentBytes {
    const same = this.#kept.find((kept) => kept.holds(from.places, position, sizeBytes))
    if (same !== undefined) return this.#lend(same, sizeBytes)
    const kept = this.#free()
    kept.places = undefined
    const count = from.file.read(kept.bytes, 0, sizeBytes, position)
    if (count === sizeBytes) {
      kept.places = from.places
      kept.position = position
      kept.sizeBytes = sizeBytes
    }
    return this.#lend(kept, count)
  }

  /** The one that was given back first: what is in the others may be asked for again. */
  #free(): Kept {
    let oldest: Kept | undefined
    for (const kept of this.#kept) {
      if (kept.lent === 0 && kept.releasedAt < (oldest?.releasedAt ?? Infinity)) oldest = kept
    }
    if (oldest !== undefined) return oldest
    const kept = new Kept(this.#capacityBytes)
    if (this.#kept.length < MOST_KEPT) this.#kept.push(kept)
    return kept
  }

  #lend(kept: Kept, sizeBytes: number): LentBytes {
    if (kept.lent++ === 0) this.#mostLent = Math.max(this.#mostLent, ++this.#lentCount)
    let isLent = true
    return {
      bytes: kept.bytes.subarray(0, sizeBytes),
      release: () => {
        // Given back twice, it would be filled anew while somebody still has it.
        if (!isLent) return
        isLent = false
        if (--kept.lent > 0) return
        this.#lentCount--
        kept.releasedAt = ++this.#releases
      },
    }
  }

  trim(): void {
    const wanted = this.#mostLent
    this.#mostLent = this.#lentCount
    const free = this.#kept.filter(({ lent }) => lent === 0)
    const spare = this.#kept.length - Math.max(wanted, this.#lentCount)
    if (spare <= 0) return
    const gone = new Set(free.toSorted((a, b) => a.releasedAt - b.releasedAt).slice(0, spare))
    this.#kept = this.#kept.filter((kept) => !gone.has(kept))
  }
}

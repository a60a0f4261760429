// The newest offset of each key, in a table of bounded size: keys are remembered by their hash.
//
// A slot takes 24 bytes: 16 of hash, 8 of offset. Two keys of one hash would be taken for one, of
// which the older record goes; with 128 bits nobody is going to see that.

import { KeyHash } from './key-hash.ts'

export const SLOT_BYTES = 24
/** A larger table no Kafka has either. */
const MOST_BYTES = 0x7fffffff

export interface OffsetMapOptions {
  /** `log.cleaner.dedupe.buffer.size` */
  readonly maxSizeBytes: number
  /** `log.cleaner.io.buffer.load.factor` */
  readonly loadFactor: number
  /** More keys than that are not coming; a table for fewer takes less memory. */
  readonly mostKeys: number
}

export class OffsetMap {
  /** So many keys it takes. */
  readonly capacity: number
  /** The last offset of which the map knows the key: behind it, it tells nothing. */
  latestOffset = -1
  readonly #slotCount: number
  /** Of the largest table that it may be. */
  readonly #mostSlots: number
  readonly #hashes: Int32Array
  /** Plus one: 0 is an empty slot. */
  readonly #offsets: Float64Array
  readonly #hash = new KeyHash()
  #count = 0

  constructor({ maxSizeBytes, loadFactor, mostKeys }: OffsetMapOptions) {
    const mostSlots = Math.floor(Math.min(maxSizeBytes, MOST_BYTES) / SLOT_BYTES)
    this.#mostSlots = mostSlots
    const slots = Math.min(mostSlots, Math.ceil(mostKeys / loadFactor) + 1)
    // One slot always stays empty: a search must end.
    this.#slotCount = Math.max(2, slots)
    this.capacity = Math.max(1, Math.min(Math.floor(slots * loadFactor), this.#slotCount - 1))
    this.#hashes = new Int32Array(this.#slotCount * 4)
    this.#offsets = new Float64Array(this.#slotCount)
  }

  get count(): number {
    return this.#count
  }

  /** How much of what it may be is used, 0 to 1. */
  get fill(): number {
    return this.#count / Math.max(1, this.#mostSlots)
  }

  /** Notes the offset for a key, which lies between two places. False: it is new, and none fits. */
  put(buffer: Buffer, keyStart: number, keyEnd: number, offset: number): boolean {
    const slot = this.#find(buffer, keyStart, keyEnd)
    if (this.#offsets[slot] === 0) {
      if (this.#count >= this.capacity) return false
      this.#hashes.set(this.#hash.words, slot * 4)
      this.#count++
    }
    this.#offsets[slot] = offset + 1
    return true
  }

  /** −1 for a key that was not put. */
  get(buffer: Buffer, keyStart: number, keyEnd: number): number {
    return this.#offsets[this.#find(buffer, keyStart, keyEnd)]! - 1
  }

  /** The slot of the key, or the empty one where it would go. */
  #find(buffer: Buffer, keyStart: number, keyEnd: number): number {
    this.#hash.update(buffer, keyStart, keyEnd)
    const { words } = this.#hash
    const hashes = this.#hashes
    let slot = (words[0]! >>> 0) % this.#slotCount
    while (this.#offsets[slot] !== 0) {
      const at = slot * 4
      const isSame = hashes[at] === words[0] && hashes[at + 1] === words[1]
        && hashes[at + 2] === words[2] && hashes[at + 3] === words[3]
      if (isSame) break
      slot = slot + 1 === this.#slotCount ? 0 : slot + 1
    }
    return slot
  }
}

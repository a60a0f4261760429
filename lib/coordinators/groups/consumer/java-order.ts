// The orders in which Kafka's coordinator goes through its hash tables. Assignors give partitions
// away in these orders, so whoever wants Kafka's assignment has to follow them.

export type Hash<K> = (key: K) => number

const DEFAULT_BUCKETS = 16
const LOAD_FACTOR = 0.75

/** String.hashCode. */
export function hashOfString(text: string): number {
  let hash = 0
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash, 31) + text.charCodeAt(index) | 0
  }
  return hash
}

/** Of a topic id: its four words, one over the other. */
export function hashOfUuid(id: string): number {
  const bytes = Buffer.from(id, 'base64url')
  return bytes.readInt32BE(0) ^ bytes.readInt32BE(4) ^ bytes.readInt32BE(8) ^ bytes.readInt32BE(12)
}

/** For those who ask for the same hashes again and again. */
export function memoized<K>(hash: Hash<K>): Hash<K> {
  const known = new Map<K, number>()
  return (key) => {
    let value = known.get(key)
    if (value === undefined) known.set(key, value = hash(key))
    return value
  }
}

export const hashOfInt: Hash<number> = (value) => value

interface Entry<V> {
  readonly value: V
  /** Places the key within its bucket. */
  readonly rank: number
}

/**
 * Goes through its keys as a java.util.HashMap does: by bucket, and within one as they came.
 * Buckets double when that has them double, and stay when keys go.
 */
export class HashTable<K, V> {
  readonly #hash: Hash<K>
  readonly #entries = new Map<K, Entry<V>>()
  #buckets: number
  /** Ranks are taken from both ends. */
  #firstRank = 0
  #lastRank = 0

  constructor(hash: Hash<K>, buckets = DEFAULT_BUCKETS) {
    this.#hash = hash
    this.#buckets = buckets
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: K): V | undefined {
    return this.#entries.get(key)?.value
  }

  /** As `put`: a new key is the last of its bucket. */
  set(key: K, value: V): void {
    this.#entries.set(key, { value, rank: this.#entries.get(key)?.rank ?? ++this.#lastRank })
    if (this.#isFull) this.#buckets *= 2
  }

  /** As `computeIfAbsent`: a new key is the first of its bucket, and buckets double before it. */
  getOrMake(key: K, make: () => V): V {
    if (this.#isFull) this.#buckets *= 2
    const there = this.#entries.get(key)
    if (there !== undefined) return there.value
    const value = make()
    this.#entries.set(key, { value, rank: --this.#firstRank })
    return value
  }

  delete(key: K): void {
    this.#entries.delete(key)
  }

  keys(): K[] {
    const byRank = [...this.#entries].sort(([, a], [, b]) => a.rank - b.rank).map(([key]) => key)
    return placed(byRank, (key) => bucketOf(this.#hash(key), this.#buckets))
  }

  get #isFull(): boolean {
    return this.#entries.size > roomOf(this.#buckets)
  }
}

/** As a `HashTable` that keys are put into, and holds nothing but them. */
export class HashKeys<K> {
  readonly #hash: Hash<K>
  readonly #keys = new Set<K>()
  #buckets: number
  #room: number
  /** The keys in their order, as long as it is known. */
  #ordered: readonly K[] | undefined

  constructor(hash: Hash<K>, buckets = DEFAULT_BUCKETS) {
    this.#hash = hash
    this.#buckets = buckets
    this.#room = roomOf(buckets)
  }

  get size(): number {
    return this.#keys.size
  }

  add(key: K): void {
    this.#keys.add(key)
    this.#ordered = undefined
    if (this.#keys.size > this.#room) {
      this.#buckets *= 2
      this.#room = roomOf(this.#buckets)
    }
  }

  /** Leaves the first so many; gives the others. */
  shorten(size: number): readonly K[] {
    const keys = this.keys()
    const others = keys.slice(size)
    for (const key of others) this.#keys.delete(key)
    this.#ordered = keys.slice(0, size)
    return others
  }

  keys(): readonly K[] {
    this.#ordered ??= placed([...this.#keys], (key) => bucketOf(this.#hash(key), this.#buckets))
    return this.#ordered
  }

  delete(key: K): void {
    this.#keys.delete(key)
    this.#ordered = undefined
  }
}

/** Of a table with so many buckets, before it grows. */
function roomOf(buckets: number): number {
  return Math.trunc(buckets * LOAD_FACTOR)
}

function bucketOf(hash: number, buckets: number): number {
  return (hash ^ hash >>> 16) & (buckets - 1)
}

/** By place, which is a number of 32 bits, and within one as they are. */
function placed<K>(keys: readonly K[], placeOf: (key: K) => number): K[] {
  const { length } = keys
  if (length <= 1) return [...keys]
  // One number for place and index: numbers alone are sorted much faster than what they belong to.
  const places = new Float64Array(length)
  for (let index = 0; index < length; index++) {
    places[index] = placeOf(keys[index]!) * length + index
  }
  places.sort()
  const ordered: K[] = []
  for (let index = 0; index < length; index++) ordered.push(keys[places[index]! % length]!)
  return ordered
}

/** Buckets of a table that is made for so many keys. */
export function bucketsFor(capacity: number): number {
  return capacity <= 1 ? 1 : 2 ** Math.ceil(Math.log2(capacity))
}

/** Buckets of a java.util.HashSet that is made of a collection of this size. */
export function bucketsOfCopy(size: number): number {
  return bucketsFor(Math.max(capacityFor(size), DEFAULT_BUCKETS))
}

/** What a table is made for so that so many keys do not make it grow. */
export function capacityFor(size: number): number {
  return Math.trunc(size / LOAD_FACTOR) + 1
}

/** As a HashMap that has grown with its keys, each another one, has them. */
export function grown<K>(keys: Iterable<K>, hash: Hash<K>): readonly K[] {
  return inTable(keys, hash, DEFAULT_BUCKETS)
}

/** As a HashSet made of a collection, of `size` if it is told, has them: each another one. */
export function copied<K>(
  keys: Iterable<K>, hash: Hash<K>, size?: number,
): readonly K[] {
  const all = [...keys]
  return inTable(all, hash, bucketsOfCopy(size ?? all.length))
}

function inTable<K>(keys: Iterable<K>, hash: Hash<K>, buckets: number): readonly K[] {
  const all = [...keys]
  if (all.length <= 1) return all
  while (all.length > roomOf(buckets)) buckets *= 2
  return placed(all, (key) => bucketOf(hash(key), buckets))
}

/**
 * As the coordinator's own tables (TimelineHashMap) have keys that were put there in this order, if
 * there never were more of them: by slot, and within one the last before the others.
 */
export function timelined(keys: Iterable<string>): string[] {
  const all = [...keys]
  let slots = 2
  // A table doubles before the key that would fill it beyond its load: three quarters, but counted
  // the other way round, so that there are more keys than slots at times.
  while (all.length * LOAD_FACTOR > slots) slots *= 2
  const bits = Math.log2(slots)
  return placed(all.reverse(), (key) => slotOf(hashOfString(key), bits))
}

// 2^64 over the golden ratio.
const MULTIPLIER_HIGH = 0x9e3779b9
const MULTIPLIER_LOW = 0x7f4a7c15

/** The upper bits of the product with 2^64 over the golden ratio; at least one, at most 32. */
function slotOf(hash: number, bits: number): number {
  // What the product with the lower half carries, in steps that doubles hold exactly.
  const lower = Math.floor((hash & 0xffff) * MULTIPLIER_LOW / 0x10000)
  const carried = Math.floor(((hash >> 16) * MULTIPLIER_LOW + lower) / 0x10000)
  return Math.imul(hash, MULTIPLIER_HIGH) + carried >>> 32 - bits
}

/** By the order of java's `Uuid.compareTo`: as two signed numbers of 64 bits. */
export function compareUuids(a: string, b: string): number {
  const [left, right] = [Buffer.from(a, 'base64url'), Buffer.from(b, 'base64url')]
  // With its first bit turned, a signed number compares as an unsigned one.
  for (const bytes of [left, right]) {
    bytes[0]! ^= 0x80
    bytes[8]! ^= 0x80
  }
  return left.compare(right)
}

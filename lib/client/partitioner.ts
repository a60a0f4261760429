// Which partition a record goes to: as Java's clients choose it, so that keys stay where they are.

const SEED = 0x9747b28c | 0
const M = 0x5bd1e995
const R = 24

/** The hash of Kafka's default partitioner, a signed number of 32 bits. */
export function murmur2(bytes: Buffer): number {
  let hash = SEED ^ bytes.length
  const wordsEnd = bytes.length & ~3
  for (let at = 0; at < wordsEnd; at += 4) {
    let word = Math.imul(bytes.readInt32LE(at), M)
    word ^= word >>> R
    hash = Math.imul(hash, M) ^ Math.imul(word, M)
  }
  const left = bytes.length & 3
  if (left === 3) hash ^= bytes[wordsEnd + 2]! << 16
  if (left >= 2) hash ^= bytes[wordsEnd + 1]! << 8
  if (left >= 1) hash = Math.imul(hash ^ bytes[wordsEnd]!, M)
  hash ^= hash >>> 13
  hash = Math.imul(hash, M)
  return hash ^ (hash >>> 15)
}

export function partitionOfKey(key: Buffer, partitionCount: number): number {
  return (murmur2(key) & 0x7fffffff) % partitionCount
}

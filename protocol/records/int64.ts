// 64-bit integers of record batches as numbers: two 32-bit halves are far faster than a BigInt.

const HALF = 2 ** 32
const LOWEST = -(2 ** 63)
/** As a number; the largest of 64 bits is one less, and read as this. */
const HIGHEST = 2 ** 63

export function readInt64(buffer: Buffer, position: number): number {
  return buffer.readInt32BE(position) * HALF + buffer.readUInt32BE(position + 4)
}

/** What lies beyond 64 bits becomes the end of their range. */
export function writeInt64(buffer: Buffer, value: number, position: number): void {
  if (value >= HIGHEST) {
    buffer.writeInt32BE(0x7fffffff, position)
    buffer.writeInt32BE(-1, position + 4)
    return
  }
  const inRange = Math.max(value, LOWEST)
  const high = Math.floor(inRange / HALF)
  buffer.writeInt32BE(high, position)
  buffer.writeUInt32BE(inRange - high * HALF, position + 4)
}

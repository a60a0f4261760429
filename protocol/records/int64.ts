// 64-bit integers of record batches as numbers: two 32-bit halves are far faster than a BigInt.

const HALF = 2 ** 32

export function readInt64(buffer: Buffer, position: number): number {
  return buffer.readInt32BE(position) * HALF + buffer.readUInt32BE(position + 4)
}

export function writeInt64(buffer: Buffer, value: number, position: number): void {
  const high = Math.floor(value / HALF)
  buffer.writeInt32BE(high, position)
  buffer.writeUInt32BE(value - high * HALF, position + 4)
}

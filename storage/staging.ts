// Batches that have their offsets and wait to be written. The bytes stay where they came in:
// batches that lie behind one another there are written as one.

export class Staging {
  #buffers: Buffer[] = []
  #sizeBytes = 0

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  add(bytes: Buffer): void {
    this.#sizeBytes += bytes.length
    const last = this.#buffers.at(-1)
    const isAdjacent = last !== undefined && last.buffer === bytes.buffer
      && last.byteOffset + last.length === bytes.byteOffset
    if (!isAdjacent) {
      this.#buffers.push(bytes)
      return
    }
    const { buffer, byteOffset, length } = last
    this.#buffers[this.#buffers.length - 1] = Buffer.from(
      buffer, byteOffset, length + bytes.length)
  }

  get buffers(): readonly Buffer[] {
    return this.#buffers
  }

  clear(): void {
    this.#buffers = []
    this.#sizeBytes = 0
  }
}

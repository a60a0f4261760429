// Cuts the answers of a broker out of the bytes as they come.

const LENGTH_BYTES = 4

export class FrameCutter {
  maxSizeBytes: number
  readonly #onFrame: (frame: Buffer) => void
  #length = Buffer.alloc(LENGTH_BYTES)
  #lengthRead = 0
  #frame: Buffer | undefined
  #frameRead = 0

  /** Frames come without their lengths; one of a single piece is a view of it. */
  constructor(maxSizeBytes: number, onFrame: (frame: Buffer) => void) {
    this.maxSizeBytes = maxSizeBytes
    this.#onFrame = onFrame
  }

  /** Gives the four bytes that are no length that could be; undefined when all is well. */
  push(bytes: Buffer): Buffer | undefined {
    let at = 0
    while (at < bytes.length) {
      if (this.#frame === undefined) {
        at += this.#readLength(bytes, at)
        if (this.#lengthRead < LENGTH_BYTES) return undefined
        const size = this.#length.readInt32BE(0)
        if (size < LENGTH_BYTES || size > this.maxSizeBytes) return this.#length
        this.#lengthRead = 0
        if (bytes.length - at >= size) {
          this.#onFrame(bytes.subarray(at, at + size))
          at += size
          continue
        }
        this.#frame = Buffer.allocUnsafe(size)
        this.#frameRead = 0
      }
      at += this.#fill(this.#frame, bytes, at)
    }
    return undefined
  }

  #readLength(bytes: Buffer, at: number): number {
    const copied = bytes.copy(this.#length, this.#lengthRead, at,
      at + LENGTH_BYTES - this.#lengthRead)
    this.#lengthRead += copied
    return copied
  }

  #fill(frame: Buffer, bytes: Buffer, at: number): number {
    const copied = bytes.copy(frame, this.#frameRead, at)
    this.#frameRead += copied
    if (this.#frameRead === frame.length) {
      this.#frame = undefined
      this.#onFrame(frame)
    }
    return copied
  }
}

// Cuts a connection's bytes into frames (a length of four bytes, then so many bytes) without
// copying them.
//
// Bytes are received into a slab; a frame is a view of it. Only a frame that runs over the end of
// its slab is moved: its beginning is copied to a slab where the whole fits, and the rest is
// received there. A length is not believed before bytes come: beyond LARGEST_SLAB_BYTES the room
// doubles as it fills. And a frame takes memory of the node's budget from the moment its length is
// known; where there is none left it is not received on (`isHeldUp`).

import type { Budget } from './budget.ts'
import { foreignProtocol, type ForeignProtocol } from './foreign-protocol.ts'
import { LARGEST_SLAB_BYTES, SLAB_BYTES, type Slab, type SlabPool } from './slabs.ts'

const LENGTH_BYTES = 4
/** With less room than this, receiving goes on in another slab. */
const LEAST_ROOM_BYTES = 4 * 1024

/** The bytes are no frames, and what follows cannot be understood. */
export class FrameError extends Error {
  /** What the bytes seem to be instead. */
  readonly foreign: ForeignProtocol

  constructor(message: string, foreign: ForeignProtocol) {
    super(message)
    this.name = 'FrameError'
    this.foreign = foreign
  }
}

/** Called with a whole frame, and the charge of its length to the budget, which goes along. */
export type OnFrame = (frame: Buffer, slab: Slab) => void

export class Frames {
  readonly #maxSizeBytes: number
  readonly #pool: SlabPool
  readonly #memory: Budget
  #slab: Slab
  /** What the frame that is not whole yet was granted: its length, or nothing so far. */
  #grantedBytes = 0
  /** Where the frame begins that is not whole yet. */
  #start = 0
  /** Where the received bytes end. */
  #end = 0

  constructor(pool: SlabPool, maxSizeBytes: number, memory: Budget) {
    this.#pool = pool
    this.#memory = memory
    this.#maxSizeBytes = maxSizeBytes
    this.#slab = pool.take(SLAB_BYTES)
  }

  /** Where to receive the next bytes. */
  buffer(): Buffer {
    const partBytes = this.#end - this.#start
    if (partBytes === 0) this.#rewind()
    const wanted = this.#wantedBytes()
    const size = this.#slab.bytes.length
    const isTight = this.#start > 0 && size - this.#end < LEAST_ROOM_BYTES
    if (this.#start + wanted > size || isTight) this.#move(wanted)
    // A slab taken for one large frame ends with it, so that the next begins in a slab of its own.
    const limit = wanted > SLAB_BYTES ? wanted : this.#slab.bytes.length
    return this.#slab.bytes.subarray(this.#end, limit)
  }

  /** So many bytes came into the last `buffer()`. Throws `FrameError` at a length out of bounds. */
  received(sizeBytes: number, onFrame: OnFrame): void {
    this.#end += sizeBytes
    const slab = this.#slab
    const { bytes } = slab
    while (this.#end - this.#start >= LENGTH_BYTES) {
      const length = bytes.readInt32BE(this.#start)
      if (length < 0 || length > this.#maxSizeBytes) {
        const allowed = `0 to ${this.#maxSizeBytes}`
        const message = `a request of ${length} bytes, where ${allowed} are allowed`
        throw new FrameError(message, foreignProtocol(bytes, this.#start))
      }
      const start = this.#start + LENGTH_BYTES
      if (this.#end < start + length) break
      this.#start = start + length
      if (this.#grantedBytes === 0) this.#memory.take(length)
      this.#grantedBytes = 0
      onFrame(bytes.subarray(start, start + length), slab)
    }
    this.begin()
  }

  /** No memory is left, and none was granted to what comes next: it should not be received. */
  get isHeldUp(): boolean {
    return this.#grantedBytes === 0 && this.#memory.isExhausted
  }

  /** Takes memory for the frame of which the beginning is there, if there is some. */
  begin(): void {
    if (this.#grantedBytes > 0 || this.#end - this.#start < LENGTH_BYTES) return
    if (this.#memory.isExhausted) return
    this.#grantedBytes = this.#slab.bytes.readInt32BE(this.#start)
    this.#memory.take(this.#grantedBytes)
  }

  /** No more bytes will be received. */
  close(): void {
    this.#memory.giveBack(this.#grantedBytes)
    this.#grantedBytes = 0
    this.#pool.retire(this.#slab)
  }

  /** The room that the frame at `#start` needs, as far as it is believed. */
  #wantedBytes(): number {
    const partBytes = this.#end - this.#start
    if (partBytes < LENGTH_BYTES) return LENGTH_BYTES
    // What the system had already read may still come.
    if (this.#grantedBytes === 0) return partBytes + 1
    const frameBytes = LENGTH_BYTES + this.#slab.bytes.readInt32BE(this.#start)
    return Math.min(frameBytes, Math.max(LARGEST_SLAB_BYTES, partBytes * 2))
  }

  /** Between frames: begins a slab anew, or gives up one that was taken for a large frame. */
  #rewind(): void {
    if (this.#slab.bytes.length > SLAB_BYTES) {
      this.#pool.retire(this.#slab)
      this.#slab = this.#pool.take(SLAB_BYTES)
      this.#start = this.#end = 0
    } else if (this.#slab.lent === 0) {
      this.#start = this.#end = 0
    }
  }

  #move(wanted: number): void {
    const from = this.#slab
    const partBytes = this.#end - this.#start
    if (from.lent === 0 && wanted <= from.bytes.length) {
      from.bytes.copyWithin(0, this.#start, this.#end)
    } else {
      this.#slab = this.#pool.take(Math.max(wanted, SLAB_BYTES))
      from.bytes.copy(this.#slab.bytes, 0, this.#start, this.#end)
      this.#pool.retire(from)
    }
    this.#start = 0
    this.#end = partBytes
  }
}

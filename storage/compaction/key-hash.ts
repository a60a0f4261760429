// MD5 of keys, as four numbers: what the offset map remembers of a key, as Kafka's does.
//
// Most keys are a few bytes long, and for those a call of the library costs several times what the
// hash itself does.

import { createHash } from 'node:crypto'

const BLOCK_BYTES = 64
/** From here on the library is faster. */
const LONG_KEY_BYTES = 256
const LENGTH_AT = 56
const INITIAL = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476]
const SINES = Int32Array.from({ length: 64 }, (_, i) => Math.abs(Math.sin(i + 1)) * 2 ** 32)
const SHIFTS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21]

export class KeyHash {
  /** The hash of the last key. */
  readonly words = new Int32Array(4)
  readonly #block = new Int32Array(BLOCK_BYTES / 4)

  /** Hashes the bytes from one place to before another. */
  update(buffer: Buffer, from: number, to: number): void {
    if (to - from >= LONG_KEY_BYTES) {
      const digest = createHash('md5').update(buffer.subarray(from, to)).digest()
      for (let i = 0; i < 4; i++) this.words[i] = digest.readInt32LE(i * 4)
      return
    }
    this.words.set(INITIAL)
    let at = from
    for (; at + BLOCK_BYTES <= to; at += BLOCK_BYTES) {
      this.#fill(buffer, at, BLOCK_BYTES)
      this.#mix()
    }
    this.#finish(buffer, at, to - at, to - from)
  }

  #fill(buffer: Buffer, at: number, count: number): void {
    const block = this.#block
    block.fill(0)
    for (let i = 0; i < count; i++) block[i >> 2]! |= buffer[at + i]! << ((i & 3) << 3)
  }

  #finish(buffer: Buffer, at: number, left: number, sizeBytes: number): void {
    const block = this.#block
    this.#fill(buffer, at, left)
    block[left >> 2]! |= 0x80 << ((left & 3) << 3)
    if (left >= LENGTH_AT) {
      this.#mix()
      block.fill(0)
    }
    block[LENGTH_AT / 4] = sizeBytes << 3
    this.#mix()
  }

  #mix(): void {
    const { words } = this
    const block = this.#block
    let a = words[0]!
    let b = words[1]!
    let c = words[2]!
    let d = words[3]!
    for (let i = 0; i < 64; i++) {
      const round = i >> 4
      const mixed = round === 0 ? (b & c) | (~b & d)
        : round === 1 ? (d & b) | (~d & c)
        : round === 2 ? b ^ c ^ d
        : c ^ (b | ~d)
      const word = round === 0 ? i : round === 1 ? 5 * i + 1 : round === 2 ? 3 * i + 5 : 7 * i
      const sum = (a + mixed + SINES[i]! + block[word & 15]!) | 0
      const shift = SHIFTS[round * 4 + (i & 3)]!
      a = d
      d = c
      c = b
      b = (b + (sum << shift | sum >>> (32 - shift))) | 0
    }
    words[0] = words[0]! + a
    words[1] = words[1]! + b
    words[2] = words[2]! + c
    words[3] = words[3]! + d
  }
}

// Quantiles of what was measured lately, in a few hundred counters: adding a value allocates
// nothing, and what is told is within 7 percent.
//
// Kafka keeps a sample of the last five minutes or so. Here two halves are filled in turn, so that
// the quantiles are those of the last one to two minutes.

const HALF_MS = 60_000
/** A bucket is an eighth of a power of two: these bits of a float, and the exponent above them. */
const BITS = 3
const MANTISSA_BITS = 23
const BIAS = 127
/** About a thousandth: what is smaller counts as that. */
const LEAST_EXPONENT = -10
/** Above a billion, milliseconds as well as bytes. */
const MOST_EXPONENT = 31
const FIRST = (LEAST_EXPONENT + BIAS) << BITS
const BUCKETS = (MOST_EXPONENT - LEAST_EXPONENT) << BITS

export class Quantiles {
  /** Of all that was ever added. */
  count = 0
  #half = new Uint32Array(BUCKETS)
  #before = new Uint32Array(BUCKETS)
  #turnedMs: number
  readonly #float = new Float32Array(1)
  readonly #bits = new Uint32Array(this.#float.buffer)

  /** All times are those of a clock that never goes back. */
  constructor(nowMs: number) {
    this.#turnedMs = nowMs
  }

  add(value: number, nowMs: number): void {
    if (nowMs - this.#turnedMs >= HALF_MS) this.#turn(nowMs)
    this.count++
    this.#float[0] = value
    const bucket = (this.#bits[0]! >>> (MANTISSA_BITS - BITS)) - FIRST
    this.#half[Math.min(Math.max(bucket, 0), BUCKETS - 1)]!++
  }

  /** The values below which these parts of all lie; 0 where nothing was measured lately. */
  at(parts: readonly number[], nowMs: number): number[] {
    if (nowMs - this.#turnedMs >= HALF_MS) this.#turn(nowMs)
    const counts = this.#half.map((count, i) => count + this.#before[i]!)
    const sum = counts.reduce((a, b) => a + b, 0)
    return parts.map((part) => {
      let left = Math.ceil(part * sum)
      if (left === 0) return 0
      const bucket = counts.findIndex((count) => (left -= count) <= 0)
      return this.#middleOf(bucket)
    })
  }

  #middleOf(bucket: number): number {
    if (bucket === 0) return 0
    this.#bits[0] = ((bucket + FIRST) << (MANTISSA_BITS - BITS)) | (1 << (MANTISSA_BITS - BITS - 1))
    return this.#float[0]!
  }

  #turn(nowMs: number): void {
    const isLongAgo = nowMs - this.#turnedMs >= 2 * HALF_MS
    const emptied = this.#before.fill(0)
    this.#before = isLongAgo ? this.#half.fill(0) : this.#half
    this.#half = emptied
    this.#turnedMs = nowMs
  }
}

// The segments of a log, in the order of their offsets. The last one is active: it takes appends.

import type { Segment } from './segment.ts'

export class Segments {
  #all: Segment[] = []

  get all(): readonly Segment[] {
    return this.#all
  }

  get count(): number {
    return this.#all.length
  }

  get first(): Segment {
    return this.#all[0]!
  }

  get active(): Segment {
    return this.#all.at(-1)!
  }

  get sizeBytes(): number {
    let sum = 0
    for (const { sizeBytes } of this.#all) sum += sizeBytes
    return sum
  }

  /** The segment must begin after all others. */
  push(segment: Segment): void {
    // Most logs have one: a list it is pushed into would make room for seventeen.
    if (this.#all.length === 0) this.#all = [segment]
    else this.#all.push(segment)
  }

  removeFirst(count: number): Segment[] {
    return this.#all.splice(0, count)
  }

  /** Those that begin at or after the offset. */
  removeFrom(offset: number): Segment[] {
    const index = this.#all.findIndex(({ baseOffset }) => baseOffset >= offset)
    return index < 0 ? [] : this.#all.splice(index)
  }

  /** Whether these are there, one after the other, and the active one is not among them. */
  hasInactive(segments: readonly Segment[]): boolean {
    const from = this.#all.indexOf(segments[0]!)
    return from >= 0 && from + segments.length < this.#all.length
      && segments.every((segment, i) => this.#all[from + i] === segment)
  }

  /** Puts one in the place of several that are there one after the other. */
  replace(segments: readonly Segment[], by: Segment): void {
    this.#all.splice(this.#all.indexOf(segments[0]!), segments.length, by)
  }

  /** The place of the last segment that begins at or before the offset; −1 without one. */
  indexOf(offset: number): number {
    let low = 0
    let high = this.#all.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#all[middle]!.baseOffset <= offset) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  /** Whether one begins at the offset. */
  has(baseOffset: number): boolean {
    return this.#all[this.indexOf(baseOffset)]?.baseOffset === baseOffset
  }

  /** Where the log ends when the records from the offset on are gone; perhaps less. */
  endBelow(offset: number): number {
    const segment = this.#all[Math.max(0, this.indexOf(offset - 1))]!
    let end = segment.baseOffset
    for (const reader = segment.reader(offset - 1); reader.next();) {
      if (reader.batch.nextOffset > offset) break
      end = reader.batch.nextOffset
    }
    return end
  }

  /** The first behind the one of that base that may hold the offset, or what comes after it. */
  after(baseOffset: number, offset: number): Segment | undefined {
    return this.#all[Math.max(this.indexOf(baseOffset) + 1, this.indexOf(offset))]
  }

  /** From the one that holds the offset on. */
  from(offset: number): readonly Segment[] {
    return this.#all.slice(Math.max(0, this.indexOf(offset)))
  }
}

// Which bytes of a segment are known to be sound batches: what this process has written, and what
// it has read since, and compared with its checksum. So bytes that went bad at rest are found when
// they are first read, and what is read again costs nothing.

interface Stretch {
  from: number
  to: number
}

/** Consumers read one behind the other: more stretches than readers there are not. */
const MOST_STRETCHES = 16

export class Soundness {
  /** From here on this process has written, or recovered, everything. */
  #ownFrom: number
  /** Ascending, apart from each other. */
  readonly #stretches: Stretch[] = []

  constructor(ownFrom: number) {
    this.#ownFrom = ownFrom
  }

  /** Up to where all is known to be sound, from the position on; itself when nothing is. */
  knownTo(position: number): number {
    if (position >= this.#ownFrom) return Infinity
    const stretch = this.#stretches.find(({ from, to }) => from <= position && position < to)
    if (stretch === undefined) return position
    return stretch.to >= this.#ownFrom ? Infinity : stretch.to
  }

  /** Batches were read from one position to another, and are sound. */
  add(from: number, to: number): void {
    if (from >= this.#ownFrom || from >= to) return
    const all = this.#stretches
    let index = all.findIndex((stretch) => stretch.to >= from)
    if (index < 0) index = all.length
    const joined = { from, to }
    let end = index
    for (; end < all.length && all[end]!.from <= to; end++) {
      joined.from = Math.min(joined.from, all[end]!.from)
      joined.to = Math.max(joined.to, all[end]!.to)
    }
    all.splice(index, end - index, joined)
    if (all.length > MOST_STRETCHES) this.#forgetSmallest()
  }

  #forgetSmallest(): void {
    const all = this.#stretches
    let smallest = 0
    for (const [i, { from, to }] of all.entries()) {
      if (to - from < all[smallest]!.to - all[smallest]!.from) smallest = i
    }
    all.splice(smallest, 1)
  }

  /** The file was cut there: what comes next is our own. */
  cut(position: number): void {
    this.#ownFrom = Math.min(this.#ownFrom, position)
  }
}

// Where in the file of a segment its readers go on: most ask for the offset that their last read
// ended at, and then nothing has to be searched for. Each place is that of a batch that follows one
// which was read, and found sound. It says no more than where to look: whoever looks must see
// whether a batch is there that can be meant.

/**
 * Of one segment, as long as its file only grows. Readers that are remembered are one fewer; a
 * partition has few.
 */
const MOST_PLACES = 8
const NOWHERE = -1

export class Places {
  /** The first offset that is not in the batches before, and where these end: two lists, one. */
  readonly #offsets: number[] = []
  readonly #positions: number[] = []
  /** Who reads beside somebody may yet ask for the place that he left last: the next to go. */
  #left = NOWHERE
  #oldest = 0
  /** The same for the end of what may be read, which all have in common. */
  #endOffset = NOWHERE
  #endPosition = NOWHERE

  /** −1 when it is not known. */
  find(offset: number): number {
    const index = this.#offsets.indexOf(offset)
    return index < 0 ? NOWHERE : this.#positions[index]!
  }

  /** Somebody read from one offset to the other, which has that position. */
  add(fromOffset: number, offset: number, position: number): void {
    if (this.#offsets.includes(offset)) return
    const from = this.#offsets.indexOf(fromOffset)
    const isFree = from >= 0 && this.#left >= 0 && this.#left !== from
    const index = isFree ? this.#left : this.#next()
    this.#offsets[index] = offset
    this.#positions[index] = position
    if (index === this.#left) this.#left = NOWHERE
    if (from >= 0 && from !== index) this.#left = from
  }

  #next(): number {
    if (this.#offsets.length < MOST_PLACES) return this.#offsets.length
    const index = this.#oldest
    this.#oldest = (index + 1) % MOST_PLACES
    return index
  }

  /** Where the batches below the offset end; −1 when it is not known. */
  findEnd(offset: number): number {
    return offset === this.#endOffset ? this.#endPosition : NOWHERE
  }

  setEnd(offset: number, position: number): void {
    this.#endOffset = offset
    this.#endPosition = position
  }
}

// Which files have a descriptor: about so many at most, lest a node with thousands of partitions
// runs out of them. The others are opened again when they are used.
//
// Looked at in turn, as the hand of a clock does it: a file that was used since it was looked at
// last stays, for one more round.

export interface OpenFile {
  /** Was used since it was looked at last. */
  isRecent: boolean
  /** Nothing of it is lost, nor under way, without its descriptor. */
  readonly isIdle: boolean
  /** Gives the descriptor back. */
  release(): void
  /** Makes it idle, at whatever cost. False where that cannot be. */
  settle(): boolean
}

/** So many are looked at whenever there is one too many: nobody shall wait for that. */
const LOOKS = 16

export class OpenFiles {
  readonly #max: number
  readonly #open = new Set<OpenFile>()

  constructor(max: number) {
    this.#max = max
  }

  add(file: OpenFile): void {
    this.#open.add(file)
    if (this.#open.size > this.#max) this.#releaseSome()
  }

  delete(file: OpenFile): void {
    this.#open.delete(file)
  }

  #releaseSome(): void {
    let looks = 0
    for (const file of this.#open) {
      if (this.#open.size <= this.#max || looks++ === LOOKS) return
      this.#open.delete(file)
      if (file.isIdle && !file.isRecent) {
        file.release()
      } else {
        file.isRecent = false
        // Behind the others.
        this.#open.add(file)
      }
    }
  }

  /** The system gives no more descriptors: all are given back that can be. */
  releaseAll(): void {
    for (const file of [...this.#open]) {
      if (!file.isIdle && !file.settle()) continue
      this.#open.delete(file)
      file.release()
    }
  }
}

// A disk in memory that stops at some moment, in the middle of whatever is going on.

import { MemoryDisk } from '../../storage/memory-disk.ts'

export class StoppingDisk extends MemoryDisk {
  #changesLeft = Infinity

  constructor() {
    super()
    const stopped = new Error('the machine stopped')
    Object.defineProperty(this, 'failure', {
      get: () => --this.#changesLeft < 0 ? stopped : undefined,
    })
  }

  get hasStopped(): boolean {
    return this.#changesLeft < 0
  }

  get changesLeft(): number {
    return this.#changesLeft
  }

  /** So many changes and syncs work; Infinity: all. */
  stopAfter(changes: number): void {
    this.#changesLeft = changes
  }
}

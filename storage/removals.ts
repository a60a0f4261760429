// Files and directories that are to go, each at its time: who reads them still may finish.

import type { Disk } from './disk.ts'

interface Removal {
  readonly path: string
  readonly dueMs: number
  readonly removed: (() => void) | undefined
}

/** A topic that was deleted can have thousands of directories, and others wait meanwhile. */
const MAX_AT_ONCE = 100

export class Removals {
  readonly #disk: Disk
  #pending: Removal[] = []

  constructor(disk: Disk) {
    this.#disk = disk
  }

  /** `removed` is called when it is gone. */
  add(path: string, dueMs: number, removed?: () => void): void {
    this.#pending.push({ path, dueMs, removed })
  }

  /** Removes some of what is due. Answers the paths; none when nothing is due any more. */
  removeDue(nowMs: number): string[] {
    const due: Removal[] = []
    const pending: Removal[] = []
    for (const removal of this.#pending) {
      const isDue = removal.dueMs <= nowMs && due.length < MAX_AT_ONCE
      if (isDue) due.push(removal)
      else pending.push(removal)
    }
    if (due.length === 0) return []
    this.#pending = pending
    for (const { path, removed } of due) {
      this.#disk.removeTree(path)
      removed?.()
    }
    return due.map(({ path }) => path)
  }
}

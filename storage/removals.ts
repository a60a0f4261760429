// Files and directories that are to go, each at its time: who reads them still may finish.

import type { Disk } from './disk.ts'

interface Removal {
  readonly path: string
  readonly dueMs: number
  readonly removed: (() => void) | undefined
}

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

  /** Removes what is due. Answers the paths. */
  removeDue(nowMs: number): string[] {
    const due = this.#pending.filter(({ dueMs }) => dueMs <= nowMs)
    if (due.length === 0) return []
    this.#pending = this.#pending.filter(({ dueMs }) => dueMs > nowMs)
    for (const { path, removed } of due) {
      this.#disk.removeTree(path)
      removed?.()
    }
    return due.map(({ path }) => path)
  }
}

// Files and directories that are to go, each at its time: who reads them still may finish.

import type { Disk } from './disk.ts'

interface Removal {
  readonly path: string
  readonly dueMs: number
}

export class Removals {
  readonly #disk: Disk
  #pending: Removal[] = []

  constructor(disk: Disk) {
    this.#disk = disk
  }

  add(path: string, dueMs: number): void {
    this.#pending.push({ path, dueMs })
  }

  /** Removes what is due. Answers the paths. */
  removeDue(nowMs: number): string[] {
    const due = this.#pending.filter(({ dueMs }) => dueMs <= nowMs)
    if (due.length === 0) return []
    this.#pending = this.#pending.filter(({ dueMs }) => dueMs > nowMs)
    for (const { path } of due) this.#disk.removeTree(path)
    return due.map(({ path }) => path)
  }
}

// Files and directories that are to go, each at its time: who reads them still may finish.

import type { Disk } from './disk.ts'

interface Removal {
  readonly path: string
  readonly dueMs: number
  readonly onRemoval: (() => void) | undefined
}

/** A topic that was deleted can have thousands of directories, and others wait meanwhile. */
const MAX_AT_ONCE = 32

export class Removals {
  readonly #disk: Disk
  /** Mostly in the order in which they are due. */
  readonly #pending: Removal[] = []
  /** Nothing is due before: many ask, and often. */
  #earliestMs = Infinity

  constructor(disk: Disk) {
    this.#disk = disk
  }

  /** `onRemoval` is called right before: whoever has it open gives it back. */
  add(path: string, dueMs: number, onRemoval?: () => void): void {
    this.#pending.push({ path, dueMs, onRemoval })
    this.#earliestMs = Math.min(this.#earliestMs, dueMs)
  }

  /** Removes some of what is due. Answers the paths; none when nothing is due any more. */
  removeDue(nowMs: number): string[] {
    if (nowMs < this.#earliestMs) return []
    const due = this.#takeDue(nowMs)
    for (const { path, onRemoval } of due) {
      onRemoval?.()
      this.#disk.removeTree(path)
    }
    return due.map(({ path }) => path)
  }

  #takeDue(nowMs: number): Removal[] {
    const due: Removal[] = []
    const others: Removal[] = []
    let looks = 0
    for (const removal of this.#pending) {
      if (due.length === MAX_AT_ONCE) break
      looks++
      if (removal.dueMs <= nowMs) due.push(removal)
      else others.push(removal)
    }
    this.#pending.splice(0, looks, ...others)
    if (due.length < MAX_AT_ONCE) {
      this.#earliestMs = others.reduce((least, { dueMs }) => Math.min(least, dueMs), Infinity)
    }
    return due
  }
}

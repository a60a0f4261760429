// The files of a log that hold snapshots of its producer state, by the offset they were taken at.

import { writeFileAsync, writeFileAtomically } from './checkpoints.ts'
import type { Disk } from './disk.ts'
import type { Logger } from './ports.ts'
import { decodeSnapshot, encodeSnapshot } from './producer-snapshots.ts'
import type { ProducerEntry, ProducerState } from './producers.ts'
import { fileNameOf } from './segment-names.ts'

const SUFFIX = '.snapshot'

export class SnapshotFiles {
  readonly #disk: Disk
  readonly #directory: string
  readonly #logger: Logger
  /** Of the files that are there, ascending. */
  #offsets: number[]

  /** `names`: of the files in the directory. */
  constructor(disk: Disk, directory: string, names: readonly string[], logger: Logger) {
    this.#disk = disk
    this.#directory = directory
    this.#logger = logger
    this.#offsets = names
      .filter((name) => /^\d{20}\.snapshot$/.test(name))
      .map((name) => Number.parseInt(name, 10))
      .sort((a, b) => a - b)
  }

  get offsets(): readonly number[] {
    return this.#offsets
  }

  #path(offset: number): string {
    return `${this.#directory}/${fileNameOf(offset)}${SUFFIX}`
  }

  /** Undefined where no sound one is. */
  read(offset: number): ProducerEntry[] | undefined {
    const bytes = this.#disk.readFile(this.#path(offset))
    return bytes === undefined ? undefined : decodeSnapshot(bytes)
  }

  /**
   * The state at the newest sound snapshot between the offsets. What cannot be read is removed: the
   * log itself knows better. Undefined without one.
   */
  newest(
    minOffset: number, maxOffset: number,
  ): { offset: number, entries: ProducerEntry[] } | undefined {
    const isBetween = (offset: number): boolean => offset >= minOffset && offset <= maxOffset
    for (const offset of this.#offsets.filter(isBetween).reverse()) {
      const entries = this.read(offset)
      if (entries !== undefined) return { offset, entries }
      const path = this.#path(offset)
      this.#logger.warn('a snapshot of producers is damaged: the log is read instead', { path })
      this.#remove(offset)
    }
    return undefined
  }

  /** Answers its path; to bring it to the device is left to others. */
  write(offset: number, producers: ProducerState): string {
    const path = this.#path(offset)
    // One that is there was taken of the same records.
    if (this.#offsets.at(-1) === offset) return path
    const bytes = encodeSnapshot(producers.all(), producers.count)
    writeFileAtomically(this.#disk, path, bytes, { isDurable: false })
    this.#offsets.push(offset)
    return path
  }

  /** As `write`, whatever is there: of the records that it was taken of some may be lost. */
  renew(offset: number, producers: ProducerState): string {
    if (this.#offsets.includes(offset)) this.#remove(offset)
    const path = this.write(offset, producers)
    this.#offsets.sort((a, b) => a - b)
    return path
  }

  /** Puts another in its place, unless it is removed meanwhile. On the device when fulfilled. */
  async rewrite(offset: number, entries: readonly ProducerEntry[]): Promise<void> {
    const bytes = encodeSnapshot(entries, entries.length)
    await writeFileAsync(this.#disk, this.#path(offset), bytes,
      () => this.#offsets.includes(offset))
  }

  removeBelow(offset: number): void {
    // The newest stays, whatever it is: a start without it would read the whole log.
    for (const one of this.#offsets.slice(0, -1)) {
      if (one < offset) this.#remove(one)
    }
  }

  /** Within a segment, where none is of use. */
  removeBetween(after: number, before: number): void {
    for (const one of [...this.#offsets]) {
      if (one > after && one < before) this.#remove(one)
    }
  }

  removeAbove(offset: number): void {
    for (const one of [...this.#offsets]) {
      if (one > offset) this.#remove(one)
    }
  }

  #remove(offset: number): void {
    this.#disk.remove(this.#path(offset))
    this.#offsets = this.#offsets.filter((one) => one !== offset)
  }
}

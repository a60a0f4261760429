// Index entries of one fixed size: kept in memory while they are used, appended to their file from
// time to time. What the file lacks after a crash is rebuilt from the log.

import { crc32c } from '../protocol/records/crc32c.ts'
import type { Disk } from './disk.ts'

const FIRST_CAPACITY_ENTRIES = 64
const NO_ENTRIES = Buffer.alloc(0)

export class EntryTable {
  readonly path: string
  readonly entryBytes: number
  readonly #disk: Disk
  /** Undefined while the entries lie in the file alone. */
  #bytes: Buffer | undefined
  #count = 0
  #savedCount = 0

  constructor(disk: Disk, path: string, entryBytes: number) {
    this.#disk = disk
    this.path = path
    this.entryBytes = entryBytes
  }

  get count(): number {
    this.bytes()
    return this.#count
  }

  get sizeBytes(): number {
    return this.count * this.entryBytes
  }

  /** The entries one after the other; only the first `count` are valid. */
  bytes(): Buffer {
    return this.#bytes ??= this.#load()
  }

  #load(): Buffer {
    // Most tables of most logs are empty.
    const isEmpty = (this.#disk.sizeBytes(this.path) ?? 0) === 0
    const bytes = (isEmpty ? undefined : this.#disk.readFile(this.path)) ?? NO_ENTRIES
    this.#count = Math.floor(bytes.length / this.entryBytes)
    this.#savedCount = this.#count
    return bytes
  }

  /** The last entry alone, without bringing all of them into memory; undefined without entries. */
  last(): Buffer | undefined {
    const { entryBytes } = this
    if (this.#bytes !== undefined) {
      const end = this.#count * entryBytes
      return end === 0 ? undefined : this.#bytes.subarray(end - entryBytes, end)
    }
    const count = Math.floor((this.#disk.sizeBytes(this.path) ?? 0) / entryBytes)
    if (count === 0) return undefined
    const entry = Buffer.allocUnsafe(entryBytes)
    const file = this.#disk.open(this.path, 'read')
    try {
      file.read(entry, 0, entryBytes, (count - 1) * entryBytes)
    } finally {
      file.close()
    }
    return entry
  }

  /** Begins without entries and does not look at the file. */
  clear(): void {
    this.#bytes = NO_ENTRIES
    this.#count = 0
    this.#savedCount = -1
  }

  /** Makes room for one more entry; it has to be written to `bytes()` at the position given. */
  add(): number {
    let bytes = this.bytes()
    const position = this.#count * this.entryBytes
    if (position + this.entryBytes > bytes.length) {
      const entries = Math.max(FIRST_CAPACITY_ENTRIES, this.#count * 2)
      const larger = Buffer.alloc(entries * this.entryBytes)
      bytes.copy(larger, 0, 0, position)
      this.#bytes = larger
      bytes = larger
    }
    this.#count++
    return position
  }

  truncate(count: number): void {
    if (count >= this.count) return
    this.#count = count
    // The file is cut when it is saved.
    if (this.#savedCount > count) this.#savedCount = -1
  }

  /** Keeps the first entries; the next save leaves nothing behind them, whatever is there now. */
  keep(count: number): void {
    this.truncate(count)
    this.#savedCount = -1
  }

  /** Of the first entries. */
  checksum(count: number): number {
    return crc32c(this.bytes(), 0, count * this.entryBytes)
  }

  /** The largest entry for which `isAtMost` holds (they ascend); −1 when there is none. */
  floor(isAtMost: (bytes: Buffer, position: number) => boolean): number {
    const bytes = this.bytes()
    let low = 0
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (isAtMost(bytes, middle * this.entryBytes)) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  /** The file has all that is in memory. */
  get isSaved(): boolean {
    return this.#bytes === undefined || this.#savedCount === this.#count
  }

  /** Brings the file up to date. */
  save(): void {
    const bytes = this.#bytes
    if (bytes === undefined || this.isSaved) return
    const file = this.#disk.open(this.path, 'create')
    const from = Math.max(0, this.#savedCount)
    const isCut = this.#savedCount < 0
    // If not all of it fits, the next one begins anew.
    this.#savedCount = -1
    try {
      if (from < this.#count) {
        const position = from * this.entryBytes
        file.write(bytes.subarray(position, this.sizeBytes), position)
      }
      if (isCut) file.truncate(this.sizeBytes)
    } finally {
      file.close()
    }
    this.#savedCount = this.#count
  }

  /** What is in memory stays, until it is saved again. */
  removeFile(): void {
    this.bytes()
    this.#savedCount = -1
    this.#disk.remove(this.path)
  }

  /** Gives the memory back; what is not saved would be lost. */
  unload(): void {
    if (this.#savedCount === this.#count) this.#bytes = undefined
  }
}

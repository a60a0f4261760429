// The time index of a segment: the largest timestamp so far (int64) and the last offset of the
// batch that brought it, relative to the segment's base (int32). Both ascend.

import { readInt64, writeInt64 } from '../protocol/records/int64.ts'
import type { Disk } from './disk.ts'
import { EntryTable } from './entry-table.ts'

const ENTRY_BYTES = 12

export class TimeIndex {
  readonly #table: EntryTable
  readonly #baseOffset: number

  constructor(disk: Disk, path: string, baseOffset: number) {
    this.#table = new EntryTable(disk, path, ENTRY_BYTES)
    this.#baseOffset = baseOffset
  }

  get table(): EntryTable {
    return this.#table
  }

  get count(): number {
    return this.#table.count
  }

  /** −1 without entries. */
  get lastTimestamp(): number {
    const entry = this.#table.last()
    return entry === undefined ? -1 : readInt64(entry, 0)
  }

  /** The base offset without entries. */
  get lastOffset(): number {
    return this.#baseOffset + (this.#table.last()?.readInt32BE(8) ?? 0)
  }

  timestampAt(entry: number): number {
    return readInt64(this.#table.bytes(), entry * ENTRY_BYTES)
  }

  offsetAt(entry: number): number {
    return this.#baseOffset + this.#table.bytes().readInt32BE(entry * ENTRY_BYTES + 8)
  }

  /** Adds an entry if the timestamp is larger than the last one. */
  append(timestamp: number, offset: number): void {
    if (timestamp <= this.lastTimestamp) return
    const at = this.#table.add()
    const bytes = this.#table.bytes()
    writeInt64(bytes, timestamp, at)
    bytes.writeInt32BE(offset - this.#baseOffset, at + 8)
  }

  /** An offset before which every record is older than the timestamp. */
  lookup(timestamp: number): number {
    const entry = this.entryFor(timestamp)
    return entry < 0 ? this.#baseOffset : this.offsetAt(entry)
  }

  /** The last one that is not later; −1 without one. */
  entryFor(timestamp: number): number {
    return this.#table.floor((bytes, at) => readInt64(bytes, at) <= timestamp)
  }

  /** Keeps the entries below the offset. */
  truncateTo(offset: number): void {
    const relative = offset - this.#baseOffset
    this.#table.truncate(
      this.#table.floor((bytes, at) => bytes.readInt32BE(at + 8) < relative) + 1)
  }

  /** Whether timestamps and offsets ascend, the latter to below the one given. */
  isSound(endOffset: number): boolean {
    let timestamp = -1
    let offset = this.#baseOffset
    for (let entry = 0; entry < this.count; entry++) {
      const nextOffset = this.offsetAt(entry)
      if (this.timestampAt(entry) <= timestamp || nextOffset < offset) return false
      timestamp = this.timestampAt(entry)
      offset = nextOffset
    }
    return this.count === 0 || offset < endOffset
  }
}

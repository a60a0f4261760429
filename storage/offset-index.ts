// The offset index of a segment: where in its file the batches lie, about one for every
// `index.interval.bytes`. Entries are the last offset of a batch, relative to the segment's base
// (int32), and the position where the batch begins (int32).

import type { Disk } from './disk.ts'
import { EntryTable } from './entry-table.ts'

const ENTRY_BYTES = 8

export class OffsetIndex {
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

  /** The last offset with an entry; the base offset without entries. */
  get lastOffset(): number {
    const { count } = this.#table
    return count === 0 ? this.#baseOffset : this.offsetAt(count - 1)
  }

  offsetAt(entry: number): number {
    return this.#baseOffset + this.#table.bytes().readInt32BE(entry * ENTRY_BYTES)
  }

  positionAt(entry: number): number {
    return this.#table.bytes().readInt32BE(entry * ENTRY_BYTES + 4)
  }

  append(offset: number, position: number): void {
    const at = this.#table.add()
    const bytes = this.#table.bytes()
    bytes.writeInt32BE(offset - this.#baseOffset, at)
    bytes.writeInt32BE(position, at + 4)
  }

  /** A position at or before the batch that holds the offset. */
  lookup(offset: number): number {
    const entry = this.entryFor(offset)
    return entry < 0 ? 0 : this.positionAt(entry)
  }

  /** The last one that is not behind the offset; −1 without one. */
  entryFor(offset: number): number {
    const relative = offset - this.#baseOffset
    return this.#table.floor((bytes, at) => bytes.readInt32BE(at) <= relative)
  }

  /** The last one that points to before the position; −1 without one. */
  entryBefore(position: number): number {
    return this.#table.floor((bytes, at) => bytes.readInt32BE(at + 4) < position)
  }

  /** Keeps the entries below the offset. */
  truncateTo(offset: number): void {
    const relative = offset - this.#baseOffset
    this.#table.truncate(
      this.#table.floor((bytes, at) => bytes.readInt32BE(at) < relative) + 1)
  }

  /** Keeps the entries that point to before the position, none where they do not ascend. */
  keepBelow(position: number): void {
    if (!this.isSound(Infinity, Infinity)) this.#table.truncate(0)
    this.#table.truncate(this.entryBefore(position) + 1)
  }

  /**
   * Whether every entry comes after the one before, names an offset below the one given and points
   * into a segment of that size.
   */
  isSound(endOffset: number, segmentSizeBytes: number): boolean {
    let offset = this.#baseOffset - 1
    let position = -1
    for (let entry = 0; entry < this.count; entry++) {
      const nextOffset = this.offsetAt(entry)
      const nextPosition = this.positionAt(entry)
      if (nextOffset <= offset || nextPosition <= position) return false
      offset = nextOffset
      position = nextPosition
    }
    return this.count === 0 || offset < endOffset && position < segmentSizeBytes
  }
}

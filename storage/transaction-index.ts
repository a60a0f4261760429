// The transaction index of a segment: the aborted transactions whose marks lie in it. Most segments
// have none, and no file.

import { readInt64, writeInt64 } from '../protocol/records/int64.ts'
import type { Disk } from './disk.ts'
import { EntryTable } from './entry-table.ts'

// version (int16), producer id, first offset, last offset, last stable offset (int64 each)
const ENTRY_BYTES = 34
const VERSION = 0

export interface AbortedTransaction {
  readonly producerId: number
  /** Of its first record in the partition. */
  readonly firstOffset: number
  /** Of its mark. */
  readonly lastOffset: number
  /** Of the partition, after the mark. */
  readonly lastStableOffset: number
}

export class TransactionIndex {
  readonly #disk: Disk
  readonly #table: EntryTable

  constructor(disk: Disk, path: string) {
    this.#disk = disk
    this.#table = new EntryTable(disk, path, ENTRY_BYTES)
  }

  get table(): EntryTable {
    return this.#table
  }

  get count(): number {
    return this.#table.count
  }

  at(entry: number): AbortedTransaction {
    const bytes = this.#table.bytes()
    const start = entry * ENTRY_BYTES
    return {
      producerId: readInt64(bytes, start + 2),
      firstOffset: readInt64(bytes, start + 10),
      lastOffset: readInt64(bytes, start + 18),
      lastStableOffset: readInt64(bytes, start + 26),
    }
  }

  /** Brings the file up to date; most segments have none. */
  save(): void {
    if (this.count > 0) this.#table.save()
    else this.#disk.remove(this.#table.path)
  }

  append(transaction: AbortedTransaction): void {
    const at = this.#table.add()
    const bytes = this.#table.bytes()
    bytes.writeInt16BE(VERSION, at)
    writeInt64(bytes, transaction.producerId, at + 2)
    writeInt64(bytes, transaction.firstOffset, at + 10)
    writeInt64(bytes, transaction.lastOffset, at + 18)
    writeInt64(bytes, transaction.lastStableOffset, at + 26)
  }

  /**
   * Adds to `found` the transactions that touch the offsets from `from` to before `to`. True when
   * no later segment can hold another one.
   */
  collect(from: number, to: number, found: AbortedTransaction[]): boolean {
    for (let entry = 0; entry < this.count; entry++) {
      const transaction = this.at(entry)
      if (transaction.lastOffset >= from && transaction.firstOffset < to) found.push(transaction)
      if (transaction.lastStableOffset >= to) return true
    }
    return false
  }

  /** Keeps the entries whose mark lies below the offset. */
  truncateTo(offset: number): void {
    this.#table.truncate(
      this.#table.floor((bytes, at) => readInt64(bytes, at + 18) < offset) + 1)
  }

  /** Whether the marks lie in the segment, one after the other. */
  isSound(baseOffset: number): boolean {
    let lastOffset = baseOffset - 1
    for (let entry = 0; entry < this.count; entry++) {
      if (this.#table.bytes().readInt16BE(entry * ENTRY_BYTES) !== VERSION) return false
      const transaction = this.at(entry)
      if (transaction.lastOffset <= lastOffset) return false
      lastOffset = transaction.lastOffset
    }
    return true
  }
}

// A segment: a file of batches and the indexes into it, all named by the first offset it may hold.
//
// Bytes are accounted for when they are staged (sizeBytes), and again when they are written
// (writtenBytes); readers see what is written. The indexes live in memory and are saved when the
// segment is rolled, closed, or has a save point: what a crash takes of them recovery builds again.

import { ApiError, Errors } from '../protocol/errors.ts'
import type { Batch } from '../protocol/records/batch.ts'
import { BatchReader } from './batch-reader.ts'
import {
  type Disk, type DiskFile, isDiskFull, removeAll, renameOrRemove, syncFile, takeBack,
} from './disk.ts'
import type { EntryTable } from './entry-table.ts'
import { type BatchPlace, isBatchEnd, locateFrom, maxTimestampAt } from './locate.ts'
import { OffsetIndex } from './offset-index.ts'
import { Places } from './places.ts'
import type { SegmentEnd } from './segment-end.ts'
import {
  DELETED_SUFFIX, fileNameOf, INDEX_SUFFIX, INDEX_SUFFIXES, LOG_SUFFIX, TIME_INDEX_SUFFIX,
  TRANSACTION_INDEX_SUFFIX,
} from './segment-names.ts'
import { mustBeSound } from './sound-batches.ts'
import { Soundness } from './soundness.ts'
import { TimeIndex } from './time-index.ts'
import { TransactionIndex } from './transaction-index.ts'

/** Where an index is built again, how far its entries lie apart. */
const INDEX_INTERVAL_BYTES = 4096
/** Indexes hold no larger ones. */
export const MAX_RELATIVE_OFFSET = 0x7fffffff

export class Segment {
  readonly baseOffset: number
  readonly offsetIndex: OffsetIndex
  readonly timeIndex: TimeIndex
  readonly transactionIndex: TransactionIndex
  /** One past the last offset, as far as it is known; it may be larger. */
  nextOffset: number
  /** With what is staged. */
  sizeBytes: number
  writtenBytes: number
  /** All of it is on the device, and will not change. */
  isSynced = false
  /** Undefined: the last entry of the time index tells. */
  #maxTimestamp: number | undefined = -1
  #offsetOfMaxTimestamp: number
  /** What the index files say has been looked at. */
  #isIndexChecked = true
  /** The last entry of the time index is that of a batch. */
  #isMaxChecked = true
  /** The time index comes from a file. */
  #areTimesDoubtful = false
  /** Why its indexes cannot be built again. */
  #damage: ApiError | undefined
  #soundness: Soundness | undefined
  #places: Places | undefined
  /** An entry of the offset index that was found to be true. */
  #soundPosition = 0
  /** The largest timestamp of the first batch: rolling by time counts from it. */
  #firstTimestamp: number | undefined
  #bytesSinceIndexEntry = 0
  #lastBatchBytes = 0
  readonly createdMs: number
  readonly #disk: Disk
  readonly #directory: string
  /** Behind the names of its files. */
  #fileSuffix: string
  #file: DiskFile | undefined
  #isRetired = false

  constructor(
    disk: Disk, directory: string, baseOffset: number, nowMs: number, fileSuffix = '',
    sizeBytes?: number,
  ) {
    this.#disk = disk
    this.#directory = directory
    this.#fileSuffix = fileSuffix
    this.baseOffset = baseOffset
    this.nextOffset = baseOffset
    this.#offsetOfMaxTimestamp = baseOffset
    this.createdMs = nowMs
    this.offsetIndex = new OffsetIndex(disk, this.#path(INDEX_SUFFIX), baseOffset)
    this.timeIndex = new TimeIndex(disk, this.#path(TIME_INDEX_SUFFIX), baseOffset)
    this.transactionIndex = new TransactionIndex(disk, this.#path(TRANSACTION_INDEX_SUFFIX))
    this.sizeBytes = sizeBytes ?? disk.sizeBytes(this.#path(LOG_SUFFIX)) ?? 0
    this.writtenBytes = this.sizeBytes
  }

  /** A new one, with its empty files. */
  static create(
    disk: Disk, directory: string, baseOffset: number, nowMs: number, fileSuffix = '',
  ): Segment {
    const segment = new Segment(disk, directory, baseOffset, nowMs, fileSuffix, 0)
    try {
      segment.#file = disk.open(segment.#path(LOG_SUFFIX), 'create')
      segment.truncateFile(0)
      segment.clearIndexes()
      segment.saveIndexes()
    } catch (error) {
      segment.close()
      if (isDiskFull(error)) takeBack(segment.path, () => removeAll(disk, segment.paths()))
      throw error
    }
    return segment
  }

  /** One that is there and complete: its indexes tell what lies where. */
  static open(disk: Disk, directory: string, baseOffset: number, nowMs: number): Segment {
    const segment = new Segment(disk, directory, baseOffset, nowMs)
    segment.#maxTimestamp = undefined
    segment.#isIndexChecked = false
    segment.#isMaxChecked = false
    segment.#areTimesDoubtful = true
    return segment
  }

  get soundness(): Soundness {
    return this.#soundness ??= new Soundness(this.writtenBytes)
  }

  /** Where its readers go on. */
  get places(): Places {
    return this.#places ??= new Places()
  }

  /** Of the batches. */
  get path(): string {
    return this.#path(LOG_SUFFIX)
  }

  #path(suffix: string): string {
    return `${this.#directory}/${fileNameOf(this.baseOffset)}${suffix}${this.#fileSuffix}`
  }

  get file(): DiskFile {
    // Under its name lies another one by now.
    if (this.#isRetired && this.#file === undefined) throw new Error(`${this.path} was replaced`)
    return this.#file ??= this.#disk.open(this.#path(LOG_SUFFIX), 'write')
  }

  /** −1 without records that have one. */
  get maxTimestamp(): number {
    if (this.#maxTimestamp === undefined) this.#believeTimeIndex()
    return this.#maxTimestamp!
  }

  /** Where the last offset with the largest timestamp is, about. */
  get offsetOfMaxTimestamp(): number {
    if (this.#maxTimestamp === undefined) this.#believeTimeIndex()
    return this.#offsetOfMaxTimestamp
  }

  #believeTimeIndex(): void {
    this.#maxTimestamp = this.timeIndex.lastTimestamp
    this.#offsetOfMaxTimestamp = this.timeIndex.lastOffset
  }

  /** Since when the segment has not changed, by its records; by its making when they do not say. */
  get largestTimestamp(): number {
    return this.maxTimestamp >= 0 ? this.maxTimestamp : this.createdMs
  }

  /** Whether the indexes are there, in whole entries. */
  get hasIndexes(): boolean {
    const isWhole = ({ path, entryBytes }: EntryTable): boolean | undefined => {
      const sizeBytes = this.#disk.sizeBytes(path)
      return sizeBytes === undefined ? undefined : sizeBytes % entryBytes === 0
    }
    if (!isWhole(this.offsetIndex.table) || !isWhole(this.timeIndex.table)) return false
    // That of aborted transactions need not be there.
    const isTold = isWhole(this.transactionIndex.table)
    return isTold === undefined || isTold && this.transactionIndex.isSound(this.baseOffset)
  }

  /** Before the indexes are used: what cannot be right in the files is built from the batches. */
  #checkIndexes(): void {
    if (this.#isIndexChecked) return
    const endOffset = this.nextOffset > this.baseOffset ? this.nextOffset : Infinity
    const isSound = this.offsetIndex.isSound(endOffset, this.writtenBytes)
      && this.timeIndex.isSound(endOffset)
    // What is sound of the batches can be read without.
    if (!isSound && !this.#canRebuildIndexes()) this.offsetIndex.keepBelow(this.writtenBytes)
    this.#isIndexChecked = true
  }

  /** False when the batches are what is damaged. */
  #canRebuildIndexes(): boolean {
    try {
      this.#rebuildIndexes()
      return true
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      return false
    }
  }

  /** Throws CORRUPT_MESSAGE, and leaves them, when the batches are what is damaged. */
  #rebuildIndexes(): void {
    this.#mustBeSound()
    const { nextOffset, sizeBytes } = this
    const reader = new BatchReader(this.file, 0, this.writtenBytes)
    for (const { table } of [this.offsetIndex, this.timeIndex]) table.clear()
    this.#clearNotes()
    while (reader.next()) this.note(reader.batch, INDEX_INTERVAL_BYTES)
    this.timeIndex.append(this.maxTimestamp, this.#offsetOfMaxTimestamp)
    this.nextOffset = Math.max(nextOffset, this.nextOffset)
    this.sizeBytes = sizeBytes
    try {
      this.saveIndexes()
    } catch (error) {
      // Those in memory serve those who read.
      if (!isDiskFull(error)) throw error
    }
  }

  /** Looked at once: it takes a while. */
  #mustBeSound(): void {
    if (this.#damage !== undefined) throw this.#damage
    try {
      mustBeSound(this)
    } catch (error) {
      if (error instanceof ApiError) this.#damage = error
      throw error
    }
  }

  /** Before what depends on the largest timestamp: a time index may be wrong in one number. */
  checkTimes(): void {
    if (this.#isMaxChecked) return
    this.#checkIndexes()
    const { count } = this.timeIndex
    const isTrue = count === 0 ? this.writtenBytes === 0 : this.#isTrueTime(count - 1)
    if (!isTrue) this.#rebuildIndexes()
    this.#isMaxChecked = true
  }

  /** As `checkTimes`; where the batches are what is damaged, the index is believed. */
  confirmTimes(): void {
    try {
      this.checkTimes()
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
    }
  }

  /** Whether there is a batch with that time at that offset. */
  #isTrueTime(entry: number): boolean {
    const place = this.locate(this.timeIndex.offsetAt(entry))
    if (place === undefined) return false
    return maxTimestampAt(this, place.position) === this.timeIndex.timestampAt(entry)
  }

  /** Accounts for a batch at the end, of which the bytes are written with the next flush. */
  note(batch: Batch, indexIntervalBytes: number): void {
    const { lastOffset, maxTimestamp, sizeBytes } = batch
    if (this.sizeBytes === 0) this.#firstTimestamp = maxTimestamp
    this.#noteTimestamp(maxTimestamp, lastOffset)
    if (this.#bytesSinceIndexEntry > indexIntervalBytes) {
      this.offsetIndex.append(lastOffset, this.sizeBytes)
      this.timeIndex.append(this.maxTimestamp, this.#offsetOfMaxTimestamp)
      this.#bytesSinceIndexEntry = 0
    }
    this.sizeBytes += sizeBytes
    this.#bytesSinceIndexEntry += sizeBytes
    this.#lastBatchBytes = sizeBytes
    this.nextOffset = lastOffset + 1
    this.isSynced = false
  }

  #noteTimestamp(timestamp: number, offset: number): void {
    if (timestamp <= this.maxTimestamp) return
    this.#maxTimestamp = timestamp
    this.#offsetOfMaxTimestamp = offset
  }

  /** −1 without one; `segment.ms` and `max.compaction.lag.ms` count from it. */
  get firstBatchTimestamp(): number {
    if (this.#firstTimestamp === undefined) {
      const reader = new BatchReader(this.file, 0, this.writtenBytes)
      this.#firstTimestamp = reader.next() ? reader.batch.maxTimestamp : -1
    }
    return this.#firstTimestamp
  }

  /** Writes buffers behind what is written. Throws what the system says. */
  write(buffers: readonly Uint8Array[], sizeBytes: number): void {
    this.file.writeAll(buffers, this.writtenBytes)
    this.writtenBytes += sizeBytes
  }

  /** The first written batch that holds the offset, or comes after it. Throws CORRUPT_MESSAGE. */
  locate(offset: number): BatchPlace | undefined {
    return locateFrom(this, this.#startPosition(offset), offset)
  }

  /** The error of a place in the file where no sound batch is. */
  corruptAt(position: number): ApiError {
    return new ApiError(Errors.CORRUPT_MESSAGE,
      `No sound record batch at position ${position} of ${this.#path(LOG_SUFFIX)}`)
  }

  /** The written batches, from one that holds the offset on. */
  reader(fromOffset = this.baseOffset): BatchReader {
    const position = fromOffset <= this.baseOffset ? 0 : this.#startPosition(fromOffset)
    return new BatchReader(this.file, position, this.writtenBytes)
  }

  /** Where to start looking for the offset: what the index says, if a batch is there. */
  #startPosition(offset: number): number {
    this.#checkIndexes()
    const entry = this.offsetIndex.entryFor(offset)
    if (entry < 0) return 0
    const position = this.offsetIndex.positionAt(entry)
    // Entries are written with the batch, which may wait to be written itself.
    if (position === this.#soundPosition || position >= this.writtenBytes) return position
    if (!isBatchEnd(this, position, this.offsetIndex.offsetAt(entry))) {
      this.#rebuildIndexes()
      return this.offsetIndex.lookup(offset)
    }
    this.#soundPosition = position
    return position
  }

  /** An offset before which every record is older than the timestamp. */
  lookupTimestamp(timestamp: number): number {
    this.checkTimes()
    const entry = this.timeIndex.entryFor(timestamp)
    if (this.#areTimesDoubtful && entry >= 0 && !this.#isTrueTime(entry)) this.#rebuildIndexes()
    return this.timeIndex.lookup(timestamp)
  }

  /** Finds where the last batch ends. False when that is not where the file does. */
  findEnd(): boolean {
    this.#checkIndexes()
    if (this.writtenBytes === 0) return true
    const { count } = this.offsetIndex
    const from = count === 0 ? 0 : this.offsetIndex.positionAt(count - 1)
    const reader = new BatchReader(this.file, from, this.writtenBytes)
    while (reader.next()) {
      const { nextOffset, maxTimestamp, lastOffset, sizeBytes } = reader.batch
      this.nextOffset = nextOffset
      this.#lastBatchBytes = sizeBytes
      this.#noteTimestamp(maxTimestamp, lastOffset)
    }
    if (reader.isAtEnd || count === 0) return reader.isAtEnd
    // It may be the index that is damaged.
    this.nextOffset = this.baseOffset
    return this.#canRebuildIndexes()
  }

  /** The indexes. */
  get tables(): readonly EntryTable[] {
    return [this.offsetIndex.table, this.timeIndex.table, this.transactionIndex.table]
  }

  /** With what is staged. */
  get end(): SegmentEnd {
    const { nextOffset, sizeBytes: position, maxTimestamp, offsetOfMaxTimestamp } = this
    return {
      nextOffset, position, maxTimestamp, offsetOfMaxTimestamp,
      bytesSinceIndexEntry: this.#bytesSinceIndexEntry, lastBatchBytes: this.#lastBatchBytes,
    }
  }

  /** Forgets what lies behind an end that it had once; up to there the indexes are known. */
  resume(end: SegmentEnd, entryCounts: readonly number[]): void {
    this.#clearNotes()
    for (const [i, table] of this.tables.entries()) table.keep(entryCounts[i]!)
    this.nextOffset = end.nextOffset
    this.sizeBytes = end.position
    this.#maxTimestamp = end.maxTimestamp
    this.#offsetOfMaxTimestamp = end.offsetOfMaxTimestamp
    this.#bytesSinceIndexEntry = end.bytesSinceIndexEntry
    this.#lastBatchBytes = end.lastBatchBytes
  }

  /** Forgets what the indexes say, before batches are noted again from the start. */
  clearIndexes(): void {
    for (const table of this.tables) table.clear()
    this.#clearNotes()
  }

  #clearNotes(): void {
    this.#isIndexChecked = true
    this.#isMaxChecked = true
    this.#areTimesDoubtful = false
    this.#soundPosition = 0
    this.#maxTimestamp = -1
    this.#offsetOfMaxTimestamp = this.baseOffset
    this.#firstTimestamp = undefined
    this.#bytesSinceIndexEntry = 0
    this.#lastBatchBytes = 0
    this.nextOffset = this.baseOffset
    this.sizeBytes = 0
  }

  saveIndexes(): void {
    // A clean start believes what is there of them: all of it has to come to the device.
    if (!this.tables.every(({ isSaved }) => isSaved)) this.isSynced = false
    this.transactionIndex.save()
    this.offsetIndex.table.save()
    this.timeIndex.table.save()
  }

  /** No more batches are to come: the time index gets its last entry, and all is saved. */
  finish(): void {
    this.timeIndex.append(this.maxTimestamp, this.offsetOfMaxTimestamp)
    this.saveIndexes()
  }

  /** Puts the saved indexes on the device. */
  syncIndexes(): void {
    for (const path of this.paths()) if (path !== this.path) syncFile(this.#disk, path)
  }

  /** Cuts the file, and with it what was staged behind. */
  truncateFile(sizeBytes: number): void {
    this.file.truncate(sizeBytes)
    this.#damage = undefined
    this.soundness.cut(sizeBytes)
    this.#places = undefined
    this.sizeBytes = sizeBytes
    this.writtenBytes = sizeBytes
    this.isSynced = false
  }

  /** Forgets what was staged; less than all of it may be in the file. The log ended there. */
  takeBack(endOffset: number): void {
    this.truncateFile(this.writtenBytes)
    this.truncateTo(endOffset)
    if (this.nextOffset !== endOffset) throw this.corruptAt(this.writtenBytes)
    this.file.sync()
  }

  /** Removes the batches from the offset on; the last one may end before it. */
  truncateTo(offset: number): void {
    const place = this.locate(offset)
    this.offsetIndex.truncateTo(offset)
    this.timeIndex.truncateTo(offset)
    this.transactionIndex.truncateTo(offset)
    if (place !== undefined) this.truncateFile(place.position)
    this.nextOffset = this.baseOffset
    this.#lastBatchBytes = 0
    this.#believeTimeIndex()
    this.findEnd()
  }

  /** Gives the files the suffix of files that are to go. Answers the paths of those that stay. */
  markDeleted(): string[] {
    this.close()
    return this.#putAway()
  }

  /** As `markDeleted`, for one that was replaced: who reads it goes on until it is closed. */
  retire(): string[] {
    this.#isRetired = true
    return this.#putAway()
  }

  #putAway(): string[] {
    return this.paths().filter((path) => renameOrRemove(this.#disk, path, path + DELETED_SUFFIX))
      .map((path) => path + DELETED_SUFFIX)
  }

  /** Gives the files another suffix. What is in memory of the indexes must be saved before. */
  changeSuffix(fileSuffix: string): void {
    this.close()
    for (const path of this.paths()) {
      const name = path.slice(0, path.length - this.#fileSuffix.length)
      this.#disk.rename(path, name + fileSuffix)
    }
    this.#fileSuffix = fileSuffix
  }

  /** The files that are there, that of the batches first. */
  paths(): string[] {
    return [LOG_SUFFIX, ...INDEX_SUFFIXES].map((suffix) => this.#path(suffix))
      .filter((path) => this.#disk.exists(path))
  }

  /** A handle of one's own on the batches: it reads on, whatever becomes of the segment. */
  openFile(): DiskFile {
    return this.#disk.open(this.#path(LOG_SUFFIX), 'read')
  }

  /** As on the disk. */
  get offsetIndexBytes(): number {
    return this.#disk.sizeBytes(this.#path(INDEX_SUFFIX)) ?? 0
  }

  get timeIndexBytes(): number {
    return this.#disk.sizeBytes(this.#path(TIME_INDEX_SUFFIX)) ?? 0
  }

  close(): void {
    this.#file?.close()
    this.#file = undefined
  }
}

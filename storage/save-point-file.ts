// The file of a log's last save point (`save-point`): where in its segment that is, what indexes
// and batches must look like there, and what was known of producers. Kafka leaves it alone.

import { Batch, BATCH_OVERHEAD, MAGIC } from '../protocol/records/batch.ts'
import { crc32c } from '../protocol/records/crc32c.ts'
import { BatchReader } from './batch-reader.ts'
import type { Disk } from './disk.ts'
import { ProducerEntry, type ProducerState, type UnreplicatedTransaction } from './producers.ts'
import type { Segment } from './segment.ts'
import type { SegmentEnd } from './segment-end.ts'

/** Of the file, in the directory of the log. */
export const SAVE_POINT_FILE = 'save-point'

const VERSION = 1
// checksum of all from byte 8 on (uint32), version (uint32), numbers (float64 each, little-endian)
const VERSION_AT = 4
const NUMBERS_AT = 8
const NUMBER_BYTES = 8

/** What tells a batch from others of its place and offsets. */
interface KnownBatch {
  readonly crc: number
  readonly leaderEpoch: number
}

/** An index up to the save point. */
interface KnownIndex {
  readonly count: number
  readonly crc: number
}

export interface SavePoint {
  /** Of the segment. */
  readonly baseOffset: number
  /** Where all that is known ends. */
  readonly end: SegmentEnd
  readonly lastBatch: KnownBatch
  /** As `Segment.tables` has them. */
  readonly indexes: readonly KnownIndex[]
}

/** With what was known of producers. */
export interface LoadedSavePoint extends SavePoint {
  readonly producers: readonly ProducerEntry[]
  readonly unreplicated: readonly UnreplicatedTransaction[]
}

/** The save point at the end of the segment, all of which is written. Undefined in an empty one. */
export function savePointOf(segment: Segment): SavePoint | undefined {
  const { end, writtenBytes, baseOffset } = segment
  if (end.lastBatchBytes < BATCH_OVERHEAD || end.position !== writtenBytes) return undefined
  const header = Buffer.alloc(BATCH_OVERHEAD)
  segment.file.read(header, 0, BATCH_OVERHEAD, end.position - end.lastBatchBytes)
  const { crc, leaderEpoch, nextOffset } = new Batch(header)
  if (nextOffset !== end.nextOffset) return undefined
  return {
    baseOffset, end, lastBatch: { crc, leaderEpoch },
    indexes: segment.tables.map((table) => (
      { count: table.count, crc: table.checksum(table.count) })),
  }
}

/** The bytes of the file. */
export function encodeSavePoint(
  { baseOffset, end, lastBatch, indexes }: SavePoint, producers: ProducerState,
): Buffer {
  const numbers = [
    baseOffset, end.nextOffset, end.position, end.maxTimestamp, end.offsetOfMaxTimestamp,
    end.bytesSinceIndexEntry, end.lastBatchBytes, lastBatch.crc, lastBatch.leaderEpoch,
    ...indexes.flatMap(({ count, crc }) => [count, crc]),
  ]
  numbers.push(producers.unreplicated.length)
  for (const { firstOffset, lastOffset } of producers.unreplicated) {
    numbers.push(firstOffset, lastOffset)
  }
  numbers.push(producers.count)
  for (const entry of producers.all()) {
    numbers.push(entry.producerId, entry.epoch, entry.coordinatorEpoch, entry.lastTimestamp,
      entry.currentTransactionFirstOffset, entry.batches.length)
    for (const { lastSequence, lastOffset, offsetDelta, timestamp } of entry.batches) {
      numbers.push(lastSequence, lastOffset, offsetDelta, timestamp)
    }
  }
  const bytes = Buffer.allocUnsafe(NUMBERS_AT + numbers.length * NUMBER_BYTES)
  for (let i = 0; i < numbers.length; i++) {
    bytes.writeDoubleLE(numbers[i]!, NUMBERS_AT + i * NUMBER_BYTES)
  }
  bytes.writeUInt32LE(VERSION, VERSION_AT)
  bytes.writeUInt32LE(crc32c(bytes, NUMBERS_AT), 0)
  return bytes
}

/** Undefined when the bytes are no whole and sound save point. */
export function decodeSavePoint(bytes: Buffer): LoadedSavePoint | undefined {
  if (bytes.length < NUMBERS_AT || bytes.readUInt32LE(VERSION_AT) !== VERSION) return undefined
  if (bytes.readUInt32LE(0) !== crc32c(bytes, NUMBERS_AT)) return undefined
  let at = NUMBERS_AT - NUMBER_BYTES
  const next = (): number => bytes.readDoubleLE(at += NUMBER_BYTES)
  const several = <T>(count: number, one: () => T): T[] => Array.from({ length: count }, one)
  // The order in which the numbers stand is the one in which they are asked for here.
  return {
    baseOffset: next(),
    end: {
      nextOffset: next(), position: next(), maxTimestamp: next(), offsetOfMaxTimestamp: next(),
      bytesSinceIndexEntry: next(), lastBatchBytes: next(),
    },
    lastBatch: { crc: next(), leaderEpoch: next() },
    indexes: several(3, () => ({ count: next(), crc: next() })),
    unreplicated: several(next(), () => ({ firstOffset: next(), lastOffset: next() })),
    producers: several(next(), () => {
      const entry = new ProducerEntry(next())
      entry.epoch = next()
      entry.coordinatorEpoch = next()
      const lastTimestamp = next()
      entry.currentTransactionFirstOffset = next()
      several(next(), () => entry.addBatch(next(), next(), next(), next()))
      entry.lastTimestamp = lastTimestamp
      return entry
    }),
  }
}

export class SavePointFile {
  readonly path: string
  readonly #disk: Disk

  constructor(disk: Disk, directory: string) {
    this.#disk = disk
    this.path = `${directory}/${SAVE_POINT_FILE}`
  }

  remove(): void {
    this.#disk.remove(this.path)
  }

  #read(): LoadedSavePoint | undefined {
    const bytes = this.#disk.readFile(this.path)
    return bytes === undefined ? undefined : decodeSavePoint(bytes)
  }

  /** Where in the segment the save point should be; 0 when it is not in there. */
  positionIn({ baseOffset, writtenBytes }: Segment): number {
    const point = this.#read()
    return point?.baseOffset === baseOffset ? Math.min(point.end.position, writtenBytes) : 0
  }

  /**
   * The save point, if it lies in the segment, at or below the recovery point, and what it says of
   * the segment is so. Undefined otherwise.
   */
  find(segment: Segment, recoveryPoint: number): LoadedSavePoint | undefined {
    const point = this.#read()
    if (point?.baseOffset !== segment.baseOffset) return undefined
    const isThere = this.isReached(point, recoveryPoint) && this.isTrue(point, segment)
    return isThere ? point : undefined
  }

  /** All before it is on the device. */
  isReached({ end }: SavePoint, recoveryPoint: number): boolean {
    return end.nextOffset <= recoveryPoint
  }

  /**
   * Whether the segment has these indexes, and this batch before the save point: it has another one
   * there if it was cut since, and written to again, whoever did it.
   */
  isTrue({ end, lastBatch, indexes }: SavePoint, { file, tables, writtenBytes }: Segment): boolean {
    if (end.position > writtenBytes) return false
    const haveIndexes = indexes.every(({ count, crc }, i) => (
      count <= tables[i]!.count && tables[i]!.checksum(count) === crc))
    if (!haveIndexes) return false
    const reader = new BatchReader(file, end.position - end.lastBatchBytes, end.position)
    const { batch } = reader
    return reader.next() && reader.isAtEnd && batch.magic === MAGIC
      && batch.nextOffset === end.nextOffset && batch.crc === lastBatch.crc
      && batch.leaderEpoch === lastBatch.leaderEpoch && batch.isCrcValid()
  }
}

// Save points: within a large segment, what a recovery would build from the batches is brought to
// the device from time to time, so that it need not begin where the segment does.
//
// A save point is written down when all below it is on the device, and the recovery point that is
// written down has reached it: then a recovery finds none above its recovery point, and a recovery
// point that was lowered, by Kafka as well, tells that it is out of date.

import { writeFileAsync } from './checkpoints.ts'
import { type Disk, isDiskFull } from './disk.ts'
import type { Guard } from './guard.ts'
import type { ProducerState } from './producers.ts'
import { encodeSavePoint, SavePointFile, savePointOf } from './save-point-file.ts'
import type { Segment } from './segment.ts'
import type { Segments } from './segments.ts'

/** So much lies between two: smaller segments have none, and their logs pay nothing for it. */
const SAVE_POINT_BYTES = 32 * 1024 * 1024
/** About what a producer takes in the file at most. */
const PRODUCER_BYTES = 208
/** Where producers take more, save points are rarer by as much. */
const MOST_PRODUCERS_BYTES = 512 * 1024

export interface SavePointsOptions {
  /** How far they lie apart at least; left out: 32 MB. */
  readonly everyBytes?: number | undefined
  /** Writes down the recovery point that the log has; false: not yet. Rejects with StorageError. */
  writeRecoveryPoint(): Promise<boolean>
}

export interface OfLog {
  readonly disk: Disk
  readonly directory: string
  readonly segments: Segments
  readonly producers: ProducerState
  readonly guard: Guard
}

/** One that is to be written down. */
export interface BegunSavePoint {
  readonly bytes: Buffer
  readonly cuts: number
}

export class SavePoints {
  readonly #disk: Disk
  readonly #segments: Segments
  readonly #producers: ProducerState
  readonly #guard: Guard
  readonly #file: SavePointFile
  readonly #everyBytes: number
  readonly #writeRecoveryPoint: () => Promise<boolean>
  /** The segment of the last one, and where in it that lies. */
  #segment: Segment | undefined
  #position = 0
  #isWriting = false
  /** How often the log was cut. */
  #cuts = 0

  constructor(
    { disk, directory, segments, producers, guard }: OfLog,
    { everyBytes = SAVE_POINT_BYTES, writeRecoveryPoint }: SavePointsOptions,
  ) {
    this.#disk = disk
    this.#segments = segments
    this.#producers = producers
    this.#guard = guard
    this.#file = new SavePointFile(disk, directory)
    this.#everyBytes = everyBytes
    this.#writeRecoveryPoint = writeRecoveryPoint
  }

  /**
   * Before all that is written is synced: takes down what is known now, if there is to be a save
   * point. Then the indexes of the active segment, which are saved, have to be synced with the
   * batches. Throws what the disk says.
   */
  begin(): BegunSavePoint | undefined {
    const { active } = this.#segments
    const leastBytes = this.#leastBytes()
    if (this.#isWriting || active.writtenBytes < leastBytes) return undefined
    if (active !== this.#segment) {
      // A process before may have left one in a segment that was there.
      this.#position = this.#segment === undefined ? this.#file.positionIn(active) : 0
      this.#segment = active
    }
    if (active.writtenBytes - this.#position < leastBytes) return undefined
    const point = savePointOf(active)
    if (point === undefined) return undefined
    this.#position = point.end.position
    try {
      active.saveIndexes()
    } catch (error) {
      // Nothing needs a save point: there will be room for another one.
      if (!isDiskFull(error)) throw error
      return undefined
    }
    this.#isWriting = true
    return { bytes: encodeSavePoint(point, this.#producers), cuts: this.#cuts }
  }

  #leastBytes(): number {
    const producersBytes = this.#producers.count * PRODUCER_BYTES
    return this.#everyBytes * Math.max(1, producersBytes / MOST_PRODUCERS_BYTES)
  }

  /** When all of it is on the device: writes it down. Rejects with StorageError. */
  async finish({ bytes, cuts }: BegunSavePoint): Promise<void> {
    const isWanted = (): boolean => !this.#guard.isClosed && cuts === this.#cuts
    try {
      if (isWanted() && await this.#writeRecoveryPoint() && isWanted()) {
        await writeFileAsync(this.#disk, this.#file.path, bytes, isWanted)
      }
    } catch (error) {
      // The files may have got other names meanwhile; and without room there is none this time.
      if (!this.#guard.isClosed && !isDiskFull(error)) throw this.#guard.failed(error)
    }
    this.#isWriting = false
  }

  /** Before the log is cut. The caller brings to the device that the file is gone. */
  cut(): void {
    this.#cuts++
    this.#position = 0
    this.#file.remove()
  }
}

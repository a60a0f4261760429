// The leader epochs of a log and the offsets where they begin (`leader-epoch-checkpoint`).

import {
  CorruptCheckpointError, type EpochEntry, readEpochs, writeEpochs,
} from './checkpoints.ts'
import type { Disk } from './disk.ts'

export const LEADER_EPOCH_FILE = 'leader-epoch-checkpoint'

export interface EpochEnd {
  /** −1 when unknown. */
  readonly epoch: number
  /** −1 when unknown. */
  readonly endOffset: number
}

const UNKNOWN: EpochEnd = { epoch: -1, endOffset: -1 }

export class LeaderEpochs {
  readonly #disk: Disk
  readonly path: string
  #entries: EpochEntry[] = []
  #isOnDevice = true

  constructor(disk: Disk, path: string) {
    this.#disk = disk
    this.path = path
  }

  /** Reads the file. False when there is none to be trusted: the log has to tell. */
  load(): boolean {
    try {
      const entries = readEpochs(this.#disk, this.path)
      this.#entries = entries ?? []
      return entries !== undefined
    } catch (error) {
      if (!(error instanceof CorruptCheckpointError)) throw error
      this.#entries = []
      return false
    }
  }

  get entries(): readonly EpochEntry[] {
    return this.#entries
  }

  /** −1 without entries. */
  get latest(): number {
    return this.#entries.at(-1)?.epoch ?? -1
  }

  /** Records of this epoch begin at this offset, unless the epoch is known already. */
  assign(epoch: number, startOffset: number): void {
    if (this.note(epoch, startOffset)) this.#write()
  }

  /** As `assign`, without writing the file: `save` must follow. */
  note(epoch: number, startOffset: number): boolean {
    // Batches of others than leaders may name none.
    if (epoch < 0) return false
    const last = this.#entries.at(-1)
    if (last !== undefined && epoch === last.epoch && startOffset >= last.startOffset) return false
    while (this.#entries.length > 0) {
      const { epoch: lastEpoch, startOffset: lastStart } = this.#entries.at(-1)!
      if (lastEpoch < epoch && lastStart < startOffset) break
      this.#entries.pop()
    }
    this.#entries.push({ epoch, startOffset })
    return true
  }

  /** To build the entries from the log, with `note` and `save`. */
  forget(): void {
    this.#entries = []
  }

  save(): void {
    this.#write()
  }

  /** Of the largest epoch that is not larger: itself, and where it ends (KIP-279). */
  endOffsetFor(epoch: number, logEndOffset: number): EpochEnd {
    const entries = this.#entries
    if (epoch === UNKNOWN.epoch || epoch > this.latest) return UNKNOWN
    if (epoch === this.latest) return { epoch, endOffset: logEndOffset }
    const higher = entries.findIndex((entry) => entry.epoch > epoch)
    const { startOffset } = entries[higher]!
    return { epoch: higher === 0 ? epoch : entries[higher - 1]!.epoch, endOffset: startOffset }
  }

  /** −1 for an offset before the first entry. */
  epochOf(offset: number): number {
    let low = 0
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#entries[middle]!.startOffset <= offset) low = middle + 1
      else high = middle
    }
    return low === 0 ? -1 : this.#entries[low - 1]!.epoch
  }

  /** The records from the offset on are gone. */
  truncateFromEnd(offset: number): void {
    const kept = this.#entries.filter(({ startOffset }) => startOffset < offset)
    if (kept.length === this.#entries.length) return
    this.#entries = kept
    this.#write()
  }

  /** The records before the offset are gone; the epoch it lies in begins there now. */
  truncateFromStart(offset: number): void {
    const index = this.#entries.findLastIndex(({ startOffset }) => startOffset <= offset)
    if (index < 0 || this.#entries[index]!.startOffset === offset && index === 0) return
    const { epoch } = this.#entries[index]!
    this.#entries = [{ epoch, startOffset: offset }, ...this.#entries.slice(index + 1)]
    this.#write()
  }

  clear(): void {
    this.#entries = []
    this.#write()
  }

  /** The file is on the device when it returns: before a recovery point is trusted. */
  sync(): void {
    if (this.#isOnDevice) return
    writeEpochs(this.#disk, this.path, this.#entries)
    this.#isOnDevice = true
  }

  #write(): void {
    // A crash before `sync` loses at most what recovery finds in the batches again.
    writeEpochs(this.#disk, this.path, this.#entries, { isDurable: false })
    this.#isOnDevice = false
  }
}

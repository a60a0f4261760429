// The leader epochs of a log and the offsets where they begin (`leader-epoch-checkpoint`).

import {
  CorruptCheckpointError, type EpochEntry, readEpochs, writeEpochs,
} from './checkpoints.ts'
import { type Disk, syncFile } from './disk.ts'

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
  /** Counts changes; what of them the file has, and the device. */
  #version = 0
  #savedVersion = 0
  #deviceVersion = -1

  constructor(disk: Disk, path: string) {
    this.#disk = disk
    this.path = path
  }

  /** Reads the file. False when there is none to be trusted: the log has to tell. */
  load(onDamaged: () => void = () => {}): boolean {
    try {
      const entries = readEpochs(this.#disk, this.path)
      this.#entries = entries ?? []
      return entries !== undefined
    } catch (error) {
      if (!(error instanceof CorruptCheckpointError)) throw error
      this.#entries = []
      onDamaged()
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

  /**
   * Records of this epoch begin at this offset, unless the epoch is known already. The file hears
   * of it with the next `save`: until they are synced the batches themselves tell their epochs.
   */
  assign(epoch: number, startOffset: number): void {
    // Batches of others than leaders may name none.
    if (epoch < 0) return
    const last = this.#entries.at(-1)
    if (last !== undefined && epoch === last.epoch && startOffset >= last.startOffset) return
    while (this.#entries.length > 0) {
      const { epoch: lastEpoch, startOffset: lastStart } = this.#entries.at(-1)!
      if (lastEpoch < epoch && lastStart < startOffset) break
      this.#entries.pop()
    }
    // A list it is pushed into would make room for many that never come.
    this.#entries = [...this.#entries, { epoch, startOffset }]
    this.#version++
  }

  /** To build the entries from the log. */
  forget(): void {
    this.#entries = []
    this.#version++
  }

  /** Writes the file, if it is not as it should be. */
  save(): void {
    if (this.#savedVersion === this.#version) return
    writeEpochs(this.#disk, this.path, this.#entries, { isDurable: false })
    this.#savedVersion = this.#version
  }

  /** What to tell `synced` when the file, as it is now, is on the device. */
  get version(): number {
    return this.#version
  }

  /** Whether there is a file that has to be synced. */
  get isUnsynced(): boolean {
    return this.#deviceVersion < this.#version && this.#disk.exists(this.path)
  }

  /** The file is on the device when it returns; its name may not be. */
  syncNow(): void {
    this.save()
    if (!this.isUnsynced) return
    syncFile(this.#disk, this.path)
    this.#deviceVersion = this.#version
  }

  synced(version: number): void {
    this.#deviceVersion = Math.max(this.#deviceVersion, version)
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
    // Batches may come to lie where the file still has other epochs begin.
    if (this.forgetBehind(offset)) this.save()
  }

  /**
   * Epochs may have begun behind the end of the log, without records. The file may go on to say so:
   * what comes to lie there is of newer ones, and tells a recovery. Answers whether there were any.
   */
  forgetBehind(endOffset: number): boolean {
    const kept = this.#entries.filter(({ startOffset }) => startOffset < endOffset)
    if (kept.length === this.#entries.length) return false
    this.#entries = kept
    this.#version++
    return true
  }

  /** Records from the offset on are not written after all: the newest epoch has none yet. */
  takeBack(offset: number): void {
    const { latest } = this
    if (this.forgetBehind(offset)) this.assign(latest, offset)
  }

  /** The records before the offset are gone; the epoch it lies in begins there now. */
  truncateFromStart(offset: number): void {
    const index = this.#entries.findLastIndex(({ startOffset }) => startOffset <= offset)
    if (index < 0 || this.#entries[index]!.startOffset === offset && index === 0) return
    const { epoch } = this.#entries[index]!
    this.#entries = [{ epoch, startOffset: offset }, ...this.#entries.slice(index + 1)]
    // What the file says of records that are gone does no harm, and a disk may have no room for it.
    this.#version++
  }

  clear(): void {
    this.forget()
    // As with what is truncated.
    this.save()
  }
}

// A disk in memory that counts what is read of the batches of logs, and may fail at that.

import type { DiskFile, OpenMode } from '../../storage/disk.ts'
import { StoppingDisk } from './stopping-disk.ts'

/** Tells of each read of batches, before the reader has it. */
export function tellingReads(file: DiskFile, onRead: (sizeBytes: number) => void): DiskFile {
  if (!file.path.endsWith('.log')) return file
  const read = file.read.bind(file)
  file.read = (...args) => {
    const sizeBytes = read(...args)
    onRead(sizeBytes)
    return sizeBytes
  }
  return file
}

export class CountingDisk extends StoppingDisk {
  readFailure: Error | undefined
  readBytes = 0
  #reads = 0

  override open(path: string, mode: OpenMode): DiskFile {
    return tellingReads(super.open(path, mode), (sizeBytes) => {
      if (this.readFailure !== undefined) throw this.readFailure
      this.#reads++
      this.readBytes += sizeBytes
    })
  }

  readsOf(work: () => void): number {
    this.#reads = 0
    work()
    return this.#reads
  }

  bytesReadBy(work: () => void): number {
    this.readBytes = 0
    work()
    return this.readBytes
  }
}

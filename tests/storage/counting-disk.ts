// A disk in memory that counts how often the batches of logs are read, and may fail at that.

import type { DiskFile, OpenMode } from '../../storage/disk.ts'
import { MemoryDisk } from '../../storage/memory-disk.ts'

export class CountingDisk extends MemoryDisk {
  readFailure: Error | undefined
  #reads = 0

  override open(path: string, mode: OpenMode): DiskFile {
    const file = super.open(path, mode)
    const read = file.read.bind(file)
    file.read = (...args) => {
      if (this.readFailure !== undefined) throw this.readFailure
      if (path.endsWith('.log')) this.#reads++
      return read(...args)
    }
    return file
  }

  readsOf(work: () => void): number {
    this.#reads = 0
    work()
    return this.#reads
  }
}

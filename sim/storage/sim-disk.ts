// The disk of a simulated process: every call can be watched, fail, or be the last one; what it
// does is done to a disk in memory, which outlives the process.

import type {
  DirectoryEntry, Disk, DiskFile, DiskLock, DiskSpace, OpenMode,
} from '../../storage/disk.ts'
import type { MemoryDisk } from '../../storage/memory-disk.ts'

export type CallKind = 'open' | 'list' | 'read' | 'create' | 'makeDirectory' | 'write' | 'truncate'
  | 'rename' | 'remove' | 'sync' | 'syncDirectory'

export interface Call {
  readonly kind: CallKind
  readonly path: string
  /** Of a write. */
  readonly sizeBytes: number
  /** Does so much of the write to a disk. */
  tear(disk: MemoryDisk, sizeBytes: number): void
}

/** What becomes of a call instead of what was asked. */
export interface Fault {
  readonly error: Error
  /** Of a write, what gets to the file. */
  readonly writtenBytes?: number
}

/** Sees every call before it is done. */
export type Watcher = (call: Call) => Fault | undefined

/** How a disk can be broken without saying so: for sabotage. */
export interface Lies {
  /** Of these files nothing is brought to the device. */
  ignoresSync?(path: string): boolean
  readonly ignoresDirectorySync?: boolean
  /** What is to be replaced goes before the new one comes. */
  readonly replacesInTwo?: boolean
  ignoresRemove?(path: string): boolean
}

const READS: readonly CallKind[] = ['open', 'list', 'read']
const NO_TEAR = (): void => {}

export function isChange({ kind }: Call): boolean {
  return !READS.includes(kind)
}

export class SimDisk implements Disk {
  readonly #memory: MemoryDisk
  readonly #lies: Lies
  watcher: Watcher | undefined
  #end: Error | undefined

  constructor(memory: MemoryDisk, lies: Lies = {}) {
    this.#memory = memory
    this.#lies = lies
  }

  /** The process has ended: whatever of it goes on, nothing comes of it. */
  end(error: Error): void {
    this.#end ??= error
  }

  get hasEnded(): boolean {
    return this.#end !== undefined
  }

  call<T>(kind: CallKind, path: string, work: () => T, size = 0, tear: Call['tear'] = NO_TEAR): T {
    if (this.#end !== undefined) throw this.#end
    const fault = this.watcher?.({ kind, path, sizeBytes: size, tear })
    if (fault === undefined) return work()
    if (fault.writtenBytes !== undefined) tear(this.#memory, fault.writtenBytes)
    // As Linux does it: pages that could not be written count as clean.
    if (kind === 'sync' && !this.hasEnded) this.#memory.forgetDirty(path)
    throw fault.error
  }

  open(path: string, mode: OpenMode): DiskFile {
    const kind = mode === 'create' && !this.#memory.exists(path) ? 'create' : 'open'
    const file = this.call(kind, path, () => this.#memory.open(path, mode))
    return new SimFile(file, this, this.#lies)
  }

  exists(path: string): boolean {
    return this.#memory.exists(path)
  }

  list(directory: string): DirectoryEntry[] {
    return this.call('list', directory, () => this.#memory.list(directory))
  }

  makeDirectory(path: string): void {
    if (this.exists(path)) return
    this.call('makeDirectory', path, () => this.#memory.makeDirectory(path))
  }

  rename(from: string, to: string): void {
    if (this.#lies.replacesInTwo === true && this.exists(to)) this.remove(to)
    this.call('rename', from, () => this.#memory.rename(from, to))
  }

  remove(path: string): void {
    if (!this.exists(path) || this.#lies.ignoresRemove?.(path) === true) return
    this.call('remove', path, () => this.#memory.remove(path))
  }

  removeTree(path: string): void {
    if (!this.exists(path)) return
    if (this.#memory.sizeBytes(path) === undefined) {
      for (const { name } of this.#memory.list(path)) this.removeTree(`${path}/${name}`)
    }
    this.call('remove', path, () => this.#memory.removeTree(path))
  }

  readFile(path: string): Buffer | undefined {
    return this.call('read', path, () => this.#memory.readFile(path))
  }

  syncDirectory(path: string): void {
    this.call('syncDirectory', path, () => {
      if (this.#lies.ignoresDirectorySync !== true) this.#memory.syncDirectory(path)
    })
  }

  async syncDirectoryAsync(path: string): Promise<void> {
    await Promise.resolve()
    this.syncDirectory(path)
  }

  sizeBytes(path: string): number | undefined {
    return this.#memory.sizeBytes(path)
  }

  space(directory: string): DiskSpace {
    return this.#memory.space(directory)
  }

  lock(path: string): DiskLock | undefined {
    return this.#memory.lock(path)
  }
}

class SimFile implements DiskFile {
  readonly path: string
  readonly #file: DiskFile
  readonly #disk: SimDisk
  readonly #lies: Lies

  constructor(file: DiskFile, disk: SimDisk, lies: Lies) {
    this.path = file.path
    this.#file = file
    this.#disk = disk
    this.#lies = lies
  }

  sizeBytes(): number {
    return this.#file.sizeBytes()
  }

  read(target: Uint8Array, targetOffset: number, lengthBytes: number, position: number): number {
    return this.#disk.call('read', this.path,
      () => this.#file.read(target, targetOffset, lengthBytes, position))
  }

  write(bytes: Uint8Array, position: number): void {
    this.writeAll([bytes], position)
  }

  writeAll(buffers: readonly Uint8Array[], position: number): void {
    const sizeBytes = buffers.reduce((sum, { length }) => sum + length, 0)
    const tear = (disk: MemoryDisk, tornBytes: number): void => {
      const file = disk.open(this.path, 'write')
      file.write(Buffer.concat(buffers).subarray(0, tornBytes), position)
    }
    this.#disk.call('write', this.path, () => this.#file.writeAll(buffers, position), sizeBytes,
      tear)
  }

  truncate(sizeBytes: number): void {
    if (sizeBytes === this.#file.sizeBytes()) return
    this.#disk.call('truncate', this.path, () => this.#file.truncate(sizeBytes))
  }

  sync(): void {
    this.#disk.call('sync', this.path, () => {
      if (this.#lies.ignoresSync?.(this.path) !== true) this.#file.sync()
    })
  }

  async syncAsync(): Promise<void> {
    await Promise.resolve()
    this.sync()
  }

  close(): void {}

  hold(): () => void {
    return () => {}
  }
}

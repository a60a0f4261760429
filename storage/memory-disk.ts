// A disk in memory, for tests and simulations: it forgets on a crash what was not synced.

import type { DirectoryEntry, Disk, DiskFile, DiskLock, OpenMode } from './disk.ts'

/** So much a disk writes as a whole. */
const SECTOR_BYTES = 512

/** Names that came, or went (undefined), at once. */
type NameChange = ReadonlyMap<string, MemoryFileData | undefined>

class MemoryFileData {
  bytes = Buffer.alloc(0)
  sizeBytes = 0
  /** What a crash leaves of it. */
  synced = Buffer.alloc(0)

  reserve(sizeBytes: number): void {
    if (sizeBytes <= this.bytes.length) return
    const grown = Buffer.alloc(Math.max(sizeBytes, this.bytes.length * 2, 4096))
    this.bytes.copy(grown, 0, 0, this.sizeBytes)
    this.bytes = grown
  }

  content(): Buffer {
    return this.bytes.subarray(0, this.sizeBytes)
  }

  /** What a crash may leave: of what is not synced some sectors, and any size in between. */
  survivors(random: () => number): Buffer {
    const now = this.content()
    const { synced } = this
    const luck = random()
    if (luck < 0.3) return synced
    if (luck < 0.5) return now
    const least = Math.min(synced.length, now.length)
    const most = Math.max(synced.length, now.length)
    const left = Buffer.alloc(least + Math.floor(random() * (most - least + 1)))
    for (let at = 0; at < left.length; at += SECTOR_BYTES) {
      const sector = (random() < 0.5 ? synced : now).subarray(at, at + SECTOR_BYTES)
      sector.copy(left, at)
    }
    return left
  }
}

function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code, path })
}

export class MemoryDisk implements Disk {
  #files = new Map<string, MemoryFileData>()
  /** The names that a crash leaves. */
  #syncedNames = new Map<string, MemoryFileData>()
  /** What happened to names since, in order. */
  #nameChanges: NameChange[] = []
  readonly #directories = new Set<string>(['/', '.'])
  readonly #locks = new Set<string>()
  /** Makes everything fail that changes or syncs something, when set. */
  failure: Error | undefined

  open(path: string, mode: OpenMode): DiskFile {
    let data = this.#files.get(path)
    if (!data) {
      if (mode !== 'create') throw systemError('ENOENT', path)
      if (!this.#directories.has(parentOf(path))) throw systemError('ENOENT', path)
      data = new MemoryFileData()
      this.#change([path, data])
    }
    return new MemoryFile(path, data, this)
  }

  /** Before anything of the path is changed or synced. */
  checkFailure(path: string): void {
    const { failure } = this
    if (failure === undefined) return
    throw 'code' in failure ? Object.assign(failure, { path }) : failure
  }

  #change(...changes: [string, MemoryFileData | undefined][]): void {
    this.checkFailure(changes[0]![0])
    for (const [path, data] of changes) setOrDelete(this.#files, path, data)
    this.#nameChanges.push(new Map(changes))
  }

  exists(path: string): boolean {
    return this.#files.has(path) || this.#directories.has(path)
  }

  list(directory: string): DirectoryEntry[] {
    if (!this.#directories.has(directory)) throw systemError('ENOENT', directory)
    const entries: DirectoryEntry[] = []
    const add = (path: string, isDirectory: boolean): void => {
      if (path !== directory && parentOf(path) === directory) {
        entries.push({ name: path.slice(path.lastIndexOf('/') + 1), isDirectory })
      }
    }
    for (const path of this.#files.keys()) add(path, false)
    for (const path of this.#directories) add(path, true)
    return entries.sort((a, b) => a.name < b.name ? -1 : 1)
  }

  makeDirectory(path: string): void {
    if (!this.#directories.has(path)) this.checkFailure(path)
    for (let at = path; !this.#directories.has(at); at = parentOf(at)) this.#directories.add(at)
  }

  rename(from: string, to: string): void {
    const data = this.#files.get(from)
    if (data) return this.#change([from, undefined], [to, data])
    if (!this.#directories.has(from)) throw systemError('ENOENT', from)
    this.checkFailure(from)
    this.#moveTree(from, to)
  }

  #moveTree(from: string, to: string): void {
    const moved = (path: string): string => to + path.slice(from.length)
    const isInside = (path: string): boolean => path === from || path.startsWith(`${from}/`)
    for (const path of [...this.#directories].filter(isInside)) {
      this.#directories.delete(path)
      this.#directories.add(moved(path))
    }
    for (const files of [this.#files, this.#syncedNames]) {
      for (const [path, data] of [...files].filter(([name]) => isInside(name))) {
        files.delete(path)
        files.set(moved(path), data)
      }
    }
  }

  remove(path: string): void {
    if (this.#files.has(path)) this.#change([path, undefined])
  }

  removeTree(path: string): void {
    const isInside = (one: string): boolean => one === path || one.startsWith(`${path}/`)
    for (const name of [...this.#files.keys()].filter(isInside)) this.remove(name)
    for (const name of [...this.#directories].filter(isInside)) this.#directories.delete(name)
  }

  readFile(path: string): Buffer | undefined {
    const data = this.#files.get(path)
    return data && Buffer.from(data.content())
  }

  syncDirectory(path: string): void {
    this.checkFailure(path)
    for (const name of [...this.#syncedNames.keys()]) {
      if (parentOf(name) === path && !this.#files.has(name)) this.#syncedNames.delete(name)
    }
    for (const [name, data] of this.#files) {
      if (parentOf(name) === path) this.#syncedNames.set(name, data)
    }
    this.#nameChanges = this.#nameChanges
      .map((change) => new Map([...change].filter(([name]) => parentOf(name) !== path)))
      .filter(({ size }) => size > 0)
  }

  async syncDirectoryAsync(path: string): Promise<void> {
    await Promise.resolve()
    this.syncDirectory(path)
  }

  sizeBytes(path: string): number | undefined {
    return this.#files.get(path)?.sizeBytes
  }

  lock(path: string): DiskLock | undefined {
    if (this.#locks.has(path)) return undefined
    this.#locks.add(path)
    if (!this.#files.has(path)) this.#change([path, new MemoryFileData()])
    return { release: () => this.#locks.delete(path) }
  }

  /**
   * Power is lost: unsynced bytes and names are gone, locks too. Files that are open are of no use
   * any more. With `random`, some of what was not synced stays: names as far as a journal got,
   * bytes by the sector.
   */
  crash(random?: () => number): void {
    const names = this.#syncedNames
    const luckyChanges = random === undefined
      ? 0 : Math.floor(random() * (this.#nameChanges.length + 1))
    for (const change of this.#nameChanges.slice(0, luckyChanges)) {
      for (const [path, data] of change) setOrDelete(names, path, data)
    }
    this.#files = new Map()
    for (const [path, data] of names) {
      const left = new MemoryFileData()
      left.bytes = Buffer.from(random === undefined ? data.synced : data.survivors(random))
      left.synced = Buffer.from(left.bytes)
      left.sizeBytes = left.bytes.length
      this.#files.set(path, left)
    }
    this.#syncedNames = new Map(this.#files)
    this.#nameChanges = []
    this.#locks.clear()
  }
}

function setOrDelete<V>(map: Map<string, V>, key: string, value: V | undefined): void {
  if (value === undefined) map.delete(key)
  else map.set(key, value)
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash < 0 ? '.' : slash === 0 ? '/' : path.slice(0, slash)
}

class MemoryFile implements DiskFile {
  readonly path: string
  readonly #data: MemoryFileData
  readonly #disk: MemoryDisk

  constructor(path: string, data: MemoryFileData, disk: MemoryDisk) {
    this.path = path
    this.#data = data
    this.#disk = disk
  }

  sizeBytes(): number {
    return this.#data.sizeBytes
  }

  read(target: Uint8Array, targetOffset: number, lengthBytes: number, position: number): number {
    const end = Math.min(position + lengthBytes, this.#data.sizeBytes)
    if (end <= position) return 0
    return this.#data.bytes.copy(target, targetOffset, position, end)
  }

  write(bytes: Uint8Array, position: number): void {
    this.#disk.checkFailure(this.path)
    const data = this.#data
    data.reserve(position + bytes.length)
    data.bytes.set(bytes, position)
    data.sizeBytes = Math.max(data.sizeBytes, position + bytes.length)
  }

  writeAll(buffers: readonly Uint8Array[], position: number): void {
    let at = position
    for (const buffer of buffers) {
      this.write(buffer, at)
      at += buffer.length
    }
  }

  truncate(sizeBytes: number): void {
    this.#disk.checkFailure(this.path)
    const data = this.#data
    if (sizeBytes > data.sizeBytes) data.reserve(sizeBytes)
    else data.bytes.fill(0, sizeBytes, data.sizeBytes)
    data.sizeBytes = sizeBytes
  }

  sync(): void {
    this.#disk.checkFailure(this.path)
    this.#data.synced = Buffer.from(this.#data.content())
  }

  async syncAsync(): Promise<void> {
    await Promise.resolve()
    this.sync()
  }

  close(): void {}
}

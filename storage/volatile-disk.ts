// A disk in memory for a node that keeps nothing: quick, and gone with its process. What it holds
// can be copied at any moment, for little (see `memory-disk.ts` for one that can lose power).

import type {
  DirectoryEntry, Disk, DiskFile, DiskLock, DiskSpace, OpenMode,
} from './disk.ts'
import { namesOf, systemError } from './disk-in-memory.ts'

/** Files are kept in pieces of this size, so that one that grows is not copied. */
const PIECE_BYTES = 64 * 1024
const LEAST_BYTES = 256
/** It never fills up, but says how much there is. */
const SIZE_BYTES = 2 ** 40

type Names = Map<string, Entry>
type Entry = Contents | Directory

class Directory {
  readonly names: Names = new Map()
}

/** The bytes of a file. Pieces that a copy has as well are copied before they change. */
class Contents {
  sizeBytes = 0
  /** All of the same size, but that the only one of a small file is smaller; a hole is zeros. */
  #pieces: (Buffer | undefined)[] = []
  /** Pieces of our own alone. */
  #owned: boolean[] = []

  copy(): Contents {
    const other = new Contents()
    other.sizeBytes = this.sizeBytes
    other.#pieces = [...this.#pieces]
    this.#owned = []
    return other
  }

  read(target: Uint8Array, targetOffset: number, lengthBytes: number, position: number): number {
    const end = Math.min(position + lengthBytes, this.sizeBytes)
    for (let at = position; at < end;) {
      const start = at % PIECE_BYTES
      const countBytes = Math.min(PIECE_BYTES - start, end - at)
      const to = targetOffset + at - position
      const piece = this.#pieces[(at - start) / PIECE_BYTES]
      const copied = piece?.copy(target, to, start, start + countBytes) ?? 0
      target.fill(0, to + copied, to + countBytes)
      at += countBytes
    }
    return Math.max(0, end - position)
  }

  write(bytes: Uint8Array, position: number): void {
    for (let done = 0; done < bytes.length;) {
      const start = (position + done) % PIECE_BYTES
      const countBytes = Math.min(PIECE_BYTES - start, bytes.length - done)
      const piece = this.#own((position + done - start) / PIECE_BYTES, start + countBytes)
      piece.set(bytes.subarray(done, done + countBytes), start)
      done += countBytes
    }
    this.sizeBytes = Math.max(this.sizeBytes, position + bytes.length)
  }

  /** A piece of our own, of at least this size. */
  #own(index: number, sizeBytes: number): Buffer {
    const piece = this.#pieces[index]
    const isLarge = piece !== undefined && piece.length >= sizeBytes
    if (isLarge && this.#owned[index] === true) return piece
    // Only a small file grows by halves: of a larger one each piece is made whole.
    const wantedBytes = index > 0 ? PIECE_BYTES
      : Math.min(PIECE_BYTES, Math.max(sizeBytes, 2 * (piece?.length ?? 0), LEAST_BYTES))
    const own = Buffer.alloc(isLarge ? piece.length : wantedBytes)
    piece?.copy(own)
    this.#pieces[index] = own
    this.#owned[index] = true
    return own
  }

  truncate(sizeBytes: number): void {
    const count = Math.ceil(sizeBytes / PIECE_BYTES)
    if (sizeBytes < this.sizeBytes) {
      this.#pieces.length = Math.min(this.#pieces.length, count)
      this.#owned.length = Math.min(this.#owned.length, count)
      // What is behind the end is zeros when the file becomes longer again.
      const lastBytes = sizeBytes - (count - 1) * PIECE_BYTES
      const last = this.#pieces[count - 1]
      if (last !== undefined && lastBytes < last.length) {
        this.#own(count - 1, last.length).fill(0, lastBytes)
      }
    }
    this.sizeBytes = sizeBytes
  }
}

export class VolatileDisk implements Disk {
  readonly isEndless = true
  readonly #root: Directory
  readonly #locks = new Set<string>()

  constructor() {
    this.#root = new Directory()
  }

  /** Another disk with the same files; nobody has a lock of it. */
  copy(): VolatileDisk {
    const disk = new VolatileDisk()
    copyNames(this.#root, disk.#root)
    return disk
  }

  /** Takes over a directory of another disk, with all that is in it. */
  copyFrom(other: Disk, directory: string): void {
    this.makeDirectory(directory)
    for (const { name, isDirectory } of other.list(directory)) {
      const path = `${directory}/${name}`
      if (isDirectory) this.copyFrom(other, path)
      else this.open(path, 'create').write(other.readFile(path) ?? Buffer.alloc(0), 0)
    }
  }

  #at(path: string): Entry | undefined {
    let entry: Entry | undefined = this.#root
    for (const name of namesOf(path)) {
      if (!(entry instanceof Directory)) return undefined
      entry = entry.names.get(name)
    }
    return entry
  }

  #fileAt(path: string): Contents | undefined {
    const entry = this.#at(path)
    return entry instanceof Contents ? entry : undefined
  }

  /** The names among which the last name of the path is, or would be. */
  #namesAround(path: string): [names: Names, name: string] {
    const names = namesOf(path)
    const name = names.pop() ?? ''
    const parent = this.#at(names.join('/'))
    if (!(parent instanceof Directory)) throw missing(path)
    return [parent.names, name]
  }

  open(path: string, mode: OpenMode): DiskFile {
    let contents = this.#fileAt(path)
    if (contents === undefined) {
      if (mode !== 'create') throw missing(path)
      const [names, name] = this.#namesAround(path)
      names.set(name, contents = new Contents())
    }
    return new VolatileFile(path, contents)
  }

  exists(path: string): boolean {
    return this.#at(path) !== undefined
  }

  list(directory: string): DirectoryEntry[] {
    const entry = this.#at(directory)
    if (!(entry instanceof Directory)) throw missing(directory)
    return [...entry.names]
      .map(([name, its]) => ({ name, isDirectory: its instanceof Directory }))
      .sort((a, b) => a.name < b.name ? -1 : 1)
  }

  makeDirectory(path: string): void {
    let directory = this.#root
    for (const name of namesOf(path)) {
      let next = directory.names.get(name)
      if (next === undefined) directory.names.set(name, next = new Directory())
      if (!(next instanceof Directory)) throw systemError('ENOTDIR', path)
      directory = next
    }
  }

  rename(from: string, to: string): void {
    const entry = this.#at(from)
    if (entry === undefined) throw missing(from)
    const [before, oldName] = this.#namesAround(from)
    const [after, newName] = this.#namesAround(to)
    before.delete(oldName)
    after.set(newName, entry)
  }

  remove(path: string): void {
    this.removeTree(path)
  }

  removeTree(path: string): void {
    if (!this.exists(path)) return
    const [names, name] = this.#namesAround(path)
    names.delete(name)
  }

  readFile(path: string): Buffer | undefined {
    const contents = this.#fileAt(path)
    if (contents === undefined) return undefined
    const bytes = Buffer.allocUnsafe(contents.sizeBytes)
    contents.read(bytes, 0, bytes.length, 0)
    return bytes
  }

  syncDirectory(): void {}

  syncDirectoryAsync(): Promise<void> {
    return Promise.resolve()
  }

  sizeBytes(path: string): number | undefined {
    return this.#fileAt(path)?.sizeBytes
  }

  space(): DiskSpace {
    return { totalBytes: SIZE_BYTES, usableBytes: SIZE_BYTES - usedBy(this.#root) }
  }

  lock(path: string): DiskLock | undefined {
    if (this.#locks.has(path)) return undefined
    this.#locks.add(path)
    return { release: () => this.#locks.delete(path) }
  }
}

function copyNames(from: Directory, to: Directory): void {
  for (const [name, entry] of from.names) {
    if (entry instanceof Contents) {
      to.names.set(name, entry.copy())
    } else {
      const directory = new Directory()
      copyNames(entry, directory)
      to.names.set(name, directory)
    }
  }
}

function usedBy(entry: Entry): number {
  if (entry instanceof Contents) return entry.sizeBytes
  let sizeBytes = 0
  for (const child of entry.names.values()) sizeBytes += usedBy(child)
  return sizeBytes
}

function missing(path: string): Error {
  return systemError('ENOENT', path)
}

class VolatileFile implements DiskFile {
  readonly path: string
  readonly #contents: Contents

  constructor(path: string, contents: Contents) {
    this.path = path
    this.#contents = contents
  }

  sizeBytes(): number {
    return this.#contents.sizeBytes
  }

  read(target: Uint8Array, targetOffset: number, lengthBytes: number, position: number): number {
    return this.#contents.read(target, targetOffset, lengthBytes, position)
  }

  write(bytes: Uint8Array, position: number): void {
    this.#contents.write(bytes, position)
  }

  writeAll(buffers: readonly Uint8Array[], position: number): void {
    let at = position
    for (const buffer of buffers) {
      this.#contents.write(buffer, at)
      at += buffer.length
    }
  }

  truncate(sizeBytes: number): void {
    this.#contents.truncate(sizeBytes)
  }

  sync(): void {}

  syncAsync(): Promise<void> {
    return Promise.resolve()
  }

  close(): void {}

  hold(): () => void {
    return () => {}
  }
}

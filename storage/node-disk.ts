// The real disk: the only file of the floors that knows node:fs.

import {
  close, closeSync, constants, existsSync, fdatasync, fdatasyncSync, fstatSync, fsync, fsyncSync,
  ftruncateSync, lstatSync, mkdirSync, openSync, readdirSync, readFileSync, readSync, renameSync,
  rmdirSync, statfsSync, statSync, unlinkSync, writeSync, writevSync,
} from 'node:fs'
import { dirname } from 'node:path'

import type {
  DirectoryEntry, Disk, DiskFile, DiskLock, DiskSpace, OpenMode,
} from './disk.ts'
import { type OpenFile, OpenFiles } from './open-files.ts'

const { O_CREAT, O_RDONLY, O_RDWR } = constants
const FLAGS: Readonly<Record<OpenMode, number>> = {
  read: O_RDONLY, write: O_RDWR, create: O_RDWR | O_CREAT,
}
/** No descriptor: Node refuses it, and the system would too. */
const CLOSED = -1
/** No descriptor for now. */
const RELEASED = -2
/** What a node with few partitions never comes to, and most systems allow. */
const MAX_OPEN_FILES = 4000
/** To let go of so much takes the system a millisecond. */
const LARGE_BYTES = 4 * 1024 * 1024
/** Checkpoints of one log, snapshots of few producers, indexes of small segments. */
const SMALL_FILE_BYTES = 1024
/** Linux takes no more buffers in one call. */
const MAX_VECTORS = 1024
/** Of what `statOf` gives: field 22. */
const START = 19

export interface NodeDiskOptions {
  /** So many files have a descriptor at a time, besides those with something unsynced. */
  readonly maxOpenFiles?: number
}

export function nodeDisk(options: NodeDiskOptions = {}): Disk {
  return new NodeDisk(options)
}

class NodeDisk implements Disk {
  onSync: Disk['onSync']
  /** What small files are read into, one after the other. */
  readonly #small = Buffer.allocUnsafeSlow(SMALL_FILE_BYTES)
  readonly #openFiles: OpenFiles
  /** Files that were not closed, by their directory; most have none, or one. */
  readonly #inUse = new Map<string, Set<NodeFile>>()

  constructor({ maxOpenFiles = MAX_OPEN_FILES }: NodeDiskOptions) {
    this.#openFiles = new OpenFiles(maxOpenFiles)
  }

  open(path: string, mode: OpenMode): DiskFile {
    const descriptor = this.openDescriptor(path, FLAGS[mode])
    const file = new NodeFile(path, descriptor, FLAGS[mode], this)
    const directory = dirname(path)
    const others = this.#inUse.get(directory)
    if (others === undefined) this.#inUse.set(directory, new Set([file]))
    else others.add(file)
    this.#openFiles.add(file)
    return file
  }

  /** With room made for it, if need be. */
  openDescriptor(path: string, flags: number): number {
    try {
      return openSync(path, flags, 0o644)
    } catch (error) {
      if (!isCode(error, 'EMFILE') && !isCode(error, 'ENFILE')) throw error
      this.#openFiles.releaseAll()
      return openSync(path, flags, 0o644)
    }
  }

  reopened(file: NodeFile): void {
    this.#openFiles.add(file)
  }

  closed(file: NodeFile): void {
    this.#openFiles.delete(file)
    const directory = dirname(file.path)
    const others = this.#inUse.get(directory)
    others?.delete(file)
    if (others?.size === 0) this.#inUse.delete(directory)
  }

  /** Those in use there lose their name: without a descriptor nobody would find them again. */
  #keepOpen(path: string): void {
    for (const file of this.#inUse.get(dirname(path)) ?? []) if (file.path === path) file.keepOpen()
    for (const file of this.#inUse.get(path) ?? []) file.keepOpen()
  }

  exists(path: string): boolean {
    return existsSync(path)
  }

  list(directory: string): DirectoryEntry[] {
    return readdirSync(directory, { withFileTypes: true })
      .map((entry) => ({ name: entry.name, isDirectory: entry.isDirectory() }))
      .sort((a, b) => a.name < b.name ? -1 : 1)
  }

  makeDirectory(path: string): void {
    // Most have a parent, and are not there. Not `recursive`: in /proc, for one, that makes Node
    // try for ever.
    try {
      mkdirSync(path)
    } catch (error) {
      if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return
      if (!isCode(error, 'ENOENT') || dirname(path) === path) throw error
      this.makeDirectory(dirname(path))
      mkdirSync(path)
    }
  }

  rename(from: string, to: string): void {
    this.#keepOpen(from)
    this.#keepOpen(to)
    renameSync(from, to)
  }

  remove(path: string): void {
    this.#keepOpen(path)
    removeAll(path)
  }

  removeTree(path: string): void {
    this.#keepOpen(path)
    removeAll(path)
  }

  readFile(path: string): Buffer | undefined {
    const descriptor = unlessMissing(() => openSync(path, O_RDONLY))
    if (descriptor === undefined) return undefined
    try {
      return readWhole(descriptor, this.#small)
    } catch (error) {
      throw named(error, path)
    } finally {
      closeSync(descriptor)
    }
  }

  syncDirectory(path: string): void {
    const descriptor = openSync(path, O_RDONLY)
    try {
      fsyncSync(descriptor)
    } catch (error) {
      throw named(error, path)
    } finally {
      closeSync(descriptor)
    }
  }

  syncDirectoryAsync(path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const descriptor = openSync(path, O_RDONLY)
      fsync(descriptor, (error) => {
        closeSync(descriptor)
        if (error) reject(named(error, path))
        else resolve()
      })
    })
  }

  sizeBytes(path: string): number | undefined {
    return statSync(path, { throwIfNoEntry: false })?.size
  }

  space(directory: string): DiskSpace {
    const { bsize, blocks, bavail } = statfsSync(directory)
    return { totalBytes: blocks * bsize, usableBytes: bavail * bsize }
  }

  lock(path: string): DiskLock | undefined {
    const holder = this.readFile(path)?.toString('utf8').split('\n')[0]!.trim() ?? ''
    if (holder !== '' && isAlive(holder)) return undefined
    overwrite(path, `${process.pid} ${startOf(process.pid) ?? ''}\n`)
    return {
      // The file stays, as Kafka's does; one with nothing in it is free.
      release: () => overwrite(path, '\n'),
    }
  }
}

/**
 * Removes what is there, a directory with all that is in it. What a large file held the system
 * takes back when nobody has it open any more, which for a gigabyte is a matter of a tenth of a
 * second: that is left to a thread, once all names are gone.
 */
function removeAll(path: string): void {
  const descriptors: number[] = []
  try {
    removeNames(path, descriptors)
  } finally {
    for (const descriptor of descriptors) close(descriptor, () => {})
  }
}

/** Adds descriptors of large files, to be closed. */
function removeNames(path: string, descriptors: number[]): void {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return
  if (found.isDirectory()) {
    for (const name of readdirSync(path)) removeNames(`${path}/${name}`, descriptors)
    unlessMissing(() => rmdirSync(path))
    return
  }
  const descriptor = found.size < LARGE_BYTES ? undefined : descriptorOf(path)
  if (descriptor !== undefined) descriptors.push(descriptor)
  unlessMissing(() => unlinkSync(path))
}

/** Undefined where there is none to be had. */
function descriptorOf(path: string): number | undefined {
  try {
    return openSync(path, O_RDONLY)
  } catch {
    return undefined
  }
}

/** In its place: on a full disk there may be no room for the file again once it is empty. */
function overwrite(path: string, text: string): void {
  const descriptor = openSync(path, O_RDWR | O_CREAT, 0o644)
  try {
    writeSync(descriptor, text, 0)
    ftruncateSync(descriptor, text.length)
  } catch (error) {
    throw named(error, path)
  } finally {
    closeSync(descriptor)
  }
}

/** Most are small: what fits into `small`, the system need not be asked the size of. */
function readWhole(descriptor: number, small: Buffer): Buffer {
  const count = readSync(descriptor, small, 0, small.length, 0)
  return count < small.length ? Buffer.from(small.subarray(0, count)) : readFileSync(descriptor)
}

function unlessMissing<T>(fn: () => T): T | undefined {
  try {
    return fn()
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/** The system does not say the path of what it knows by its descriptor. */
function named(error: unknown, path: string): unknown {
  const isNameless = typeof error === 'object' && error !== null && !('path' in error)
  return isNameless ? Object.assign(error, { path }) : error
}

function isCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code
}

/**
 * Node has no file locks, so a lock names its process, and when that began: process ids come again.
 */
function isAlive(holder: string): boolean {
  const [pidText = '', start = ''] = holder.split(' ')
  const pid = Number(pidText)
  if (!Number.isSafeInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (isCode(error, 'ESRCH')) return false
  }
  const stat = statOf(pid)
  // Killed, and only waiting for its parent to hear of it: all that it had is free.
  if (/^[ZX]/.test(stat?.[0] ?? '')) return false
  const now = stat?.[START]
  return start === '' || now === undefined || now === start
}

/** When a process began, in ticks since the machine did; undefined where there is no /proc. */
function startOf(pid: number): string | undefined {
  return statOf(pid)?.[START]
}

/** What Linux tells of a process, from its state (field 3) on. */
function statOf(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name of the program stands in parentheses and may hold anything.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}

class NodeFile implements DiskFile, OpenFile {
  readonly path: string
  readonly #disk: NodeDisk
  /** To open it again with. */
  readonly #flags: number
  #descriptor: number
  /** Which file it was when its descriptor was given back. */
  #identity = ''
  isRecent = false
  #isKeptOpen = false
  /** Written, and not on the device. */
  #isUnsynced = false
  /** How many syncs are under way. */
  #syncing = 0
  #holders = 0
  #isClosing = false

  constructor(path: string, descriptor: number, flags: number, disk: NodeDisk) {
    this.path = path
    this.#descriptor = descriptor
    this.#flags = flags & ~O_CREAT
    this.#disk = disk
  }

  get isIdle(): boolean {
    // An error of writing to the device is told to those who have the file open then.
    return !this.#isUnsynced && this.#syncing === 0 && !this.#isKeptOpen
  }

  settle(): boolean {
    if (this.#syncing > 0 || this.#isKeptOpen) return false
    this.sync()
    return true
  }

  release(): void {
    this.#identity = this.#identify()
    closeSync(this.#descriptor)
    this.#descriptor = RELEASED
  }

  #identify(): string {
    const { dev, ino } = fstatSync(this.#descriptor)
    return `${dev} ${ino}`
  }

  /** For good, whatever becomes of its name. */
  keepOpen(): void {
    if (this.#descriptor === RELEASED) this.#open()
    this.#isKeptOpen = true
  }

  #open(): number {
    this.#descriptor = this.#disk.openDescriptor(this.path, this.#flags)
    if (this.#identify() !== this.#identity) {
      closeSync(this.#descriptor)
      this.#descriptor = RELEASED
      throw new Error(`${this.path} is another file than it was`)
    }
    this.#disk.reopened(this)
    return this.#descriptor
  }

  descriptor(): number {
    this.isRecent = true
    return this.#descriptor === RELEASED ? this.#open() : this.#descriptor
  }

  /** Does something with the descriptor. */
  #do<T>(work: (descriptor: number) => T): T {
    try {
      return work(this.descriptor())
    } catch (error) {
      throw named(error, this.path)
    }
  }

  sizeBytes(): number {
    return this.#do((descriptor) => fstatSync(descriptor).size)
  }

  read(target: Uint8Array, targetOffset: number, lengthBytes: number, position: number): number {
    let done = 0
    try {
      const descriptor = this.descriptor()
      while (done < lengthBytes) {
        const count = readSync(
          descriptor, target, targetOffset + done, lengthBytes - done, position + done)
        if (count === 0) break
        done += count
      }
    } catch (error) {
      throw named(error, this.path)
    }
    return done
  }

  write(bytes: Uint8Array, position: number): void {
    this.#isUnsynced = true
    for (let done = 0; done < bytes.length;) {
      done += this.#do((descriptor) => (
        writeSync(descriptor, bytes, done, bytes.length - done, position + done)
      ))
    }
  }

  writeAll(buffers: readonly Uint8Array[], position: number): void {
    if (buffers.length === 1) return this.write(buffers[0]!, position)
    let at = position
    this.#isUnsynced = true
    for (let first = 0; first < buffers.length; first += MAX_VECTORS) {
      const some = buffers.slice(first, first + MAX_VECTORS)
      const wanted = some.reduce((sum, { length }) => sum + length, 0)
      let done = this.#do((descriptor) => writevSync(descriptor, some, at))
      if (done < wanted) {
        // A short write: the rest one by one, so that the error that cut it off shows itself.
        for (const buffer of some) {
          const skipped = Math.min(done, buffer.length)
          done -= skipped
          this.write(buffer.subarray(skipped), at + skipped)
          at += buffer.length
        }
      } else {
        at += wanted
      }
    }
  }

  truncate(sizeBytes: number): void {
    // A new one is empty already, and has nothing to be synced then.
    if (this.sizeBytes() === sizeBytes) return
    this.#isUnsynced = true
    this.#do((descriptor) => ftruncateSync(descriptor, sizeBytes))
  }

  sync(): void {
    const sinceMs = performance.now()
    this.#do((descriptor) => fdatasyncSync(descriptor))
    this.#isUnsynced = false
    this.#disk.onSync?.(this.path, performance.now() - sinceMs)
  }

  syncAsync(): Promise<void> {
    const sinceMs = performance.now()
    return new Promise((resolve, reject) => {
      this.#do((descriptor) => {
        this.#syncing++
        // Whatever is written from here on says so itself.
        this.#isUnsynced = false
        fdatasync(descriptor, (error) => {
          this.#syncing--
          if (error) this.#isUnsynced = true
          this.#closeIfUnused()
          if (error) return reject(named(error, this.path))
          this.#disk.onSync?.(this.path, performance.now() - sinceMs)
          resolve()
        })
      })
    })
  }

  close(): void {
    if (this.#descriptor === CLOSED) return
    this.#isClosing = true
    this.#closeIfUnused()
  }

  hold(): () => void {
    this.#holders++
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      this.#holders--
      this.#closeIfUnused()
    }
  }

  #closeIfUnused(): void {
    // The number may soon be another file's, and a sync under way would be one of that.
    if (!this.#isClosing || this.#syncing > 0 || this.#holders > 0) return
    if (this.#descriptor === CLOSED) return
    this.#disk.closed(this)
    if (this.#descriptor !== RELEASED) closeSync(this.#descriptor)
    // Whoever comes late gets EBADF.
    this.#descriptor = CLOSED
  }
}

// The real disk: the only file of the floors that knows node:fs.

import {
  closeSync, constants, existsSync, fdatasync, fdatasyncSync, fstatSync, fsync, fsyncSync,
  ftruncateSync, mkdirSync, openSync, readdirSync, readFileSync, readSync, renameSync, rmSync,
  statSync, unlinkSync, writeFileSync, writeSync, writevSync,
} from 'node:fs'
import { dirname } from 'node:path'

import type { DirectoryEntry, Disk, DiskFile, DiskLock, OpenMode } from './disk.ts'

const { O_CREAT, O_RDONLY, O_RDWR } = constants
const FLAGS: Readonly<Record<OpenMode, number>> = {
  read: O_RDONLY, write: O_RDWR, create: O_RDWR | O_CREAT,
}
/** No descriptor: Node refuses it, and the system would too. */
const CLOSED = -1
/** Linux takes no more buffers in one call. */
const MAX_VECTORS = 1024
/** Of what `statOf` gives: field 22. */
const START = 19

export function nodeDisk(): Disk {
  return new NodeDisk()
}

class NodeDisk implements Disk {
  open(path: string, mode: OpenMode): DiskFile {
    return new NodeFile(path, openSync(path, FLAGS[mode], 0o644))
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
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return
    // Not `recursive`: in /proc, for one, that makes Node try for ever.
    if (dirname(path) !== path) this.makeDirectory(dirname(path))
    mkdirSync(path)
  }

  rename(from: string, to: string): void {
    renameSync(from, to)
  }

  remove(path: string): void {
    // Mostly it is not there, and an error costs more than a look.
    if (existsSync(path)) unlessMissing(() => unlinkSync(path))
  }

  removeTree(path: string): void {
    rmSync(path, { force: true, recursive: true })
  }

  readFile(path: string): Buffer | undefined {
    return existsSync(path) ? unlessMissing(() => readFileSync(path)) : undefined
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

  lock(path: string): DiskLock | undefined {
    const holder = this.readFile(path)?.toString('utf8').trim() ?? ''
    if (holder !== '' && isAlive(holder)) return undefined
    writeFileSync(path, `${process.pid} ${startOf(process.pid) ?? ''}\n`)
    return {
      // The file stays, as Kafka's does; an empty one is free.
      release: () => writeFileSync(path, ''),
    }
  }
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

class NodeFile implements DiskFile {
  readonly path: string
  #descriptor: number

  constructor(path: string, descriptor: number) {
    this.path = path
    this.#descriptor = descriptor
  }

  sizeBytes(): number {
    return this.#do(() => fstatSync(this.#descriptor).size)
  }

  #do<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw named(error, this.path)
    }
  }

  read(target: Uint8Array, targetOffset: number, lengthBytes: number, position: number): number {
    let done = 0
    while (done < lengthBytes) {
      const count = this.#do(() => readSync(
        this.#descriptor, target, targetOffset + done, lengthBytes - done, position + done))
      if (count === 0) break
      done += count
    }
    return done
  }

  write(bytes: Uint8Array, position: number): void {
    for (let done = 0; done < bytes.length;) {
      done += this.#do(() => (
        writeSync(this.#descriptor, bytes, done, bytes.length - done, position + done)
      ))
    }
  }

  writeAll(buffers: readonly Uint8Array[], position: number): void {
    if (buffers.length === 1) return this.write(buffers[0]!, position)
    let at = position
    for (let first = 0; first < buffers.length; first += MAX_VECTORS) {
      const some = buffers.slice(first, first + MAX_VECTORS)
      const wanted = some.reduce((sum, { length }) => sum + length, 0)
      let done = this.#do(() => writevSync(this.#descriptor, some, at))
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
    this.#do(() => ftruncateSync(this.#descriptor, sizeBytes))
  }

  sync(): void {
    this.#do(() => fdatasyncSync(this.#descriptor))
  }

  syncAsync(): Promise<void> {
    return new Promise((resolve, reject) => {
      fdatasync(this.#descriptor, (error) => error ? reject(named(error, this.path)) : resolve())
    })
  }

  close(): void {
    closeSync(this.#descriptor)
    // The number may soon be another file's: whoever comes late gets EBADF instead.
    this.#descriptor = CLOSED
  }
}

// The disk as storage sees it. Calls are synchronous: one write to the page cache costs less than
// handing it to a thread. Only what waits for the device may be had asynchronously.
//
// A path that is not there is an answer where that is said; everything else that goes wrong throws
// what the system says (`ENOSPC`, `EIO`, `EACCES`, …), with its `code` and the `path`.

export interface DiskFile {
  readonly path: string
  sizeBytes(): number
  /** Fills `target` as far as the file goes. Answers how many bytes were read. */
  read(target: Uint8Array, targetOffset: number, lengthBytes: number, position: number): number
  /** All bytes, or it throws; what was written then stays in the file: truncate. */
  write(bytes: Uint8Array, position: number): void
  /** As `write`, several buffers one after the other. */
  writeAll(buffers: readonly Uint8Array[], position: number): void
  /** Shorter, or longer by zeros. */
  truncate(sizeBytes: number): void
  /** The data, and what is needed to read it, is on the device when it returns. */
  sync(): void
  /** As `sync`, without holding up the others. */
  syncAsync(): Promise<void>
  close(): void
  /** To be read on after its `close`, until the function that this gives is called. */
  hold(): () => void
  /** The system's number of the open file, for a call that is made at once. */
  descriptor?(): number
}

/**
 * How a file is opened: 'read' and 'write' (which reads too) need it to be there; 'create' makes
 * it.
 */
export type OpenMode = 'read' | 'write' | 'create'

export interface DirectoryEntry {
  readonly name: string
  readonly isDirectory: boolean
}

export interface DiskLock {
  release(): void
}

export interface DiskSpace {
  readonly totalBytes: number
  /** What this process may still write; some may be kept for others. */
  readonly usableBytes: number
}

export interface Disk {
  /** There is room for whatever is written, so that none has to be held. */
  readonly isEndless?: boolean
  /** Set by who wants to know how long the device takes for the data of each file. */
  onSync?: ((path: string, tookMs: number) => void) | undefined
  open(path: string, mode: OpenMode): DiskFile
  exists(path: string): boolean
  /** In the order of their names. Throws ENOENT without the directory. */
  list(directory: string): DirectoryEntry[]
  /** With its parents; one that is there is fine. */
  makeDirectory(path: string): void
  /** Replaces what is at `to`. Durable only after `syncDirectory`. */
  rename(from: string, to: string): void
  /** A file; one that is not there is fine. */
  remove(path: string): void
  /** A directory with all that is in it; one that is not there is fine. */
  removeTree(path: string): void
  /** The whole file; undefined when it is not there. */
  readFile(path: string): Buffer | undefined
  /** Makes creations, renames and removals in the directory durable. */
  syncDirectory(path: string): void
  /** As `syncDirectory`, without holding up the others. */
  syncDirectoryAsync(path: string): Promise<void>
  /** The file's size; undefined when it is not there. */
  sizeBytes(path: string): number | undefined
  /** Of the file system that the directory lies in. */
  space(directory: string): DiskSpace
  /** Takes the lock that this file stands for; undefined when somebody alive has it. */
  lock(path: string): DiskLock | undefined
}

/** Brings a file that is there to the device. */
export function syncFile(disk: Disk, path: string): void {
  const file = disk.open(path, 'write')
  try {
    file.sync()
  } finally {
    file.close()
  }
}

/** A log directory can no longer be trusted: a write, a read or an fsync failed. */
export class StorageError extends Error {
  override readonly name = 'StorageError'
  readonly path: string

  constructor(path: string, cause: unknown) {
    super(`${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    this.path = path
  }
}

/** What the disk says, as an error of the path; one that is an error of a path already stays. */
export function storageErrorOf(path: string, error: unknown): StorageError {
  return error instanceof StorageError ? error : new StorageError(path, error)
}

/** What did not fit is there in part, and does not go. */
class LeftoverError extends StorageError {}

/** Whether it is what the disk itself says, as such or by the system's code. */
export function isDiskError(error: unknown): boolean {
  if (error instanceof StorageError) return true
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
}

const FULL = ['ENOSPC', 'EDQUOT']
/** The calls that tell what became of earlier writes. */
const LATE = ['fsync', 'fdatasync', 'close']

/**
 * Whether something was not written for want of space. A sync that says so has lost what was
 * written before, and acknowledged: that is a failure.
 */
export function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof LeftoverError) return false
  const isLate = 'syscall' in error && LATE.includes(String(error.syscall))
  if ('code' in error && FULL.includes(String(error.code))) return !isLate
  return isDiskFull(error.cause)
}

/** Removes what did not fit. What stays is a failure, for whatever reason. */
export function takeBack(path: string, remove: () => void): void {
  try {
    remove()
  } catch (error) {
    throw new LeftoverError(path, error)
  }
}

export function removeAll(disk: Disk, paths: readonly string[]): void {
  for (const path of paths) disk.remove(path)
}

/**
 * Gives what is to go another name; where there is no room even for that, it goes at once, and the
 * answer is false.
 */
export function renameOrRemove(disk: Disk, from: string, to: string): boolean {
  try {
    disk.rename(from, to)
    return true
  } catch (error) {
    if (!isDiskFull(error)) throw error
    disk.removeTree(from)
    return false
  }
}

// What keeps a node from starting and its user can mend: a bad setting, a taken port, a full disk.

import { CorruptCheckpointError } from '../storage/checkpoints.ts'
import { StorageError } from '../storage/disk.ts'
import { DiskFullError } from '../storage/room.ts'

/** Its message is one line, to be printed as it stands: what is wrong, and what would do. */
export class StartError extends Error {
  override readonly name = 'StartError'
}

/** It is an argument of the command line that cannot be. */
export class ArgumentError extends StartError {}

/**
 * What the system said of a file or directory, as a line for whoever starts the node. Undefined for
 * an error that the system did not give.
 */
export function environmentError(error: unknown): StartError | undefined {
  if (error instanceof StartError) return error
  if (error instanceof CorruptCheckpointError) {
    return new StartError(error.message, { cause: error })
  }
  if (error instanceof DiskFullError) return environmentError(error.cause)
  const cause = error instanceof StorageError ? error.cause : error
  if (!isSystemError(cause)) return undefined
  const path = cause.path ?? (error instanceof StorageError ? error.path : undefined)
  const reason = reasonOf(cause)
  return new StartError(path === undefined ? reason : `${path} cannot be used: ${reason}`, {
    cause: error,
  })
}

interface SystemError {
  readonly code: string
  readonly message: string
  readonly path?: string
}

/** By its code, `ENOSPC` for one; Node's own begin with `ERR_`. */
function isSystemError(error: unknown): error is SystemError {
  return typeof error === 'object' && error !== null && 'code' in error
    && typeof error.code === 'string' && /^E(?!RR_)[A-Z0-9_]+$/.test(error.code)
}

/**
 * What a person makes of the error of a file, or by other `words` of that of something else; errors
 * without words tell themselves.
 */
export function reasonOf(error: unknown, words: ReadonlyMap<string, string> = REASONS): string {
  if (!isSystemError(error)) return error instanceof Error ? error.message : String(error)
  return words.get(error.code) ?? error.message
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ['EACCES', 'this user may not read or write there'],
  ['EPERM', 'this user may not read or write there'],
  ['EROFS', 'the file system is read-only'],
  ['ENOTDIR', 'there is a file where a directory should be'],
  ['EEXIST', 'there is a file of that name'],
  ['EISDIR', 'there is a directory of that name'],
  ['ENOENT', 'it is not there'],
  ['ENOSPC', 'the disk is full'],
  ['EDQUOT', 'this user may not store more there'],
  ['EIO', 'the device fails (EIO)'],
  ['EMFILE', 'this process may not open more files (ulimit -n)'],
  ['ENFILE', 'this machine may not open more files'],
  ['ENAMETOOLONG', 'the name is too long'],
  ['ELOOP', 'its links lead in a circle'],
])

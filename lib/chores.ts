// What a node does with its logs from time to time: retention, checkpoints, bringing what was
// written to the device, and looking for room where there was none.

import { StorageError } from '../storage/disk.ts'
import type { Log } from '../storage/log.ts'
import type { LogDirectory } from '../storage/log-directory.ts'
import { DiskFullError } from '../storage/room.ts'
import type { Config } from './config.ts'
import type { Chore } from './maintenance.ts'
import { type Clock, nextTurn } from './world/clock.ts'

export interface ChoresOptions {
  readonly config: Config
  readonly clock: Clock
  readonly directories: readonly LogDirectory[]
  /** The disk failed: the directory is no longer trusted. */
  onFailure(directory: LogDirectory, error: StorageError): void
  /** A directory that was full is no longer. */
  onRoom?(directory: LogDirectory): void
  /** What is kept for the metadata. */
  readonly reserve?: { renew(): void }
}

/** Requests wait no longer than about this for a chore. */
const SLICE_MS = 2
const FIRST_RETENTION_MS = 30_000
const REMOVAL_CHECK_MS = 30_000
/** What a burst of readers needed is given back within two of them. */
const BUFFERS_CHECK_MS = 10_000
const SYNC_CHECK_MS = 100
const ROOM_CHECK_MS = 1000
/** Many unsynced bytes slow down every later write: they go to the device while others arrive. */
const MAX_UNSYNCED_BYTES = 32 * 1024 * 1024
/** Bounds what a crash of the machine takes, and what a start after it has to read again. */
const MAX_UNSYNCED_MS = 10_000

export function chores(options: ChoresOptions): Chore[] {
  const { config } = options
  return [
    {
      name: 'Retention',
      everyMs: config.logRetentionCheckIntervalMs,
      // A node that was down for long has much to let go of.
      firstAfterMs: Math.min(FIRST_RETENTION_MS, config.logRetentionCheckIntervalMs),
      run: (nowMs, isStopping) => forEachLog(options, isStopping, (log) => (
        log.tick(nowMs) ? ticking(log, nowMs, options.clock, isStopping) : undefined)),
    },
    {
      name: 'Removal of deleted files', everyMs: REMOVAL_CHECK_MS,
      run: (nowMs, isStopping) => removing(options, nowMs, isStopping),
    },
    {
      name: 'Checkpoints', everyMs: checkpointIntervalMs(config),
      run: () => forEachDirectory(options, (directory) => (
        directory.checkpointAsync(() => nextTurn(options.clock)))),
    },
    { name: 'Buffers', everyMs: BUFFERS_CHECK_MS, run: () => letGoOfBuffers(options) },
    { name: 'Syncing', everyMs: SYNC_CHECK_MS, run: syncing(options) },
    { name: 'Room', everyMs: ROOM_CHECK_MS, run: () => lookForRoom(options) },
  ]
}

function letGoOfBuffers({ directories }: ChoresOptions): void {
  for (const { buffers } of directories) buffers.trim()
}

function lookForRoom({ clock, directories, onRoom, reserve }: ChoresOptions): void {
  for (const directory of directories) {
    const isThere = !directory.isFailed && directory.room.look(clock.monotonicMs())
    if (isThere) onRoom?.(directory)
  }
  reserve?.renew()
}

/** A log may have thousands of segments to let go of. */
async function ticking(
  log: Log, nowMs: number, clock: Clock, isStopping: () => boolean,
): Promise<void> {
  do await nextTurn(clock)
  while (!isStopping() && log.tick(nowMs))
}

/** A directory writes its checkpoints together, those that changed; an interval of 0 is never. */
function checkpointIntervalMs(config: Config): number {
  return Math.min(...[
    config.replicaHighWatermarkCheckpointIntervalMs,
    config.logFlushOffsetCheckpointIntervalMs,
    config.logFlushStartOffsetCheckpointIntervalMs,
  ].filter((everyMs) => everyMs > 0))
}

/** Brings to the device what is too much, or too old, to be left to the system. */
function syncing(options: ChoresOptions): Chore['run'] {
  /** Since when a log holds something unsynced. */
  const unsyncedSinceMs = new WeakMap<Log, number>()
  const syncIfDue = (log: Log, nowMs: number): Promise<void> | undefined => {
    if (log.writtenOffset <= log.recoveryPoint) {
      unsyncedSinceMs.delete(log)
      return undefined
    }
    const sinceMs = unsyncedSinceMs.get(log) ?? nowMs
    unsyncedSinceMs.set(log, sinceMs)
    const isOld = nowMs - sinceMs >= Math.min(log.config.flushMs, MAX_UNSYNCED_MS)
    if (!isOld && log.unsyncedBytes < MAX_UNSYNCED_BYTES) return undefined
    unsyncedSinceMs.delete(log)
    return log.sync()
  }
  return (nowMs, isStopping) => (
    forEachLog(options, isStopping, (log) => syncIfDue(log, nowMs), unsyncedLogs)
  )
}

/** Mostly few: this chore comes round often, and must not look at every log. */
function unsyncedLogs(directory: LogDirectory): Iterable<Log> {
  return directory.unsyncedLogs()
}

function allLogs(directory: LogDirectory): Iterable<Log> {
  return directory.logs()
}

async function removing(
  options: ChoresOptions, nowMs: number, isStopping: () => boolean,
): Promise<void> {
  await forEachDirectory(options, async (directory) => {
    while (!isStopping() && directory.tick(nowMs)) {
      await nextTurn(options.clock)
    }
  })
}

async function forEachDirectory(
  options: ChoresOptions, work: (directory: LogDirectory) => Promise<void>,
): Promise<void> {
  for (const directory of options.directories) {
    if (!directory.isFailed) await work(directory).catch(failing(options, directory))
  }
}

/** Does it to one log after the other, and lets requests in between. */
async function forEachLog(
  options: ChoresOptions, isStopping: () => boolean, work: (log: Log) => Promise<void> | void,
  logsOf: (directory: LogDirectory) => Iterable<Log> = allLogs,
): Promise<void> {
  const { clock, directories } = options
  let startedMs = clock.monotonicMs()
  for (const directory of directories) {
    for (const log of [...logsOf(directory)]) {
      // Much can happen between two turns.
      if (isStopping()) return
      if (directory.get(log.topic, log.partition) !== log) continue
      const working = guarded(options, directory, () => work(log))
      // Most logs have nothing to wait for.
      if (working !== undefined) await working.catch(failing(options, directory))
      if (clock.monotonicMs() - startedMs < SLICE_MS) continue
      await nextTurn(clock)
      startedMs = clock.monotonicMs()
    }
  }
}

function guarded<T>(
  options: ChoresOptions, directory: LogDirectory, work: () => T,
): T | undefined {
  if (directory.isFailed) return undefined
  try {
    return work()
  } catch (error) {
    failing(options, directory)(error)
    return undefined
  }
}

/** What the disk does wrong takes the directory offline; the rest is a bug, and is thrown. */
function failing({ onFailure }: ChoresOptions, directory: LogDirectory) {
  return (error: unknown): void => {
    // The directory knows, and there will be another time.
    if (error instanceof DiskFullError) return
    if (!(error instanceof StorageError)) throw error
    if (!directory.isFailed) onFailure(directory, error)
  }
}

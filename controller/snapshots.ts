// The snapshots beside the metadata log: when one is written, which one is read, what may go.

import { dirname, join } from 'node:path'

import { removingWhatDoesNotFit } from '../storage/checkpoints.ts'
import { type Disk, isDiskFull } from '../storage/disk.ts'
import type { Logger } from '../storage/ports.ts'
import { bootstrapRecords } from './activation.ts'
import type { Image } from './image/image.ts'
import { recordsOfImage } from './image/records-of.ts'
import type { Timers } from './ports.ts'
import { CONFIGURED_QUORUM, type Quorum } from './raft/quorum.ts'
import {
  BOOTSTRAP_SNAPSHOT, decodeSnapshot, encodeSnapshot, parseSnapshotName, snapshotFileName,
  type SnapshotId, type SnapshotRead, type SnapshotToWrite,
} from './snapshot-format.ts'

export interface SnapshotPolicy {
  /** `metadata.log.max.record.bytes.between.snapshots` */
  readonly maxBytesBetween: number
  /** `metadata.log.max.snapshot.interval.ms`; 0: time alone is no reason. */
  readonly maxIntervalMs: number
  /** `metadata.max.retention.bytes`; −1: no limit. */
  readonly retentionBytes: number
  /** `metadata.max.retention.ms`; −1: no limit. */
  readonly retentionMs: number
}

/** What a snapshot would stand for. */
export interface SnapshotSource {
  readonly image: Image
  readonly endOffset: number
  readonly epoch: number
  readonly lastTimestampMs: number
  readonly quorum: Quorum
}

/** The part of the log that snapshots make superfluous. */
export interface PrunableLog {
  readonly startOffset: number
  readonly sizeBytes: number
  deleteRecordsTo(offset: number): void
  /** Lets go of files before its start; answers whether there may be more. */
  tick(nowMs: number): boolean
}

export interface LoadedSnapshot extends SnapshotRead {
  readonly id: SnapshotId
}

interface SnapshotsOptions {
  readonly disk: Disk
  /** That of the metadata log. */
  readonly directory: string
  readonly logger: Logger
  readonly timers: Timers
  readonly policy: SnapshotPolicy
}

/** So long nothing is written when the disk is full: it costs to put it together. */
const POSTPONE_MS = 60_000

export class Snapshots {
  /** Of the last one that was written; the beginning, as long as none was. */
  latest: { readonly sizeBytes: number, readonly writtenMs: number }
  readonly #options: SnapshotsOptions
  #bytesSince = 0
  #lastMs: number
  /** The disk was full. */
  #notBeforeMs = -Infinity
  /** What the directory was formatted with, where a start has come across it. */
  #formattedWith: readonly Buffer[] | undefined

  constructor(options: SnapshotsOptions) {
    this.#options = options
    this.#lastMs = options.timers.monotonicMs()
    this.latest = { sizeBytes: 0, writtenMs: this.#lastMs }
  }

  /**
   * What a start goes by: the newest that can be read, and the quorum as that has it. Those that
   * cannot be read are told of and passed over.
   */
  newest(): { snapshot: LoadedSnapshot | undefined, quorum: Quorum } {
    const { disk, directory, logger } = this.#options
    const found = newestSnapshot(disk, directory, (file) => {
      logger.warn('a snapshot of the metadata is damaged', { file })
    })
    if (found === undefined) return { snapshot: undefined, quorum: CONFIGURED_QUORUM }
    const { quorum } = found
    if (found.id.endOffset > 0) return { snapshot: found, quorum }
    // The records that a directory was formatted with are for a log that is empty.
    this.#formattedWith = found.values
    return { snapshot: undefined, quorum }
  }

  /** The records that a new cluster begins with: those the directory was formatted with. */
  bootstrapRecords(): readonly Buffer[] {
    const { disk, directory } = this.#options
    return this.#formattedWith ?? formattedWith(disk, directory) ?? bootstrapRecords()
  }

  /** The log was replayed; so many bytes of it are younger than the newest snapshot. */
  loaded(sizeBytes: number): void {
    this.#bytesSince = sizeBytes
  }

  /** Records were committed: writes a snapshot when enough have come together. */
  committed(sizeBytes: number, source: () => SnapshotSource, log: PrunableLog): void {
    const { timers, policy } = this.#options
    this.#bytesSince += sizeBytes
    const sinceMs = timers.monotonicMs() - this.#lastMs
    const isLate = policy.maxIntervalMs > 0 && sinceMs >= policy.maxIntervalMs
    const isDue = this.#bytesSince >= policy.maxBytesBetween || (isLate && this.#bytesSince > 0)
    if (!isDue || timers.monotonicMs() < this.#notBeforeMs) return
    this.#writeIfItFits(source())
    this.prune(log)
  }

  #writeIfItFits(source: SnapshotSource): void {
    const { timers, logger } = this.#options
    try {
      this.write(source)
    } catch (error) {
      if (!isDiskFull(error)) throw error
      this.#notBeforeMs = timers.monotonicMs() + POSTPONE_MS
      logger.warn('a snapshot of the metadata does not fit on the disk, it is written later')
    }
  }

  /** Durable when it returns. */
  write({ image, endOffset, epoch, lastTimestampMs, quorum }: SnapshotSource): void {
    const { disk, directory, timers, logger } = this.#options
    const begunMs = timers.monotonicMs()
    const id = { endOffset, epoch }
    writeSnapshot(disk, directory, id, {
      epoch, lastTimestampMs, nowMs: timers.nowMs(), quorum, values: valuesOf(image),
    })
    this.#bytesSince = 0
    this.#lastMs = begunMs
    const sizeBytes = disk.sizeBytes(join(directory, snapshotFileName(id))) ?? 0
    this.latest = { sizeBytes, writtenMs: timers.monotonicMs() }
    logger.info('wrote a snapshot of the metadata', { file: snapshotFileName(id) })
  }

  /** Lets go of old snapshots and of the log before the one that then is the oldest. */
  prune(log: PrunableLog): void {
    const { disk, directory, policy, timers } = this.#options
    const ids = this.#ids()
    const sizeOf = (id: SnapshotId): number =>
      disk.sizeBytes(join(directory, snapshotFileName(id))) ?? 0
    let sizeBytes = log.sizeBytes + ids.reduce((sum, id) => sum + sizeOf(id), 0)
    while (ids.length > 1) {
      const isLarge = policy.retentionBytes >= 0 && sizeBytes > policy.retentionBytes
      const [oldest, next] = ids as [SnapshotId, SnapshotId]
      const isOld = policy.retentionMs >= 0 &&
        timers.nowMs() - this.#timestampOf(oldest) > policy.retentionMs
      if (!isLarge && !isOld) return
      // The log first: without the snapshot it would have a hole at its start.
      if (log.startOffset < next.endOffset) log.deleteRecordsTo(next.endOffset)
      sizeBytes -= sizeOf(oldest)
      disk.remove(join(directory, snapshotFileName(oldest)))
      ids.shift()
      while (log.tick(timers.nowMs()));
    }
  }

  #timestampOf(id: SnapshotId): number {
    const { disk, directory } = this.#options
    const bytes = disk.readFile(join(directory, snapshotFileName(id)))
    return (bytes && decodeSnapshot(bytes)?.lastTimestampMs) ?? 0
  }

  #ids(): SnapshotId[] {
    return snapshotIds(this.#options.disk, this.#options.directory)
  }
}

/** Oldest first. */
function snapshotIds(disk: Disk, directory: string): SnapshotId[] {
  if (!disk.exists(directory)) return []
  return disk.list(directory).flatMap(({ name }) => parseSnapshotName(name) ?? [])
    .sort((a, b) => a.endOffset - b.endOffset || a.epoch - b.epoch)
}

/** The newest that can be read, be it that of formatting. `directory` is that of the log. */
export function newestSnapshot(
  disk: Disk, directory: string, onDamaged: (file: string) => void = () => {},
): LoadedSnapshot | undefined {
  for (const id of snapshotIds(disk, directory).reverse()) {
    const file = snapshotFileName(id)
    const bytes = disk.readFile(join(directory, file))
    const read = bytes && decodeSnapshot(bytes)
    if (read) return { ...read, id }
    onDamaged(file)
  }
  return undefined
}

/**
 * The records that the directory was formatted with; undefined when nobody left any. Kafka before
 * 4.4 leaves them beside the metadata log, in `bootstrap.checkpoint`.
 */
export function formattedWith(disk: Disk, directory: string): readonly Buffer[] | undefined {
  const names = [
    join(directory, snapshotFileName(BOOTSTRAP_SNAPSHOT)),
    join(dirname(directory), 'bootstrap.checkpoint'),
  ]
  for (const name of names) {
    const bytes = disk.readFile(name)
    const read = bytes && decodeSnapshot(bytes)
    if (read) return read.values
  }
  return undefined
}

function* valuesOf(image: Image): Generator<Buffer> {
  for (const { bytes } of recordsOfImage(image)) yield bytes
}

/** Under another name first: a snapshot is there whole, or not at all. */
function writeSnapshot(
  disk: Disk, directory: string, id: SnapshotId, snapshot: SnapshotToWrite,
): void {
  const path = join(directory, snapshotFileName(id))
  removingWhatDoesNotFit(disk, `${path}.part`, () => {
    const file = disk.open(`${path}.part`, 'create')
    try {
      file.truncate(0)
      let position = 0
      for (const batch of encodeSnapshot(snapshot)) {
        file.write(batch, position)
        position += batch.length
      }
      file.sync()
    } finally {
      file.close()
    }
  })
  disk.rename(`${path}.part`, path)
  disk.syncDirectory(directory)
}

/**
 * What formatting a metadata directory adds to it: the feature levels of a new cluster, as a
 * snapshot at offset 0. `directory` is that of the metadata log.
 */
export function writeBootstrapSnapshot(
  disk: Disk, directory: string, nowMs: number, quorum: Quorum = CONFIGURED_QUORUM,
): void {
  disk.makeDirectory(directory)
  writeSnapshot(disk, directory, BOOTSTRAP_SNAPSHOT, {
    epoch: 0, nowMs, lastTimestampMs: nowMs, quorum, values: bootstrapRecords(),
  })
}

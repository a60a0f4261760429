// Brings the files of a log to a state that can be trusted, after whatever end it had.
//
// Behind the recovery point anything may be wrong: batches are checked one by one, the first that
// is not sound ends the log, and indexes and producer state are built again from those before it.
// Below the recovery point it ends the opening: that was on the device, and is damaged (H3). What a
// large segment holds before its save point is not looked at: all that is built of it is there.

import { ApiError, Errors } from '../protocol/errors.ts'
import { type Batch, MAGIC } from '../protocol/records/batch.ts'
import { BatchReader } from './batch-reader.ts'
import { syncTopicId } from './checkpoints.ts'
import type { LogConfig } from './config.ts'
import { refuseLoss, refuseOrphans, refuseStart } from './damage.ts'
import { type Disk, isDiskFull, syncFile } from './disk.ts'
import { endMarkOf } from './end-mark.ts'
import { confirmOpen } from './ended-transactions.ts'
import { LEADER_EPOCH_FILE, type LeaderEpochs } from './epochs.ts'
import { tidyFiles } from './log-files.ts'
import { isOldMessage } from './old-format.ts'
import type { Logger } from './ports.ts'
import { ProducerState } from './producers.ts'
import { SAVE_POINT_FILE, SavePointFile } from './save-point-file.ts'
import { MAX_RELATIVE_OFFSET, Segment } from './segment.ts'
import { Segments } from './segments.ts'
import type { SnapshotFiles } from './snapshot-files.ts'
import { mustBeSound, soundBatches } from './sound-batches.ts'

export interface LoadOptions {
  readonly disk: Disk
  readonly directory: string
  /** Of the files in the directory. */
  readonly names: readonly string[]
  /** `topic-partition`, for messages. */
  readonly name: string
  readonly logger: Logger
  readonly nowMs: number
  /** Nothing of the log was there. */
  readonly isNew: boolean
  /** The log was closed as it should be: its files are believed. */
  readonly isClean: boolean
  /** Up to here the log was on the device. Undefined: nobody knows. */
  readonly recoveryPoint: number | undefined
  /** Where a log without segments begins. */
  readonly startOffset: number
  readonly config: LogConfig
  readonly epochs: LeaderEpochs
  readonly producers: ProducerState
  readonly snapshots: SnapshotFiles
  /** Something of it is in memory alone: the disk is full. */
  onNoRoom(): void
}

/** So much is read between two steps of a recovery. */
const STEP_BYTES = 1024 * 1024

/**
 * Opens the segments, repaired where needed; producers and epochs are as the log says. All of it is
 * on the device then, as far as there is room (H8). It hands back after every megabyte that it
 * looks through.
 */
export function* loadSegments(options: LoadOptions): Generator<void, Segments> {
  const segments = new Segments()
  let isLoaded = false
  try {
    yield* load(segments, options)
    isLoaded = true
  } finally {
    // Damaged, or nobody wants it any more.
    if (!isLoaded) for (const segment of segments.all) segment.close()
  }
  return segments
}

function* load(segments: Segments, options: LoadOptions): Generator<void> {
  const { disk, directory, name, names, logger, nowMs, isClean, startOffset, epochs } = options
  const bases = tidyFiles(disk, directory, names, (files) => {
    // A power loss may have taken of deleted segments one file, and not the other.
    if (isClean) refuseOrphans(files, options)
    logger.warn('indexes without their segment: its records are lost', { log: name, files })
  })
  for (const base of bases) segments.push(Segment.open(disk, directory, base, nowMs))
  endWithTheNext(segments)
  if (names.includes(LEADER_EPOCH_FILE)) {
    epochs.load(() => logger.warn(`${LEADER_EPOCH_FILE} is damaged and made anew`, { log: name }))
  }
  if (segments.count === 0) {
    refuseLoss(startOffset, options)
    segments.push(Segment.create(disk, directory, startOffset, nowMs))
  }
  const doubtful = firstDoubtful(segments, options)
  for (const segment of segments.all.slice(0, doubtful)) {
    segment.isSynced = true
    // The last one would be in doubt without them.
    const hasIndexes = segment === segments.active || segment.hasIndexes
    if (!hasIndexes) rebuildIndexes(segments, segment, options)
  }
  if (doubtful < segments.count) {
    yield* recover(segments, doubtful, options)
    endWithTheNext(segments)
  } else {
    believe(segments, options)
  }
  if (isClean) refuseStart(segments.active.nextOffset, options)
  if (!coversStart(segments, options)) rebuildEpochs(segments, options)
}

/**
 * A complete segment ends where the next one begins: its last batches may have been compacted away.
 */
function endWithTheNext({ all }: Segments): void {
  for (const [i, segment] of all.entries()) {
    segment.nextOffset = all[i + 1]?.baseOffset ?? segment.nextOffset
  }
}

/** Nothing of the log has to be looked through. */
function believe(segments: Segments, options: LoadOptions): void {
  const { nextOffset } = segments.active
  loadProducers(segments, nextOffset, options.producers, options.snapshots)
  options.epochs.forgetBehind(nextOffset)
}

/** The place of the first segment that must be looked through; none: that behind the last one. */
function firstDoubtful(segments: Segments, options: LoadOptions): number {
  const { isNew, isClean, recoveryPoint = 0, logger, name, names, snapshots } = options
  if (isNew) return segments.count
  const { active } = segments
  // The segment that ends at the recovery point may have been rolled since, its indexes unsynced.
  const hasNothing = (): boolean => (
    isEmpty(segments, snapshots) && !names.includes(SAVE_POINT_FILE))
  if (!isClean && !(active.baseOffset >= recoveryPoint && hasNothing())) {
    return Math.max(0, segments.indexOf(recoveryPoint - 1))
  }
  // One that was closed was on the device as a whole, and ends there.
  const isAsItWas = (): boolean => !isClean || recoveryPoint <= 0
    || active.nextOffset === recoveryPoint
  if (active.hasIndexes && active.findEnd() && isAsItWas()) return segments.count
  logger.warn('the log does not end as it should, though it was closed', { log: name })
  return segments.count - 1
}

/** There is nothing to doubt: most of the partitions of many a node hold no records. */
function isEmpty({ count, active }: Segments, { offsets }: SnapshotFiles): boolean {
  return count === 1 && active.writtenBytes === 0 && active.hasIndexes
    && active.offsetIndex.count === 0 && active.timeIndex.count === 0
    && (offsets.at(-1) ?? 0) <= active.baseOffset
}

/** Reads the segments from the doubtful one on. What follows an unsound batch goes. */
function* recover(
  segments: Segments, first: number, options: LoadOptions,
): Generator<void> {
  const { disk, directory, epochs, producers, snapshots } = options
  const doubtful = segments.all[first]!
  const resumedAt = resume(doubtful, options)
  if (resumedAt === undefined) {
    loadProducers(segments, doubtful.baseOffset, producers, snapshots)
    doubtful.clearIndexes()
  }
  const snapshotPaths = yield* lookThrough(segments, first, options)
  const { nextOffset } = segments.active
  if (!options.isClean) forgetSnapshotsWithin(segments, first, snapshots)
  snapshots.removeAbove(nextOffset)
  if (resumedAt === undefined) new SavePointFile(disk, directory).remove()
  // A cleaning, of Kafka's perhaps, may have taken marks behind it.
  else confirmOpen(producers, segments, resumedAt, nextOffset)
  keep(() => epochs.truncateFromEnd(nextOffset), options)
  // What was cut off, now or before, must not come back behind what is appended next.
  for (const segment of segments.all.slice(first)) {
    finish(segment, options)
    segment.file.sync()
    segment.syncIndexes()
    segment.isSynced = true
    yield
  }
  for (const path of snapshotPaths) syncFile(disk, path)
  keep(() => epochs.syncNow(), options)
  syncTopicId(disk, directory)
  disk.syncDirectory(directory)
}

/**
 * Leaves what is sound. Answers the paths of the snapshots of producers that it takes where a
 * segment begins: those that are there may know of records that are lost.
 */
function* lookThrough(
  segments: Segments, first: number, options: LoadOptions,
): Generator<void, string[]> {
  const { disk, logger, name, producers, snapshots } = options
  const from = segments.all[first]!.baseOffset
  const snapshotPaths: string[] = []
  let lastOffset = from - 1
  let isCut = false
  let lost: Segment[] = []
  for (const segment of segments.all.slice(first)) {
    const { baseOffset, writtenBytes: fileBytes } = segment
    // Behind bytes that are no batch nothing is missing if the next segment begins right there.
    if (isCut ? baseOffset !== lastOffset + 1 : !canFollow(baseOffset, lastOffset, options)) {
      lost = segments.removeFrom(baseOffset)
      break
    }
    if (baseOffset !== from) {
      keep(() => snapshotPaths.push(snapshots.renew(baseOffset, producers)), options)
      segment.clearIndexes()
    }
    const limit = segments.after(baseOffset, baseOffset)?.baseOffset
    lastOffset = yield* recoverSegment(segment, { lastOffset, limit }, options)
    isCut = segment.sizeBytes < fileBytes
    if (!isCut) continue
    if (!segments.has(lastOffset + 1)) refuseLoss(lastOffset + 1, options, segment)
    logger.warn('cut off what is no sound batch', {
      log: name, segment: baseOffset, endOffset: segment.nextOffset,
      lostBytes: fileBytes - segment.sizeBytes,
    })
    segment.truncateFile(segment.sizeBytes)
  }
  refuseLoss(lastOffset + 1, options)
  if (lost.length > 0) {
    logger.warn('removed what followed', { log: name, segments: lost.length })
    discard(disk, lost)
  }
  return snapshotPaths
}

/** They too may know of records that are lost. */
function forgetSnapshotsWithin({ all }: Segments, first: number, snapshots: SnapshotFiles): void {
  for (const [i, { baseOffset }] of all.entries()) {
    const end = all[i + 1]?.baseOffset ?? Infinity
    if (i >= first) snapshots.removeBetween(baseOffset, end)
  }
}

/**
 * Makes the segment one that ends at its save point, if that can be relied on, and the producers
 * what they were then. Answers its offset; undefined when there is none: then both are as before.
 */
function resume(segment: Segment, options: LoadOptions): number | undefined {
  const { disk, directory, names, producers, isClean, recoveryPoint } = options
  // Nobody knows what of it was on the device where the recovery point is lost.
  if (isClean || recoveryPoint === undefined || !names.includes(SAVE_POINT_FILE)) return undefined
  const point = new SavePointFile(disk, directory).find(segment, recoveryPoint)
  if (point === undefined) return undefined
  segment.resume(point.end, point.indexes.map(({ count }) => count))
  producers.load(point.producers, point.unreplicated)
  return point.end.nextOffset
}

/**
 * Whether what begins at the offset can have been written behind the other. It cannot when it
 * overlaps; and only what was compacted has gaps: elsewhere what lay between is lost.
 */
function canFollow(
  baseOffset: number, lastOffset: number, { config, recoveryPoint }: LoadOptions,
): boolean {
  // What was on the device once has not lost anything; it may have been compacted, under a policy
  // of that time. Without a recovery point that may be so of all of the log.
  const mayHaveGaps = recoveryPoint === undefined || baseOffset <= recoveryPoint
    || config.cleanupPolicy.has('compact')
  return baseOffset === lastOffset + 1 || baseOffset > lastOffset && mayHaveGaps
}

interface Neighbours {
  /** Of the segment before. */
  readonly lastOffset: number
  /** Where the next segment begins. */
  readonly limit: number | undefined
}

/** Notes every sound batch of the file that is not noted yet. Answers the last offset. */
function* recoverSegment(
  segment: Segment, { lastOffset, limit = Infinity }: Neighbours, options: LoadOptions,
): Generator<void, number> {
  const { producers, epochs, config } = options
  const from = segment.sizeBytes
  const reader = new BatchReader(segment.file, from, segment.writtenBytes)
  let last = from === 0 ? lastOffset : segment.nextOffset - 1
  let stepPosition = from
  while (reader.next()) {
    const { batch } = reader
    const isSound = batch.magic === MAGIC && canFollow(batch.baseOffset, last, options)
      && batch.lastOffsetDelta >= 0 && batch.lastOffset - segment.baseOffset <= MAX_RELATIVE_OFFSET
      && batch.lastOffset < limit && batch.isCrcValid()
    if (!isSound) break
    takeIn(batch, producers, segment)
    segment.note(batch, config.indexIntervalBytes)
    if (batch.leaderEpoch > epochs.latest) epochs.assign(batch.leaderEpoch, batch.baseOffset)
    last = batch.lastOffset
    if (reader.position - stepPosition < STEP_BYTES) continue
    stepPosition = reader.position
    yield
  }
  if (segment.sizeBytes < segment.writtenBytes) refuseOldFormat(segment, options)
  // All that is left of it from there on was looked at.
  segment.soundness.cut(from)
  return Math.max(last, segment.baseOffset - 1)
}

function refuseOldFormat({ file, sizeBytes, writtenBytes }: Segment, { name }: LoadOptions): void {
  if (!isOldMessage(file, sizeBytes, writtenBytes)) return
  throw new ApiError(Errors.UNSUPPORTED_FOR_MESSAGE_FORMAT,
    `${name} holds messages of a format before that of record batches (magic ${MAGIC}), `
    + 'which is not supported')
}

/** Of a complete segment: it is on the device, and damaged where it is not sound. */
function rebuildIndexes(segments: Segments, segment: Segment, options: LoadOptions): void {
  const { disk, directory, logger, name, config, snapshots } = options
  const { baseOffset, nextOffset, writtenBytes } = segment
  logger.warn('builds an index again', { log: name, segment: baseOffset })
  const producers = new ProducerState(name)
  loadProducers(segments, baseOffset, producers, snapshots)
  mustBeSound(segment)
  const reader = segment.reader()
  segment.clearIndexes()
  while (reader.next()) {
    takeIn(reader.batch, producers, segment)
    segment.note(reader.batch, config.indexIntervalBytes)
  }
  segment.nextOffset = nextOffset
  segment.sizeBytes = writtenBytes
  finish(segment, options, () => {
    // It need not be there: once the others are whole nobody would look for what it should say.
    segment.transactionIndex.save()
    segment.syncIndexes()
    disk.syncDirectory(directory)
  })
  segment.syncIndexes()
  segment.isSynced = true
}

/** Entries may begin too late: the file is missing or damaged, or newer than the log's start. */
function coversStart(segments: Segments, { startOffset, epochs }: LoadOptions): boolean {
  const from = Math.max(startOffset, segments.first.baseOffset)
  const first = epochs.entries[0]
  if (first !== undefined && first.startOffset <= from) return true
  // A cleaning may have left nothing in the first ones.
  const segment = segments.from(from).find(({ writtenBytes }) => writtenBytes > 0)
  if (segment === undefined) return true
  const reader = segment.reader(from)
  return !reader.next() || reader.batch.leaderEpoch < 0
}

/** The batches name their epochs too. */
function rebuildEpochs(segments: Segments, options: LoadOptions): void {
  const { epochs } = options
  epochs.forget()
  for (const segment of segments.all) {
    for (const { leaderEpoch, baseOffset } of soundBatches(segment)) {
      if (leaderEpoch > epochs.latest) epochs.assign(leaderEpoch, baseOffset)
    }
  }
  keep(() => epochs.save(), options)
}

/** Writes what the log can do without. Answers whether there was room for it. */
export function keep(write: () => void, { onNoRoom }: Pick<LoadOptions, 'onNoRoom'>): boolean {
  try {
    write()
    return true
  } catch (error) {
    if (!isDiskFull(error)) throw error
    onNoRoom()
    return false
  }
}

/** The indexes are there as a whole, or not at all: then the next start builds them. */
function finish(segment: Segment, options: LoadOptions, begin = () => {}): void {
  const write = (): void => {
    begin()
    segment.finish()
  }
  if (keep(write, options)) return
  const { offsetIndex, timeIndex, transactionIndex } = segment
  for (const { table } of [offsetIndex, timeIndex, transactionIndex]) table.removeFile()
}

/** Builds the producer state as of the offset: from a snapshot, and the log behind it. */
export function loadProducers(
  segments: Segments, endOffset: number, producers: ProducerState, snapshots: SnapshotFiles,
): void {
  // What was written between an older one and the first segment nobody knows any more.
  const { baseOffset } = segments.first
  const newest = snapshots.newest(baseOffset, endOffset)
  producers.load(newest?.entries ?? [])
  const from = newest?.offset ?? baseOffset
  if (from < endOffset) takeInFrom(segments, from, endOffset, producers)
  confirmOpen(producers, segments, from, endOffset)
}

function takeInFrom(
  segments: Segments, from: number, endOffset: number, producers: ProducerState,
): void {
  for (const segment of segments.from(from)) {
    if (segment.baseOffset >= endOffset) return
    for (const batch of soundBatches(segment, from)) {
      if (batch.baseOffset >= endOffset) return
      if (batch.baseOffset >= from) takeIn(batch, producers)
    }
  }
}

/** Removes the records from the offset on from the files. */
export function cut(segments: Segments, offset: number, disk: Disk, directory: string): void {
  const removed = segments.removeFrom(offset)
  discard(disk, removed)
  // Were they back after a crash, nobody would look for an end in what lies before them.
  if (removed.length > 0) disk.syncDirectory(directory)
  segments.active.truncateTo(offset)
  segments.active.saveIndexes()
}

/** Removes the files of segments at once, the last one first: a crash leaves no gap among them. */
export function discard(disk: Disk, segments: readonly Segment[]): void {
  for (const segment of [...segments].reverse()) {
    for (const path of segment.markDeleted()) disk.remove(path)
  }
}

/**
 * Leaves one empty segment at the offset. There is always one in the directory, lest a crash makes
 * the log begin at 0 again.
 * Snapshots have to be gone: if this ends half-way they would tell of what is no more.
 */
export function startOver(
  segments: Segments, offset: number, disk: Disk, directory: string, nowMs: number,
): void {
  const { first } = segments
  discard(disk, segments.removeFrom(first.baseOffset + 1))
  disk.syncDirectory(directory)
  first.truncateFile(0)
  if (first.baseOffset === offset) {
    first.clearIndexes()
    first.saveIndexes()
    return
  }
  // If this ends half-way, its records must not lie beside the new segment: they might overlap.
  first.file.sync()
  const segment = Segment.create(disk, directory, offset, nowMs)
  disk.syncDirectory(directory)
  discard(disk, segments.removeFirst(1))
  segments.push(segment)
}

/**
 * Takes a batch of the log into the producer state; aborted transactions into the segment's index,
 * when one is given.
 */
export function takeIn(batch: Batch, producers: ProducerState, segment?: Segment): void {
  if (!batch.hasProducer) return
  if (!batch.isControl) {
    producers.add(batch)
    return
  }
  if (batch.count === 0) return producers.addEmptiedMark(batch)
  const mark = endMarkOf(batch)
  if (mark === undefined) return
  const completed = producers.addMark(batch, mark)
  if (completed?.isAborted === true) segment?.transactionIndex.append(completed)
}

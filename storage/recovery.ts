// Brings the files of a log to a state that can be trusted, after whatever end it had.
//
// Behind the recovery point anything may be wrong: batches are checked one by one, the first that
// is not sound ends the log, and indexes and producer state are built again from those before it.

import { ApiError, Errors } from '../protocol/errors.ts'
import { type Batch, MAGIC } from '../protocol/records/batch.ts'
import type { Disk } from './disk.ts'
import { endMarkOf } from './end-mark.ts'
import type { LeaderEpochs } from './epochs.ts'
import type { Logger } from './ports.ts'
import type { ProducerState } from './producers.ts'
import { DELETED_SUFFIX, INDEX_SUFFIXES, Segment } from './segment.ts'
import { Segments } from './segments.ts'
import type { SnapshotFiles } from './snapshot-files.ts'

export interface LoadOptions {
  readonly disk: Disk
  readonly directory: string
  /** `topic-partition`, for messages. */
  readonly name: string
  readonly logger: Logger
  readonly nowMs: number
  /** The log was closed as it should be: its files are believed. */
  readonly isClean: boolean
  /** Up to here the log was on the device. */
  readonly recoveryPoint: number
  /** Where a log without segments begins. */
  readonly startOffset: number
  readonly indexIntervalBytes: number
  readonly epochs: LeaderEpochs
  readonly producers: ProducerState
  readonly snapshots: SnapshotFiles
}

/** Opens the segments, repaired where needed; producers and epochs are as the log says. */
export function loadSegments(options: LoadOptions): Segments {
  const { disk, directory, nowMs, startOffset } = options
  const bases = tidyFiles(options)
  const segments = new Segments()
  for (const base of bases) segments.push(Segment.open(disk, directory, base, nowMs))
  // Of a complete segment the next one's name tells where it ends.
  for (const [i, segment] of segments.all.entries()) {
    segment.nextOffset = segments.all[i + 1]?.baseOffset ?? segment.nextOffset
  }
  if (segments.count === 0) {
    segments.push(Segment.create(disk, directory, startOffset, nowMs))
  }
  const doubtful = firstDoubtful(segments, options)
  if (doubtful !== undefined) recover(segments, doubtful, options)
  else loadProducers(segments, segments.active.nextOffset, options.producers, options.snapshots)
  return segments
}

/** Removes what a crash may leave lying about. Answers the base offsets of segments, ascending. */
function tidyFiles({ disk, directory, name }: LoadOptions): number[] {
  const names = disk.list(directory).map((entry) => entry.name)
  const swap = names.find((file) => file.endsWith('.swap'))
  if (swap !== undefined) {
    throw new Error(`${name}: ${swap} is what an interrupted compaction leaves; let Kafka, which `
      + 'began it, start once and finish it')
  }
  for (const file of names) {
    const isLeftOver = file.endsWith(DELETED_SUFFIX) || file.endsWith('.cleaned')
      || file.endsWith('.tmp')
    if (isLeftOver) disk.remove(`${directory}/${file}`)
  }
  const bases = new Set(names.flatMap((file) => /^(\d{20})\.log$/.exec(file)?.[1] ?? []))
  for (const file of names) {
    const suffix = INDEX_SUFFIXES.find((one) => file.endsWith(one))
    if (suffix === undefined || bases.has(file.slice(0, -suffix.length))) continue
    disk.remove(`${directory}/${file}`)
  }
  return [...bases].map(Number).sort((a, b) => a - b)
}

/** The place of the first segment that must be read whole; undefined when all can be believed. */
function firstDoubtful(
  segments: Segments, { isClean, recoveryPoint, logger, name }: LoadOptions,
): number | undefined {
  let first = segments.all.findIndex((segment) => !segment.hasIndexes)
  if (first >= 0) logger.warn('an index is missing and is built again', { log: name })
  if (!isClean) {
    const behind = Math.max(0, segments.indexOf(recoveryPoint))
    first = first < 0 ? behind : Math.min(first, behind)
  } else if (!segments.active.findEnd()) {
    logger.warn('the log does not end with a whole batch, though it was closed', { log: name })
    first = first < 0 ? segments.count - 1 : first
  }
  return first < 0 ? undefined : first
}

/** Reads the segments from the doubtful one on. What follows an unsound batch goes. */
function recover(segments: Segments, first: number, options: LoadOptions): void {
  const { logger, name, epochs } = options
  const from = segments.all[first]!.baseOffset
  loadProducers(segments, from, options.producers, options.snapshots)
  let lastOffset = from - 1
  for (const segment of segments.all.slice(first)) {
    const fileBytes = segment.writtenBytes
    lastOffset = recoverSegment(segment, lastOffset, options)
    if (segment.sizeBytes === fileBytes) continue
    logger.warn('cut off what is no sound batch', {
      log: name, segment: segment.baseOffset, endOffset: segment.nextOffset,
      lostBytes: fileBytes - segment.sizeBytes,
    })
    segment.truncateFile(segment.sizeBytes)
    const later = segments.removeFrom(segment.baseOffset + 1)
    if (later.length > 0) logger.warn('removed what followed', { log: name, count: later.length })
    discard(options.disk, later)
    break
  }
  for (const segment of segments.all.slice(first)) segment.saveIndexes()
  options.snapshots.removeAbove(segments.active.nextOffset)
  epochs.truncateFromEnd(segments.active.nextOffset)
  epochs.save()
}

/** Notes every sound batch of the file. Answers the last offset. */
function recoverSegment(segment: Segment, lastOffset: number, options: LoadOptions): number {
  const { producers, epochs, indexIntervalBytes } = options
  const reader = segment.reader()
  segment.clearIndexes()
  let last = lastOffset
  while (reader.next()) {
    const { batch } = reader
    if (!isSound(batch, last, options)) break
    segment.note(batch, indexIntervalBytes)
    takeIn(batch, producers, segment)
    epochs.note(batch.leaderEpoch, batch.baseOffset)
    last = batch.lastOffset
  }
  return last
}

function isSound(batch: Batch, lastOffset: number, { name }: LoadOptions): boolean {
  if (batch.magic >= 0 && batch.magic < MAGIC && batch.baseOffset === lastOffset + 1) {
    throw new ApiError(Errors.UNSUPPORTED_FOR_MESSAGE_FORMAT, `${name} holds records of message `
      + `format ${batch.magic} at offset ${batch.baseOffset}; only format ${MAGIC} is supported`)
  }
  return batch.magic === MAGIC && batch.lastOffsetDelta >= 0 && batch.baseOffset > lastOffset
    && batch.isCrcValid()
}

/** Builds the producer state as of the offset: from a snapshot, and the log behind it. */
export function loadProducers(
  segments: Segments, endOffset: number, producers: ProducerState, snapshots: SnapshotFiles,
): void {
  const newest = snapshots.newest(endOffset)
  producers.load(newest?.entries ?? [])
  const from = newest?.offset ?? segments.first.baseOffset
  if (from >= endOffset) return
  for (const segment of segments.from(from)) {
    for (const reader = segment.reader(from); reader.next();) {
      const { batch } = reader
      if (batch.baseOffset >= endOffset) return
      if (batch.baseOffset >= from) takeIn(batch, producers)
    }
  }
}

/** Removes the files of segments at once. */
export function discard(disk: Disk, segments: readonly Segment[]): void {
  for (const segment of segments) {
    for (const path of segment.markDeleted()) disk.remove(path)
  }
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
  const mark = endMarkOf(batch)
  if (mark === undefined) return
  const completed = producers.addMark(batch, mark)
  if (completed?.isAborted === true) segment?.transactionIndex.append(completed)
}

// Cleans a log: of each key the newest value stays, in segments that take the place of the old.
//
// The keys of the dirty part are indexed first; then all segments up to its end are written anew,
// group by group, each group becoming one segment that is swapped in when it is on the device. What
// is interrupted leaves the log as it was, or with some groups cleaned: a second cleaning does no
// harm.

import { ApiError, Errors } from '../../protocol/errors.ts'
import { Batch } from '../../protocol/records/batch.ts'
import { abortedTransactions } from '../search.ts'
import { MAX_RELATIVE_OFFSET, Segment } from '../segment.ts'
import { CLEANED_SUFFIX } from '../segment-names.ts'
import { type Cleanable, groupSegments } from './cleanable.ts'
import {
  type CleanedLog, CleaningAbandoned, type CleaningOptions, type CleaningStats, NOTHING,
  type Steps,
} from './cleaned-log.ts'
import { indexKeys } from './key-index.ts'
import { OffsetMap } from './offset-map.ts'
import { OpenInSnapshots } from './open-transactions.ts'
import { Retained } from './retained.ts'
import { swapIn } from './swap.ts'
import { CleanedTransactions } from './transactions.ts'
import { type Visitor, walk } from './walk.ts'

export interface Cleaned extends CleaningStats {
  /** Below it keys are there once. */
  readonly endOffset: number
}

/** So much of a segment is written before it goes to the device. */
const MAX_UNSYNCED_BYTES = 8 * 1024 * 1024
/** Positions in a segment are counted in 31 bits. */
const MAX_SEGMENT_BYTES = 0x7fffffff

/**
 * Cleans what is cleanable, or as much of it as the offset map has room for. Throws CORRUPT_MESSAGE
 * and other answers for a log that cannot be cleaned, StorageError, CleaningAbandoned.
 */
export function* clean(
  log: CleanedLog, cleanable: Cleanable, options: CleaningOptions,
): Steps<Cleaned> {
  // What is newer must not be lost in a crash once the older is gone (A2).
  yield { ioBytes: 0, wait: log.sync() }
  const { firstDirtyOffset, firstUncleanableOffset } = cleanable
  if (log.recoveryPoint < firstUncleanableOffset) throw new CleaningAbandoned()
  const buffer = Buffer.allocUnsafeSlow(Math.max(options.bufferBytes, 4096))
  const map = new OffsetMap({
    maxSizeBytes: options.maxMapBytes, loadFactor: options.loadFactor,
    mostKeys: firstUncleanableOffset - firstDirtyOffset,
  })
  yield* indexKeys(log, cleanable, map, buffer)
  const cleaning = new Cleaning(log, cleanable, map, buffer, options)
  yield* cleaning.run()
  return {
    ...cleaning.stats, keys: map.count, mapFill: map.fill, endOffset: map.latestOffset + 1,
  }
}

class Cleaning {
  readonly stats: CleaningStats = {
    bytesRead: 0, bytesWritten: 0, recordsRead: 0, recordsKept: 0, keys: 0, mapFill: 0,
  }
  readonly #log: CleanedLog
  readonly #map: OffsetMap
  readonly #buffer: Buffer
  readonly #firstUncleanableOffset: number
  readonly #retained: Retained
  readonly #open: OpenInSnapshots
  /** That the current group becomes. */
  #target!: Segment
  /** What goes into it with the end of the chunk. */
  #pending: Buffer[] = []
  #pendingBytes = 0
  #unsyncedBytes = 0
  readonly #rebuilt = new Batch(Buffer.alloc(0))

  constructor(
    log: CleanedLog, { firstUncleanableOffset }: Cleanable, map: OffsetMap, buffer: Buffer,
    { nowMs }: CleaningOptions,
  ) {
    this.#log = log
    this.#map = map
    this.#buffer = buffer
    this.#firstUncleanableOffset = firstUncleanableOffset
    this.#open = new OpenInSnapshots(log, firstUncleanableOffset)
    const { first } = log.segments
    const aborted = log.io(() => (
      abortedTransactions(log.segments, first.baseOffset, firstUncleanableOffset)))
    this.#retained = new Retained({
      map, nowMs, producers: log.producers, highWatermark: () => log.highWatermark,
      deleteRetentionMs: log.config.deleteRetentionMs,
      transactions: new CleanedTransactions(
        aborted, (transaction) => this.#target.transactionIndex.append(transaction)),
    })
  }

  *run(): Steps<void> {
    const { segments, config: { segmentBytes, segmentIndexBytes } } = this.#log
    const cleaned = segments.all.filter(({ baseOffset }) => baseOffset <= this.#map.latestOffset)
    const groups = this.#log.io(() => groupSegments(cleaned, {
      segmentBytes, segmentIndexBytes, endOffset: this.#firstUncleanableOffset,
    }))
    for (const group of groups) yield* this.#cleanGroup(group)
    this.stats.recordsRead = this.#retained.recordsRead
    this.stats.recordsKept = this.#retained.recordsKept
  }

  *#cleanGroup(group: readonly Segment[]): Steps<void> {
    const log = this.#log
    if (!log.segments.hasInactive(group)) throw new CleaningAbandoned()
    const { baseOffset } = group[0]!
    const target = log.fitting(() => (
      Segment.create(log.disk, log.directory, baseOffset, group.at(-1)!.createdMs, CLEANED_SUFFIX)))
    this.#target = target
    this.#unsyncedBytes = 0
    let isSwapped = false
    try {
      for (const segment of group) yield* this.#cleanInto(target, segment)
      log.fitting(() => target.finish())
      yield { ioBytes: 0, wait: log.wait(syncFiles(log, target)) }
      yield* this.#open.save()
      const nowMs = yield NOTHING
      if (!log.segments.hasInactive(group)) throw new CleaningAbandoned()
      isSwapped = true
      yield* swapIn(log, group, target, nowMs)
    } finally {
      if (!isSwapped) discard(log, target)
    }
  }

  *#cleanInto(target: Segment, segment: Segment): Steps<void> {
    const visitor: Visitor = {
      batch: (batch) => this.#filter(target, segment, batch),
      chunkSeen: () => this.#write(target),
    }
    this.stats.bytesRead += segment.writtenBytes
    const from = segment.baseOffset
    yield* walk(this.#log, { segment, from, buffer: this.#buffer }, visitor)
  }

  *#filter(target: Segment, segment: Segment, batch: Batch): Steps<boolean> {
    const filtering = this.#retained.of(batch)
    let next = filtering.next()
    for (; next.done !== true; next = filtering.next()) yield NOTHING
    const bytes = next.value
    const rebuilt = bytes === undefined ? undefined : this.#rebuilt.at(bytes, 0)
    if (batch.isControl) yield* this.#open.mark(batch, (rebuilt?.count ?? 0) === 0)
    if (bytes === undefined || rebuilt === undefined) return true
    const fits = target.sizeBytes + bytes.length <= MAX_SEGMENT_BYTES
      && rebuilt.lastOffset - target.baseOffset <= MAX_RELATIVE_OFFSET
    if (!fits) {
      throw new ApiError(Errors.CORRUPT_MESSAGE, `The batch at offset ${batch.baseOffset} of `
        + `${this.#log.name} has no place in a segment that begins at ${segment.baseOffset}`)
    }
    target.note(rebuilt, this.#log.config.indexIntervalBytes)
    this.#pending.push(bytes)
    this.#pendingBytes += bytes.length
    return true
  }

  *#write(target: Segment): Steps<void> {
    const ioBytes = this.#pendingBytes
    if (ioBytes === 0) return
    this.#log.fitting(() => target.write(this.#pending, ioBytes))
    this.#pending = []
    this.#pendingBytes = 0
    this.#unsyncedBytes += ioBytes
    this.stats.bytesWritten += ioBytes
    yield { ioBytes }
    if (this.#unsyncedBytes < MAX_UNSYNCED_BYTES) return
    // Little by little, lest the last sync takes long, and others wait behind it.
    this.#unsyncedBytes = 0
    yield { ioBytes: 0, wait: this.#log.wait(target.file.syncAsync()) }
  }
}

async function syncFiles({ disk }: CleanedLog, segment: Segment): Promise<void> {
  for (const path of segment.paths()) {
    const file = disk.open(path, 'write')
    try {
      await file.syncAsync()
    } finally {
      file.close()
    }
  }
}

/** What a failed disk keeps of it, the next start removes. */
function discard(log: CleanedLog, target: Segment): void {
  target.close()
  try {
    for (const path of target.paths()) log.disk.remove(path)
  } catch (error) {
    log.io(() => { throw error })
  }
}

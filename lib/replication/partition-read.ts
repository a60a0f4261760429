// Reads of a partition as a Fetch asks for them: what may be seen, and what is told along with it.

import { ApiError, Errors } from '../../protocol/errors.ts'
import type { LateBytes, Part } from '../../protocol/late-bytes.ts'
import { Batch } from '../../protocol/records/batch.ts'
import type { Log } from '../../storage/log.ts'
import type { AbortedTransaction } from '../../storage/transaction-index.ts'
import type { AskedPartition, FetchedPartition } from './fetch-sessions.ts'
import { ANY_EPOCH, type Partition } from './partition.ts'

/** Who reads, and how much of the log he may see. */
export interface Reader {
  /** The id of a follower; negative for a consumer. */
  readonly replicaId: number
  /** Nothing of transactions that are not over (`isolation.level=read_committed`). */
  readonly isCommittedOnly: boolean
}

export interface ReadLimits {
  readonly maxBytes: number
  /** The first batch is given whatever its size (KIP-74). */
  readonly minOneBatch: boolean
  /** Which records need not be read before they are sent. */
  readonly mayBeLate: Lateness
}

export type Lateness = 'none' | 'those in files' | 'all'

export interface PartitionRead {
  readonly fetched: FetchedPartition
  /** The records are not needed any more. */
  release(): void
}

interface RecordsRead {
  readonly records: Part
  readonly abortedTransactions: AbortedTransaction[] | null
  release(): void
}

const UNKNOWN = -1
const NO_RECORDS = Buffer.alloc(0)

function nothing(): void {}

export function isFollower({ replicaId }: Reader): boolean {
  return replicaId >= 0
}

/** Nothing at or after it may be read. */
export function readableEnd(log: Log, reader: Reader): number {
  if (isFollower(reader)) return log.writtenOffset
  return reader.isCommittedOnly ? log.lastStableOffset : log.highWatermark
}

/** Throws the `ApiError` that the partition is to be answered with. */
export function readPartition(
  partition: Partition, asked: AskedPartition, reader: Reader, limits: ReadLimits,
): PartitionRead {
  const { log, index } = partition
  // Any negative epoch is none here; elsewhere only −1 is.
  partition.checkLeader(Math.max(asked.currentLeaderEpoch, ANY_EPOCH))
  if (isFollower(reader)) checkFollower(partition, asked, reader)
  const { highWatermark, lastStableOffset, startOffset: logStartOffset } = log
  const told = {
    partitionIndex: index, errorCode: Errors.NONE, highWatermark, lastStableOffset, logStartOffset,
  }
  const divergingEpoch = divergence(log, asked)
  if (divergingEpoch !== undefined) {
    const fetched = { ...told, divergingEpoch, abortedTransactions: null, records: NO_RECORDS }
    return { fetched, release: nothing }
  }
  if (limits.maxBytes < 0) {
    throw new ApiError(Errors.UNKNOWN_SERVER_ERROR, `Invalid max length ${limits.maxBytes}`)
  }
  const { release, ...read } = readRecords(partition, asked.fetchOffset, reader, limits)
  return { fetched: { ...told, ...read }, release }
}

function readRecords(
  partition: Partition, fetchOffset: number, reader: Reader, limits: ReadLimits,
): RecordsRead {
  const { log } = partition
  const { maxBytes, minOneBatch, mayBeLate } = limits
  const maxOffset = readableEnd(log, reader)
  const mayLeaveOut = reader.isCommittedOnly && !isFollower(reader)
  // Which transactions are told of depends on what was read.
  const mustBeSeen = mayLeaveOut && log.abortedTransactions(fetchOffset, maxOffset).length > 0
  if (mayBeLate !== 'none' && !mustBeSeen) {
    const onlyFromFiles = mayBeLate !== 'all'
    const late = partition.guarded(() =>
      log.readLater(fetchOffset, { maxOffset, maxSizeBytes: maxBytes, onlyFromFiles }))
    if (late !== undefined) {
      const records = guardedBytes(partition, late)
      return { records, abortedTransactions: mayLeaveOut ? [] : null, release: late.release }
    }
  }
  const { records, release } = partition.guarded(() =>
    log.read(fetchOffset, maxBytes, { maxOffset, minOneBatch }))
  const abortedTransactions = mayLeaveOut
    ? abortedAmong(log, fetchOffset, maxOffset, records) : null
  return { records, abortedTransactions, release }
}

/** What the disk says of them later concerns the partition as it does now. */
function guardedBytes(partition: Partition, late: LateBytes): LateBytes {
  return {
    length: late.length,
    read: (position, sizeBytes) => partition.guarded(() => late.read(position, sizeBytes)),
    inFile: (position) => partition.guarded(() => late.inFile?.(position)),
  }
}

/** What is told of a partition that could not be read. */
export function failedRead(
  partitionIndex: number, errorCode: number, abortedTransactions: [] | null,
): FetchedPartition {
  return {
    partitionIndex, errorCode, highWatermark: UNKNOWN, lastStableOffset: UNKNOWN,
    logStartOffset: UNKNOWN, abortedTransactions, records: NO_RECORDS,
  }
}

/** Only an assigned replica follows. One that was assigned a moment ago has to try again. */
function checkFollower(partition: Partition, asked: AskedPartition, reader: Reader): void {
  if (partition.hasReplica(reader.replicaId)) return
  throw new ApiError(asked.currentLeaderEpoch < 0
    ? Errors.NOT_LEADER_OR_FOLLOWER : Errors.UNKNOWN_LEADER_EPOCH)
}

/** Where the reader's log and this one part, if he says which epoch he has read (KIP-595). */
function divergence(
  log: Log, { fetchOffset, lastFetchedEpoch }: AskedPartition,
): { epoch: number, endOffset: number } | undefined {
  if (lastFetchedEpoch < 0) return undefined
  const { leaderEpoch: epoch, endOffset } = log.offsetForLeaderEpoch(lastFetchedEpoch)
  if (epoch === UNKNOWN || endOffset === UNKNOWN || fetchOffset < log.startOffset) {
    throw new ApiError(Errors.OFFSET_OUT_OF_RANGE)
  }
  return epoch < lastFetchedEpoch || endOffset < fetchOffset ? { epoch, endOffset } : undefined
}

/** What the reader has to leave out of the records. */
function abortedAmong(
  log: Log, fetchOffset: number, maxOffset: number, records: Buffer,
): AbortedTransaction[] {
  if (records.length === 0) return []
  const aborted = log.abortedTransactions(fetchOffset, maxOffset)
  if (aborted.length === 0) return []
  // Of those far ahead nothing is in the records.
  let endOffset = fetchOffset
  for (const batch = new Batch(records); batch.next();) endOffset = batch.nextOffset
  return aborted.filter(({ firstOffset }) => firstOffset < endOffset)
}

// ListOffsets (key 2): offsets of a partition by time, or by what a negative time stands for.
//
// Versions: 2 has isolation levels (KIP-98); 4 leader epochs (KIP-320); 5 says
// OFFSET_NOT_AVAILABLE while a new leader's high watermark lags (KIP-207); 7 knows the record with
// the largest timestamp (KIP-734); 8, 9 and 11 ask about tiered storage (KIP-405, KIP-1005,
// KIP-1023), which without tiered storage have a fixed answer; 10 has a time-out for that.

import { ApiError, type ErrorCode, Errors } from '../../protocol/errors.ts'
import {
  listOffsets, type ListOffsetsRequest, type ListOffsetsResponse,
} from '../../protocol/messages/list-offsets.ts'
import type { Partition } from '../replication/partition.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'

type AskedPartition = ListOffsetsRequest['topics'][number]['partitions'][number]
type AnsweredPartition = ListOffsetsResponse['topics'][number]['partitions'][number]

const Timestamp = {
  LATEST: -1,
  EARLIEST: -2,
  MAX_TIMESTAMP: -3,
  EARLIEST_LOCAL: -4,
  LATEST_TIERED: -5,
  EARLIEST_PENDING_UPLOAD: -6,
} as const

/** The version from which on a negative timestamp is understood. */
const SINCE: ReadonlyMap<number, number> = new Map([
  [Timestamp.LATEST, 0], [Timestamp.EARLIEST, 0], [Timestamp.MAX_TIMESTAMP, 7],
  [Timestamp.EARLIEST_LOCAL, 8], [Timestamp.LATEST_TIERED, 9],
  [Timestamp.EARLIEST_PENDING_UPLOAD, 11],
])

const CONSUMER = -1
const READ_COMMITTED = 1
const UNKNOWN = -1

export const listOffsetsHandler = handler(listOffsets, handleListOffsets, {
  errorAnswer: ({ topics }, _apiVersion, errorCode) => ({
    topics: topics.map(({ name, partitions }) => ({
      name, partitions: partitions.map((partition) => failed(partition, errorCode)),
    })),
  }),
})

function handleListOffsets(
  request: ListOffsetsRequest, { apiVersion }: RequestContext, { partitions }: Services,
): ListOffsetsResponse {
  const repeated = repeatedPartitions(request)
  const answer = (name: string, asked: AskedPartition): AnsweredPartition => {
    const { partitionIndex, timestamp } = asked
    if (repeated.has(`${name}-${partitionIndex}`)) return failed(asked, Errors.INVALID_REQUEST)
    if (timestamp < 0 && apiVersion < (SINCE.get(timestamp) ?? Infinity)) {
      return failed(asked, Errors.UNSUPPORTED_VERSION)
    }
    const partition = partitions.get(name, partitionIndex)
    if (partition === undefined) {
      return failed(asked, partitions.errorOfAbsent(name, partitionIndex))
    }
    try {
      return find(partition, asked, request)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      return failed(asked, forVersion(error.code, apiVersion))
    }
  }
  return {
    topics: [...withoutRepeats(request)].map(([name, asked]) => ({
      name, partitions: [...asked.values()].map((partition) => answer(name, partition)),
    })),
  }
}

/** Partitions by topic and index: what is asked for more than once is answered once. */
function withoutRepeats(
  { topics }: ListOffsetsRequest,
): ReadonlyMap<string, ReadonlyMap<number, AskedPartition>> {
  const merged = new Map<string, Map<number, AskedPartition>>()
  for (const { name, partitions } of topics) {
    const asked = merged.get(name) ?? new Map<number, AskedPartition>()
    merged.set(name, asked)
    for (const partition of partitions) asked.set(partition.partitionIndex, partition)
  }
  return merged
}

/** `topic-partition` of those asked for more than once. */
function repeatedPartitions({ topics }: ListOffsetsRequest): ReadonlySet<string> {
  const seen = new Set<string>()
  const repeated = new Set<string>()
  for (const { name, partitions } of topics) {
    for (const { partitionIndex } of partitions) {
      const key = `${name}-${partitionIndex}`
      if (seen.has(key)) repeated.add(key)
      seen.add(key)
    }
  }
  return repeated
}

function forVersion(code: ErrorCode, apiVersion: number): ErrorCode {
  const isTooNew = code === Errors.OFFSET_NOT_AVAILABLE && apiVersion < 5
  return isTooNew ? Errors.LEADER_NOT_AVAILABLE : code
}

function find(
  partition: Partition, asked: AskedPartition, request: ListOffsetsRequest,
): AnsweredPartition {
  partition.checkLeader(asked.currentLeaderEpoch)
  const { log } = partition
  switch (asked.timestamp) {
    case Timestamp.LATEST:
      checkLag(partition, request)
      return found(asked, UNKNOWN, readableEnd(partition, request), partition.leaderEpoch)
    case Timestamp.EARLIEST:
    case Timestamp.EARLIEST_LOCAL:
      return found(asked, UNKNOWN, log.startOffset, log.epochOf(log.startOffset))
    case Timestamp.LATEST_TIERED:
    case Timestamp.EARLIEST_PENDING_UPLOAD:
      return found(asked, UNKNOWN, UNKNOWN, UNKNOWN)
  }
  const place = asked.timestamp === Timestamp.MAX_TIMESTAMP
    ? log.maxTimestampOffset() : log.offsetForTimestamp(asked.timestamp)
  if (place === undefined || place.offset >= readableEnd(partition, request)) {
    checkLag(partition, request)
    return failed(asked, Errors.NONE)
  }
  return found(asked, place.timestamp, place.offset, place.leaderEpoch)
}

/** What this asker may read; replicas and tools see all there is. */
function readableEnd(
  { log }: Partition, { replicaId, isolationLevel }: ListOffsetsRequest,
): number {
  if (replicaId !== CONSUMER) return log.endOffset
  return isolationLevel === READ_COMMITTED ? log.lastStableOffset : log.highWatermark
}

/** A new leader does not know at first how far records were committed before. */
function checkLag(partition: Partition, { replicaId }: ListOffsetsRequest): void {
  if (replicaId === CONSUMER && partition.isHighWatermarkLagging) {
    throw new ApiError(Errors.OFFSET_NOT_AVAILABLE)
  }
}

function found(
  { partitionIndex }: AskedPartition, timestamp: number, offset: number, leaderEpoch: number,
): AnsweredPartition {
  return { partitionIndex, errorCode: Errors.NONE, timestamp, offset, leaderEpoch }
}

function failed({ partitionIndex }: AskedPartition, errorCode: number): AnsweredPartition {
  return { partitionIndex, errorCode, timestamp: UNKNOWN, offset: UNKNOWN, leaderEpoch: UNKNOWN }
}

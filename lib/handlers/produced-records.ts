// The records of a Produce request, before anybody looks into a log: is it one batch of today's
// format for each partition, and is each partition named once.

import { type ErrorCode, Errors } from '../../protocol/errors.ts'
import type { ProduceRequest } from '../../protocol/messages/produce.ts'
import { type Batch, batchBytesAt, MAGIC, MAGIC_AT } from '../../protocol/records/batch.ts'

export type AskedTopic = ProduceRequest['topicData'][number]
export type AskedPartition = AskedTopic['partitionData'][number]

const ZSTD_SINCE = 7

/** There must be exactly one batch, in the one format of today. */
export function checkRecords(records: Buffer, cursor: Batch, apiVersion: number): ErrorCode {
  cursor.at(records, 0)
  if (!cursor.next()) return isShort(records) ? Errors.CORRUPT_MESSAGE : Errors.INVALID_RECORD
  if (cursor.magic !== MAGIC) return Errors.INVALID_RECORD
  if (apiVersion < ZSTD_SINCE) {
    if (cursor.codec === 'zstd') return Errors.UNSUPPORTED_COMPRESSION_TYPE
    // Kafka looks at the codec before it comes to the log, and later versions there.
    if (cursor.codec === undefined) return Errors.UNKNOWN_SERVER_ERROR
  }
  // What follows and is no whole batch does not count; the log leaves it out too.
  const isAlone = cursor.sizeBytes === records.length || !cursor.next()
  return isAlone ? Errors.NONE : Errors.INVALID_RECORD
}

/** Whether the batch is there as a whole, and yet too short for one of today. */
function isShort(records: Buffer): boolean {
  return records.length > MAGIC_AT && records.readInt8(MAGIC_AT) === MAGIC
    && batchBytesAt(records, 0) <= records.length
}

/** Whether a partition is named more than once. */
function isRepetitive(topics: readonly AskedTopic[]): boolean {
  if (topics.length > 1) {
    const names = new Set(topics.map(({ name, topicId }) => `${topicId}${name}`))
    if (names.size < topics.length) return true
  }
  for (const { partitionData } of topics) {
    if (partitionData.length === 1) continue
    if (new Set(partitionData.map(({ index }) => index)).size < partitionData.length) return true
  }
  return false
}

/** Of a partition named more than once the last counts, in the place of the first. */
export function withoutRepeats(topics: readonly AskedTopic[]): readonly AskedTopic[] {
  if (!isRepetitive(topics)) return topics
  const merged = new Map<string, Map<number, AskedPartition>>()
  const firsts = new Map<string, AskedTopic>()
  for (const topic of topics) {
    const key = `${topic.topicId}${topic.name}`
    if (!firsts.has(key)) firsts.set(key, topic)
    const partitions = merged.get(key) ?? new Map<number, AskedPartition>()
    merged.set(key, partitions)
    for (const asked of topic.partitionData) partitions.set(asked.index, asked)
  }
  return [...firsts].map(([key, topic]) => (
    { ...topic, partitionData: [...merged.get(key)!.values()] }
  ))
}

// A partition as the log of a shard.

import { ApiError, Errors } from '../../protocol/errors.ts'
import { buildBatch } from '../../protocol/records/batch.ts'
import type { Codec } from '../../protocol/records/compression.ts'
import { endMarkerBatch } from '../../protocol/records/control.ts'
import { payloadOf, RecordCursor } from '../../protocol/records/record.ts'
import { endMarkOf } from '../../storage/end-mark.ts'
import type { Partition, PartitionAppend } from '../replication/partition.ts'
import type { ShardLog, StoredMark, StoredRecord } from './shard.ts'

// A coordinator's record counts as written when the whole ISR has it.
const ALL_IN_SYNC = -1
const NO_PRODUCER = -1
const NO_EPOCH = -1
const NO_SEQUENCE = -1

export function partitionLog(partition: Partition, codec: Codec): ShardLog {
  return {
    get endOffset() {
      return partition.log.endOffset
    },
    get maxBatchSizeBytes() {
      return partition.log.config.maxMessageBytes
    },
    append(records, nowMs, producer) {
      if (!partition.isLeader) throw new ApiError(Errors.NOT_LEADER_OR_FOLLOWER)
      const batch = buildBatch({
        records, codec, timestampMs: nowMs, isTransactional: producer !== undefined,
        producerId: producer?.producerId ?? NO_PRODUCER,
        producerEpoch: producer?.producerEpoch ?? NO_EPOCH,
        baseSequence: producer === undefined ? NO_SEQUENCE : 0,
      })
      return append(partition, batch, {
        nowMs, verification: producer?.verification,
        isVerificationRequired: producer?.isVerificationRequired,
      })
    },
    appendMark(mark, nowMs) {
      const batch = endMarkerBatch({
        ...mark, type: mark.isCommitted ? 'COMMIT' : 'ABORT', baseOffset: 0, leaderEpoch: -1,
        timestampMs: nowMs,
      })
      return append(partition, batch, { nowMs, transactionVersion: mark.transactionVersion })
    },
    whenCommitted: (offset, callback) => partition.whenCommitted(offset, callback),
    records: () => storedRecords(partition),
  }
}

function append(
  partition: Partition, batch: Buffer, options: Omit<PartitionAppend, 'acks' | 'origin'>,
): number {
  const { lastOffset } =
    partition.append(batch, { ...options, acks: ALL_IN_SYNC, origin: 'coordinator' })
  // What does not fit on the disk is to be heard of while it can be taken back.
  partition.write()
  return lastOffset + 1
}

function* storedRecords({ log }: Partition): Generator<StoredRecord | StoredMark> {
  for (const batch of log.batches(log.startOffset)) {
    const { isControl, isTransactional, producerId } = batch
    if (!isControl) {
      if (batch.count === 0) continue // the compaction took all of them
      const cursor = new RecordCursor(payloadOf(batch), batch.count)
      const { baseOffset } = batch
      while (cursor.next()) {
        yield {
          key: cursor.key(), value: cursor.value(), offset: baseOffset + cursor.offsetDelta,
          producerId: isTransactional ? producerId : NO_PRODUCER,
        }
      }
      continue
    }
    const mark = endMarkOf(batch)
    if (mark !== undefined) yield { mark: { producerId, isCommitted: !mark.isAborted } }
  }
}

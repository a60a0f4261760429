// A partition as the log of a shard.

import { ApiError, Errors } from '../../protocol/errors.ts'
import { buildBatch } from '../../protocol/records/batch.ts'
import type { Codec } from '../../protocol/records/compression.ts'
import { recordsOf } from '../../protocol/records/record.ts'
import type { Partition } from '../replication/partition.ts'
import type { ShardLog, StoredRecord } from './shard.ts'

// A coordinator's record counts as written when the whole ISR has it.
const ALL_IN_SYNC = -1

export function partitionLog(partition: Partition, codec: Codec): ShardLog {
  return {
    get endOffset() {
      return partition.log.endOffset
    },
    get maxBatchSizeBytes() {
      return partition.log.config.maxMessageBytes
    },
    append(records, nowMs) {
      if (!partition.isLeader) throw new ApiError(Errors.NOT_LEADER_OR_FOLLOWER)
      const batch = buildBatch({
        baseOffset: 0,
        codec,
        records: records.map(({ key, value }) => ({ key, value, headers: [], timestamp: nowMs })),
      })
      return partition.append(batch, { acks: ALL_IN_SYNC, nowMs, origin: 'coordinator' })
        .lastOffset + 1
    },
    whenCommitted: (offset, callback) => partition.whenCommitted(offset, callback),
    records: () => storedRecords(partition),
  }
}

function* storedRecords({ log }: Partition): Generator<StoredRecord> {
  for (const batch of log.batches(log.startOffset)) {
    if (!batch.isControl) yield* recordsOf(batch)
  }
}

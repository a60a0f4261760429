// How far groups are behind what they read, in records and in seconds: what Kafka itself does not
// tell. The names are those of kafka_exporter, as far as it has them.
//
// Lag in records is the high watermark less the committed offset, as kafka-consumer-groups has it.
// Lag in seconds is the time since the oldest record that is not committed was written: the present
// time less the timestamp of the first batch of records at or behind the committed offset, and 0
// where there is none. Marks of transactions are no records. A batch tells the time of its first
// record (of its append, where the topic goes by that), so what is told is too long by no more than
// its producer took to fill the batch.

import { ApiError } from '../../../protocol/errors.ts'
import type { Batch } from '../../../protocol/records/batch.ts'
import type { GroupCoordinator } from '../../coordinators/groups/coordinator.ts'
import type { Partition } from '../../replication/partition.ts'
import type { Partitions } from '../../replication/partitions.ts'
import type { Clock } from '../../world/clock.ts'
import { type Family, gauges, PAUSE, type Samples } from '../family.ts'

export interface LagSources {
  readonly groups: GroupCoordinator
  readonly partitions: Partitions
  readonly clock: Pick<Clock, 'nowMs'>
}

/** Undefined where it cannot be told. */
type Read = (partition: Partition, offset: number) => number | undefined

const LABELS = ['consumergroup', 'topic', 'partition']

export function lagFamilies(sources: LagSources): Family[] {
  const family = (name: string, help: string, read: Read): Family => (
    gauges(`kafka_consumergroup_${name}`, help, LABELS, () => eachOffset(sources, read)))
  return [
    family('current_offset', 'The offset that the group has committed', (_, offset) => offset),
    family('lag', 'Records of the partition that the group has not committed yet',
      ({ log }, offset) => Math.max(0, log.highWatermark - offset)),
    family('lag_seconds', 'Since the oldest record was written that is not committed yet',
      (partition, offset) => secondsBehind(partition, offset, sources.clock.nowMs())),
  ]
}

function* eachOffset({ groups, partitions }: LagSources, read: Read): Samples {
  for (const { offsets } of groups.states()) {
    for (const consumergroup of offsets.groupIds()) {
      for (const [topic, ofTopic] of offsets.ofGroup(consumergroup) ?? []) {
        for (const [index, { offset }] of ofTopic) {
          const partition = partitions.get(topic, index)
          const value = partition?.isUsable === true ? read(partition, offset) : undefined
          if (value === undefined) yield PAUSE
          else yield [value, { consumergroup, topic, partition: String(index) }]
        }
      }
    }
  }
}

function secondsBehind(partition: Partition, offset: number, nowMs: number): number | undefined {
  try {
    const writtenMs = partition.guarded(() => oldestFrom(partition, offset))
    if (writtenMs === undefined) return 0
    return writtenMs < 0 ? undefined : Math.max(0, nowMs - writtenMs) / 1000
  } catch (error) {
    // That it cannot be read is told to those who read it.
    if (error instanceof ApiError) return undefined
    throw error
  }
}

/** When the first records there were written; undefined without any. */
function oldestFrom({ log }: Partition, offset: number): number | undefined {
  const { highWatermark, startOffset } = log
  if (offset >= highWatermark) return undefined
  for (const batch of log.batches(Math.max(offset, startOffset), highWatermark)) {
    if (!batch.isControl) return timeOf(batch)
  }
  return undefined
}

function timeOf(batch: Batch): number {
  const isOfRecords = batch.timestampType === 'CreateTime' && batch.deleteHorizonMs === undefined
  return isOfRecords ? batch.baseTimestamp : batch.maxTimestamp
}

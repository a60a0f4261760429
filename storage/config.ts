// The configs of a topic: one table with Kafka's names, defaults and checks, and the typed values
// that a log works with.

import { ApiError, Errors } from '../protocol/errors.ts'
import { crc32c } from '../protocol/records/crc32c.ts'
import {
  atLeast, between, type Check, type ConfigType, type ConfigValue, doubleText, gzipLevel, listOf,
  oneOf, readValue, throttledReplicas,
} from './config-values.ts'

export interface TopicConfig {
  readonly name: string
  readonly type: ConfigType
  /** Kafka's default, as text. */
  readonly default: string
  readonly check: Check | undefined
  /** The server's setting that gives topics their value; of several, the strongest. */
  readonly synonym: string | undefined
  readonly doc: string
}

const MAX_LONG = '9223372036854775807'
const WEEK_MS = '604800000'

function config(
  name: string, type: ConfigType, fallback: string, check: Check | undefined,
  synonym: string | undefined, doc: string,
): TopicConfig {
  return { name, type, default: fallback, check, synonym, doc }
}

/** Every config that a topic of Kafka 4.4 has, in the order in which Kafka defines them. */
export const TOPIC_CONFIGS: readonly TopicConfig[] = [
  config('segment.bytes', 'int', '1073741824', atLeast(1048576), 'log.segment.bytes',
    'The size at which a segment is full and the next one begins.'),
  config('segment.ms', 'long', WEEK_MS, atLeast(1), 'log.roll.ms',
    'The age at which a segment is closed and the next one begins.'),
  config('segment.jitter.ms', 'long', '0', atLeast(0), 'log.roll.jitter.ms',
    'By how much rolling by time may come early, at random, so that not all logs roll at once.'),
  config('segment.index.bytes', 'int', '10485760', atLeast(4), 'log.index.size.max.bytes',
    'The size of an index at which its segment counts as full.'),
  config('flush.messages', 'long', MAX_LONG, atLeast(1), 'log.flush.interval.messages',
    'After how many records the log is synced to the device; 1 syncs before every ' +
    'acknowledgement.'),
  config('flush.ms', 'long', MAX_LONG, atLeast(0), 'log.flush.interval.ms',
    'After how long the log is synced to the device.'),
  config('retention.bytes', 'long', '-1', undefined, 'log.retention.bytes',
    'How large a partition may become before old segments go; -1 sets no limit.'),
  config('retention.ms', 'long', WEEK_MS, atLeast(-1), 'log.retention.ms',
    'How long segments are kept before they go; -1 sets no limit.'),
  config('max.message.bytes', 'int', '1048588', atLeast(0), 'message.max.bytes',
    'The largest batch of records, compressed, that is taken.'),
  config('max.decompressed.message.bytes', 'int', '2147483639', between(1, 2147483639),
    'max.decompressed.message.bytes',
    'The largest record, decompressed, that is taken where records are decompressed.'),
  config('index.interval.bytes', 'int', '4096', atLeast(0), 'log.index.interval.bytes',
    'After how many bytes of records the offset index gets its next entry.'),
  config('delete.retention.ms', 'long', '86400000', atLeast(0), 'log.cleaner.delete.retention.ms',
    'How long a compacted topic keeps tombstones, so that readers get to see the deletion.'),
  config('min.compaction.lag.ms', 'long', '0', atLeast(0), 'log.cleaner.min.compaction.lag.ms',
    'How long a record is left uncompacted at least.'),
  config('max.compaction.lag.ms', 'long', MAX_LONG, atLeast(1), 'log.cleaner.max.compaction.lag.ms',
    'How long a record of a compacted topic may stay uncompacted; segments roll in time for it.'),
  config('file.delete.delay.ms', 'long', '60000', atLeast(0), 'log.segment.delete.delay.ms',
    'How long the file of a removed segment stays on the disk.'),
  config('min.cleanable.dirty.ratio', 'double', '0.5', between(0, 1),
    'log.cleaner.min.cleanable.ratio',
    'Which part of a log must be uncompacted before compacting it pays.'),
  config('cleanup.policy', 'list', 'delete', listOf('compact', 'delete'), 'log.cleanup.policy',
    'What happens to old segments: delete removes them by age and size, compact keeps the last ' +
    'value of each key. Both may be given; with neither nothing is ever removed.'),
  config('unclean.leader.election.enable', 'boolean', 'false', undefined,
    'unclean.leader.election.enable',
    'Whether a replica that lacks acknowledged records may lead when no other is left.'),
  config('min.insync.replicas', 'int', '1', atLeast(1), 'min.insync.replicas',
    'How many replicas, the leader among them, must have a record before acks=all is answered.'),
  config('compression.type', 'string', 'producer',
    oneOf('uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'), 'compression.type',
    'The compression of what is stored; producer keeps what the producer chose.'),
  config('compression.gzip.level', 'int', '-1', gzipLevel, 'compression.gzip.level',
    'How hard gzip tries, where compression.type is gzip.'),
  config('compression.lz4.level', 'int', '9', between(1, 17), 'compression.lz4.level',
    'How hard lz4 tries, where compression.type is lz4.'),
  config('compression.zstd.level', 'int', '3', between(-131072, 22), 'compression.zstd.level',
    'How hard zstd tries, where compression.type is zstd.'),
  config('preallocate', 'boolean', 'false', undefined, 'log.preallocate',
    'Whether the file of a new segment takes its full size at once.'),
  config('message.timestamp.type', 'string', 'CreateTime', oneOf('CreateTime', 'LogAppendTime'),
    'log.message.timestamp.type',
    'Whether records keep the time of their producer or get that of their arrival.'),
  config('message.timestamp.before.max.ms', 'long', MAX_LONG, atLeast(0),
    'log.message.timestamp.before.max.ms',
    'How far the timestamp of a record may lie behind the clock, with CreateTime.'),
  config('message.timestamp.after.max.ms', 'long', '3600000', atLeast(0),
    'log.message.timestamp.after.max.ms',
    'How far the timestamp of a record may lie ahead of the clock, with CreateTime.'),
  config('leader.replication.throttled.replicas', 'list', '', throttledReplicas, undefined,
    'Replicas to which the leader sends at a throttled rate: partition:broker pairs, or * for ' +
    'all.'),
  config('follower.replication.throttled.replicas', 'list', '', throttledReplicas, undefined,
    'Replicas whose fetching from the leader is throttled: partition:broker pairs, or * for all.'),
  config('remote.storage.enable', 'boolean', 'false', undefined, undefined,
    'Whether the topic uses tiered storage.'),
  config('local.retention.ms', 'long', '-2', atLeast(-2), 'log.local.retention.ms',
    'With tiered storage, how long segments stay here; -2 takes retention.ms.'),
  config('local.retention.bytes', 'long', '-2', atLeast(-2), 'log.local.retention.bytes',
    'With tiered storage, how much of a partition stays here; -2 takes retention.bytes.'),
  config('remote.log.copy.disable', 'boolean', 'false', undefined, undefined,
    'With tiered storage, whether nothing more is uploaded.'),
  config('remote.copy.lag.ms', 'long', '0', atLeast(-1), 'log.remote.copy.lag.ms',
    'With tiered storage, how old a segment must be before it is uploaded.'),
  config('remote.copy.lag.bytes', 'long', '-1', atLeast(-1), 'log.remote.copy.lag.bytes',
    'With tiered storage, how many newer bytes there must be before a segment is uploaded.'),
  config('remote.log.delete.on.disable', 'boolean', 'false', undefined, undefined,
    'Whether data in tiered storage goes when tiered storage is switched off for the topic.'),
  config('errors.deadletterqueue.group.enable', 'boolean', 'false', undefined, undefined,
    'Whether share groups may send here what they could not deliver.'),
]

/**
 * Not to be set by clients in earnest, but Kafka knows it too: a segment size below the least that
 * `segment.bytes` takes.
 */
const INTERNAL_SEGMENT_BYTES = config('internal.segment.bytes', 'int', '', undefined, undefined,
  'A segment size for tests.')

const BY_NAME: ReadonlyMap<string, TopicConfig> = new Map(
  [...TOPIC_CONFIGS, INTERNAL_SEGMENT_BYTES].map((one) => [one.name, one]))

/**
 * What a log works with. Longs at Kafka's largest are `Infinity`; -1, where it says so, is no
 * limit.
 */
export interface LogConfig {
  readonly segmentBytes: number
  readonly segmentMs: number
  readonly segmentJitterMs: number
  readonly segmentIndexBytes: number
  readonly flushMessages: number
  readonly flushMs: number
  /** -1: no limit. */
  readonly retentionBytes: number
  /** -1: no limit. */
  readonly retentionMs: number
  readonly maxMessageBytes: number
  readonly maxDecompressedMessageBytes: number
  readonly indexIntervalBytes: number
  readonly deleteRetentionMs: number
  readonly minCompactionLagMs: number
  readonly maxCompactionLagMs: number
  readonly fileDeleteDelayMs: number
  readonly minCleanableDirtyRatio: number
  readonly cleanupPolicy: ReadonlySet<'compact' | 'delete'>
  readonly uncleanLeaderElectionEnable: boolean
  readonly minInsyncReplicas: number
  readonly compressionType: 'uncompressed' | 'zstd' | 'lz4' | 'snappy' | 'gzip' | 'producer'
  readonly compressionGzipLevel: number
  readonly compressionLz4Level: number
  readonly compressionZstdLevel: number
  readonly preallocate: boolean
  readonly timestampType: 'CreateTime' | 'LogAppendTime'
  readonly timestampBeforeMaxMs: number
  readonly timestampAfterMaxMs: number
}

/**
 * Reads a topic's configs: its own over the server's (`defaults`, by the topic's names) over
 * Kafka's. Throws INVALID_CONFIG, in Kafka's words.
 */
export function parseLogConfig(
  overrides: ReadonlyMap<string, string>, defaults: ReadonlyMap<string, string> = new Map(),
): LogConfig {
  for (const name of overrides.keys()) {
    if (BY_NAME.has(name)) continue
    throw new ApiError(Errors.INVALID_CONFIG, `Unknown topic config name: ${name}`)
  }
  const values = new Map<string, ConfigValue>()
  for (const { name, type, default: fallback, check } of BY_NAME.values()) {
    const text = overrides.get(name) ?? defaults.get(name) ?? fallback
    if (name === INTERNAL_SEGMENT_BYTES.name && text === '') continue
    const value = readValue(name, type, text)
    check?.(name, value, type === 'double' ? doubleText(Number(value)) : text)
    values.set(name, value)
  }
  checkTogether(values)
  return logConfigOf(values)
}

function checkTogether(values: ReadonlyMap<string, ConfigValue>): void {
  const minimum = Number(values.get('min.compaction.lag.ms'))
  const maximum = Number(values.get('max.compaction.lag.ms'))
  if (minimum > maximum) {
    throw new ApiError(Errors.INVALID_CONFIG,
      `conflict topic config setting min.compaction.lag.ms (${minimum}) > ` +
      `max.compaction.lag.ms (${maximum})`)
  }
  if (values.get('remote.storage.enable') === true) {
    throw new ApiError(Errors.INVALID_CONFIG,
      'Tiered Storage functionality is disabled in the broker. Topic cannot be configured with ' +
      'remote log storage.')
  }
}

function logConfigOf(values: ReadonlyMap<string, ConfigValue>): LogConfig {
  const number = (name: string): number => {
    const value = Number(values.get(name))
    // Only the largest long is that large: "never".
    return value >= Number.MAX_SAFE_INTEGER ? Infinity : value
  }
  const has = (name: string): boolean => values.get(name) === true
  const policies = values.get('cleanup.policy') as readonly ('compact' | 'delete')[]
  return {
    segmentBytes: values.has(INTERNAL_SEGMENT_BYTES.name)
      ? number(INTERNAL_SEGMENT_BYTES.name) : number('segment.bytes'),
    segmentMs: number('segment.ms'),
    segmentJitterMs: number('segment.jitter.ms'),
    segmentIndexBytes: number('segment.index.bytes'),
    flushMessages: number('flush.messages'),
    flushMs: number('flush.ms'),
    retentionBytes: number('retention.bytes'),
    retentionMs: number('retention.ms'),
    maxMessageBytes: number('max.message.bytes'),
    maxDecompressedMessageBytes: number('max.decompressed.message.bytes'),
    indexIntervalBytes: number('index.interval.bytes'),
    deleteRetentionMs: number('delete.retention.ms'),
    minCompactionLagMs: number('min.compaction.lag.ms'),
    maxCompactionLagMs: number('max.compaction.lag.ms'),
    fileDeleteDelayMs: number('file.delete.delay.ms'),
    minCleanableDirtyRatio: number('min.cleanable.dirty.ratio'),
    cleanupPolicy: new Set(policies),
    uncleanLeaderElectionEnable: has('unclean.leader.election.enable'),
    minInsyncReplicas: number('min.insync.replicas'),
    compressionType: values.get('compression.type') as LogConfig['compressionType'],
    compressionGzipLevel: number('compression.gzip.level'),
    compressionLz4Level: number('compression.lz4.level'),
    compressionZstdLevel: number('compression.zstd.level'),
    preallocate: has('preallocate'),
    timestampType: values.get('message.timestamp.type') as LogConfig['timestampType'],
    timestampBeforeMaxMs: number('message.timestamp.before.max.ms'),
    timestampAfterMaxMs: number('message.timestamp.after.max.ms'),
  }
}

/** With compaction a segment is closed in time for `max.compaction.lag.ms`. */
export function maxSegmentMs({ cleanupPolicy, maxCompactionLagMs, segmentMs }: LogConfig): number {
  return cleanupPolicy.has('compact') ? Math.min(maxCompactionLagMs, segmentMs) : segmentMs
}

/** How much earlier than `segment.ms` a log rolls: by its name, so that not all do at once. */
export function jitterMs(config: LogConfig, name: string): number {
  if (config.segmentJitterMs === 0) return 0
  const share = crc32c(Buffer.from(name)) / 2 ** 32
  return Math.floor(share * Math.min(config.segmentJitterMs, config.segmentMs))
}

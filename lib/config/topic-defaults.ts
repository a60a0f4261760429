// Which server setting gives the default of which topic config.

/** Topic config → server setting, where the unit and the form are the same. */
const SYNONYMS: Readonly<Record<string, string>> = {
  'segment.bytes': 'log.segment.bytes',
  'segment.index.bytes': 'log.index.size.max.bytes',
  'flush.messages': 'log.flush.interval.messages',
  'retention.bytes': 'log.retention.bytes',
  'max.message.bytes': 'message.max.bytes',
  'max.decompressed.message.bytes': 'max.decompressed.message.bytes',
  'index.interval.bytes': 'log.index.interval.bytes',
  'delete.retention.ms': 'log.cleaner.delete.retention.ms',
  'min.compaction.lag.ms': 'log.cleaner.min.compaction.lag.ms',
  'max.compaction.lag.ms': 'log.cleaner.max.compaction.lag.ms',
  'file.delete.delay.ms': 'log.segment.delete.delay.ms',
  'min.cleanable.dirty.ratio': 'log.cleaner.min.cleanable.ratio',
  'cleanup.policy': 'log.cleanup.policy',
  'unclean.leader.election.enable': 'unclean.leader.election.enable',
  'min.insync.replicas': 'min.insync.replicas',
  'compression.type': 'compression.type',
  'compression.gzip.level': 'compression.gzip.level',
  'compression.lz4.level': 'compression.lz4.level',
  'compression.zstd.level': 'compression.zstd.level',
  'preallocate': 'log.preallocate',
  'message.timestamp.type': 'log.message.timestamp.type',
  'message.timestamp.before.max.ms': 'log.message.timestamp.before.max.ms',
  'message.timestamp.after.max.ms': 'log.message.timestamp.after.max.ms',
  'local.retention.ms': 'log.local.retention.ms',
  'local.retention.bytes': 'log.local.retention.bytes',
  'remote.copy.lag.ms': 'log.remote.copy.lag.ms',
  'remote.copy.lag.bytes': 'log.remote.copy.lag.bytes',
}

/** Server settings that Samsa acts on by way of the topics' configs. */
export const SETTINGS_OF_TOPICS: ReadonlySet<string> = new Set(Object.values(SYNONYMS))

/** Times that may be given in several units, the finest winning. */
export interface MergedTimes {
  /** −1: for ever. */
  readonly logRetentionMs: number
  readonly logRollMs: number
  readonly logRollJitterMs: number
}

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

/** `get` gives the text of a setting, given or default; null when it has no value. */
export function mergeTimes(get: (name: string) => string | null): MergedTimes {
  const time = (name: string, unitMs: number) => {
    const text = get(name)
    return text === null ? undefined : Number(text) * unitMs
  }
  const retentionMs = time('log.retention.ms', 1)
    ?? time('log.retention.minutes', MINUTE_MS) ?? time('log.retention.hours', HOUR_MS) ?? -1
  return {
    logRetentionMs: retentionMs < 0 ? -1 : retentionMs,
    logRollMs: time('log.roll.ms', 1) ?? time('log.roll.hours', HOUR_MS) ?? 0,
    logRollJitterMs: time('log.roll.jitter.ms', 1) ?? time('log.roll.jitter.hours', HOUR_MS) ?? 0,
  }
}

/** Topic config → the value that this server's topics have unless they are given another one. */
export function topicDefaults(get: (name: string) => string | null): Map<string, string> {
  const { logRetentionMs, logRollMs, logRollJitterMs } = mergeTimes(get)
  const flushMs = get('log.flush.interval.ms') ?? get('log.flush.scheduler.interval.ms')
  const defaults = new Map([
    ['retention.ms', String(logRetentionMs)],
    ['segment.ms', String(logRollMs)],
    ['segment.jitter.ms', String(logRollJitterMs)],
  ])
  if (flushMs !== null) defaults.set('flush.ms', flushMs)
  for (const [config, setting] of Object.entries(SYNONYMS)) {
    const value = get(setting)
    if (value !== null) defaults.set(config, value)
  }
  return defaults
}

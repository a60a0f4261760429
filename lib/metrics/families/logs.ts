// Logs and their directories: Kafka's Log, LogManager, LogCleaner and LogCleanerManager.

import type { Log } from '../../../storage/log.ts'
import type { CleanerStats } from '../../cleaner.ts'
import type { LogDirectories } from '../../log-directories.ts'
import type { Partitions } from '../../replication/partitions.ts'
import type { Clock } from '../../world/clock.ts'
import {
  type Family, gauge, gauges, type Labels, PAUSE, type Sample, type Samples,
} from '../family.ts'

export function logFamilies(partitions: Partitions): Family[] {
  const family = (name: string, help: string, read: (log: Log) => number): Family => (
    gauges(`kafka_log_log_${name}`, help, ['topic', 'partition'],
      () => eachLog(partitions, read)))
  return [
    family('size', 'Bytes of the log', (log) => log.sizeBytes),
    family('logstartoffset', 'The first offset that is there', (log) => log.startOffset),
    family('logendoffset', 'The offset that the next record gets', (log) => log.endOffset),
    family('numlogsegments', 'Segments of the log', (log) => log.segmentCount),
  ]
}

function* eachLog(partitions: Partitions, read: (log: Log) => number): Samples {
  for (const { topic, index, log, isUsable } of partitions.all()) {
    if (isUsable) yield [read(log), { topic, partition: String(index) }]
    else yield PAUSE
  }
}

/** `paths`: of `log.dirs`, those that could not be used at the start among them. */
export function directoryFamilies(
  paths: readonly string[], directories: Pick<LogDirectories, 'all'>,
): Family[] {
  const isOnline = (path: string): boolean => (
    directories.all.some((directory) => directory.path === path && !directory.isFailed))
  return [
    gauge('kafka_log_logmanager_offlinelogdirectorycount', 'Log directories that failed',
      () => paths.filter((path) => !isOnline(path)).length),
    gauges('kafka_log_logmanager_logdirectoryoffline', '1 for a log directory that failed',
      ['logDirectory'],
      () => paths.map((path): Sample => [isOnline(path) ? 0 : 1, labelOf(path)])),
    gauges('kafka_log_logcleanermanager_uncleanable_partitions_count',
      'Compacted logs that cannot be cleaned', ['logDirectory'],
      () => uncleanable(directories)),
  ]
}

function* uncleanable({ all }: Pick<LogDirectories, 'all'>): Samples {
  for (const directory of all) {
    if (directory.isFailed) continue
    let count = 0
    for (const log of directory.logs()) {
      if (log.compaction.isUncleanable) count++
      yield PAUSE
    }
    yield [count, labelOf(directory.path)]
  }
}

/** With quotes of its own, as Kafka's name of the bean has it. */
function labelOf(path: string): Labels {
  return { logDirectory: `"${path}"` }
}

export function cleanerFamilies(
  stats: CleanerStats, clock: Pick<Clock, 'monotonicMs'>,
): Family[] {
  return [
    gauge('kafka_log_logcleanermanager_time_since_last_run_ms',
      'Since the cleaner looked for something to clean',
      () => Math.round(clock.monotonicMs() - (stats.lastLookMs ?? clock.monotonicMs()))),
    gauge('kafka_log_logcleanermanager_max_dirty_percent',
      'How dirty the dirtiest log was that it found', () => Math.round(100 * stats.dirtyRatio)),
    gauge('kafka_log_logcleaner_cleaner_recopy_percent',
      'How much of the log the last cleaning kept', () => Math.round(100 * stats.keptRatio)),
    gauge('kafka_log_logcleaner_max_clean_time_secs', 'What the last cleaning took',
      () => Math.round(stats.lastCleaningMs / 1000)),
  ]
}

// The cleaning of compacted logs: Kafka's LogCleaner and LogCleanerManager.

import type { Log } from '../../../storage/log.ts'
import type { CleanerStats } from '../../cleaner.ts'
import type { LogDirectories } from '../../log-directories.ts'
import type { Clock } from '../../world/clock.ts'
import { counter, type Family, gauge, gauges, PAUSE, type Samples } from '../family.ts'
import { labelOf } from './logs.ts'

export interface CleanerSources {
  readonly stats: CleanerStats
  readonly directories: Pick<LogDirectories, 'all'>
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'>
}

export function cleanerFamilies({ stats, directories, clock }: CleanerSources): Family[] {
  return [
    gauge('kafka_log_logcleanermanager_time_since_last_run_ms',
      'Since the cleaner looked for something to clean',
      () => Math.round(clock.monotonicMs() - (stats.lastLookMs ?? clock.monotonicMs()))),
    gauge('kafka_log_logcleanermanager_max_dirty_percent',
      'How dirty the dirtiest log was that it found', () => Math.round(100 * stats.dirtyRatio)),
    gauge('kafka_log_logcleaner_cleaner_recopy_percent',
      'How much of the log the last cleaning kept', () => Math.round(100 * stats.keptRatio)),
    gauge('kafka_log_logcleaner_max_compaction_delay_secs',
      'For how long a log should have been cleaned, where max.compaction.lag.ms is set',
      () => Math.floor(stats.mostOverdueMs / 1000)),
    gauge('kafka_log_logcleaner_max_buffer_utilization_percent',
      'How much of log.cleaner.dedupe.buffer.size the last cleaning used',
      () => Math.floor(100 * stats.mapFill)),
    counter('kafka_utils_throttler_cleaner_io_count', 'Bytes that cleanings have read and written',
      () => stats.ioBytes),
    gauge('kafka_log_logcleaner_max_clean_time_secs', 'What the last cleaning took',
      () => Math.round(stats.lastCleaningMs / 1000)),
    gauges('kafka_log_logcleanermanager_uncleanable_partitions_count',
      'Compacted logs that cannot be cleaned', ['logDirectory'],
      () => ofUncleanable(directories, () => 1)),
    gauges('kafka_log_logcleanermanager_uncleanable_bytes',
      'Bytes of compacted logs that should be cleaned and cannot be', ['logDirectory'],
      () => ofUncleanable(directories, ({ compaction }) => (
        compaction.uncleanableBytes(clock.nowMs())))),
  ]
}

function* ofUncleanable(
  { all }: Pick<LogDirectories, 'all'>, read: (log: Log) => number,
): Samples {
  for (const directory of all) {
    if (directory.isFailed) continue
    let sum = 0
    for (const log of directory.logs()) {
      if (log.compaction.isUncleanable) sum += read(log)
      yield PAUSE
    }
    yield [sum, labelOf(directory.path)]
  }
}

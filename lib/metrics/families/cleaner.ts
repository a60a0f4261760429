// The cleaning of compacted logs: Kafka's LogCleaner and LogCleanerManager.

import type { CleanerStats } from '../../cleaner.ts'
import type { LogDirectories } from '../../log-directories.ts'
import type { Clock } from '../../world/clock.ts'
import { counter, type Family, gauge, gauges, PAUSE, type Sample } from '../family.ts'
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
    ...uncleanableFamilies(directories, clock),
  ]
}

interface Uncleanable {
  logs: number
  bytes: number
}

/** What is told first looks at all logs, for both. */
function uncleanableFamilies(
  directories: CleanerSources['directories'], clock: Pick<Clock, 'nowMs'>,
): Family[] {
  const byPath = new Map<string, Uncleanable>()
  const name = (what: string): string => `kafka_log_logcleanermanager_uncleanable_${what}`
  return [
    gauges(name('partitions_count'), 'Compacted logs that cannot be cleaned', ['logDirectory'],
      function* () {
        byPath.clear()
        for (const { isFailed, path } of directories.all) {
          if (!isFailed) byPath.set(path, { logs: 0, bytes: 0 })
        }
        for (const directory of directories.all) {
          const counts = byPath.get(directory.path)
          if (counts === undefined) continue
          for (const { compaction } of directory.logs()) {
            if (compaction.isUncleanable) {
              counts.logs++
              counts.bytes += compaction.uncleanableBytes(clock.nowMs())
            }
            yield PAUSE
          }
          yield [counts.logs, labelOf(directory.path)]
        }
      }),
    gauges(name('bytes'), 'Bytes of compacted logs that should be cleaned and cannot be',
      ['logDirectory'],
      () => [...byPath].map(([path, { bytes }]): Sample => [bytes, labelOf(path)])),
  ]
}

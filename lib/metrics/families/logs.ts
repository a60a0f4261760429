// Logs and their directories: Kafka's Log, LogManager, LogFlushStats.

import type { Controller } from '../../../controller/controller.ts'
import type { Log } from '../../../storage/log.ts'
import type { LogDirectories } from '../../log-directories.ts'
import type { ReplicaPlaces } from '../../replication/replica-places.ts'
import type { Clock } from '../../world/clock.ts'
import { counter, type Family, gauge, gauges, type Labels, type Sample } from '../family.ts'
import type { FlushStats } from '../flush-stats.ts'
import { eachPartition, type PartitionSubjects } from './partitions.ts'
import { quantilesOf } from './quantiles.ts'

/** Of all partitions, and of the metadata. */
export function logFamilies(
  subjects: PartitionSubjects, { log: metadata }: Controller,
): Family[] {
  const ofMetadata = { topic: metadata.topic, partition: String(metadata.partition) }
  const family = (name: string, help: string, read: (log: Log) => number): Family => ({
    ...gauges(`kafka_log_log_${name}`, help, ['topic', 'partition'],
      () => [[read(metadata), ofMetadata]]),
    each: eachPartition(subjects, ({ log }) => read(log)),
  })
  return [
    family('size', 'Bytes of the log', (log) => log.sizeBytes),
    family('logstartoffset', 'The first offset that is there', (log) => log.startOffset),
    family('logendoffset', 'The offset that the next record gets', (log) => log.endOffset),
    family('numlogsegments', 'Segments of the log', (log) => log.segmentCount),
    family('retentionsizeinpercent', 'Size in percent of retention.bytes, where that is set',
      ({ sizeBytes, config: { retentionBytes } }) => (
        retentionBytes > 0 ? Math.floor(100 * sizeBytes / retentionBytes) : 0)),
  ]
}

export interface DirectorySources {
  /** Of `log.dirs`, those that could not be used at the start among them. */
  readonly paths: readonly string[]
  readonly directories: Pick<LogDirectories, 'all'>
  readonly places: ReplicaPlaces
}

export function directoryFamilies({ paths, directories, places }: DirectorySources): Family[] {
  const isCordoned = (path: string): boolean => (
    directories.all.some((directory) => directory.path === path && places.isCordoned(directory)))
  const isOnline = (path: string): boolean => (
    directories.all.some((directory) => directory.path === path && !directory.isFailed))
  return [
    gauge('kafka_log_logmanager_offlinelogdirectorycount', 'Log directories that failed',
      () => paths.filter((path) => !isOnline(path)).length),
    gauges('kafka_log_logmanager_logdirectoryoffline', '1 for a log directory that failed',
      ['logDirectory'],
      () => paths.map((path): Sample => [isOnline(path) ? 0 : 1, labelOf(path)])),
    gauge('kafka_log_logmanager_cordonedlogdirectorycount',
      'Log directories that take no new logs', () => paths.filter(isCordoned).length),
    gauges('kafka_log_logmanager_logdirectorycordoned', '1 for one that takes no new logs',
      ['logDirectory'],
      () => paths.map((path): Sample => [isCordoned(path) ? 1 : 0, labelOf(path)])),
  ]
}

/** With quotes of its own, as Kafka's name of the bean has it. */
export function labelOf(path: string): Labels {
  return { logDirectory: `"${path}"` }
}

/** Empty for logs in memory: there is no device. */
export function flushFamilies(
  { timesMs }: FlushStats, clock: Pick<Clock, 'monotonicMs'>,
): Family[] {
  const name = 'kafka_log_logflushstats_logflushrateandtimems'
  return [
    gauges(name, 'Milliseconds until a segment was on the device, in the last minute or two',
      ['quantile'], () => quantilesOf(timesMs, clock.monotonicMs())),
    counter(`${name}_count`, 'Segments that were brought to the device', () => timesMs.count),
  ]
}

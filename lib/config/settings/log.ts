// Settings of the logs: where they lie, how they roll, how long they keep, how they are cleaned.

import { MAX_LONG, boolean, double, int, list, long, string } from '../setting.ts'

export const logSettings = [
  list('log.dir', '/tmp/kafka-logs').high().served()
    .doc('Directory of the logs, where log.dirs is not given.'),
  list('log.dirs', null).high().served()
    .doc('Directories of the logs, separated by commas.'),
  list('cordoned.log.dirs', '').perBroker().served()
    .doc('Log directories that take no new partitions; *: all.'),
  long('log.dir.failure.timeout.ms', 30_000).atLeast(1).low()
    .doc('A broker that cannot report a failed directory for so long stops.'),
  int('num.recovery.threads.per.data.dir', 2).atLeast(1).high().clusterWide()
    .moot('one thread recovers the logs')
    .doc('Threads that recover logs at start, per directory.'),
  int('log.segment.bytes', 1_073_741_824).atLeast(1_048_576).high().clusterWide()
    .doc('Size at which a log starts a new segment.'),
  long('log.roll.ms', null).high().clusterWide().served()
    .doc('Age at which a log starts a new segment.'),
  int('log.roll.hours', 168).atLeast(1).high().served()
    .doc('Age at which a log starts a new segment, where log.roll.ms is not given.'),
  long('log.roll.jitter.ms', null).high().clusterWide().served()
    .doc('Most that is taken off the age at random, so that logs do not roll together.'),
  int('log.roll.jitter.hours', 0).atLeast(0).high().served()
    .doc('The same in hours, where log.roll.jitter.ms is not given.'),
  long('log.retention.ms', null).high().clusterWide().served()
    .doc('How long records are kept; -1: for ever.'),
  int('log.retention.minutes', null).high().served()
    .doc('How long records are kept, where log.retention.ms is not given.'),
  int('log.retention.hours', 168).high().served()
    .doc('How long records are kept, where neither milliseconds nor minutes are given.'),
  long('log.retention.bytes', -1).high().clusterWide()
    .doc('Size of a partition beyond which its oldest segments go; -1: no limit.'),
  long('log.retention.check.interval.ms', 300_000).atLeast(1).served()
    .doc('How often logs are looked through for what may be deleted.'),
  list('log.cleanup.policy', 'delete').oneOf('compact', 'delete').clusterWide()
    .doc('What happens to old segments: delete, compact, or both; empty: nothing.'),
  long('log.segment.delete.delay.ms', 60_000).atLeast(0).high().clusterWide()
    .doc('How long the files of a deleted segment stay.'),
  int('log.index.size.max.bytes', 10_485_760).atLeast(4).clusterWide()
    .doc('Largest size of an offset or time index.'),
  int('log.index.interval.bytes', 4096).atLeast(0).clusterWide()
    .doc('Bytes of records between two index entries.'),
  boolean('log.preallocate', false).clusterWide()
    .doc('Allocate the whole file of a new segment at once.'),
  long('log.flush.interval.messages', MAX_LONG).atLeast(1).high().clusterWide()
    .doc('Records after which a log is forced to disk.'),
  long('log.flush.interval.ms', null).high().clusterWide().served()
    .doc('Time after which a log is forced to disk.'),
  long('log.flush.scheduler.interval.ms', MAX_LONG).high().served()
    .doc('How often logs are looked through for what must be forced to disk.'),
  int('log.flush.offset.checkpoint.interval.ms', 60_000).atLeast(0).high().served()
    .doc('How often the recovery points are written down.'),
  int('log.flush.start.offset.checkpoint.interval.ms', 60_000).atLeast(0).high().served()
    .doc('How often the log start offsets are written down.'),
  string('log.message.timestamp.type', 'CreateTime').oneOf('CreateTime', 'LogAppendTime')
    .clusterWide()
    .doc("Whose time records carry: the producer's (CreateTime) or the broker's (LogAppendTime)."),
  long('log.message.timestamp.before.max.ms', MAX_LONG).atLeast(0).clusterWide()
    .doc("How far in the past a record's timestamp may lie."),
  long('log.message.timestamp.after.max.ms', 3_600_000).atLeast(0).clusterWide()
    .doc("How far in the future a record's timestamp may lie."),
  int('message.max.bytes', 1_048_588).atLeast(0).high().clusterWide()
    .doc('Largest record batch, after compression.'),
  int('max.decompressed.message.bytes', 2_147_483_639).between(1, 2_147_483_639).clusterWide()
    .doc('Largest record batch, after decompression.'),
  string('compression.type', 'producer')
    .oneOf('uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer').high().clusterWide()
    .doc('Codec of the log; producer: as the producer sent it.'),
  int('compression.gzip.level', -1).between(1, 9).or(-1).clusterWide()
    .doc('Level of gzip where compression.type asks for it.'),
  int('compression.lz4.level', 9).between(1, 17).clusterWide()
    .doc('Level of lz4 where compression.type asks for it.'),
  int('compression.zstd.level', 3).between(-131_072, 22).clusterWide()
    .doc('Level of zstd where compression.type asks for it.'),
  boolean('log.cleaner.enable', true).served()
    .doc('Compact the logs whose policy asks for it.'),
  int('log.cleaner.threads', 1).atLeast(0).clusterWide()
    .moot('one thread serves all')
    .doc('Threads that compact logs.'),
  long('log.cleaner.backoff.ms', 15_000).atLeast(0).clusterWide().served()
    .doc('Pause of the cleaner when nothing is to be cleaned.'),
  long('log.cleaner.dedupe.buffer.size', 134_217_728).clusterWide().served()
    .doc('Memory for the table of keys while compacting.'),
  int('log.cleaner.io.buffer.size', 524_288).atLeast(0).clusterWide().served()
    .doc('Memory for reading and writing while compacting.'),
  double('log.cleaner.io.buffer.load.factor', 0.9).clusterWide().served()
    .doc('How full the table of keys may get.'),
  double('log.cleaner.io.max.bytes.per.second', '1.7976931348623157E308').clusterWide().served()
    .doc('Most bytes that the cleaner reads and writes a second.'),
  double('log.cleaner.min.cleanable.ratio', 0.5).between(0, 1).clusterWide()
    .doc('Part of a log that must be uncleaned before it is compacted.'),
  long('log.cleaner.min.compaction.lag.ms', 0).atLeast(0).clusterWide()
    .doc('How long a record stays uncompacted at least.'),
  long('log.cleaner.max.compaction.lag.ms', MAX_LONG).atLeast(1).clusterWide()
    .doc('How long a record stays uncompacted at most.'),
  long('log.cleaner.delete.retention.ms', 86_400_000).atLeast(0).clusterWide()
    .doc('How long the mark of a deleted key stays.'),
] as const

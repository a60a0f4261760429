// Settings of tiered storage: segments that move to a remote store.

import { MAX_LONG, boolean, int, long, string } from '../setting.ts'

export const remoteStorageSettings = [
  boolean('remote.log.storage.system.enable', false)
    .doc('Keep old segments in a remote store.'),
  string('remote.log.storage.manager.class.name', null).nonEmpty()
    .doc('Class that reads and writes the remote store.'),
  string('remote.log.storage.manager.class.path', null)
    .doc('Where that class is found.'),
  string('remote.log.storage.manager.impl.prefix', 'rsm.config.').nonEmpty()
    .doc('Prefix of the settings that are passed to that class.'),
  string(
    'remote.log.metadata.manager.class.name',
    'org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager',
  ).nonEmpty()
    .doc('Class that remembers what lies in the remote store.'),
  string('remote.log.metadata.manager.class.path', null)
    .doc('Where that class is found.'),
  string('remote.log.metadata.manager.impl.prefix', 'rlmm.config.').nonEmpty()
    .doc('Prefix of the settings that are passed to that class.'),
  string('remote.log.metadata.manager.listener.name', null).nonEmpty()
    .doc('Listener through which that class talks to the brokers.'),
  int('remote.log.metadata.custom.metadata.max.bytes', 128).atLeast(0).low()
    .doc('Most bytes that the remote store may remember about a segment.'),
  long('remote.log.index.file.cache.total.size.bytes', 1_073_741_824).atLeast(1).low()
    .clusterWide()
    .doc('Disk space for indexes of remote segments.'),
  int('remote.log.manager.thread.pool.size', 2).atLeast(1)
    .doc('Threads that look after remote segments.'),
  int('remote.log.manager.copier.thread.pool.size', 10).atLeast(1).clusterWide()
    .doc('Threads that copy segments to the remote store.'),
  int('remote.log.manager.expiration.thread.pool.size', 10).atLeast(1).clusterWide()
    .doc('Threads that delete expired remote segments.'),
  int('remote.log.manager.follower.thread.pool.size', 2).atLeast(1).clusterWide()
    .doc('Threads that follow the remote segments of other leaders.'),
  long('remote.log.manager.task.interval.ms', 30_000).atLeast(1).low()
    .doc('How often a partition is looked through for segments to move.'),
  long('remote.log.manager.copy.max.bytes.per.second', MAX_LONG).atLeast(1).clusterWide()
    .doc('Most bytes copied to the remote store a second.'),
  int('remote.log.manager.copy.quota.window.num', 11).atLeast(1)
    .doc('Samples from which the rate of copying is taken.'),
  int('remote.log.manager.copy.quota.window.size.seconds', 1).atLeast(1)
    .doc('Length of one sample of the rate of copying.'),
  long('remote.log.manager.fetch.max.bytes.per.second', MAX_LONG).atLeast(1).clusterWide()
    .doc('Most bytes read from the remote store a second.'),
  int('remote.log.manager.fetch.quota.window.num', 11).atLeast(1)
    .doc('Samples from which the rate of reading is taken.'),
  int('remote.log.manager.fetch.quota.window.size.seconds', 1).atLeast(1)
    .doc('Length of one sample of the rate of reading.'),
  int('remote.log.reader.threads', 10).atLeast(1).clusterWide()
    .doc('Threads that read from the remote store.'),
  int('remote.log.reader.max.pending.tasks', 100).atLeast(1)
    .doc('Reads from the remote store that may wait.'),
  int('remote.fetch.max.wait.ms', 500).atLeast(1).clusterWide()
    .doc('How long a fetch may wait for the remote store.'),
  long('remote.list.offsets.request.timeout.ms', 30_000).atLeast(1).clusterWide()
    .doc('How long ListOffsets may wait for the remote store.'),
  long('log.local.retention.ms', -2).atLeast(-2).clusterWide()
    .doc('How long records that are in the remote store stay on disk; -2: as log.retention.ms.'),
  long('log.local.retention.bytes', -2).atLeast(-2).clusterWide()
    .doc('Bytes in the remote store that stay on disk too; -2: as log.retention.bytes.'),
  long('log.remote.copy.lag.ms', 0).atLeast(-1).clusterWide()
    .doc('Age of a closed segment before it is copied; -1: local retention decides.'),
  long('log.remote.copy.lag.bytes', -1).atLeast(-1).clusterWide()
    .doc('Bytes behind a closed segment before it is copied; -1: local retention decides.'),
] as const

// Settings of consumer groups and of their offsets.

import { MAX_INT, int, list, long, short, string } from '../setting.ts'

export const groupsSettings = [
  int('group.initial.rebalance.delay.ms', 3000).served()
    .doc('How long the first rebalance of an empty group waits for more members.'),
  int('group.min.session.timeout.ms', 6000).served()
    .doc('Shortest session time-out that a member may ask for.'),
  int('group.max.session.timeout.ms', 1_800_000).served()
    .doc('Longest session time-out that a member may ask for.'),
  int('group.max.size', MAX_INT).atLeast(1).served()
    .doc('Most members of a classic group.'),
  list('group.coordinator.rebalance.protocols', 'classic,consumer,streams')
    .oneOf('consumer', 'classic', 'share', 'streams').served()
    .doc('Group protocols that are served.'),
  int('group.coordinator.threads', 4).atLeast(1).high()
    .moot('one thread serves all')
    .doc('Threads of the group coordinator.'),
  int('group.coordinator.background.threads', 2).atLeast(1).high()
    .moot('one thread serves all')
    .doc('Threads for assignments and patterns.'),
  int('group.coordinator.append.linger.ms', -1).atLeast(-1)
    .doc('How long writes of groups are gathered; -1: as the load has it.'),
  int('group.coordinator.cached.buffer.max.bytes', 1_048_588).atLeast(524_288).clusterWide()
    .moot('no buffer is kept for the next write')
    .doc('Largest write buffer that is kept for the next write.'),
  int('offset.metadata.max.bytes', 4096).high().served()
    .doc('Most bytes of metadata beside a committed offset.'),
  int('offsets.commit.timeout.ms', 5000).atLeast(1).high()
    .doc('How long a commit waits for its replicas.'),
  int('offsets.load.buffer.size', 5_242_880).atLeast(1).high()
    .doc('Bytes read at a time when the offsets of a group are loaded.'),
  int('offsets.retention.minutes', 10_080).atLeast(1).high().served()
    .doc('How long the offsets of a group without members are kept.'),
  long('offsets.retention.check.interval.ms', 600_000).atLeast(1).high().served()
    .doc('How often offsets are looked through for what has expired.'),
  int('offsets.topic.num.partitions', 50).atLeast(1).high().served()
    .doc('Partitions of __consumer_offsets; not to be changed later.'),
  short('offsets.topic.replication.factor', 3).atLeast(1).high().served()
    .doc('Replicas of __consumer_offsets.'),
  int('offsets.topic.segment.bytes', 104_857_600).atLeast(1).high().served()
    .doc('Size at which __consumer_offsets starts a new segment.'),
  int('offsets.topic.compression.codec', 0).high().served()
    .doc('Codec of __consumer_offsets: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd.'),
  list('group.consumer.assignors', 'uniform,range').served()
    .doc('Assignors of the consumer protocol; the first is the default.'),
  int('group.consumer.assignment.interval.ms', 1000).atLeast(0).clusterWide().served()
    .doc('Shortest time between two assignments of a group.'),
  int('group.consumer.min.assignment.interval.ms', 0).atLeast(0).served()
    .doc('Lowest value that a group may set for that.'),
  int('group.consumer.max.assignment.interval.ms', 15_000).atLeast(0).served()
    .doc('Highest value that a group may set for that.'),
  int('group.consumer.session.timeout.ms', 45_000).atLeast(1).served()
    .doc('A member of the consumer protocol that is silent for so long is out.'),
  int('group.consumer.min.session.timeout.ms', 45_000).atLeast(1).served()
    .doc('Lowest value that a group may set for that.'),
  int('group.consumer.max.session.timeout.ms', 60_000).atLeast(1).served()
    .doc('Highest value that a group may set for that.'),
  int('group.consumer.heartbeat.interval.ms', 5000).atLeast(1).served()
    .doc('How often members of the consumer protocol send a heartbeat.'),
  int('group.consumer.min.heartbeat.interval.ms', 5000).atLeast(1).served()
    .doc('Lowest value that a group may set for that.'),
  int('group.consumer.max.heartbeat.interval.ms', 15_000).atLeast(1).served()
    .doc('Highest value that a group may set for that.'),
  int('group.consumer.max.size', MAX_INT).atLeast(1).served()
    .doc('Most members of a group of the consumer protocol.'),
  string('group.consumer.migration.policy', 'bidirectional')
    .oneOf('DISABLED', 'DOWNGRADE', 'UPGRADE', 'BIDIRECTIONAL').anyCase().served()
    .doc('Which ways live groups may change between classic and consumer protocol.'),
] as const

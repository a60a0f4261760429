// Settings of share groups and of the topic that holds their state.

import { boolean, int, list, short, string } from '../setting.ts'

export const shareGroupsSettings = [
  list('group.share.assignors', 'simple')
    .doc('Assignor of share groups.'),
  int('group.share.assignment.interval.ms', 1000).atLeast(0).clusterWide()
    .doc('Shortest time between two assignments of a share group.'),
  int('group.share.min.assignment.interval.ms', 0).atLeast(0)
    .doc('Lowest value that a group may set for that.'),
  int('group.share.max.assignment.interval.ms', 15_000).atLeast(0)
    .doc('Highest value that a group may set for that.'),
  int('group.share.session.timeout.ms', 45_000).atLeast(1)
    .doc('A member of a share group that is silent for so long is out.'),
  int('group.share.min.session.timeout.ms', 45_000).atLeast(1)
    .doc('Lowest value that a group may set for that.'),
  int('group.share.max.session.timeout.ms', 60_000).atLeast(1)
    .doc('Highest value that a group may set for that.'),
  int('group.share.heartbeat.interval.ms', 5000).atLeast(1)
    .doc('How often members of share groups send a heartbeat.'),
  int('group.share.min.heartbeat.interval.ms', 5000).atLeast(1)
    .doc('Lowest value that a group may set for that.'),
  int('group.share.max.heartbeat.interval.ms', 15_000).atLeast(1)
    .doc('Highest value that a group may set for that.'),
  int('group.share.max.size', 200).between(1, 1000)
    .doc('Most members of a share group.'),
  int('group.share.max.share.sessions', 2000).atLeast(1)
    .doc('Share sessions that a broker remembers.'),
  int('group.share.delivery.count.limit', 5).between(2, 10)
    .doc('How often a record is delivered before it is given up.'),
  int('group.share.min.delivery.count.limit', 2).between(2, 5)
    .doc('Lowest value that a group may set for that.'),
  int('group.share.max.delivery.count.limit', 10).between(5, 25)
    .doc('Highest value that a group may set for that.'),
  int('group.share.record.lock.duration.ms', 30_000).between(1000, 3_600_000)
    .doc('How long a record belongs to the member that acquired it.'),
  int('group.share.min.record.lock.duration.ms', 15_000).between(1000, 30_000)
    .doc('Lowest value that a group may set for that.'),
  int('group.share.max.record.lock.duration.ms', 60_000).between(30_000, 3_600_000)
    .doc('Highest value that a group may set for that.'),
  int('group.share.partition.max.record.locks', 2000).between(100, 10_000)
    .doc('Records of a partition that may be acquired at a time.'),
  int('group.share.min.partition.max.record.locks', 100).between(100, 2000)
    .doc('Lowest value that a group may set for that.'),
  int('group.share.max.partition.max.record.locks', 4000).between(2000, 10_000)
    .doc('Highest value that a group may set for that.'),
  int('share.coordinator.threads', 1).atLeast(1)
    .moot('one thread serves all')
    .doc('Threads of the share coordinator.'),
  int('share.coordinator.append.linger.ms', -1).atLeast(-1)
    .doc('How long writes of share groups are gathered; -1: as the load has it.'),
  int('share.coordinator.cached.buffer.max.bytes', 1_048_588).atLeast(524_288).clusterWide()
    .doc('Largest write buffer that is kept for the next write.'),
  int('share.coordinator.load.buffer.size', 5_242_880).atLeast(1).high()
    .doc('Bytes read at a time when the state of share groups is loaded.'),
  int('share.coordinator.write.timeout.ms', 5000).atLeast(1).high()
    .doc('How long a write of share state waits for its replicas.'),
  int('share.coordinator.snapshot.update.records.per.snapshot', 500).between(0, 500)
    .doc('Updates of share state between two full records.'),
  int('share.coordinator.state.topic.num.partitions', 50).atLeast(1).high().served()
    .doc('Partitions of __share_group_state; not to be changed later.'),
  short('share.coordinator.state.topic.replication.factor', 3).atLeast(1).high().served()
    .doc('Replicas of __share_group_state.'),
  short('share.coordinator.state.topic.min.isr', 2).atLeast(1).high().served()
    .doc('Replicas of __share_group_state that must be in sync for a write.'),
  int('share.coordinator.state.topic.segment.bytes', 104_857_600).atLeast(1).high().served()
    .doc('Size at which __share_group_state starts a new segment.'),
  int('share.coordinator.state.topic.compression.codec', 0).high()
    .doc('Codec of __share_group_state: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd.'),
  boolean('errors.deadletterqueue.auto.create.topics.enable', false).clusterWide()
    .doc('Create the dead letter topic of a share group when it is not there.'),
  string('errors.deadletterqueue.topic.name.prefix', 'dlq.').clusterWide()
    .doc('What the names of dead letter topics must begin with.'),
] as const

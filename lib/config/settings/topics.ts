// Settings of topics and of their replicas.

import { boolean, className, int, long, string } from '../setting.ts'

export const topicsSettings = [
  boolean('auto.create.topics.enable', true).high().served()
    .doc('Create a topic when a client asks for one that is not there.'),
  boolean('delete.topic.enable', true).high().served()
    .doc('Let clients delete topics.'),
  int('num.partitions', 1).atLeast(1).served()
    .doc('Partitions of a topic whose creator gives no count.'),
  int('default.replication.factor', 1).served()
    .doc('Replicas of a topic whose creator gives no count.'),
  int('min.insync.replicas', 1).atLeast(1).high().clusterWide()
    .doc('Replicas that must be in sync for a write with acks=all.'),
  boolean('unclean.leader.election.enable', false).high().clusterWide()
    .doc('Let a replica lead that is not in sync, which may lose records.'),
  boolean('auto.leader.rebalance.enable', true).high()
    .doc('Give leadership back to the preferred replicas now and then.'),
  long('leader.imbalance.check.interval.seconds', 300).atLeast(1).high()
    .doc('How often leadership is looked at for that.'),
  long('replica.lag.time.max.ms', 30_000).high()
    .doc('A follower that has not caught up for so long is out of sync.'),
  int('replica.fetch.max.bytes', 1_048_576).atLeast(0)
    .doc('Bytes that a follower asks for per partition.'),
  int('replica.fetch.min.bytes', 1).high()
    .doc('Bytes that a leader waits for before it answers a follower.'),
  int('replica.fetch.response.max.bytes', 10_485_760).atLeast(0)
    .doc('Bytes that a follower asks for in all.'),
  int('replica.fetch.wait.max.ms', 500).high()
    .doc('How long a leader may keep a follower waiting.'),
  int('replica.fetch.backoff.ms', 1000).atLeast(0)
    .doc('Pause of a follower after a failed fetch.'),
  long('replica.high.watermark.checkpoint.interval.ms', 5000).high().served()
    .doc('How often the high watermarks are written down.'),
  int('replica.socket.timeout.ms', 30_000).high()
    .doc("Time-out of a follower's connection."),
  int('replica.socket.receive.buffer.bytes', 65_536).high()
    .moot('the system sizes socket buffers')
    .doc("Receive buffer of a follower's connection."),
  string('replica.selector.class', null)
    .doc('Class that chooses the replica that a consumer reads from.'),
  int('num.replica.fetchers', 1).atLeast(1).high().clusterWide()
    .doc('Threads that fetch from each leader.'),
  int('num.replica.alter.log.dirs.threads', null).high()
    .moot('one thread moves them')
    .doc('Threads that move replicas between directories.'),
  boolean('follower.fetch.last.tiered.offset.enable', false).clusterWide()
    .doc('Let an empty follower start behind what is already in remote storage.'),
  int('replication.quota.window.num', 11).atLeast(1).low()
    .doc('Samples from which the rate of throttled replication is taken.'),
  int('replication.quota.window.size.seconds', 1).atLeast(1).low()
    .doc('Length of one sample of the rate of throttled replication.'),
  int('alter.log.dirs.replication.quota.window.num', 11).atLeast(1).low().served()
    .doc('Samples from which the rate of moves between directories is taken.'),
  int('alter.log.dirs.replication.quota.window.size.seconds', 1).atLeast(1).low().served()
    .doc('Length of one sample of the rate of moves between directories.'),
  className('create.topic.policy.class.name', null).low()
    .doc('Class that approves new topics.'),
  className('alter.config.policy.class.name', null).low()
    .doc('Class that approves changed configs.'),
] as const

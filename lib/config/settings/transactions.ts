// Settings of producer ids and transactions.

import { boolean, int, short } from '../setting.ts'

export const transactionsSettings = [
  int('producer.id.expiration.ms', 86_400_000).atLeast(1).low().clusterWide().served()
    .doc('How long the state of an idle producer is kept with a partition.'),
  int('transactional.id.expiration.ms', 604_800_000).atLeast(1).high().served()
    .doc('How long an idle transactional id is remembered.'),
  int('transaction.max.timeout.ms', 900_000).atLeast(1).high().served()
    .doc('Longest time-out that a transactional producer may ask for.'),
  boolean('transaction.partition.verification.enable', true).low().clusterWide().served()
    .doc('Check that a partition belongs to the transaction before writing to it.'),
  boolean('transaction.two.phase.commit.enable', false).low()
    .doc('Allow transactions whose commit an outside coordinator decides.'),
  int('transaction.abort.timed.out.transaction.cleanup.interval.ms', 10_000)
    .atLeast(1).low().served()
    .doc('How often transactions are looked through for time-outs.'),
  int('transaction.remove.expired.transaction.cleanup.interval.ms', 3_600_000)
    .atLeast(1).low().served()
    .doc('How often transactional ids are looked through for what has expired.'),
  int('transaction.state.log.num.partitions', 50).atLeast(1).high().served()
    .doc('Partitions of __transaction_state; not to be changed later.'),
  short('transaction.state.log.replication.factor', 3).atLeast(1).high().served()
    .doc('Replicas of __transaction_state.'),
  int('transaction.state.log.min.isr', 2).atLeast(1).high().served()
    .doc('Replicas of __transaction_state that must be in sync for a write.'),
  int('transaction.state.log.segment.bytes', 104_857_600).atLeast(1).high().served()
    .doc('Size at which __transaction_state starts a new segment.'),
  int('transaction.state.log.load.buffer.size', 5_242_880).atLeast(1).high()
    .doc('Bytes read at a time when the state of transactions is loaded.'),
  int('add.partitions.to.txn.retry.backoff.ms', 20).atLeast(1).high().served()
    .doc('Pause before the broker tries again to add a partition to a transaction.'),
  int('add.partitions.to.txn.retry.backoff.max.ms', 100).atLeast(0).high().served()
    .doc('For how long the broker tries to add a partition to a transaction.'),
] as const

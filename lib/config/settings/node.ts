// Settings of the node itself, of its place in the quorum, and of the metadata log.

import { boolean, int, list, long, string } from '../setting.ts'

export const nodeSettings = [
  list('process.roles', undefined).oneOf('broker', 'controller').high().served()
    .doc('What this node is: broker, controller, or both.'),
  int('node.id', undefined).atLeast(0).high().served()
    .doc('Number of this node, unique in the cluster.'),
  int('broker.id', -1).high().served()
    .doc('Older name of node.id, which wins where both are given.'),
  string('broker.rack', null).served()
    .doc('Where the broker stands; replicas are spread over racks.'),
  int('broker.heartbeat.interval.ms', 2000).served()
    .doc('How often the broker tells the controller that it lives.'),
  int('broker.session.timeout.ms', 9000)
    .doc('Without a heartbeat for so long, the controller fences the broker.'),
  int('initial.broker.registration.timeout.ms', 60_000)
    .doc('How long a starting broker tries to register before it gives up.'),
  boolean('controlled.shutdown.enable', true)
    .doc('Hand leadership over before stopping.'),
  list('controller.listener.names', undefined).high().served()
    .doc('Listeners that serve the controllers; brokers use the first.'),
  list('controller.quorum.voters', '').high().served()
    .doc('Voters of a static quorum: id@host:port, separated by commas.'),
  list('controller.quorum.bootstrap.servers', '').high()
    .doc('Addresses through which the quorum is found: host:port, separated by commas.'),
  boolean('controller.quorum.auto.join.enable', false).low()
    .doc('Let a new controller make itself a voter of its quorum.'),
  int('controller.quorum.election.timeout.ms', 1000).atLeast(0).high().served()
    .doc('A candidate starts over when the votes are not in after so long.'),
  int('controller.quorum.election.backoff.max.ms', 1000).atLeast(0).high()
    .doc('Longest random pause before the next election.'),
  int('controller.quorum.fetch.timeout.ms', 2000).atLeast(0).high().served()
    .doc('A follower stands for election when it could not fetch for so long.'),
  int('controller.quorum.request.timeout.ms', 2000).atLeast(0)
    .doc('How long a request to another voter may take.'),
  int('controller.quorum.retry.backoff.ms', 20).atLeast(0).low().served()
    .doc('Pause before a failed request to another voter is sent again.'),
  int('controller.quorum.append.linger.ms', 25).atLeast(0)
    .doc('How long the leader gathers records before it writes them.'),
  int('controller.quorum.fetch.max.bytes', 1_048_576).atLeast(1).low()
    .doc('Most bytes of the metadata log that one fetch returns.'),
  int('controller.quorum.fetch.snapshot.max.bytes', 1_048_576).atLeast(1).low()
    .doc('Most bytes of a metadata snapshot that one request returns.'),
  int('controller.socket.timeout.ms', 30_000)
    .doc('Time-out of connections between controllers and brokers.'),
  string('metadata.log.dir', null).high().served()
    .doc('Directory of the metadata log; without it, the first of log.dirs.'),
  int('metadata.log.segment.bytes', 1_073_741_824).atLeast(8_388_608).high().served()
    .doc('Size at which the metadata log starts a new segment.'),
  long('metadata.log.segment.ms', 604_800_000).high()
    .doc('Age at which the metadata log starts a new segment.'),
  long('metadata.log.max.record.bytes.between.snapshots', 20_971_520).atLeast(1).high().served()
    .doc('Bytes of new metadata records after which a snapshot is written.'),
  long('metadata.log.max.snapshot.interval.ms', 3_600_000).atLeast(0).high().served()
    .doc('Time after which a snapshot is written if anything is new; 0: by size alone.'),
  int('metadata.max.idle.interval.ms', 500).atLeast(0).low()
    .doc('How often an idle active controller writes a no-op record; 0: never.'),
  long('metadata.max.retention.bytes', 104_857_600).high().served()
    .doc('Size of metadata log and snapshots beyond which old ones are deleted.'),
  long('metadata.max.retention.ms', 604_800_000).high().served()
    .doc('Age beyond which metadata log segments and snapshots are deleted.'),
] as const

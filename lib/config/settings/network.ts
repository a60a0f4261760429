// Settings of listeners, connections, requests and their limits.

import { MAX_INT, className, int, list, long, string } from '../setting.ts'

export const networkSettings = [
  list('listeners', 'PLAINTEXT://:9092').high().perBroker().served()
    .doc('Where the node listens: NAME://host:port, separated by commas.'),
  list('advertised.listeners', null).high().served()
    .doc('The addresses that clients are told; without it, those of listeners.'),
  string(
    'listener.security.protocol.map',
    'SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT',
  ).low().perBroker().served()
    .doc('Security protocol of each listener name: NAME:PROTOCOL, separated by commas.'),
  string('inter.broker.listener.name', null).served()
    .doc('Listener that brokers use among themselves.'),
  string('security.inter.broker.protocol', 'PLAINTEXT')
    .oneOf('PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL')
    .doc('Security protocol among brokers, where no listener is named for it.'),
  list('early.start.listeners', null).high()
    .doc('Listeners that open before the authorizer is ready.'),
  int('socket.send.buffer.bytes', 102_400).high()
    .moot('the system sizes socket buffers')
    .doc('Send buffer of sockets (SO_SNDBUF); -1: as the system has it.'),
  int('socket.receive.buffer.bytes', 102_400).high()
    .moot('the system sizes socket buffers')
    .doc('Receive buffer of sockets (SO_RCVBUF); -1: as the system has it.'),
  int('socket.request.max.bytes', 104_857_600).atLeast(1).high().served()
    .doc('Largest request that is read; a larger one closes its connection.'),
  int('socket.listen.backlog.size', 50).atLeast(1)
    .moot('511 connections may wait')
    .doc('Connections that may wait to be accepted.'),
  long('socket.connection.setup.timeout.ms', 10_000)
    .doc('How long connecting to another node may take at first.'),
  long('socket.connection.setup.timeout.max.ms', 30_000)
    .doc('How long connecting to another node may take after several failures.'),
  long('connections.max.idle.ms', 600_000).served()
    .doc('A connection that is silent for so long is closed; -1: never.'),
  long('connections.max.reauth.ms', 0)
    .doc('Age at which a SASL connection has to authenticate again; 0: never.'),
  int('connection.failed.authentication.delay.ms', 100).atLeast(0).low()
    .doc('Pause before a connection that failed to authenticate is closed.'),
  int('max.connections', MAX_INT).atLeast(0).clusterWide().served()
    .doc('Most connections of the broker at a time.'),
  int('max.connections.per.ip', MAX_INT).atLeast(0).clusterWide().served()
    .doc('Most connections of one address at a time.'),
  string('max.connections.per.ip.overrides', '').clusterWide().served()
    .doc('Limits of single addresses: host:count, separated by commas.'),
  int('max.connection.creation.rate', MAX_INT).atLeast(0).clusterWide().served()
    .doc('Most new connections a second.'),
  int('num.network.threads', 3).atLeast(1).high().clusterWide()
    .moot('one thread serves all')
    .doc('Threads that read requests and write responses.'),
  int('num.io.threads', 8).atLeast(1).high().clusterWide()
    .moot('one thread serves all')
    .doc('Threads that handle requests.'),
  int('background.threads', 10).atLeast(1).high().clusterWide()
    .moot('one thread serves all')
    .doc('Threads for work in the background.'),
  int('queued.max.requests', 500).atLeast(1).high()
    .doc('Requests that may wait before reading pauses.'),
  long('queued.max.request.bytes', -1).served()
    .doc('Bytes of requests that may wait before reading pauses; -1: no limit.'),
  int('request.timeout.ms', 30_000).high().served()
    .doc('How long a request to another node may take.'),
  int('fetch.max.bytes', 57_671_680).atLeast(1024).served()
    .doc('Most bytes that one fetch returns.'),
  int('max.incremental.fetch.session.cache.slots', 1000).atLeast(0).served()
    .doc('Fetch sessions that are remembered.'),
  int('max.request.partition.size.limit', 2000).atLeast(1).served()
    .doc('Most partitions that one DescribeTopicPartitions answer lists.'),
  int('fetch.purgatory.purge.interval.requests', 1000)
    .moot('nothing is left behind to sweep')
    .doc('Waiting fetches after which completed ones are swept.'),
  int('producer.purgatory.purge.interval.requests', 1000)
    .moot('nothing is left behind to sweep')
    .doc('Waiting produce requests after which completed ones are swept.'),
  int('delete.records.purgatory.purge.interval.requests', 1)
    .moot('nothing is left behind to sweep')
    .doc('Waiting DeleteRecords after which completed ones are swept.'),
  int('share.fetch.purgatory.purge.interval.requests', 1000)
    .moot('nothing is left behind to sweep')
    .doc('Waiting share fetches after which completed ones are swept.'),
  int('quota.window.num', 11).atLeast(1).low().served()
    .doc('Samples from which the rates of clients are taken.'),
  int('quota.window.size.seconds', 1).atLeast(1).low().served()
    .doc('Length of one sample of the rates of clients.'),
  int('controller.quota.window.num', 11).atLeast(1).low()
    .doc('Samples from which the rates of topic changes are taken.'),
  int('controller.quota.window.size.seconds', 1).atLeast(1).low()
    .doc('Length of one sample of the rates of topic changes.'),
  className('client.quota.callback.class', null).low()
    .doc('Class that sets the quotas of clients.'),
  int('telemetry.max.bytes', 1_048_576).atLeast(1).low().served()
    .doc('Most bytes of metrics that a client may push at once.'),
] as const

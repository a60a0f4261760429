// Connections and the memory of requests: Kafka's SocketServer.

import type { ConnectionTally, Server } from '../../server/server.ts'
import type { FetchSessions } from '../../replication/fetch-sessions.ts'
import { counter, counters, type Family, gauge, gauges, type Sample } from '../family.ts'

/** As Kafka has it, whose memory has no bound unless one is set: the largest long. */
const NO_BOUND = 2 ** 63
/** One thread serves all of them. */
const PROCESSOR = '0'

export function connectionFamilies(server: Server): Family[] {
  const labels = ['listener', 'networkProcessor']
  const of = (read: (tally: ConnectionTally) => number) => (): Sample[] => (
    [...server.tallies].map(([listener, tally]) => (
      [read(tally), { listener, networkProcessor: PROCESSOR }])))
  const name = (what: string): string => `kafka_server_socket_server_metrics_${what}`
  return [
    gauges(name('connection_count'), 'Open connections of clients', labels,
      of(({ accepted, closed }) => accepted - closed)),
    counters(name('connection_creation_total'), 'Connections that were accepted', labels,
      of(({ accepted }) => accepted)),
    counters(name('connection_close_total'), 'Connections that ended', labels,
      of(({ closed }) => closed)),
    counters(name('incoming_byte_total'), 'Bytes that clients have sent', labels,
      of(({ receivedBytes }) => receivedBytes)),
    counters(name('outgoing_byte_total'), 'Bytes that were sent to clients', labels,
      of(({ sentBytes }) => sentBytes)),
    gauge('kafka_network_socketserver_memorypoolused',
      'Bytes of requests that are not answered yet', () => server.requestMemory.usedBytes),
    gauge('kafka_network_socketserver_memorypoolavailable',
      'Bytes that are left of queued.max.request.bytes',
      () => Math.min(server.requestMemory.freeBytes, NO_BOUND)),
  ]
}

export function fetchSessionFamilies(sessions: FetchSessions): Family[] {
  const name = (what: string): string => `kafka_server_fetchsessioncache_${what}`
  return [
    gauge(name('numincrementalfetchsessions'), 'Fetch sessions', () => sessions.size),
    gauge(name('numincrementalfetchpartitionscached'), 'Partitions in fetch sessions',
      () => sessions.partitionCount),
    counter(name('incrementalfetchsessionevictions_total'),
      'Fetch sessions that made room for others', () => sessions.evictions),
  ]
}

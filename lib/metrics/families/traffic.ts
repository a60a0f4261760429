// What goes in and out by topic (Kafka's BrokerTopicMetrics), and what was waited for in vain.

import type { TopicTraffic, Traffic } from '../../replication/traffic.ts'
import { counter, counters, type Family } from '../family.ts'

type Field = 'messagesIn' | 'bytesIn' | 'bytesOut' | 'bytesRejected' | 'produceRequests'
  | 'failedProduceRequests' | 'fetchRequests' | 'failedFetchRequests'

const FIELDS: readonly (readonly [name: string, field: Field, help: string])[] = [
  ['messagesin', 'messagesIn', 'Records appended'],
  ['bytesin', 'bytesIn', 'Bytes of batches appended'],
  ['bytesout', 'bytesOut', 'Bytes of batches sent to consumers'],
  ['bytesrejected', 'bytesRejected', 'Bytes of batches that were too large'],
  ['totalproducerequests', 'produceRequests', 'Partitions that were to be appended to'],
  ['failedproducerequests', 'failedProduceRequests', 'Partitions whose batches were refused'],
  ['totalfetchrequests', 'fetchRequests', 'Partitions that were read for a fetch'],
  ['failedfetchrequests', 'failedFetchRequests', 'Partitions that could not be read'],
]

export function trafficFamilies(traffic: Traffic): Family[] {
  const name = (what: string): string => `kafka_server_brokertopicmetrics_${what}_total`
  return [
    ...FIELDS.map(([what, field, help]) => counters(
      name(what), `${help}, by topic and (without a label) altogether`, ['topic'],
      () => samplesOf(traffic, (counts) => counts[field]),
    )),
    counter(name('invalidmessagecrcrecords'), 'Batches whose checksum is wrong',
      () => traffic.wrongChecksums),
    counter(name('invalidoffsetorsequencerecords'),
      'Batches whose offsets or sequence cannot be', () => traffic.wrongOffsets),
    counter(name('nokeycompactedtopicrecords'), 'Records without a key for a compacted topic',
      () => traffic.keylessRecords),
    counters('kafka_server_delayedfetchmetrics_expires_total',
      'Fetches that were answered because their time was up', ['fetcherType'],
      () => [[traffic.expiredFetches, { fetcherType: 'consumer' }]]),
    counter('kafka_server_delayedproducemetrics_expires_total',
      'Partitions that producers waited for until their time was up',
      () => traffic.expiredProduces),
  ]
}

function* samplesOf(traffic: Traffic, read: (counts: TopicTraffic) => number) {
  yield [read(traffic.all)] as const
  for (const [topic, counts] of traffic.topics()) {
    const value = read(counts)
    // As in Kafka a topic has a counter from its first event on.
    if (value > 0) yield [value, { topic }] as const
  }
}

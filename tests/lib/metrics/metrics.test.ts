// `/metrics` of a broker that works: what is told is what was done.

import { expect, test } from '@jest/globals'
import { Wire } from '../../../compat/harness/wire.ts'
import { scrape } from '../../../compat/metrics/scrape.ts'
import { apiVersions } from '../../../protocol/messages/api-versions.ts'
import { fetch as fetchApi } from '../../../protocol/messages/fetch.ts'
import { findCoordinator } from '../../../protocol/messages/find-coordinator.ts'
import { offsetCommit } from '../../../protocol/messages/offset-commit.ts'
import type { Broker } from '../../../lib/index.ts'
import { brokersOfTests, until } from '../library/brokers.ts'
import { client, send } from '../library/kafkajs.ts'

const start = brokersOfTests()

const ORDERS = { topic: 'orders', partition: '0' }
const GROUP = { consumergroup: 'readers', ...ORDERS }

/** Commits as a client that is no member: of an empty group. */
async function commit(broker: Broker, offset: number): Promise<void> {
  const wire = await Wire.connect(broker.bootstrapServers)
  await until('there is a coordinator', async () => {
    const { coordinators } = await wire.ask(findCoordinator, 4,
      { keyType: 0, coordinatorKeys: ['readers'] })
    return coordinators[0]!.errorCode === 0
  })
  const { topics } = await wire.ask(offsetCommit, 8, {
    groupId: 'readers', memberId: '', groupInstanceId: null, generationIdOrMemberEpoch: -1,
    topics: [{
      name: 'orders',
      partitions: [{
        partitionIndex: 0, committedOffset: offset, committedLeaderEpoch: -1,
        committedMetadata: null,
      }],
    }],
  })
  wire.close()
  expect(topics[0]!.partitions[0]!.errorCode).toBe(0)
}

test('what was produced and fetched, by topic and altogether', async () => {
  const broker = await start({ metrics: {}, topics: ['orders', 'idle'] })
  await send(broker, 'orders', 'one', 'two', 'three')
  await broker.produce('payments', { value: 'x' })
  const consumer = client(broker).consumer({ groupId: 'g' })
  await consumer.connect()
  await consumer.subscribe({ topic: 'orders', fromBeginning: true })
  let seen = 0
  await consumer.run({ eachMessage: async () => { seen++ } })
  await until('all are read', () => seen === 3)
  await consumer.disconnect()

  const told = await scrape(broker.metricsUrl)
  const name = (what: string): string => `kafka_server_brokertopicmetrics_${what}_total`
  expect(told.types.get(name('messagesin'))).toBe('counter')
  expect(told.value(name('messagesin'), { topic: 'orders' })).toBe(3)
  expect(told.value(name('messagesin'), { topic: 'payments' })).toBe(1)
  const sizeBytes = told.value('kafka_log_log_size', ORDERS)!
  expect(sizeBytes).toBeGreaterThan(60)
  expect(told.value(name('bytesin'), { topic: 'orders' })).toBe(sizeBytes)
  expect(told.value(name('bytesout'), { topic: 'orders' })).toBe(sizeBytes)
  expect(told.value(name('bytesout'))).toBe(sizeBytes)
  expect(told.value(name('totalfetchrequests'), { topic: 'orders' })).toBeGreaterThan(0)
  // A topic without an event has no series, as in Kafka.
  expect(told.value(name('messagesin'), { topic: 'idle' })).toBeUndefined()
  // All topics, those of groups among them.
  const all = told.all(name('messagesin'))
  const sum = all.filter(({ labels }) => 'topic' in labels).reduce((a, { value }) => a + value, 0)
  expect(told.value(name('messagesin'))).toBe(sum)
})

test('requests by API and version, their time, and the errors in their answers', async () => {
  const broker = await start({ metrics: {}, topics: ['orders'] })
  const wire = await Wire.connect(broker.bootstrapServers)
  const request = (topic: string, maxWaitMs = 0) => ({
    replicaId: -1, maxWaitMs, minBytes: 1, maxBytes: 1000, isolationLevel: 0, sessionId: 0,
    sessionEpoch: -1, forgottenTopicsData: [], rackId: '',
    topics: [{
      topic, partitions: [{
        partition: 0, fetchOffset: 0, partitionMaxBytes: 1000, currentLeaderEpoch: -1,
        lastFetchedEpoch: -1, logStartOffset: -1,
      }],
    }],
  })
  for (let i = 0; i < 3; i++) await wire.ask(fetchApi, 12, request('orders'))
  await wire.ask(fetchApi, 11, request('nowhere'))
  await wire.ask(fetchApi, 11, request('orders', 200))
  const waits = wire.ask(fetchApi, 11, request('orders', 60_000))
  const name = (what: string): string => `kafka_network_requestmetrics_${what}`
  await until('it waits', async () => (await scrape(broker.metricsUrl))
    .value('kafka_server_delayedoperationpurgatory_purgatorysize',
      { delayedOperation: 'Fetch' }) === 1)

  const told = await scrape(broker.metricsUrl)
  for (const which of ['Fetch', 'FetchConsumer']) {
    expect(told.value(name('requests_total'), { request: which, version: '12' })).toBe(3)
    // The last one waits: as in Kafka it does not count yet.
    expect(told.value(name('requests_total'), { request: which, version: '11' })).toBe(2)
    expect(told.value(name('totaltimems_count'), { request: which })).toBe(5)
    const longestMs = told.value(name('totaltimems'), { request: which, quantile: '0.999' })!
    expect(longestMs).toBeGreaterThan(180)
    expect(longestMs).toBeLessThan(2000)
    expect(told.value(name('totaltimems'), { request: which, quantile: '0.50' })).toBeLessThan(100)
  }
  expect(told.value(name('remotetimems'), { request: 'Fetch', quantile: '0.999' }))
    .toBeGreaterThan(180)
  expect(told.value(name('localtimems'), { request: 'Fetch', quantile: '0.999' }))
    .toBeLessThan(180)
  expect(told.value(name('errors_total'),
    { request: 'Fetch', error: 'UNKNOWN_TOPIC_OR_PARTITION' })).toBe(1)
  expect(told.value(name('errors_total'), { request: 'Fetch', error: 'NONE' })).toBe(9)
  await broker.produce('orders', { value: 'x' })
  await waits
  wire.close()
})

test('groups, their lag in records, and in seconds since what they have not read', async () => {
  const broker = await start({ metrics: {}, topics: ['orders'] })
  const nowMs = broker.clock.now()
  const at = (secondsAgo: number) => ({ value: 'x', timestamp: nowMs - secondsAgo * 1000 })
  // Batches of their own: a batch has the time of its first record.
  for (const secondsAgo of [600, 300, 60]) await broker.produce('orders', at(secondsAgo))
  await commit(broker, 1)

  const first = await scrape(broker.metricsUrl)
  expect(first.value('kafka_consumergroup_current_offset', GROUP)).toBe(1)
  expect(first.value('kafka_consumergroup_lag', GROUP)).toBe(2)
  expect(first.value('kafka_consumergroup_lag_seconds', GROUP)).toBeCloseTo(300, -1)
  expect(first.value('kafka_coordinator_group_groupmetadatamanager_numgroups')).toBe(1)
  expect(first.value('kafka_coordinator_group_groupmetadatamanager_numgroupsempty')).toBe(1)
  expect(first.value('kafka_coordinator_group_groupmetadatamanager_numoffsets')).toBe(1)

  await commit(broker, 2)
  await broker.clock.advance(30_000)
  const second = await scrape(broker.metricsUrl)
  expect(second.value('kafka_consumergroup_lag', GROUP)).toBe(1)
  expect(second.value('kafka_consumergroup_lag_seconds', GROUP)).toBeCloseTo(90, -1)

  await commit(broker, 3)
  const third = await scrape(broker.metricsUrl)
  expect(third.value('kafka_consumergroup_lag', GROUP)).toBe(0)
  expect(third.value('kafka_consumergroup_lag_seconds', GROUP)).toBe(0)
})

test('what is left of a log, where a group stands before its start', async () => {
  const broker = await start({ metrics: {}, topics: ['orders'] })
  const nowMs = broker.clock.now()
  for (const ago of [600, 60]) {
    await broker.produce('orders', { value: 'x', timestamp: nowMs - ago * 1000 })
  }
  await commit(broker, 0)
  const admin = client(broker).admin()
  await admin.connect()
  await admin.fetchTopicMetadata({ topics: ['orders'] })
  await admin.deleteTopicRecords({ topic: 'orders', partitions: [{ partition: 0, offset: '1' }] })
  await admin.disconnect()
  const told = await scrape(broker.metricsUrl)
  expect(told.value('kafka_log_log_logstartoffset', ORDERS)).toBe(1)
  expect(told.value('kafka_consumergroup_lag', GROUP)).toBe(2)
  expect(told.value('kafka_consumergroup_lag_seconds', GROUP)).toBeCloseTo(60, -1)
})

test('marks of transactions are no records that a group is behind of', async () => {
  const broker = await start({ metrics: {}, topics: ['orders'] })
  const producer = client(broker).producer({
    transactionalId: 't', idempotent: true, maxInFlightRequests: 1,
  })
  await producer.connect()
  const transaction = await producer.transaction()
  await transaction.send({ topic: 'orders', messages: [{ value: 'x' }] })
  await transaction.commit()
  await producer.disconnect()
  await commit(broker, 1)
  await broker.clock.advance(30_000)
  const told = await scrape(broker.metricsUrl)
  // Kafka's tools count it as well.
  expect(told.value('kafka_consumergroup_lag', GROUP)).toBe(1)
  expect(told.value('kafka_consumergroup_lag_seconds', GROUP)).toBe(0)
})

test('a topic that goes takes its series along, not what was counted altogether', async () => {
  const broker = await start({ metrics: {}, topics: ['orders'] })
  await broker.produce('orders', [{ value: 'a' }, { value: 'b' }])
  await broker.topics.delete('orders')
  const told = await scrape(broker.metricsUrl)
  expect(told.value('kafka_server_brokertopicmetrics_messagesin_total')).toBe(2)
  expect(told.series.filter(({ labels }) => labels['topic'] === 'orders')).toEqual([])
  expect(told.value('kafka_controller_kafkacontroller_globaltopiccount')).toBe(0)
})

test('batches that are refused are told apart', async () => {
  const broker = await start({
    metrics: {},
    topics: [{ name: 'orders', configs: { 'max.message.bytes': 200, 'min.insync.replicas': 1 } },
      { name: 'compacted', configs: { 'cleanup.policy': 'compact' } }],
  })
  await expect(broker.produce('orders', { value: 'x'.repeat(500) })).rejects.toThrow()
  await expect(broker.produce('compacted', { value: 'without a key' })).rejects.toThrow()
  const told = await scrape(broker.metricsUrl)
  const name = (what: string): string => `kafka_server_brokertopicmetrics_${what}_total`
  expect(told.value(name('bytesrejected'), { topic: 'orders' })).toBeGreaterThan(500)
  expect(told.value(name('failedproducerequests'), { topic: 'orders' })).toBeUndefined()
  expect(told.value(name('failedproducerequests'), { topic: 'compacted' })).toBe(1)
  expect(told.value(name('messagesin'))).toBe(0)
})

test('connections, and the process', async () => {
  const broker = await start({ metrics: {} })
  const before = Date.now() / 1000
  const wire = await Wire.connect(broker.bootstrapServers)
  const labels = { listener: 'PLAINTEXT', networkProcessor: '0' }
  const name = (what: string): string => `kafka_server_socket_server_metrics_${what}`
  await wire.ask(apiVersions, 0, {})
  const connected = await scrape(broker.metricsUrl)
  expect(connected.value(name('connection_count'), labels)).toBe(1)
  // A length, a header of ten bytes, and the name of the client.
  expect(connected.value(name('incoming_byte_total'), labels)).toBe(4 + 10 + 'harness'.length)
  const sentBytes = connected.value(name('outgoing_byte_total'), labels)
  expect(sentBytes).toBeGreaterThan(300)
  wire.close()
  await until('it is gone', async () => (
    (await scrape(broker.metricsUrl)).value(name('connection_count'), labels) === 0))
  const told = await scrape(broker.metricsUrl)
  expect(told.value(name('connection_creation_total'), labels)).toBe(1)
  expect(told.value(name('connection_close_total'), labels)).toBe(1)
  expect(told.value(name('incoming_byte_total'), labels)).toBe(4 + 10 + 'harness'.length)
  expect(told.value(name('outgoing_byte_total'), labels)).toBe(sentBytes)
  expect(told.value('process_resident_memory_bytes')).toBeGreaterThan(10_000_000)
  expect(told.value('process_start_time_seconds')).toBeLessThan(before)
  expect(told.value('nodejs_heap_size_used_bytes')).toBeGreaterThan(1_000_000)
  const idle = told.value('kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent')
  expect(idle).toBeGreaterThanOrEqual(0)
  expect(idle).toBeLessThanOrEqual(1)
})

test('brokers of one process do not count for each other, nor one that nobody watches at all',
  async () => {
    const [one, other, silent] = await Promise.all([
      start({ metrics: {}, topics: ['orders'] }), start({ metrics: {}, topics: ['orders'] }),
      start({ topics: ['orders'] }),
    ])
    await one.produce('orders', { value: 'x' })
    await other.produce('orders', [{ value: 'x' }, { value: 'y' }])
    const name = 'kafka_server_brokertopicmetrics_messagesin_total'
    const told = await Promise.all([scrape(one.metricsUrl), scrape(other.metricsUrl)])
    expect(told.map((each) => each.value(name))).toEqual([1, 2])
    expect(silent.metricsUrl).toBeUndefined()
  })

test('many at once, of many partitions, each get all of it', async () => {
  const broker = await start({ metrics: {}, topics: [{ name: 'wide', partitions: 1200 }] })
  await until('all are open', async () => (await scrape(broker.metricsUrl))
    .value('kafka_server_replicamanager_partitioncount') === 1200)
  const told = await Promise.all([1, 2, 3].map(() => scrape(broker.metricsUrl)))
  for (const each of told) {
    const sizes = each.all('kafka_log_log_size').filter(({ labels }) => labels['topic'] === 'wide')
    expect(sizes.map(({ labels }) => Number(labels['partition'])).sort((a, b) => a - b))
      .toEqual(Array.from({ length: 1200 }, (_, i) => i))
    expect(each.value('kafka_server_replicamanager_partitioncount')).toBe(1200)
    expect(each.value('kafka_controller_kafkacontroller_globalpartitioncount')).toBe(1200)
  }
})

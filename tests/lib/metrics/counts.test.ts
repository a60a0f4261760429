// What is counted, after requests whose counts compat/metrics has compared with Apache Kafka's.

import { expect, test } from '@jest/globals'
import { ask } from '../../../compat/harness/wire.ts'
import { scrape } from '../../../compat/metrics/scrape.ts'
import { Walk } from '../../../compat/metrics/walk.ts'
import { produce } from '../../../protocol/messages/produce.ts'
import { buildBatch } from '../../../protocol/records/batch.ts'
import { brokersOfTests } from '../library/brokers.ts'

const start = brokersOfTests()

const COUNTS: readonly (readonly [name: string, value: number, label?: readonly [string, string]])[]
  = [
    ['brokertopicmetrics_invalidmessagecrcrecords_total', 1],
    ['brokertopicmetrics_invalidoffsetorsequencerecords_total', 1],
    ['brokertopicmetrics_nokeycompactedtopicrecords_total', 1],
    ['delayedfetchmetrics_expires_total', 1, ['fetcherType', 'consumer']],
    ['delayedproducemetrics_expires_total', 0],
    ['delayedoperationpurgatory_numdelayedoperations', 1, ['delayedOperation', 'Fetch']],
    ['delayedoperationpurgatory_purgatorysize', 2, ['delayedOperation', 'Fetch']],
    ['delayedoperationpurgatory_purgatorysize', 0, ['delayedOperation', 'Produce']],
    ['fetchsessioncache_numincrementalfetchpartitionscached', 2],
    ['group_coordinator_metrics_offset_commit_count', 2],
    ['group_coordinator_metrics_offset_deletion_count', 1],
    ['group_coordinator_metrics_offset_expiration_count', 0],
    ['group_coordinator_metrics_offset_count', 1],
    ['group_coordinator_metrics_group_completed_rebalance_count', 1],
    ['group_coordinator_metrics_consumer_group_rebalance_count', 1],
    ['group_coordinator_metrics_state_empty_classic_group_count', 1],
    ['group_coordinator_metrics_state_stable_consumer_group_count', 1],
    ['group_coordinator_metrics_state_active_num_partitions', 50],
    ['group_coordinator_metrics_state_loading_num_partitions', 0],
    ['metadataloader_finalizedlevel', 1, ['featureName', 'groupVersion']],
    ['raft_metrics_number_of_voters', 1],
    ['raft_metrics_number_of_observers', 0],
    ['replicamanager_reassigningpartitions', 0],
    ['replicamanager_partitionswithlatetransactionscount', 0],
  ]

test('requests of many sorts, and what came of them', async () => {
  const broker = await start({ metrics: {} })
  const walk = await Walk.through(broker.bootstrapServers)
  const told = await scrape(broker.metricsUrl)
  walk.end()
  const seen = COUNTS.map(([name, , label]) => (
    told.value(`kafka_server_${name}`, label === undefined ? {} : { [label[0]]: label[1] })))
  expect(COUNTS.map(([name], i) => [name, seen[i]])).toEqual(
    COUNTS.map(([name, value]) => [name, value]))
  expect(told.value('kafka_controller_kafkacontroller_brokerregistrationstate', { broker: '1' }))
    .toBe(30)
  for (const coordinator of ['group', 'transaction']) {
    const name = `kafka_server_${coordinator}_coordinator_metrics_partition_load_time_max`
    expect(told.value(name)).toBeGreaterThan(0)
  }
  expect(told.value('kafka_server_raft_metrics_commit_latency_max')).toBeGreaterThan(0)
})

test('a transaction that nobody ends holds up committed readers, and is late', async () => {
  const broker = await start({
    metrics: {}, topics: ['orders'],
    settings: { 'transaction.partition.verification.enable': false },
  })
  const labels = { topic: 'orders', partition: '0' }
  const lag = async (): Promise<number | undefined> => (
    (await scrape(broker.metricsUrl)).value('kafka_cluster_partition_laststableoffsetlag', labels))
  await broker.produce('orders', { value: 'before' })
  expect(await lag()).toBe(0)
  const records = buildBatch({
    records: [{ key: null, value: Buffer.from('x') }], timestampMs: broker.clock.now(),
    producerId: 4000, producerEpoch: 0, baseSequence: 0, isTransactional: true,
  })
  const { responses } = await ask(broker.bootstrapServers, produce, 9, {
    transactionalId: 't', acks: -1, timeoutMs: 1000,
    topicData: [{ name: 'orders', partitionData: [{ index: 0, records }] }],
  })
  expect(responses[0]!.partitionResponses[0]!.errorCode).toBe(0)
  await broker.produce('orders', { value: 'behind it' })
  expect(await lag()).toBe(2)
  // transaction.max.timeout.ms, and five minutes for the coordinator.
  const late = 'kafka_server_replicamanager_partitionswithlatetransactionscount'
  await broker.clock.advance(19 * 60_000)
  expect((await scrape(broker.metricsUrl)).value(late)).toBe(0)
  await broker.clock.advance(2 * 60_000)
  expect((await scrape(broker.metricsUrl)).value(late)).toBe(1)
})

test('a log is a part of what it may keep', async () => {
  const broker = await start({
    metrics: {}, topics: [{ name: 'kept', configs: { 'retention.bytes': 2000 } }],
  })
  await broker.produce('kept', { value: 'x'.repeat(900) })
  const told = await scrape(broker.metricsUrl)
  const labels = { topic: 'kept', partition: '0' }
  expect(told.value('kafka_log_log_retentionsizeinpercent', labels))
    .toBe(Math.floor(told.value('kafka_log_log_size', labels)! / 20))
})

// The names and labels of metrics are Kafka's: dashboards and alerts are written against them.

import { expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { brokersOfTests, until } from '../library/brokers.ts'
import { client, send } from '../library/kafkajs.ts'
import { scrape } from './scrape.ts'

const start = brokersOfTests()

/** As a Kafka told them. */
const OF_KAFKA = new Set(readFileSync(join(__dirname, 'kafka-names.txt'), 'utf8').split('\n')
  .filter((line) => line !== '' && !line.startsWith('#')))

/** What Kafka does not tell. */
const OUR_OWN = [
  'kafka_consumergroup_current_offset{consumergroup,partition,topic}',
  'kafka_consumergroup_lag_seconds{consumergroup,partition,topic}',
  'kafka_consumergroup_lag{consumergroup,partition,topic}',
]

/** Of Kafka's, those that are told here. Who takes one away breaks somebody's dashboard. */
const TOLD = [
  'kafka_controller_kafkacontroller_activebrokercount',
  'kafka_controller_kafkacontroller_activecontrollercount',
  'kafka_controller_kafkacontroller_fencedbrokercount',
  'kafka_controller_kafkacontroller_globalpartitioncount',
  'kafka_controller_kafkacontroller_globaltopiccount',
  'kafka_controller_kafkacontroller_lastappliedrecordoffset',
  'kafka_controller_kafkacontroller_lastcommittedrecordoffset',
  'kafka_controller_kafkacontroller_offlinepartitionscount',
  'kafka_controller_kafkacontroller_preferredreplicaimbalancecount',
  'kafka_coordinator_group_groupmetadatamanager_numgroups',
  'kafka_coordinator_group_groupmetadatamanager_numgroupscompletingrebalance',
  'kafka_coordinator_group_groupmetadatamanager_numgroupsdead',
  'kafka_coordinator_group_groupmetadatamanager_numgroupsempty',
  'kafka_coordinator_group_groupmetadatamanager_numgroupspreparingrebalance',
  'kafka_coordinator_group_groupmetadatamanager_numgroupsstable',
  'kafka_coordinator_group_groupmetadatamanager_numoffsets',
  'kafka_log_log_logendoffset{partition,topic}',
  'kafka_log_log_logstartoffset{partition,topic}',
  'kafka_log_log_numlogsegments{partition,topic}',
  'kafka_log_log_size{partition,topic}',
  'kafka_log_logcleaner_cleaner_recopy_percent',
  'kafka_log_logcleaner_max_clean_time_secs',
  'kafka_log_logcleanermanager_max_dirty_percent',
  'kafka_log_logcleanermanager_time_since_last_run_ms',
  'kafka_log_logcleanermanager_uncleanable_partitions_count{logDirectory}',
  'kafka_log_logmanager_logdirectoryoffline{logDirectory}',
  'kafka_log_logmanager_offlinelogdirectorycount',
  'kafka_network_requestmetrics_errors_total{error,request}',
  'kafka_network_requestmetrics_localtimems_count{request}',
  'kafka_network_requestmetrics_localtimems{quantile,request}',
  'kafka_network_requestmetrics_remotetimems_count{request}',
  'kafka_network_requestmetrics_remotetimems{quantile,request}',
  'kafka_network_requestmetrics_requestbytes_count{request}',
  'kafka_network_requestmetrics_requestbytes{quantile,request}',
  'kafka_network_requestmetrics_requests_total{request,version}',
  'kafka_network_requestmetrics_totaltimems_count{request}',
  'kafka_network_requestmetrics_totaltimems{quantile,request}',
  'kafka_network_socketserver_memorypoolavailable',
  'kafka_network_socketserver_memorypoolused',
  'kafka_network_socketserver_networkprocessoravgidlepercent',
  'kafka_server_broker_metadata_metrics_last_applied_record_offset',
  'kafka_server_brokertopicmetrics_bytesin_total',
  'kafka_server_brokertopicmetrics_bytesin_total{topic}',
  'kafka_server_brokertopicmetrics_bytesout_total',
  'kafka_server_brokertopicmetrics_bytesout_total{topic}',
  'kafka_server_brokertopicmetrics_bytesrejected_total',
  'kafka_server_brokertopicmetrics_failedfetchrequests_total',
  'kafka_server_brokertopicmetrics_failedproducerequests_total',
  'kafka_server_brokertopicmetrics_messagesin_total',
  'kafka_server_brokertopicmetrics_messagesin_total{topic}',
  'kafka_server_brokertopicmetrics_totalfetchrequests_total',
  'kafka_server_brokertopicmetrics_totalfetchrequests_total{topic}',
  'kafka_server_brokertopicmetrics_totalproducerequests_total',
  'kafka_server_brokertopicmetrics_totalproducerequests_total{topic}',
  'kafka_server_delayedoperationpurgatory_purgatorysize{delayedOperation}',
  'kafka_server_fetchsessioncache_incrementalfetchsessionevictions_total',
  'kafka_server_fetchsessioncache_numincrementalfetchpartitionscached',
  'kafka_server_fetchsessioncache_numincrementalfetchsessions',
  'kafka_server_group_coordinator_metrics_protocol_classic_group_count',
  'kafka_server_group_coordinator_metrics_protocol_consumer_group_count',
  'kafka_server_group_coordinator_metrics_state_assigning_consumer_group_count',
  'kafka_server_group_coordinator_metrics_state_dead_consumer_group_count',
  'kafka_server_group_coordinator_metrics_state_empty_consumer_group_count',
  'kafka_server_group_coordinator_metrics_state_reconciling_consumer_group_count',
  'kafka_server_group_coordinator_metrics_state_stable_consumer_group_count',
  'kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent',
  'kafka_server_kafkaserver_brokerstate',
  'kafka_server_raft_metrics_current_epoch',
  'kafka_server_raft_metrics_current_leader',
  'kafka_server_raft_metrics_current_state{state}',
  'kafka_server_raft_metrics_high_watermark',
  'kafka_server_raft_metrics_log_end_offset',
  'kafka_server_replicamanager_atminisrpartitioncount',
  'kafka_server_replicamanager_leadercount',
  'kafka_server_replicamanager_offlinereplicacount',
  'kafka_server_replicamanager_partitioncount',
  'kafka_server_replicamanager_produceridcount',
  'kafka_server_replicamanager_underminisrpartitioncount',
  'kafka_server_replicamanager_underreplicatedpartitions',
  'kafka_server_socket_server_metrics_connection_close_total{listener,networkProcessor}',
  'kafka_server_socket_server_metrics_connection_count{listener,networkProcessor}',
  'kafka_server_socket_server_metrics_connection_creation_total{listener,networkProcessor}',
]

test('each is one of Kafka, or of those that Kafka has not', async () => {
  const broker = await start({ metrics: {}, topics: ['orders'] })
  await send(broker, 'orders', 'one')
  const consumer = client(broker).consumer({ groupId: 'g' })
  await consumer.connect()
  await consumer.subscribe({ topic: 'orders', fromBeginning: true })
  let seen = 0
  await consumer.run({ eachMessage: async () => { seen++ } })
  await until('it is read', () => seen === 1)
  await consumer.disconnect()
  const { series } = await scrape(broker.metricsUrl)
  const told = new Set(series.filter(({ name }) => name.startsWith('kafka_'))
    .map(({ name, labels }) => {
      const names = Object.keys(labels).sort().join(',')
      return names === '' ? name : `${name}{${names}}`
    }))
  expect([...told].filter((name) => !OF_KAFKA.has(name)).sort()).toEqual(OUR_OWN)
  expect([...told].filter((name) => OF_KAFKA.has(name)).sort()).toEqual(TOLD)
})

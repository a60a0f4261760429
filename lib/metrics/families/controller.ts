// The cluster's metadata: Kafka's KafkaController, its raft metrics, and how the broker follows.

import type { Controller } from '../../../controller/controller.ts'
import type { Broker } from '../../../controller/image/brokers.ts'
import type { Topic } from '../../../controller/image/topics.ts'
import { type Family, gauge, gauges, type Sample, sum } from '../family.ts'

const OFFLINE = -1

export function controllerFamilies(controller: Controller): Family[] {
  return [...clusterFamilies(controller), ...raftFamilies(controller)]
}

function clusterFamilies(controller: Controller): Family[] {
  const name = (what: string): string => `kafka_controller_kafkacontroller_${what}`
  const topics = (): Iterable<Topic> => controller.image.topics.all()
  const brokers = (isOne: (broker: Broker) => boolean) => (): number => (
    [...controller.image.brokers.brokers.values()].filter(isOne).length)
  return [
    gauge(name('activecontrollercount'), '1 where this node is the active controller',
      () => (controller.isActive ? 1 : 0)),
    gauge(name('activebrokercount'), 'Brokers that may lead', brokers(({ fenced }) => !fenced)),
    gauge(name('fencedbrokercount'), 'Brokers that may not', brokers(({ fenced }) => fenced)),
    gauge(name('globaltopiccount'), 'Topics of the cluster', () => controller.image.topics.size),
    sum(name('globalpartitioncount'), 'Partitions of the cluster', topics,
      ({ partitions }) => partitions.size),
    gauge(name('offlinepartitionscount'), 'Partitions without a leader',
      () => controller.image.topics.withoutLeader().length),
    sum(name('preferredreplicaimbalancecount'),
      'Partitions led by another than their first replica',
      () => partitionsOf(topics()), ({ leader, replicas }) => (leader === replicas[0] ? 0 : 1)),
    gauge(name('lastappliedrecordoffset'), 'The last metadata record that is in effect',
      () => controller.appliedOffset),
    gauge(name('lastcommittedrecordoffset'), 'The last metadata record that is committed',
      () => controller.raftState.highWatermark - 1),
  ]
}

function* partitionsOf(topics: Iterable<Topic>) {
  for (const { partitions } of topics) yield* partitions.values()
}

function raftFamilies(controller: Controller): Family[] {
  const name = (what: string): string => `kafka_server_raft_metrics_${what}`
  return [
    gauge(name('current_leader'), 'The node that leads the quorum', () => controller.leaderId),
    gauge(name('current_epoch'), 'The epoch of the quorum', () => controller.leaderEpoch),
    gauge(name('high_watermark'), 'Metadata records that are committed',
      () => Math.max(OFFLINE, controller.raftState.highWatermark)),
    gauge(name('log_end_offset'), 'Metadata records that are written',
      () => controller.raftState.log.endOffset),
    gauges(name('current_state'), '1 for the state of this node in the quorum', ['state'],
      (): Sample[] => [[1, { state: controller.raftState.role.name }]]),
    gauge('kafka_server_broker_metadata_metrics_last_applied_record_offset',
      'The last metadata record that the broker follows', () => controller.appliedOffset),
  ]
}

// The cluster's metadata: Kafka's KafkaController, its raft metrics, and how the broker follows.

import type { Controller } from '../../../controller/controller.ts'
import type { Broker } from '../../../controller/image/brokers.ts'
import {
  METADATA_VERSION, SUPPORTED_FEATURES, type SupportedFeature,
} from '../../../controller/image/features.ts'
import type { RaftState } from '../../../controller/raft/state.ts'
import type { Clock } from '../../world/clock.ts'
import { type Family, gauge, gauges, type Sample } from '../family.ts'

const UNKNOWN = -1
/** Kafka's BrokerRegistrationState. */
const FENCED = 10
const CONTROLLED_SHUTDOWN = 20
const ACTIVE = 30

export function controllerFamilies(
  controller: Controller, clock: Pick<Clock, 'monotonicMs'>,
): Family[] {
  return [
    ...clusterFamilies(controller), ...raftFamilies(controller, clock),
    ...featureFamilies(controller),
  ]
}

function clusterFamilies(controller: Controller): Family[] {
  const name = (what: string): string => `kafka_controller_kafkacontroller_${what}`
  const brokers = (isOne: (broker: Broker) => boolean) => (): number => (
    [...controller.image.brokers.brokers.values()].filter(isOne).length)
  return [
    gauge(name('activecontrollercount'), '1 where this node is the active controller',
      () => (controller.isActive ? 1 : 0)),
    gauge(name('activebrokercount'), 'Brokers that may lead', brokers(({ fenced }) => !fenced)),
    gauge(name('fencedbrokercount'), 'Brokers that may not', brokers(({ fenced }) => fenced)),
    gauge(name('controlledshutdownbrokercount'), 'Brokers that are about to stop',
      brokers((broker) => registrationState(broker) === CONTROLLED_SHUTDOWN)),
    gauges(name('brokerregistrationstate'), '10 fenced, 20 about to stop, 30 active', ['broker'],
      () => [...controller.image.brokers.brokers.values()].map((broker): Sample => (
        [registrationState(broker), { broker: String(broker.id) }]))),
    gauge(name('globaltopiccount'), 'Topics of the cluster', () => controller.image.topics.size),
    gauge(name('lastappliedrecordoffset'), 'The last metadata record that is in effect',
      () => controller.appliedOffset),
    gauge(name('lastcommittedrecordoffset'), 'The last metadata record that is committed',
      () => controller.raftState.highWatermark - 1),
  ]
}

function registrationState({ fenced, inControlledShutdown }: Broker): number {
  return fenced ? FENCED : inControlledShutdown ? CONTROLLED_SHUTDOWN : ACTIVE
}

function raftFamilies(controller: Controller, clock: Pick<Clock, 'monotonicMs'>): Family[] {
  const name = (what: string): string => `kafka_server_raft_metrics_${what}`
  return [
    gauge(name('current_leader'), 'The node that leads the quorum', () => controller.leaderId),
    gauge(name('current_epoch'), 'The epoch of the quorum', () => controller.leaderEpoch),
    gauge(name('high_watermark'), 'Metadata records that are committed',
      () => Math.max(UNKNOWN, controller.raftState.highWatermark)),
    gauge(name('log_end_offset'), 'Metadata records that are written',
      () => controller.raftState.log.endOffset),
    gauge(name('log_end_epoch'), 'The epoch of the last metadata record',
      () => controller.raftState.log.epochs.at(-1)?.epoch ?? 0),
    gauge(name('current_vote'), 'The node that this one has voted for, −1 for none',
      () => voteOf(controller.raftState)),
    gauge(name('number_of_voters'), 'Voters of the quorum', () => votersOf(controller).length),
    gauges(name('number_of_observers'), 'Others that fetch the metadata, where this node leads', [],
      () => observersOf(controller)),
    gauge(name('commit_latency_avg'),
      'Milliseconds until a change of the metadata was on the disk, in the last minute',
      () => controller.commitTimesMs.mean(clock.monotonicMs())),
    gauge(name('commit_latency_max'),
      'Milliseconds until a change of the metadata was on the disk at most, in the last minute',
      () => controller.commitTimesMs.max(clock.monotonicMs())),
    gauge('kafka_server_snapshotemitter_latestsnapshotgeneratedbytes',
      'Bytes of the last snapshot of the metadata; 0 where none was written since the start',
      () => controller.latestSnapshot.sizeBytes),
    gauge('kafka_server_snapshotemitter_latestsnapshotgeneratedagems',
      'Milliseconds since the last snapshot of the metadata, or since the start',
      () => Math.round(clock.monotonicMs() - controller.latestSnapshot.writtenMs)),
    gauges(name('current_state'), '1 for the state of this node in the quorum', ['state'],
      (): Sample[] => [[1, { state: controller.raftState.role.name }]]),
    gauge('kafka_server_broker_metadata_metrics_last_applied_record_offset',
      'The last metadata record that the broker follows', () => controller.appliedOffset),
  ]
}

function voteOf({ role: { name }, votedId, settings: { nodeId } }: RaftState): number {
  return name === 'leader' || name === 'candidate' ? nodeId : votedId
}

function votersOf({ quorum: { voters }, raftState: { settings } }: Controller): readonly number[] {
  return voters.length > 0 ? voters.map(({ voterId }) => voterId) : settings.voters
}

function observersOf(controller: Controller): Sample[] {
  const { role } = controller.raftState
  if (role.name !== 'leader') return []
  const voters = votersOf(controller)
  return [[[...role.progress.keys()].filter((id) => !voters.includes(id)).length]]
}

function featureFamilies(controller: Controller): Family[] {
  const loader = (what: string): string => `kafka_server_metadataloader_${what}`
  const limit = ({ name }: SupportedFeature, which: string): string => (
    `kafka_server_node_metrics_feature_name_${name.replaceAll('.', '_')}_${which}_supported_level`)
  return [
    gauge(loader('currentcontrollerid'), 'The active controller, −1 where it is not known',
      () => controller.leaderId),
    gauge(loader('currentmetadataversion'), 'The level of metadata.version',
      () => controller.image.features.level(METADATA_VERSION)),
    gauges(loader('finalizedlevel'), 'The level of a feature', ['featureName'],
      () => [...controller.image.features.levels].map(([name, level]): Sample => (
        [level, { featureName: camelCase(name) }]))),
    ...SUPPORTED_FEATURES.flatMap((feature) => [
      gauge(limit(feature, 'minimum'), `The least level of ${feature.name} that this node knows`,
        () => feature.minSupportedVersion),
      gauge(limit(feature, 'maximum'), `The highest level of ${feature.name} that this node knows`,
        () => feature.maxSupportedVersion),
    ]),
  ]
}

/** As Kafka tells features: `group.version` is groupVersion. */
function camelCase(name: string): string {
  return name.replace(/\.(\w)/g, (_, letter: string) => letter.toUpperCase())
}

// The cluster as a client sees it: brokers, topics, and who leads their partitions.

import { metadata } from '../../protocol/messages/metadata.ts'
import { type Decoded, ZERO_UUID } from '../../protocol/schema.ts'
import type { Connection } from './connection.ts'
import type { Address } from '../address.ts'
import { throwIfRefused } from './errors.ts'

export interface BrokerView extends Address {
  readonly id: number
  readonly rack: string | null
}

export interface PartitionView {
  readonly partition: number
  readonly errorCode: number
  /** −1 without one. */
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly offline: readonly number[]
}

export interface TopicView {
  readonly name: string
  /** Undefined of brokers before 2.8. */
  readonly topicId: string | undefined
  readonly errorCode: number
  readonly isInternal: boolean
  /** By their number. */
  readonly partitions: readonly PartitionView[]
}

export interface ClusterView {
  readonly clusterId: string | null
  /** −1 where nobody says. */
  readonly controllerId: number
  readonly brokers: ReadonlyMap<number, BrokerView>
  /** By name; those that were asked for, with errors where they are not there. */
  readonly topics: ReadonlyMap<string, TopicView>
}

/** Asks one broker. In version 0 no topics would mean all. */
export async function fetchMetadata(
  connection: Connection, topics: readonly string[] | 'all',
): Promise<ClusterView> {
  const answer = await connection.request(metadata, (version) => ({
    topics: topics === 'all'
      ? version === 0 ? [] : null
      : topics.map((name) => ({ name, topicId: ZERO_UUID })),
    allowAutoTopicCreation: false,
  }))
  throwIfRefused(answer.errorCode, 'the metadata')
  const brokers = answer.brokers.map(({ nodeId, host, port, rack }) => (
    [nodeId, { id: nodeId, host, port, rack }] as const
  ))
  return {
    clusterId: answer.clusterId,
    controllerId: answer.controllerId,
    brokers: new Map(brokers.sort(([a], [b]) => a - b)),
    topics: new Map(answer.topics.map((topic) => [topic.name!, topicView(topic)])),
  }
}

type TopicAnswer = Decoded<typeof metadata['response']>['topics'][number]

function topicView(topic: TopicAnswer): TopicView {
  const partitions = topic.partitions.map((partition) => ({
    partition: partition.partitionIndex,
    errorCode: partition.errorCode,
    leaderId: partition.leaderId,
    leaderEpoch: partition.leaderEpoch,
    replicas: partition.replicaNodes,
    isr: partition.isrNodes,
    offline: partition.offlineReplicas,
  }))
  return {
    name: topic.name!,
    topicId: topic.topicId === ZERO_UUID ? undefined : topic.topicId,
    errorCode: topic.errorCode,
    isInternal: topic.isInternal,
    partitions: partitions.sort((a, b) => a.partition - b.partition),
  }
}

// Metadata (key 3): the brokers of the cluster, and who leads which partition.
//
// Known topics come first, then those that are unknown; a topic asked for twice is told of once.
// Asking for a topic that does not exist may create it: it is answered as unknown this time, and is
// there the next.
//
// Versions: 0 takes an empty list for all topics, from 1 on null does; from 4 the client may forbid
// creation; 8–10 tell what may be done with topics and the cluster; from 10 there are topic ids,
// and from 12 topics may be asked for by id (KIP-516): then names beside ids are ignored. 13 has an
// error for the whole (KIP-1102).

import { createTopics } from '../../controller/decisions/create-topics.ts'
import type { Image } from '../../controller/image/image.ts'
import { isReplicaOnline } from '../../controller/image/replica-place.ts'
import { partitionsInOrder, type Partition, type Topic } from '../../controller/image/topics.ts'
import { isInternalTopic, isValidTopicName } from '../../controller/topic-names.ts'
import { ApiError, Errors } from '../../protocol/errors.ts'
import {
  metadata, type MetadataRequest, type MetadataResponse,
} from '../../protocol/messages/metadata.ts'
import { ZERO_UUID } from '../../protocol/schema.ts'
import { CLUSTER_OPERATIONS, NOT_ASKED, TOPIC_OPERATIONS } from '../authorized-operations.ts'
import { autoTopic } from '../auto-topics.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'

type ResponseTopic = MetadataResponse['topics'][number]
type ResponsePartition = ResponseTopic['partitions'][number]

const NO_CONTROLLER = -1

export const metadataHandler = handler(metadata, handleMetadata, {
  errorAnswer: (request, _version, errorCode) => ({
    brokers: [], clusterId: null, controllerId: NO_CONTROLLER, errorCode,
    topics: (request.topics ?? []).map(({ name, topicId }) => ({
      errorCode, name: name ?? '', topicId, isInternal: false, partitions: [],
    })),
  }),
})

function handleMetadata(
  request: MetadataRequest, context: RequestContext, services: Services,
): MetadataResponse {
  const { apiVersion, listenerName } = context
  const { image } = services.controller
  const topics = topicsOf(request, context, services, image)
  if (request.includeTopicAuthorizedOperations) {
    for (const topic of topics) {
      if (topic.errorCode === Errors.UNKNOWN_TOPIC_ID) continue
      Object.assign(topic, { topicAuthorizedOperations: TOPIC_OPERATIONS })
    }
  }
  const isClusterAsked = apiVersion >= 8 && apiVersion <= 10 &&
    request.includeClusterAuthorizedOperations
  return {
    brokers: brokersOf(image, listenerName),
    clusterId: services.broker.clusterId,
    // In KRaft any broker will do: what is meant for the controller is handed on to it.
    controllerId: image.brokers.alive()[0]?.id ?? NO_CONTROLLER,
    topics,
    clusterAuthorizedOperations: isClusterAsked ? CLUSTER_OPERATIONS : NOT_ASKED,
  }
}

/** The brokers that clients of the listener can reach. */
function brokersOf(
  image: Image, listenerName: string,
): MetadataResponse['brokers'][number][] {
  return image.brokers.alive().flatMap(({ id, rack, endpoints }) =>
    endpoints.filter(({ name }) => name === listenerName)
      .map(({ host, port }) => ({ nodeId: id, host, port, rack })))
}

function topicsOf(
  request: MetadataRequest, context: RequestContext, services: Services, image: Image,
): ResponseTopic[] {
  const { apiVersion, listenerName } = context
  const describe = (topic: Topic): ResponseTopic =>
    describeTopic(image, topic, apiVersion, listenerName)
  const isAll = request.topics === null || (apiVersion === 0 && request.topics.length === 0)
  if (request.topics === null || isAll) return [...image.topics.all()].map(describe)
  if (apiVersion < 12) checkNames(request.topics)
  const ids = new Set(request.topics.map(({ topicId }) => topicId).filter((id) => id !== ZERO_UUID))
  if (ids.size > 0) {
    const unknown = [...ids].filter((id) => !image.topics.byId(id)).map(unknownId)
    const known = [...ids].flatMap((id) => image.topics.byId(id) ?? [])
    return [...unknown, ...known.map(describe)]
  }
  const names = new Set(request.topics.map(({ name }) => {
    if (name === null) throw new ApiError(Errors.UNKNOWN_SERVER_ERROR)
    return name
  }))
  const known = [...names].flatMap((name) => image.topics.byName(name) ?? [])
  const unknown = [...names].filter((name) => !image.topics.byName(name))
  return [...known.map(describe), ...missingTopics(unknown, request, services)]
}

function checkNames(topics: NonNullable<MetadataRequest['topics']>): void {
  for (const { name, topicId } of topics) {
    if (name === null || topicId !== ZERO_UUID) throw new ApiError(Errors.INVALID_REQUEST)
  }
}

function unknownId(topicId: string): ResponseTopic {
  return {
    errorCode: Errors.UNKNOWN_TOPIC_ID, name: null, topicId, isInternal: false, partitions: [],
  }
}

function missingTopics(
  names: readonly string[], request: MetadataRequest, services: Services,
): ResponseTopic[] {
  const { config, controller, logger } = services
  const valid = names.filter(isValidTopicName)
  const invalid = names.filter((name) => !isValidTopicName(name))
  const mayCreate = config.autoCreateTopicsEnable && request.allowAutoTopicCreation
  if (mayCreate && valid.length > 0) {
    const topics = valid.map((name) => autoTopic(name, config))
    controller.submit(createTopics({ topics, validateOnly: false })).then((results) => {
      for (const { name, errorCode, errorMessage } of results) {
        if (errorCode === Errors.NONE || errorCode === Errors.TOPIC_ALREADY_EXISTS) continue
        logger.warn('A topic that was asked for could not be created', { name, errorMessage })
      }
    }).catch((error: unknown) => {
      logger.warn('Topics that were asked for could not be created', { names: valid.join(), error })
    })
  }
  const missing = (errorCode: number) => (name: string): ResponseTopic => ({
    errorCode, name, topicId: ZERO_UUID, isInternal: isInternalTopic(name), partitions: [],
  })
  return [
    ...invalid.map(missing(Errors.INVALID_TOPIC_EXCEPTION)),
    ...valid.map(missing(Errors.UNKNOWN_TOPIC_OR_PARTITION)),
  ]
}

function describeTopic(
  image: Image, topic: Topic, apiVersion: number, listenerName: string,
): ResponseTopic {
  return {
    errorCode: Errors.NONE, name: topic.name, topicId: topic.id,
    isInternal: isInternalTopic(topic.name),
    partitions: [...partitionsInOrder(topic)].map(([index, partition]) =>
      describePartition(image, index, partition, apiVersion, listenerName)),
  }
}

/** Whether clients of the listener can reach the broker. */
export function isReachable(image: Image, brokerId: number, listenerName: string): boolean {
  const broker = image.brokers.get(brokerId)
  return broker !== undefined && !broker.fenced &&
    broker.endpoints.some(({ name }) => name === listenerName)
}

function describePartition(
  image: Image, partitionIndex: number, partition: Partition, apiVersion: number,
  listenerName: string,
): ResponsePartition {
  const { leader, leaderEpoch, replicas, isr } = partition
  const isAlive = (id: number): boolean => isReachable(image, id, listenerName)
  // Version 0 leaves out brokers that are gone, and calls it an error.
  const shown = (ids: readonly number[]): readonly number[] =>
    apiVersion === 0 ? ids.filter(isAlive) : ids
  const replicaNodes = shown(replicas)
  const isrNodes = shown(isr)
  const offlineReplicas = replicas.filter((id) => (
    !isAlive(id) || !isReplicaOnline(image, partition, id)))
  const isShort = replicaNodes.length < replicas.length || isrNodes.length < isr.length
  const errorCode = isAlive(leader)
    ? isShort ? Errors.REPLICA_NOT_AVAILABLE : Errors.NONE
    : image.brokers.get(leader) !== undefined && apiVersion >= 6
      ? Errors.LISTENER_NOT_FOUND : Errors.LEADER_NOT_AVAILABLE
  return {
    errorCode, partitionIndex, leaderEpoch, replicaNodes, isrNodes, offlineReplicas,
    leaderId: isAlive(leader) ? leader : -1,
  }
}

// Metadata, version 13, written by hand.

import type { MetadataRequest, MetadataResponse } from '../../protocol/messages/metadata.ts'
import {
  Input, type Output, readInt16, readInt32, requestFrame, responseFrame, writeInt16, writeInt32,
} from './bytes.ts'

type Partition = MetadataResponse['topics'][number]['partitions'][number]

const NO_OPERATIONS = -2147483648

export function encodeMetadataRequest(request: MetadataRequest): Buffer[] {
  const out = requestFrame(3, 13, 7, 'bench')
  out.varint(request.topics === null ? 0 : request.topics.length + 1)
  for (const { topicId, name } of request.topics ?? []) {
    out.uuid(topicId)
    out.nullableText(name)
    out.varint(0)
  }
  const buffer = out.ensure(3)
  buffer[out.at++] = request.allowAutoTopicCreation ? 1 : 0
  buffer[out.at++] = request.includeTopicAuthorizedOperations ? 1 : 0
  buffer[out.at++] = 0
  return out.finish()
}

export function decodeMetadataRequest(frame: Buffer, bodyOffset: number): MetadataRequest {
  const input = new Input(frame, bodyOffset)
  const length = input.length(18)
  const topics: MetadataRequest['topics'] = length < 0 ? null : []
  for (let i = 0; i < length; i++) {
    const topicId = input.uuid()
    topics!.push({ topicId, name: input.nullableText() })
    input.skipTags()
  }
  const at = input.take(2)
  const allowAutoTopicCreation = frame[at] !== 0
  const includeTopicAuthorizedOperations = frame[at + 1] !== 0
  input.skipTags()
  return {
    topics, allowAutoTopicCreation, includeClusterAuthorizedOperations: false,
    includeTopicAuthorizedOperations,
  }
}

export function encodeMetadataResponse(response: MetadataResponse, sizeBytes: number): Buffer[] {
  const out = responseFrame(7, sizeBytes)
  out.at = writeInt32(out.ensure(4), response.throttleTimeMs ?? 0, out.at)
  out.varint(response.brokers.length + 1)
  for (const broker of response.brokers) {
    out.at = writeInt32(out.ensure(4), broker.nodeId, out.at)
    out.text(broker.host)
    out.at = writeInt32(out.ensure(4), broker.port, out.at)
    out.nullableText(broker.rack ?? null)
    out.varint(0)
  }
  out.nullableText(response.clusterId ?? null)
  out.at = writeInt32(out.ensure(4), response.controllerId ?? -1, out.at)
  out.varint(response.topics.length + 1)
  for (const topic of response.topics) {
    out.at = writeInt16(out.ensure(2), topic.errorCode, out.at)
    out.nullableText(topic.name)
    out.uuid(topic.topicId!)
    out.ensure(1)[out.at++] = topic.isInternal === true ? 1 : 0
    out.varint(topic.partitions.length + 1)
    for (const partition of topic.partitions) encodePartition(out, partition)
    const tail = out.ensure(5)
    out.at = writeInt32(tail, topic.topicAuthorizedOperations ?? NO_OPERATIONS, out.at)
    tail[out.at++] = 0
  }
  const tail = out.ensure(3)
  out.at = writeInt16(tail, response.errorCode ?? 0, out.at)
  tail[out.at++] = 0
  return out.finish()
}

function encodePartition(out: Output, partition: Partition): void {
  const buffer = out.ensure(14)
  let { at } = out
  at = writeInt16(buffer, partition.errorCode, at)
  at = writeInt32(buffer, partition.partitionIndex, at)
  at = writeInt32(buffer, partition.leaderId, at)
  out.at = writeInt32(buffer, partition.leaderEpoch ?? -1, at)
  out.int32s(partition.replicaNodes)
  out.int32s(partition.isrNodes)
  out.int32s(partition.offlineReplicas ?? [])
  out.varint(0)
}

export function decodeMetadataResponse(frame: Buffer): unknown {
  const input = new Input(frame, 4)
  input.skipTags()
  const throttleTimeMs = readInt32(frame, input.take(4))
  const brokers: unknown[] = []
  for (let count = input.length(11); count > 0; count--) {
    const nodeId = readInt32(frame, input.take(4))
    const host = input.text()
    const port = readInt32(frame, input.take(4))
    brokers.push({ nodeId, host, port, rack: input.nullableText() })
    input.skipTags()
  }
  const clusterId = input.nullableText()
  const controllerId = readInt32(frame, input.take(4))
  const topics: unknown[] = []
  for (let count = input.length(26); count > 0; count--) topics.push(topicOf(input))
  const errorCode = readInt16(frame, input.take(2))
  input.skipTags()
  return {
    throttleTimeMs, brokers, clusterId, controllerId, topics,
    clusterAuthorizedOperations: NO_OPERATIONS, errorCode,
  }
}

function topicOf(input: Input): unknown {
  const { buffer } = input
  const errorCode = readInt16(buffer, input.take(2))
  const name = input.nullableText()
  const topicId = input.uuid()
  const isInternal = buffer[input.take(1)] !== 0
  const partitions: unknown[] = []
  for (let count = input.length(18); count > 0; count--) partitions.push(partitionOf(input))
  const topicAuthorizedOperations = readInt32(buffer, input.take(4))
  input.skipTags()
  return { errorCode, name, topicId, isInternal, partitions, topicAuthorizedOperations }
}

function partitionOf(input: Input): unknown {
  const { buffer } = input
  const at = input.take(14)
  const errorCode = readInt16(buffer, at)
  const partitionIndex = readInt32(buffer, at + 2)
  const leaderId = readInt32(buffer, at + 6)
  const leaderEpoch = readInt32(buffer, at + 10)
  const replicaNodes = input.int32s()
  const isrNodes = input.int32s()
  const offlineReplicas = input.int32s()
  input.skipTags()
  return {
    errorCode, partitionIndex, leaderId, leaderEpoch, replicaNodes, isrNodes, offlineReplicas,
  }
}

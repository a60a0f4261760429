// Fetch, version 18, written by hand.

import { bufferOf } from '../../protocol/late-bytes.ts'
import type { FetchRequest, FetchResponse } from '../../protocol/messages/fetch.ts'
import {
  Input, type Output, readInt16, readInt32, readInt64, requestFrame, responseFrame, writeInt16,
  writeInt32, writeInt64,
} from './bytes.ts'

type RequestPartition = FetchRequest['topics'][number]['partitions'][number]
type ResponsePartition = FetchResponse['responses'][number]['partitions'][number]

const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA'
const NO_HIGH_WATERMARK = 2 ** 63

export function encodeFetchRequest(request: FetchRequest): Buffer[] {
  const out = requestFrame(1, 18, 7, 'bench')
  const buffer = out.ensure(21)
  let { at } = out
  at = writeInt32(buffer, request.maxWaitMs, at)
  at = writeInt32(buffer, request.minBytes, at)
  at = writeInt32(buffer, request.maxBytes, at)
  buffer[at++] = request.isolationLevel
  at = writeInt32(buffer, request.sessionId, at)
  out.at = writeInt32(buffer, request.sessionEpoch, at)
  out.varint(request.topics.length + 1)
  for (const topic of request.topics) {
    out.uuid(topic.topicId)
    out.varint(topic.partitions.length + 1)
    for (const partition of topic.partitions) encodeRequestPartition(out, partition)
    out.varint(0)
  }
  out.varint(request.forgottenTopicsData.length + 1)
  for (const topic of request.forgottenTopicsData) {
    out.uuid(topic.topicId)
    out.int32s(topic.partitions)
    out.varint(0)
  }
  out.text(request.rackId)
  const { clusterId, replicaState } = request
  if (clusterId === null && replicaState.replicaId === -1 && replicaState.replicaEpoch === -1) {
    out.varint(0)
    return out.finish()
  }
  throw new Error('the bench is no follower')
}

function encodeRequestPartition(out: Output, partition: RequestPartition): void {
  const buffer = out.ensure(33)
  let { at } = out
  at = writeInt32(buffer, partition.partition, at)
  at = writeInt32(buffer, partition.currentLeaderEpoch, at)
  at = writeInt64(buffer, partition.fetchOffset, at)
  at = writeInt32(buffer, partition.lastFetchedEpoch, at)
  at = writeInt64(buffer, partition.logStartOffset, at)
  at = writeInt32(buffer, partition.partitionMaxBytes, at)
  const hasDirectory = partition.replicaDirectoryId !== ZERO_UUID
  const hasHighWatermark = partition.highWatermark !== NO_HIGH_WATERMARK
  buffer[at++] = (hasDirectory ? 1 : 0) + (hasHighWatermark ? 1 : 0)
  out.at = at
  if (hasDirectory) {
    out.varint(0)
    out.varint(16)
    out.uuid(partition.replicaDirectoryId)
  }
  if (hasHighWatermark) {
    out.varint(1)
    out.varint(8)
    out.at = writeInt64(out.ensure(8), partition.highWatermark, out.at)
  }
}

export function decodeFetchRequest(frame: Buffer, bodyOffset: number): unknown {
  const input = new Input(frame, bodyOffset)
  const at = input.take(21)
  const maxWaitMs = readInt32(frame, at)
  const minBytes = readInt32(frame, at + 4)
  const maxBytes = readInt32(frame, at + 8)
  const isolationLevel = frame.readInt8(at + 12)
  const sessionId = readInt32(frame, at + 13)
  const sessionEpoch = readInt32(frame, at + 17)
  const topics: unknown[] = []
  for (let count = input.length(18); count > 0; count--) {
    const topicId = input.uuid()
    const partitions: unknown[] = []
    for (let left = input.length(33); left > 0; left--) {
      partitions.push(requestPartitionOf(input))
    }
    input.skipTags()
    topics.push({ topic: '', topicId, partitions })
  }
  const forgottenTopicsData: unknown[] = []
  for (let count = input.length(18); count > 0; count--) {
    const topicId = input.uuid()
    forgottenTopicsData.push({ topic: '', topicId, partitions: input.int32s() })
    input.skipTags()
  }
  const rackId = input.text()
  let clusterId: string | null = null
  let replicaState = { replicaId: -1, replicaEpoch: -1 }
  for (let tags = input.varint(); tags > 0; tags--) {
    const tag = input.varint()
    const size = input.varint()
    if (tag === 0) {
      clusterId = input.nullableText()
    } else if (tag === 1) {
      const from = input.take(12)
      replicaState = {
        replicaId: readInt32(frame, from), replicaEpoch: readInt64(frame, from + 4),
      }
      input.skipTags()
    } else {
      input.take(size)
    }
  }
  return {
    clusterId, replicaId: -1, replicaState, maxWaitMs, minBytes, maxBytes, isolationLevel,
    sessionId, sessionEpoch, topics, forgottenTopicsData, rackId,
  }
}

function requestPartitionOf(input: Input): RequestPartition {
  const { buffer } = input
  const at = input.take(32)
  const partition = readInt32(buffer, at)
  const currentLeaderEpoch = readInt32(buffer, at + 4)
  const fetchOffset = readInt64(buffer, at + 8)
  const lastFetchedEpoch = readInt32(buffer, at + 16)
  const logStartOffset = readInt64(buffer, at + 20)
  const partitionMaxBytes = readInt32(buffer, at + 28)
  let replicaDirectoryId = ZERO_UUID
  let highWatermark = NO_HIGH_WATERMARK
  for (let tags = input.varint(); tags > 0; tags--) {
    const tag = input.varint()
    const size = input.varint()
    if (tag === 0) {
      replicaDirectoryId = input.uuid()
    } else if (tag === 1) {
      highWatermark = readInt64(buffer, input.take(8))
    } else {
      input.take(size)
    }
  }
  return {
    partition, currentLeaderEpoch, fetchOffset, lastFetchedEpoch, logStartOffset,
    partitionMaxBytes, replicaDirectoryId, highWatermark,
  }
}

export function encodeFetchResponse(response: FetchResponse, sizeBytes: number): Buffer[] {
  const out = responseFrame(7, sizeBytes)
  const head = out.ensure(10)
  out.at = writeInt32(head, response.throttleTimeMs ?? 0, out.at)
  out.at = writeInt16(head, response.errorCode ?? 0, out.at)
  out.at = writeInt32(head, response.sessionId ?? 0, out.at)
  out.varint(response.responses.length + 1)
  for (const topic of response.responses) {
    out.uuid(topic.topicId!)
    out.varint(topic.partitions.length + 1)
    for (const partition of topic.partitions) encodeResponsePartition(out, partition)
    out.varint(0)
  }
  out.varint(0)
  return out.finish()
}

function encodeResponsePartition(out: Output, partition: ResponsePartition): void {
  const buffer = out.ensure(30)
  let { at } = out
  at = writeInt32(buffer, partition.partitionIndex, at)
  at = writeInt16(buffer, partition.errorCode, at)
  at = writeInt64(buffer, partition.highWatermark, at)
  at = writeInt64(buffer, partition.lastStableOffset ?? -1, at)
  out.at = writeInt64(buffer, partition.logStartOffset ?? -1, at)
  const aborted = partition.abortedTransactions
  out.varint(aborted === null ? 0 : aborted.length + 1)
  if (aborted !== null) {
    for (const { producerId, firstOffset } of aborted) {
      const transaction = out.ensure(17)
      out.at = writeInt64(transaction, producerId, out.at)
      out.at = writeInt64(transaction, firstOffset, out.at)
      transaction[out.at++] = 0
    }
  }
  out.at = writeInt32(out.ensure(4), partition.preferredReadReplica ?? -1, out.at)
  out.records(partition.records && bufferOf(partition.records))
  const { divergingEpoch, currentLeader, snapshotId } = partition
  if (divergingEpoch === undefined && currentLeader === undefined && snapshotId === undefined) {
    out.varint(0)
    return
  }
  throw new Error('the bench has no such answer')
}

export function decodeFetchResponse(frame: Buffer): unknown {
  const input = new Input(frame, 4)
  input.skipTags()
  const at = input.take(10)
  const throttleTimeMs = readInt32(frame, at)
  const errorCode = readInt16(frame, at + 4)
  const sessionId = readInt32(frame, at + 6)
  const responses: unknown[] = []
  for (let count = input.length(18); count > 0; count--) {
    const topicId = input.uuid()
    const partitions: unknown[] = []
    for (let left = input.length(37); left > 0; left--) partitions.push(responsePartitionOf(input))
    input.skipTags()
    responses.push({ topic: '', topicId, partitions })
  }
  input.skipTags()
  return { throttleTimeMs, errorCode, sessionId, responses, nodeEndpoints: [] }
}

/** As it is written: the tags of the bench are all unknown. */
function responsePartitionOf(input: Input): unknown {
  const { buffer } = input
  const at = input.take(30)
  const partitionIndex = readInt32(buffer, at)
  const errorCode = readInt16(buffer, at + 4)
  const highWatermark = readInt64(buffer, at + 6)
  const lastStableOffset = readInt64(buffer, at + 14)
  const logStartOffset = readInt64(buffer, at + 22)
  let abortedTransactions: unknown[] | null = null
  const aborted = input.length(17)
  if (aborted >= 0) {
    abortedTransactions = []
    for (let i = 0; i < aborted; i++) {
      const from = input.take(16)
      abortedTransactions.push({
        producerId: readInt64(buffer, from), firstOffset: readInt64(buffer, from + 8),
      })
      input.skipTags()
    }
  }
  const preferredReadReplica = readInt32(buffer, input.take(4))
  const records = input.view()
  input.skipTags()
  return {
    partitionIndex, errorCode, highWatermark, lastStableOffset, logStartOffset,
    divergingEpoch: { epoch: -1, endOffset: -1 }, currentLeader: { leaderId: -1, leaderEpoch: -1 },
    snapshotId: { endOffset: -1, epoch: -1 }, abortedTransactions, preferredReadReplica, records,
  }
}

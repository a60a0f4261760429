// Produce, version 13, written by hand.

import type { ProduceRequest, ProduceResponse } from '../../protocol/messages/produce.ts'
import {
  Input, readInt16, readInt32, readInt64, requestFrame, responseFrame, writeInt16, writeInt32,
  writeInt64,
} from './bytes.ts'

type Decoded<T> = { -readonly [K in keyof T]: T[K] }

export function encodeProduceRequest(request: ProduceRequest): Buffer[] {
  const out = requestFrame(0, 13, 7, 'bench')
  out.nullableText(request.transactionalId)
  const head = out.ensure(6)
  out.at = writeInt32(head, request.timeoutMs, writeInt16(head, request.acks, out.at))
  out.varint(request.topicData.length + 1)
  for (const topic of request.topicData) {
    out.uuid(topic.topicId)
    out.varint(topic.partitionData.length + 1)
    for (const { index, records } of topic.partitionData) {
      out.at = writeInt32(out.ensure(4), index, out.at)
      out.records(records)
      out.varint(0)
    }
    out.varint(0)
  }
  out.varint(0)
  return out.finish()
}

export function decodeProduceRequest(frame: Buffer, bodyOffset: number): ProduceRequest {
  const input = new Input(frame, bodyOffset)
  const transactionalId = input.nullableText()
  const at = input.take(6)
  const acks = readInt16(frame, at)
  const timeoutMs = readInt32(frame, at + 2)
  const topicData: ProduceRequest['topicData'] = []
  for (let topics = input.length(18); topics > 0; topics--) {
    const topicId = input.uuid()
    const partitionData: ProduceRequest['topicData'][number]['partitionData'] = []
    for (let partitions = input.length(6); partitions > 0; partitions--) {
      const index = readInt32(frame, input.take(4))
      partitionData.push({ index, records: input.view() })
      input.skipTags()
    }
    input.skipTags()
    topicData.push({ name: '', topicId, partitionData })
  }
  input.skipTags()
  return { transactionalId, acks, timeoutMs, topicData }
}

type Topic = Decoded<ProduceResponse['responses'][number]>
type Partition = Topic['partitionResponses'][number]

export function encodeProduceResponse(response: ProduceResponse, sizeBytes: number): Buffer[] {
  const out = responseFrame(7, sizeBytes)
  out.varint(response.responses.length + 1)
  for (const topic of response.responses) {
    out.uuid(topic.topicId!)
    out.varint(topic.partitionResponses.length + 1)
    for (const partition of topic.partitionResponses) {
      const buffer = out.ensure(30)
      let { at } = out
      at = writeInt32(buffer, partition.index, at)
      at = writeInt16(buffer, partition.errorCode, at)
      at = writeInt64(buffer, partition.baseOffset, at)
      at = writeInt64(buffer, partition.logAppendTimeMs ?? -1, at)
      out.at = writeInt64(buffer, partition.logStartOffset ?? -1, at)
      const recordErrors = partition.recordErrors ?? []
      out.varint(recordErrors.length + 1)
      for (const { batchIndex, batchIndexErrorMessage } of recordErrors) {
        out.at = writeInt32(out.ensure(4), batchIndex, out.at)
        out.nullableText(batchIndexErrorMessage ?? null)
        out.varint(0)
      }
      out.nullableText(partition.errorMessage ?? null)
      const leader = partition.currentLeader
      if (leader === undefined || leader.leaderId === -1 && leader.leaderEpoch === -1) {
        out.varint(0)
        continue
      }
      const tags = out.ensure(12)
      tags.set([1, 0, 9], out.at)
      out.at = writeInt32(tags, leader.leaderId ?? -1, out.at + 3)
      out.at = writeInt32(tags, leader.leaderEpoch ?? -1, out.at)
      out.varint(0)
    }
    out.varint(0)
  }
  out.at = writeInt32(out.ensure(4), response.throttleTimeMs ?? 0, out.at)
  // The bench sends no endpoints of nodes.
  out.varint(0)
  return out.finish()
}

export function decodeProduceResponse(frame: Buffer): unknown {
  const input = new Input(frame, 4)
  input.skipTags()
  const responses: unknown[] = []
  for (let topics = input.length(18); topics > 0; topics--) {
    const topicId = input.uuid()
    const partitionResponses: unknown[] = []
    for (let partitions = input.length(33); partitions > 0; partitions--) {
      partitionResponses.push(partitionOf(input))
    }
    input.skipTags()
    responses.push({ name: '', topicId, partitionResponses })
  }
  const throttleTimeMs = readInt32(frame, input.take(4))
  input.skipTags()
  return { responses, throttleTimeMs, nodeEndpoints: [] }
}

function partitionOf(input: Input): Partition {
  const { buffer } = input
  const at = input.take(30)
  const index = readInt32(buffer, at)
  const errorCode = readInt16(buffer, at + 4)
  const baseOffset = readInt64(buffer, at + 6)
  const logAppendTimeMs = readInt64(buffer, at + 14)
  const logStartOffset = readInt64(buffer, at + 22)
  const recordErrors = []
  for (let errors = input.length(6); errors > 0; errors--) {
    const batchIndex = readInt32(buffer, input.take(4))
    recordErrors.push({ batchIndex, batchIndexErrorMessage: input.nullableText() })
    input.skipTags()
  }
  const errorMessage = input.nullableText()
  let currentLeader = { leaderId: -1, leaderEpoch: -1 }
  for (let tags = input.varint(); tags > 0; tags--) {
    const tag = input.varint()
    const size = input.varint()
    if (tag !== 0) {
      input.take(size)
      continue
    }
    const from = input.take(8)
    currentLeader = { leaderId: readInt32(buffer, from), leaderEpoch: readInt32(buffer, from + 4) }
    input.skipTags()
  }
  return {
    index, errorCode, baseOffset, logAppendTimeMs, logStartOffset, recordErrors, errorMessage,
    currentLeader,
  }
}

// The messages that the codecs are measured with: as small and as large as they come every day.

import type { FetchRequest, FetchResponse } from '../protocol/messages/fetch.ts'
import type { MetadataRequest, MetadataResponse } from '../protocol/messages/metadata.ts'
import type { ProduceRequest, ProduceResponse } from '../protocol/messages/produce.ts'

/** Topics, and partitions of each. */
export interface Extent {
  readonly topics: number
  readonly partitions: number
}

export const EXTENTS: Readonly<Record<'one' | 'many', Extent>> = {
  one: { topics: 1, partitions: 1 }, many: { topics: 20, partitions: 10 },
}

const RECORDS = Buffer.alloc(1024, 'records')

const times = <T>(count: number, make: (index: number) => T): T[] => (
  Array.from({ length: count }, (_, index) => make(index))
)

export const topicName = (index: number) => `orders-of-region-${index}`
/** As Kafka makes them: sixteen bytes, in base64. */
export const topicId = (index: number) => (
  Buffer.from(`topic-id-of-${1000 + index}`).toString('base64url')
)

export function produceRequest({ topics, partitions }: Extent): ProduceRequest {
  return {
    transactionalId: null, acks: -1, timeoutMs: 30_000,
    topicData: times(topics, (t) => ({
      name: '', topicId: topicId(t),
      partitionData: times(partitions, (index) => ({ index, records: RECORDS })),
    })),
  }
}

export function produceResponse({ topics, partitions }: Extent): ProduceResponse {
  return {
    throttleTimeMs: 0,
    responses: times(topics, (t) => ({
      name: topicName(t), topicId: topicId(t),
      partitionResponses: times(partitions, (index) => ({
        index, errorCode: 0, baseOffset: 8_000_000_000 + index, logAppendTimeMs: -1,
        logStartOffset: 120, recordErrors: [], errorMessage: null,
      })),
    })),
  }
}

export function fetchRequest({ topics, partitions }: Extent): FetchRequest {
  return {
    clusterId: null, replicaId: -1, replicaState: { replicaId: -1, replicaEpoch: -1 },
    maxWaitMs: 500, minBytes: 1, maxBytes: 52_428_800, isolationLevel: 0, sessionId: 77,
    sessionEpoch: 12, forgottenTopicsData: [], rackId: '',
    topics: times(topics, (t) => ({
      topic: '', topicId: topicId(t),
      partitions: times(partitions, (partition) => ({
        partition, currentLeaderEpoch: 3, fetchOffset: 8_000_000_000 + partition,
        lastFetchedEpoch: -1, logStartOffset: -1, partitionMaxBytes: 1_048_576,
        replicaDirectoryId: 'AAAAAAAAAAAAAAAAAAAAAA', highWatermark: 2 ** 63,
      })),
    })),
  }
}

/** `records`: clients decode them as well, so that they get none to compare with. */
export function fetchResponse(
  { topics, partitions }: Extent, records: Buffer | null = RECORDS,
): FetchResponse {
  return {
    throttleTimeMs: 0, errorCode: 0, sessionId: 77,
    responses: times(topics, (t) => ({
      topic: topicName(t), topicId: topicId(t),
      partitions: times(partitions, (partitionIndex) => ({
        partitionIndex, errorCode: 0, highWatermark: 8_000_000_100,
        lastStableOffset: 8_000_000_100, logStartOffset: 120, abortedTransactions: [],
        preferredReadReplica: -1, records,
      })),
    })),
  }
}

export function metadataRequest({ topics }: Extent): MetadataRequest {
  return {
    topics: times(topics, (t) => ({ topicId: 'AAAAAAAAAAAAAAAAAAAAAA', name: topicName(t) })),
    allowAutoTopicCreation: false, includeClusterAuthorizedOperations: false,
    includeTopicAuthorizedOperations: false,
  }
}

export function metadataResponse({ topics, partitions }: Extent): MetadataResponse {
  return {
    throttleTimeMs: 0, clusterId: '5L6g3nShT-eMCtK--X86sw', controllerId: 1, errorCode: 0,
    brokers: times(3, (index) => ({
      nodeId: index + 1, host: `broker-${index + 1}.kafka.example.com`, port: 9092, rack: null,
    })),
    topics: times(topics, (t) => ({
      errorCode: 0, name: topicName(t), topicId: topicId(t), isInternal: false,
      partitions: times(partitions, (partitionIndex) => ({
        errorCode: 0, partitionIndex, leaderId: 1 + partitionIndex % 3, leaderEpoch: 3,
        replicaNodes: [1, 2, 3], isrNodes: [1, 2, 3], offlineReplicas: [],
      })),
    })),
  }
}

// Asks a broker by single requests, without a client that would try again: the very errors that
// partitions answer with, and the offsets and values that can be read.

import { errorName, Errors, type ErrorName } from '../../protocol/errors.ts'
import { createTopics } from '../../protocol/messages/create-topics.ts'
import { deleteTopics } from '../../protocol/messages/delete-topics.ts'
import { fetch } from '../../protocol/messages/fetch.ts'
import { listOffsets } from '../../protocol/messages/list-offsets.ts'
import { metadata } from '../../protocol/messages/metadata.ts'
import { produce } from '../../protocol/messages/produce.ts'
import { batchesOf, buildBatch } from '../../protocol/records/batch.ts'
import { recordsOf } from '../../protocol/records/record.ts'
import { Wire } from '../harness/wire.ts'

const FETCH_BYTES = 1 << 20
const TIMEOUT_MS = 10_000

export interface PartitionView {
  readonly metadata: ErrorName
  readonly leader: number
  readonly offlineReplicas: readonly number[]
}

export class Probe {
  readonly #wire: Wire

  private constructor(wire: Wire) {
    this.#wire = wire
  }

  static async to(address: string): Promise<Probe> {
    return new Probe(await Wire.connect(address))
  }

  close(): void {
    this.#wire.close()
  }

  async create(
    name: string, numPartitions: number, configs: Readonly<Record<string, string>> = {},
  ): Promise<ErrorName> {
    const { topics } = await this.#wire.ask(createTopics, 5, {
      timeoutMs: TIMEOUT_MS, validateOnly: false,
      topics: [{
        name, numPartitions, replicationFactor: 1, assignments: [],
        configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
      }],
    })
    return errorName(topics[0]!.errorCode)
  }

  async delete(name: string): Promise<ErrorName> {
    const { responses } = await this.#wire.ask(deleteTopics, 5, {
      topics: [], topicNames: [name], timeoutMs: TIMEOUT_MS,
    })
    return errorName(responses[0]!.errorCode)
  }

  /** What the metadata says of each partition. */
  async view(topic: string): Promise<PartitionView[]> {
    const { topics } = await this.#wire.ask(metadata, 8, {
      topics: [{ name: topic, topicId: '' }], allowAutoTopicCreation: false,
      includeClusterAuthorizedOperations: false, includeTopicAuthorizedOperations: false,
    })
    return [...topics[0]!.partitions].sort((a, b) => a.partitionIndex - b.partitionIndex)
      .map(({ errorCode, leaderId, offlineReplicas }) => ({
        metadata: errorName(errorCode), leader: leaderId, offlineReplicas: offlineReplicas ?? [],
      }))
  }

  /** Sends one record of so many bytes with acks=all: its offset, or the error. */
  async send(topic: string, index: number, value: Buffer): Promise<number | ErrorName> {
    const records = buildBatch({ records: [{ key: null, value, timestamp: Date.now() }] })
    const { responses } = await this.#wire.ask(produce, 9, {
      transactionalId: null, acks: -1, timeoutMs: TIMEOUT_MS,
      topicData: [{ name: topic, topicId: '', partitionData: [{ index, records }] }],
    })
    const { errorCode, baseOffset } = responses[0]!.partitionResponses[0]!
    return errorCode === Errors.NONE ? baseOffset : errorName(errorCode)
  }

  /** All records from an offset on, by their offset; or the error. */
  async read(topic: string, partition: number): Promise<Map<number, Buffer> | ErrorName> {
    const values = new Map<number, Buffer>()
    for (let fetchOffset = 0; ;) {
      const { responses } = await this.#wire.ask(fetch, 11, {
        clusterId: null, replicaId: -1, replicaState: { replicaId: -1, replicaEpoch: -1 },
        maxWaitMs: 0, minBytes: 0, maxBytes: FETCH_BYTES, isolationLevel: 0, sessionId: 0,
        sessionEpoch: -1, forgottenTopicsData: [], rackId: '',
        topics: [{ topic, topicId: '', partitions: [{
          partition, currentLeaderEpoch: -1, fetchOffset, lastFetchedEpoch: -1,
          logStartOffset: -1, partitionMaxBytes: FETCH_BYTES, replicaDirectoryId: '',
          highWatermark: 0,
        }] }],
      })
      const { errorCode, records } = responses[0]!.partitions[0]!
      if (errorCode !== Errors.NONE) return errorName(errorCode)
      const before = fetchOffset
      for (const batch of batchesOf(records ?? Buffer.alloc(0))) {
        for (const record of recordsOf(batch)) values.set(record.offset, Buffer.from(record.value!))
        fetchOffset = batch.nextOffset
      }
      if (fetchOffset === before) return values
    }
  }

  /** The end of the log, or the error. */
  async end(topic: string, partitionIndex: number): Promise<number | ErrorName> {
    const { topics } = await this.#wire.ask(listOffsets, 5, {
      replicaId: -1, isolationLevel: 0, timeoutMs: TIMEOUT_MS,
      topics: [{
        name: topic,
        partitions: [{ partitionIndex, currentLeaderEpoch: -1, timestamp: -1 }],
      }],
    })
    const { errorCode, offset } = topics[0]!.partitions[0]!
    return errorCode === Errors.NONE ? offset! : errorName(errorCode)
  }
}

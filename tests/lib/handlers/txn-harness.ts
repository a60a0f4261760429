// A node that serves transactions, on a disk in memory: requests go to the handlers, answers come
// when the turns they need are over.

import { groupCoordinator } from '../../../lib/coordinators/groups/wiring.ts'
import { transactions as transactionsOf } from '../../../lib/coordinators/transactions/wiring.ts'
import { createInternalTopic, groupMetadataTopic, transactionStateTopic }
  from '../../../lib/coordinators/internal-topic.ts'
import { addOffsetsToTxnHandler } from '../../../lib/handlers/add-offsets-to-txn.ts'
import { addPartitionsToTxnHandler } from '../../../lib/handlers/add-partitions-to-txn.ts'
import { endTxnHandler } from '../../../lib/handlers/end-txn.ts'
import { fetchHandler } from '../../../lib/handlers/fetch.ts'
import { initProducerIdHandler } from '../../../lib/handlers/init-producer-id.ts'
import { offsetFetchHandler } from '../../../lib/handlers/offset-fetch.ts'
import { produceHandler } from '../../../lib/handlers/produce.ts'
import { txnOffsetCommitHandler } from '../../../lib/handlers/txn-offset-commit.ts'
import { writeTxnMarkersHandler } from '../../../lib/handlers/write-txn-markers.ts'
import { type Handler, Later } from '../../../lib/server/handler.ts'
import type { Services } from '../../../lib/services.ts'
import type { Decision } from '../../../controller/decisions/decision.ts'
import { ApiError, errorName, type ErrorCode } from '../../../protocol/errors.ts'
import { bufferOf } from '../../../protocol/late-bytes.ts'
import { batchesOf, buildBatch } from '../../../protocol/records/batch.ts'
import { recordsOf } from '../../../protocol/records/record.ts'
import { type Api, type RequestOf, type ResponseOf, ZERO_UUID } from '../../../protocol/schema.ts'
import { silent } from '../coordinators/harness.ts'
import { Replica } from '../replication/harness.ts'

export const GROUP = 'g'
export const ID = 'id'

type Partitions = Readonly<Record<string, readonly number[]>>

/** Who asks: `pid/epoch`. */
type Who = string

export class TransactionalNode extends Replica {
  #nextProducerId = 1000
  #all!: Services

  static async start(settings: Record<string, string> = {}): Promise<TransactionalNode> {
    const node = new TransactionalNode({ settings: {
      'offsets.topic.num.partitions': '1', 'transaction.state.log.num.partitions': '1', ...settings,
    } })
    await node.#start()
    return node
  }

  async #start(): Promise<void> {
    const { config, clock, turn, partitions } = this.services
    const controller = Object.assign(this.services.controller, {
      submit: async <A>(decision: Decision<A>): Promise<A> => this.decide(decision),
    })
    const random = { bytes: (count: number) => Buffer.alloc(count) } as Services['random']
    const groups = groupCoordinator({
      config, clock, turn, random, logger: silent, controller, partitions,
    })
    const producerIds = {
      take: () => this.#nextProducerId++,
      next: async () => this.#nextProducerId++,
      fetch: async () => {},
    } as unknown as Services['producerIds']
    const transactions = transactionsOf({
      config, clock, turn, logger: silent, controller, partitions, groups, producerIds,
    })
    this.#all = { ...this.services, groups, transactions, producerIds } as Services
    groups.start()
    transactions.coordinator.start()
    await createInternalTopic(controller, groupMetadataTopic(config))
    await createInternalTopic(controller, transactionStateTopic(config))
    this.create('a', 3)
    this.create('b')
    await this.#settled()
  }

  async #settled(): Promise<void> {
    for (let round = 0; round < 10; round++) {
      this.clock.endTurn()
      await Promise.resolve()
    }
  }

  /** The answer, also of what the handler throws. */
  async request<A extends Api>(
    handler: Handler<A>, apiVersion: number, request: RequestOf<A>,
  ): Promise<ResponseOf<A>> {
    const failed = (error: unknown): ResponseOf<A> => {
      if (!(error instanceof ApiError)) throw error
      return handler.options.errorAnswer!(request, apiVersion, error.code, error.message)
    }
    try {
      const answer = handler.handle(request, this.context(apiVersion), this.#all)
      const settled = answer instanceof Later
        ? new Promise<ResponseOf<A>>((resolve, reject) => {
            answer.settle((value) => resolve(value as ResponseOf<A>), reject)
          })
        : Promise.resolve(answer as ResponseOf<A>)
      settled.catch(() => {})
      await this.#settled()
      return await settled
    } catch (error) {
      return failed(error)
    }
  }

  /** `pid/epoch`, or the name of the error. */
  async init(
    { id = ID, version = 5, timeoutMs = 60_000, expected = '-1/-1' }:
    { id?: string | null, version?: number, timeoutMs?: number, expected?: Who } = {},
  ): Promise<string> {
    const answer = await this.request(initProducerIdHandler, version, {
      transactionalId: id, transactionTimeoutMs: timeoutMs, ...parsed(expected),
      enable2Pc: false, keepPreparedTxn: false,
    })
    return shown(answer)
  }

  /** Errors by partition, `a-0: NONE`. */
  async add(
    who: Who, topics: Partitions, { id = ID, version = 3, verifyOnly = false } = {},
  ): Promise<string> {
    const { producerId, producerEpoch } = parsed(who)
    const asked = Object.entries(topics)
      .map(([name, partitions]) => ({ name, partitions: [...partitions] }))
    const answer = await this.request(addPartitionsToTxnHandler, version, {
      v3AndBelowTransactionalId: id, v3AndBelowProducerId: producerId,
      v3AndBelowProducerEpoch: producerEpoch, v3AndBelowTopics: asked,
      transactions: [{ transactionalId: id, producerId, producerEpoch, verifyOnly, topics: asked }],
    })
    const results = version >= 4
      ? answer.resultsByTransaction![0]!.topicResults : answer.resultsByTopicV3AndBelow!
    return results.flatMap(({ name, resultsByPartition }) => resultsByPartition.map(
      ({ partitionIndex, partitionErrorCode: code }) =>
        `${name}-${partitionIndex}: ${nameOf(code)}`)).join(', ')
  }

  async addOffsets(
    who: Who, { id = ID, version = 3, groupId = GROUP } = {},
  ): Promise<string> {
    const { errorCode } = await this.request(addOffsetsToTxnHandler, version,
      { transactionalId: id, ...parsed(who), groupId })
    return nameOf(errorCode)
  }

  async end(
    who: Who, committed: boolean, { id = ID, version = 3 } = {},
  ): Promise<string> {
    return shown(await this.request(endTxnHandler, version,
      { transactionalId: id, ...parsed(who), committed }))
  }

  /** One record to each partition; the name of the error, or the offset. */
  async write(
    who: Who, sequence: number, topics: Partitions,
    { id = ID as string | null, version = 11, isTransactional = true, acks = -1 } = {},
  ): Promise<string> {
    const { responses } = await this.request(produceHandler, version, {
      transactionalId: id, acks, timeoutMs: 1000,
      topicData: Object.entries(topics).map(([name, indexes]) => ({
        name, topicId: version >= 13 ? this.topicId(name) : ZERO_UUID,
        partitionData: indexes.map((index) => ({
          index,
          records: this.#batch(who, sequence, isTransactional),
        })),
      })),
    })
    return responses.flatMap(({ partitionResponses }) => partitionResponses.map(
      ({ errorCode, baseOffset }) => errorCode === 0 ? baseOffset : nameOf(errorCode))).join(', ')
  }

  #batch(who: Who, sequence: number, isTransactional: boolean): Buffer {
    const value = Buffer.from(`${who}.${sequence}`)
    return buildBatch({
      ...parsed(who), baseSequence: sequence, isTransactional,
      records: [{ key: null, value, headers: [], timestamp: this.clock.nowMs() }],
    })
  }

  async commitOffset(
    who: Who, offset: number,
    { id = ID, version = 3, groupId = GROUP, topic = 'a', partition = 0, generation = -1,
      memberId = '', metadata = '' } = {},
  ): Promise<string> {
    const { topics } = await this.request(txnOffsetCommitHandler, version, {
      transactionalId: id, groupId, ...parsed(who), generationIdOrMemberEpoch: generation,
      memberId, groupInstanceId: null,
      topics: [{
        name: version >= 6 ? '' : topic,
        topicId: version >= 6 ? this.#idOf(topic) : ZERO_UUID,
        partitions: [{
          partitionIndex: partition, committedOffset: offset, committedLeaderEpoch: -1,
          committedMetadata: metadata,
        }],
      }],
    })
    return topics.flatMap(({ partitions }) =>
      partitions.map(({ errorCode }) => nameOf(errorCode))).join(', ')
  }

  #idOf(topic: string): string {
    return this.cluster.image.topics.byName(topic)?.id ?? ZERO_UUID
  }

  /** The committed offset of `a-0`, or the name of the error. */
  async offset({ groupId = GROUP, requireStable = true } = {}): Promise<string> {
    const { groups } = await this.request(offsetFetchHandler, 8, {
      groupId, topics: null, requireStable,
      groups: [{
        groupId, memberId: null, memberEpoch: -1,
        topics: [{ name: 'a', topicId: ZERO_UUID, partitionIndexes: [0] }],
      }],
    })
    const { committedOffset, errorCode } = groups![0]!.topics[0]!.partitions[0]!
    return errorCode === 0 ? String(committedOffset) : nameOf(errorCode)
  }

  async mark(
    who: Who, isCommitted: boolean, topics: Partitions,
    { coordinatorEpoch = 0, transactionVersion = 0, version = 2 } = {},
  ): Promise<string> {
    const { markers } = await this.request(writeTxnMarkersHandler, version, { markers: [{
      ...parsed(who), transactionResult: isCommitted, coordinatorEpoch, transactionVersion,
      topics: Object.entries(topics)
        .map(([name, indexes]) => ({ name, partitionIndexes: [...indexes] })),
    }] })
    return markers.flatMap((marker) => marker.topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, errorCode }) =>
        `${name}-${partitionIndex}: ${nameOf(errorCode)}`))).sort().join(', ')
  }

  /** The values and marks that a consumer gets, the stable offset, and what was aborted. */
  async read(
    topic = 'a', { partition = 0, isolationLevel = 1, from = 0 } = {},
  ): Promise<string> {
    const { responses } = await this.request(fetchHandler, 12, {
      clusterId: null, replicaId: -1, replicaState: { replicaId: -1, replicaEpoch: -1 },
      maxWaitMs: 0, minBytes: 0, maxBytes: 1 << 20, isolationLevel, sessionId: 0,
      sessionEpoch: -1, forgottenTopicsData: [], rackId: '',
      topics: [{ topic, topicId: ZERO_UUID, partitions: [{
        partition, currentLeaderEpoch: -1, fetchOffset: from, lastFetchedEpoch: -1,
        logStartOffset: -1, partitionMaxBytes: 1 << 20, replicaDirectoryId: ZERO_UUID,
        highWatermark: -1,
      }] }],
    })
    const { records, lastStableOffset, abortedTransactions } = responses[0]!.partitions[0]!
    const values: string[] = []
    for (const batch of batchesOf(bufferOf(records!))) {
      for (const { key, value } of recordsOf(batch)) {
        const mark = `${key?.[3] === 1 ? 'commit' : 'abort'}@${batch.producerEpoch}`
        values.push(batch.isControl ? mark : String(value))
      }
    }
    const aborted = (abortedTransactions ?? [])
      .map(({ producerId, firstOffset }) => `${producerId}@${firstOffset}`)
    return `${values.join(' ')} | ${lastStableOffset} | ${aborted.join(' ')}`
  }
}

function parsed(who: Who): { producerId: number, producerEpoch: number } {
  const [producerId, producerEpoch] = who.split('/').map(Number)
  return { producerId: producerId!, producerEpoch: producerEpoch! }
}

interface Given {
  readonly errorCode: number
  readonly producerId?: number | undefined
  readonly producerEpoch?: number | undefined
}

function shown(answer: Given): string {
  const { errorCode, producerId, producerEpoch } = answer
  return errorCode === 0 ? `${producerId}/${producerEpoch}` : nameOf(errorCode)
}

function nameOf(code: number): string {
  return errorName(code as ErrorCode)
}

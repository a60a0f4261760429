// The same requests to any broker, one after the other: what they count is the same every time.

import { strictEqual } from 'node:assert/strict'
import { addPartitionsToTxn } from '../../protocol/messages/add-partitions-to-txn.ts'
import { consumerGroupHeartbeat } from '../../protocol/messages/consumer-group-heartbeat.ts'
import { createTopics } from '../../protocol/messages/create-topics.ts'
import { endTxn } from '../../protocol/messages/end-txn.ts'
import { fetch } from '../../protocol/messages/fetch.ts'
import { findCoordinator } from '../../protocol/messages/find-coordinator.ts'
import { heartbeat } from '../../protocol/messages/heartbeat.ts'
import { initProducerId } from '../../protocol/messages/init-producer-id.ts'
import { joinGroup } from '../../protocol/messages/join-group.ts'
import { leaveGroup } from '../../protocol/messages/leave-group.ts'
import { listOffsets } from '../../protocol/messages/list-offsets.ts'
import { offsetCommit } from '../../protocol/messages/offset-commit.ts'
import { offsetDelete } from '../../protocol/messages/offset-delete.ts'
import { produce } from '../../protocol/messages/produce.ts'
import { syncGroup } from '../../protocol/messages/sync-group.ts'
import { type BatchToBuild, buildBatch } from '../../protocol/records/batch.ts'
import { Errors } from '../../protocol/errors.ts'
import { until } from '../harness/process.ts'
import { Wire } from '../harness/wire.ts'

const TOPIC = 'orders'
export const TOPICS: readonly string[] = [TOPIC, 'compacted', 'small', 'nowhere']
const PARTITIONS = 3
const TIMEOUT_MS = 30_000
const MAGIC_AT = 16
const CRC_AT = 17
const NO_KEY: BatchToBuild = { records: [{ key: null, value: Buffer.from('value') }] }

export class Walk {
  readonly #address: string
  readonly #wire: Wire
  #waiting: Wire | undefined

  private constructor(address: string, wire: Wire) {
    this.#address = address
    this.#wire = wire
  }

  /** Stays connected, with a fetch that waits, until `end`. */
  static async through(address: string): Promise<Walk> {
    const walk = new Walk(address, await Wire.connect(address))
    await walk.#createTopics()
    // In front of records, with which Kafka forgets that it waited.
    await walk.#ask(walk.#wire, TOPIC, 0, { maxWaitMs: 100 })
    await walk.#produce()
    await walk.#beRefused()
    await walk.#fetch()
    await walk.#classicGroup()
    await walk.#consumerGroup()
    await walk.#transaction()
    await walk.#wait()
    return walk
  }

  end(): void {
    this.#wire.close()
    this.#waiting?.close()
  }

  async #createTopics(): Promise<void> {
    const topic = (name: string, numPartitions: number, configs: Record<string, string> = {}) => ({
      name, numPartitions, replicationFactor: 1, assignments: [],
      configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
    })
    const { topics } = await this.#wire.ask(createTopics, 5, {
      topics: [
        topic(TOPIC, PARTITIONS), topic('compacted', 1, { 'cleanup.policy': 'compact' }),
        topic('small', 1, { 'max.message.bytes': '100' }),
      ],
    })
    for (const { errorCode } of topics) strictEqual(errorCode, Errors.NONE)
    await until('the topics have leaders who know it', TIMEOUT_MS, async () => {
      const answer = await this.#wire.ask(listOffsets, 5, {
        replicaId: -1, isolationLevel: 0, topics: topics.map(({ name }) => ({
          name, partitions: Array.from({ length: name === TOPIC ? PARTITIONS : 1 }, (_, i) => (
            { partitionIndex: i, currentLeaderEpoch: -1, timestamp: -1 })),
        })),
      })
      return answer.topics.every(({ partitions }) => (
        partitions.every(({ errorCode }) => errorCode === Errors.NONE))) || undefined
    })
  }

  async #send(
    name: string, records: Buffer, indexes: readonly number[] = [0],
    transactionalId: string | null = null,
  ): Promise<number> {
    const { responses } = await this.#wire.ask(produce, 9, {
      transactionalId, acks: -1, timeoutMs: TIMEOUT_MS,
      topicData: [{ name, partitionData: indexes.map((index) => ({ index, records })) }],
    })
    return responses[0]!.partitionResponses[0]!.errorCode
  }

  async #produce(): Promise<void> {
    const records = Array.from({ length: 10 }, (_, i) => ({
      key: Buffer.from(String(i)), value: Buffer.alloc(100, 'x'), timestamp: Date.now(),
    }))
    for (let i = 0; i < 5; i++) {
      strictEqual(await this.#send(TOPIC, buildBatch({ records })), Errors.NONE)
    }
    strictEqual(await this.#send(TOPIC, buildBatch({ records }), [0, 1, 2]), Errors.NONE)
    strictEqual(await this.#send('compacted', buildBatch({ records })), Errors.NONE)
  }

  async #beRefused(): Promise<void> {
    const whole = buildBatch(NO_KEY)
    const spoilt = (at: number): Buffer => {
      const bytes = Buffer.from(whole)
      bytes[at]! ^= 0xff
      return bytes
    }
    await this.#send('compacted', whole)
    await this.#send(TOPIC, spoilt(CRC_AT))
    await this.#send(TOPIC, spoilt(MAGIC_AT))
    await this.#send(TOPIC, buildBatch({ ...NO_KEY, lastOffsetDelta: 5 }))
    await this.#send('small', buildBatch({
      records: [{ key: null, value: Buffer.alloc(1000, 'x') }],
    }))
    await this.#send('nowhere', whole)
  }

  #ask(
    wire: Wire, topic: string, fetchOffset: number, more: Partial<{
      maxWaitMs: number, minBytes: number, sessionId: number, sessionEpoch: number,
      partitions: readonly number[],
    }> = {},
  ) {
    const { maxWaitMs = 0, minBytes = 1, sessionId = 0, sessionEpoch = -1, partitions = [0] } = more
    return wire.ask(fetch, 11, {
      replicaId: -1, maxWaitMs, minBytes, maxBytes: 1 << 20, sessionId, sessionEpoch,
      forgottenTopicsData: [], rackId: '',
      topics: partitions.length === 0 ? [] : [{
        topic, partitions: partitions.map((partition) => ({
          partition, fetchOffset, partitionMaxBytes: 1 << 20,
        })),
      }],
    })
  }

  async #fetch(): Promise<void> {
    const wire = this.#wire
    for (let i = 0; i < 3; i++) await this.#ask(wire, TOPIC, 0)
    await this.#ask(wire, 'nowhere', 0)
    await this.#ask(wire, TOPIC, 1_000_000)
    const { sessionId } = await this.#ask(
      wire, TOPIC, 0, { sessionEpoch: 0, partitions: [0, 1] })
    await this.#ask(wire, TOPIC, 0, { sessionId, sessionEpoch: 1, partitions: [] })
  }

  async #coordinator(key: string, keyType: number): Promise<void> {
    await until('there is a coordinator', TIMEOUT_MS, async () => {
      const { coordinators } = await this.#wire.ask(
        findCoordinator, 4, { keyType, coordinatorKeys: [key] })
      return coordinators[0]!.errorCode === Errors.NONE || undefined
    })
  }

  async #classicGroup(): Promise<void> {
    const groupId = 'classic'
    await this.#coordinator(groupId, 0)
    const join = (memberId: string) => this.#wire.ask(joinGroup, 5, {
      groupId, sessionTimeoutMs: 45_000, rebalanceTimeoutMs: 60_000, memberId,
      protocolType: 'consumer', protocols: [{ name: 'range', metadata: Buffer.alloc(6) }],
    })
    const { memberId } = await until('the group is loaded', TIMEOUT_MS, async () => {
      const answer = await join('')
      return answer.errorCode === Errors.MEMBER_ID_REQUIRED ? answer : undefined
    })
    const { generationId, errorCode } = await join(memberId)
    strictEqual(errorCode, Errors.NONE)
    await this.#wire.ask(syncGroup, 3, {
      groupId, generationId, memberId, assignments: [{ memberId, assignment: Buffer.alloc(0) }],
    })
    for (let i = 0; i < 2; i++) {
      await this.#wire.ask(heartbeat, 3, { groupId, generationId, memberId })
    }
    await this.#wire.ask(offsetCommit, 7, {
      groupId, generationIdOrMemberEpoch: generationId, memberId,
      topics: [{
        name: TOPIC, partitions: [0, 1].map((partitionIndex) => ({
          partitionIndex, committedOffset: 10, committedMetadata: '',
        })),
      }],
    })
    await this.#wire.ask(leaveGroup, 3, { groupId, members: [{ memberId }] })
    await this.#wire.ask(offsetDelete, 0, {
      groupId, topics: [{ name: TOPIC, partitions: [{ partitionIndex: 1 }] }],
    })
  }

  async #consumerGroup(): Promise<void> {
    const groupId = 'modern'
    const memberId = 'AAAAAAAAAAAAAAAAAAAAAQ'
    const { errorCode } = await this.#wire.ask(consumerGroupHeartbeat, 1, {
      groupId, memberId, memberEpoch: 0, rebalanceTimeoutMs: 60_000,
      subscribedTopicNames: [TOPIC], topicPartitions: [],
    })
    strictEqual(errorCode, Errors.NONE)
  }

  async #transaction(): Promise<void> {
    const transactionalId = 'payments'
    await this.#coordinator(transactionalId, 1)
    const { producerId, producerEpoch } = await until('ids are there', TIMEOUT_MS, async () => {
      const answer = await this.#wire.ask(
        initProducerId, 2, { transactionalId, transactionTimeoutMs: 60_000 })
      return answer.errorCode === Errors.NONE ? answer : undefined
    })
    for (const committed of [true, false]) {
      await until('the partition is added', TIMEOUT_MS, async () => {
        const added = await this.#wire.ask(addPartitionsToTxn, 3, {
          v3AndBelowTransactionalId: transactionalId, v3AndBelowProducerId: producerId,
          v3AndBelowProducerEpoch: producerEpoch,
          v3AndBelowTopics: [{ name: TOPIC, partitions: [2] }],
        })
        const [result] = added.resultsByTopicV3AndBelow[0]!.resultsByPartition
        return result!.partitionErrorCode === Errors.NONE || undefined
      })
      const records = buildBatch({
        ...NO_KEY, producerId, producerEpoch, baseSequence: committed ? 0 : 1,
        isTransactional: true,
      })
      strictEqual(await this.#send(TOPIC, records, [2], transactionalId), Errors.NONE)
      await this.#wire.ask(endTxn, 3, { transactionalId, producerId, producerEpoch, committed })
    }
  }

  /** For two partitions. */
  async #wait(): Promise<void> {
    const wire = this.#waiting = await Wire.connect(this.#address)
    const more = { maxWaitMs: 600_000, minBytes: 1 << 20, partitions: [0, 1] }
    this.#ask(wire, TOPIC, 10, more).catch(() => {})
  }
}

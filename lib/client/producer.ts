// A producer: records into batches, batches to the leaders, again where that may help, none twice.
//
// Of each partition one batch is under way at a time, so that records keep their order whatever
// has to be sent again. With acks of all it has a producer id (KIP-98): a batch whose answer was
// lost is known again by its sequence numbers.

import { Errors } from '../../protocol/errors.ts'
import { initProducerId } from '../../protocol/messages/init-producer-id.ts'
import { produce } from '../../protocol/messages/produce.ts'
import { addSequence, buildBatch } from '../../protocol/records/batch.ts'
import type { Codec } from '../../protocol/records/compression.ts'
import type { RecordToWrite } from '../../protocol/records/record-writer.ts'
import { ZERO_UUID } from '../../protocol/schema.ts'
import type { Timer } from '../world/clock.ts'
import { type Client, partitionKey, type TopicPartition } from './client.ts'
import { isUnsupported, RefusedError, RefusedRecordError } from './errors.ts'

export type Acks = -1 | 0 | 1

export interface ProducerOptions {
  readonly acks?: Acks
  readonly codec?: Codec
  /** Records of a partition are sent when they are so large together. */
  readonly batchBytes?: number
  /** Or when the first of them has waited so long. */
  readonly lingerMs?: number
  /** Told of each batch that was taken, with acks 0 without offsets. */
  readonly onDelivered?: (delivery: Delivery) => void
}

export interface Delivery extends TopicPartition {
  readonly count: number
  /** −1 where nobody says. */
  readonly baseOffset: number
  /** From the sending to the answer. */
  readonly elapsedMs: number
}

const BATCH_BYTES = 512 * 1024
/** Learning from refusals ends here: one large record says nothing of the small ones. */
const LEAST_BATCH_BYTES = 1024
const LINGER_MS = 5
/** Beyond it, whoever sends should wait. */
const MOST_PENDING_BYTES = 32 * 1024 * 1024
/** About what a record takes beside its key and value. */
const RECORD_OVERHEAD_BYTES = 16
const NO_PRODUCER = { producerId: -1, producerEpoch: -1 }

interface Queue extends TopicPartition {
  records: RecordToWrite[]
  sizeBytes: number
  timer: Timer | undefined
  sequence: number
  /** Less than that of the options where the topic takes no batches so large. */
  limitBytes: number
  /** Resolves when all that was sealed so far is sent. */
  tail: Promise<void>
}

export class Producer {
  readonly #client: Client
  readonly #options: Required<Omit<ProducerOptions, 'onDelivered'>>
  readonly #onDelivered: (delivery: Delivery) => void
  readonly #queues = new Map<string, Queue>()
  #identity: Promise<{ producerId: number, producerEpoch: number }> | undefined
  #pendingBytes = 0
  #whenRoom: (() => void)[] = []
  #failure: unknown

  constructor(client: Client, options: ProducerOptions = {}) {
    const {
      acks = -1, codec = 'none', batchBytes = BATCH_BYTES, lingerMs = LINGER_MS,
      onDelivered = () => {},
    } = options
    this.#client = client
    this.#options = { acks, codec, batchBytes, lingerMs }
    this.#onDelivered = onDelivered
  }

  /**
   * Takes a record. Wait for it, so that memory does not fill. Throws what a batch before it has
   * failed with: nothing more is sent then.
   */
  async send(to: TopicPartition, record: RecordToWrite): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    const queue = this.#queueOf(to)
    const sizeBytes = sizeOf(record)
    if (queue.sizeBytes + sizeBytes > queue.limitBytes) this.#seal(queue)
    queue.records.push(record)
    queue.sizeBytes += sizeBytes
    this.#pendingBytes += sizeBytes
    if (queue.sizeBytes >= queue.limitBytes) this.#seal(queue)
    queue.timer ??= this.#client.clock.setTimer(this.#options.lingerMs, () => this.#seal(queue))
    if (this.#pendingBytes > MOST_PENDING_BYTES) {
      await new Promise<void>((resolve) => { this.#whenRoom.push(resolve) })
    }
  }

  /** Resolves when all records so far are taken. Throws what one of them failed with. */
  async flush(): Promise<void> {
    for (const queue of this.#queues.values()) this.#seal(queue)
    await Promise.all([...this.#queues.values()].map(({ tail }) => tail))
    if (this.#failure !== undefined) throw this.#failure
  }

  #queueOf({ topic, partition }: TopicPartition): Queue {
    const key = partitionKey({ topic, partition })
    const known = this.#queues.get(key)
    if (known !== undefined) return known
    const queue: Queue = {
      topic, partition, records: [], sizeBytes: 0, timer: undefined, sequence: 0,
      limitBytes: this.#options.batchBytes,
      tail: Promise.resolve(),
    }
    this.#queues.set(key, queue)
    return queue
  }

  /** What a queue holds becomes a batch, which is sent after those before it. */
  #seal(queue: Queue): void {
    queue.timer?.cancel()
    queue.timer = undefined
    const { records, sizeBytes } = queue
    if (records.length === 0) return
    queue.records = []
    queue.sizeBytes = 0
    queue.tail = queue.tail.then(async () => {
      if (this.#failure === undefined) await this.#sendBatch(queue, records)
    }).catch((error: unknown) => { this.#failure ??= error }).finally(() => {
      this.#pendingBytes -= sizeBytes
      if (this.#pendingBytes > MOST_PENDING_BYTES && this.#failure === undefined) return
      for (const resolve of this.#whenRoom.splice(0)) resolve()
    })
  }

  /** In halves where the topic takes no batch so large; those before a bad record by themselves. */
  async #sendBatch(queue: Queue, records: readonly RecordToWrite[]): Promise<void> {
    try {
      await this.#sendWhole(queue, records)
    } catch (error) {
      if (error instanceof RefusedRecordError) {
        const before = records.slice(0, records.indexOf(error.record))
        if (before.length > 0) await this.#sendBatch(queue, before)
        throw error
      }
      if (!isTooLarge(error)) throw error
      if (records.length < 2) {
        throw new RefusedRecordError(error.code, error.about, error.message, records[0]!)
      }
      const half = Math.ceil(records.length / 2)
      // Others of its size would be refused as well.
      queue.limitBytes = Math.min(queue.limitBytes,
        Math.max(LEAST_BATCH_BYTES, records.slice(0, half).reduce((sum, r) => sum + sizeOf(r), 0)))
      await this.#sendBatch(queue, records.slice(0, half))
      await this.#sendBatch(queue, records.slice(half))
    }
  }

  async #sendWhole(queue: Queue, records: readonly RecordToWrite[]): Promise<void> {
    const identity = await this.#identityOfBatches()
    const { acks, codec } = this.#options
    const hasId = identity.producerId >= 0
    const batch = buildBatch({
      records, codec, timestampMs: this.#client.clock.nowMs(), ...identity,
      baseSequence: hasId ? queue.sequence : -1,
    })
    const sentMs = this.#client.clock.monotonicMs()
    const baseOffset = await this.#client.retry(() => (
      acks === 0 ? this.#post(queue, batch) : this.#deliver(queue, batch, records)
    ))
    // What was refused has used up no numbers.
    queue.sequence = addSequence(queue.sequence, records.length)
    const { topic, partition } = queue
    const elapsedMs = this.#client.clock.monotonicMs() - sentMs
    this.#onDelivered({ topic, partition, count: records.length, baseOffset, elapsedMs })
  }

  /** Without acknowledgements there is nothing that a sequence could tell. */
  #identityOfBatches(): Promise<typeof NO_PRODUCER> {
    if (this.#options.acks !== -1) return Promise.resolve(NO_PRODUCER)
    this.#identity ??= this.#client.retry(async () => {
      const connection = await this.#client.any()
      const answer = await connection.request(initProducerId, {
        transactionalId: null, transactionTimeoutMs: 0x7fffffff,
      })
      const { errorCode, producerId, producerEpoch } = answer
      if (errorCode === Errors.CLUSTER_AUTHORIZATION_FAILED) return NO_PRODUCER
      if (errorCode !== 0) throw new RefusedError(errorCode, 'a producer id')
      return { producerId, producerEpoch }
    }).catch((error: unknown) => {
      if (isUnsupported(error)) return NO_PRODUCER
      throw error
    })
    return this.#identity
  }

  async #request({ topic, partition }: TopicPartition, batch: Buffer) {
    const { topicId = ZERO_UUID } = await this.#client.topic(topic)
    const connection = await this.#client.broker(await this.#client.leaderOf({ topic, partition }))
    const newest = topicId === ZERO_UUID ? LAST_WITH_NAMES : Infinity
    const version = connection.versionOf(produce, newest)
    const body = {
      acks: this.#options.acks, timeoutMs: connection.brokerTimeoutMs,
      topicData: [{ name: topic, topicId, partitionData: [{ index: partition, records: batch }] }],
    }
    return { connection, body, options: version === undefined ? {} : { version } }
  }

  async #deliver(
    to: TopicPartition, batch: Buffer, records: readonly RecordToWrite[],
  ): Promise<number> {
    const { connection, body, options } = await this.#request(to, batch)
    const { responses } = await connection.request(produce, body, options)
    const { errorCode, errorMessage, baseOffset, recordErrors } = responses[0]!
      .partitionResponses[0]!
    if (errorCode === 0 || errorCode === Errors.DUPLICATE_SEQUENCE_NUMBER) return baseOffset
    const about = `partition ${partitionKey(to)}`
    const first = recordErrors.reduce<(typeof recordErrors)[number] | undefined>((least, one) => (
      least === undefined || one.batchIndex < least.batchIndex ? one : least), undefined)
    const record = records[first?.batchIndex ?? -1]
    if (record === undefined) throw new RefusedError(errorCode, about, errorMessage)
    const said = first!.batchIndexErrorMessage ?? errorMessage
    throw new RefusedRecordError(errorCode, about, said, record)
  }

  async #post(to: TopicPartition, batch: Buffer): Promise<number> {
    const { connection, body } = await this.#request(to, batch)
    connection.sendOnly(produce, body)
    await connection.drained()
    return -1
  }
}

/** Produce names topics by their ids from the version after it (KIP-516). */
const LAST_WITH_NAMES = 12

function isTooLarge(error: unknown): error is RefusedError {
  return error instanceof RefusedError && error.code === Errors.MESSAGE_TOO_LARGE
}

function sizeOf({ key, value, headers = [] }: RecordToWrite): number {
  const headersBytes = headers.reduce((sum, header) => (
    sum + header.key.length + (header.value?.length ?? 0) + RECORD_OVERHEAD_BYTES), 0)
  return (key?.length ?? 0) + (value?.length ?? 0) + headersBytes + RECORD_OVERHEAD_BYTES
}

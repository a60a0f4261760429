// Records written from within the process, as a producer with acks=all writes them.

import { Errors } from '../../protocol/errors.ts'
import { buildBatch } from '../../protocol/records/batch.ts'
import type { HeaderToWrite, RecordToWrite } from '../../protocol/records/record-writer.ts'
import { ZERO_UUID } from '../../protocol/schema.ts'
import { partitionOfKey } from '../client/partitioner.ts'
import { produceHandler } from '../handlers/produce.ts'
import type { Services } from '../services.ts'
import type { Bytes, RecordMetadata, RecordToProduce } from './api.ts'
import { checkProduced } from './checks.ts'
import { KafkaError, throwIfError } from './errors.ts'
import { ask } from './requests.ts'
import { patiently } from './patience.ts'
import { createIfAllowed } from './topics.ts'

/** The last version that goes by the names of topics. */
const BY_NAME = 12
const ACKS_ALL = -1
const TIMEOUT_MS = 30_000
/** A batch is no larger than this, or than its topic allows; a record alone may be. */
const BATCH_BYTES = 512 * 1024
/** What a record takes beside its key, value and headers, at most; and a header. */
const RECORD_OVERHEAD_BYTES = 32
const HEADER_OVERHEAD_BYTES = 10

/** A record on its way; `place` is where it stands among those that were given. */
interface Outgoing {
  readonly place: number
  readonly record: RecordToWrite
  readonly sizeBytes: number
}

export class Producer {
  readonly #services: () => Services
  /** Topic → how many records without a key were written to it. */
  readonly #keyless = new Map<string, number>()

  constructor(services: () => Services) {
    this.#services = services
  }

  async produce(
    topic: string, given: RecordToProduce | readonly RecordToProduce[],
  ): Promise<RecordMetadata[]> {
    checkProduced(topic, given)
    const records = isList(given) ? given : [given]
    if (records.length === 0) return []
    const partitionCount = await this.#partitionCount(topic)
    const timestamp = this.#services().clock.nowMs()
    const queues = new Map<number, Outgoing[]>()
    records.forEach((record, place) => {
      const outgoing = toWrite(record, place, timestamp)
      const index = record.partition ?? this.#choose(topic, outgoing.record.key, partitionCount)
      const queue = queues.get(index)
      if (queue === undefined) queues.set(index, [outgoing])
      else queue.push(outgoing)
    })
    const written: RecordMetadata[] = []
    // Partition by partition, and batch by batch: their order is that of the records.
    await Promise.all([...queues].map(async ([partition, queue]) => {
      for (const batch of this.#batches(topic, partition, queue)) {
        const baseOffset = await this.#write(topic, partition, batch.map(({ record }) => record))
        batch.forEach(({ place }, i) => {
          written[place] = { topic, partition, offset: baseOffset + i }
        })
      }
    }))
    return written
  }

  async #partitionCount(topic: string): Promise<number> {
    const count = (): number =>
      this.#services().controller.image.topics.byName(topic)?.partitions.size ?? 0
    if (count() === 0) await createIfAllowed(this.#services(), topic)
    if (count() > 0) return count()
    throw new KafkaError(Errors.UNKNOWN_TOPIC_OR_PARTITION, `topic ${topic}`)
  }

  #choose(topic: string, key: Buffer | null | undefined, partitionCount: number): number {
    if (key !== null && key !== undefined) return partitionOfKey(key, partitionCount)
    const count = this.#keyless.get(topic) ?? 0
    this.#keyless.set(topic, count + 1)
    return count % partitionCount
  }

  *#batches(
    topic: string, partition: number, queue: readonly Outgoing[],
  ): Generator<readonly Outgoing[]> {
    const { partitions } = this.#services()
    const allowedBytes = partitions.get(topic, partition)?.log.config.maxMessageBytes ?? BATCH_BYTES
    const mostBytes = Math.min(BATCH_BYTES, allowedBytes)
    let batch: Outgoing[] = []
    let sizeBytes = 0
    for (const outgoing of queue) {
      if (batch.length > 0 && sizeBytes + outgoing.sizeBytes > mostBytes) {
        yield batch
        batch = []
        sizeBytes = 0
      }
      batch.push(outgoing)
      sizeBytes += outgoing.sizeBytes
    }
    yield batch
  }

  /** Gives the offset of the first record. */
  #write(topic: string, index: number, records: readonly RecordToWrite[]): Promise<number> {
    return patiently(this.#services().clock, async () => {
      // The broker writes its offsets into the batch: one that is refused is built anew.
      const { response, release } = await ask(this.#services(), produceHandler, {
        transactionalId: null, acks: ACKS_ALL, timeoutMs: TIMEOUT_MS,
        topicData: [{
          name: topic, topicId: ZERO_UUID,
          partitionData: [{ index, records: buildBatch({ records }) }],
        }],
      }, { version: BY_NAME })
      release()
      const answer = response.responses[0]!.partitionResponses[0]!
      const why = answer.recordErrors?.[0]?.batchIndexErrorMessage ?? answer.errorMessage
      throwIfError(answer.errorCode, `${topic}-${index}`, why)
      return answer.baseOffset
    })
  }
}

function isList(
  given: RecordToProduce | readonly RecordToProduce[],
): given is readonly RecordToProduce[] {
  return Array.isArray(given)
}

function toWrite(record: RecordToProduce, place: number, nowMs: number): Outgoing {
  const key = bytesOf(record.key)
  const value = bytesOf(record.value)
  const headers = headersOf(record.headers)
  const timestamp = record.timestamp === undefined ? nowMs : Number(record.timestamp)
  const headerBytes = headers.reduce((sum, header) => (
    sum + Buffer.byteLength(header.key) + (header.value?.length ?? 0) + HEADER_OVERHEAD_BYTES
  ), 0)
  return {
    place,
    record: { key, value, headers, timestamp },
    sizeBytes: RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0) + headerBytes,
  }
}

function headersOf(headers: RecordToProduce['headers'] = []): HeaderToWrite[] {
  const pairs = Array.isArray(headers)
    ? headers as readonly { readonly key: string, readonly value: Bytes | null }[]
    : Object.entries(headers).map(([key, value]: [string, Bytes | null]) => ({ key, value }))
  return pairs.map(({ key, value }) => ({ key, value: bytesOf(value) }))
}

function bytesOf(bytes: Bytes | null | undefined): Buffer | null {
  if (bytes === null || bytes === undefined) return null
  if (typeof bytes === 'string') return Buffer.from(bytes)
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

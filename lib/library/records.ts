// Records read from within the process, as a consumer without a group reads them.

import type { Topic } from '../../controller/image/topics.ts'
import { Errors } from '../../protocol/errors.ts'
import { bufferOf } from '../../protocol/late-bytes.ts'
import type { FetchResponse } from '../../protocol/messages/fetch.ts'
import { type Batch, batchesOf } from '../../protocol/records/batch.ts'
import { ControlType, controlTypeOf } from '../../protocol/records/control.ts'
import { recordsOf } from '../../protocol/records/record.ts'
import { ZERO_UUID } from '../../protocol/schema.ts'
import { fetchHandler } from '../handlers/fetch.ts'
import { listOffsetsHandler } from '../handlers/list-offsets.ts'
import type { Services } from '../services.ts'
import type { KafkaRecord, RecordsOptions } from './api.ts'
import { KafkaError, throwIfError } from './errors.ts'
import { isPassing, patiently, pause } from './patience.ts'
import { ask } from './requests.ts'

type FetchedPartition = FetchResponse['responses'][number]['partitions'][number]

/** The last version that goes by the names of topics. */
const FETCH_BY_NAME = 12
const CONSUMER = -1
const NOTHING = Buffer.alloc(0)
const EARLIEST = -2
const LATEST = -1
const ANY_EPOCH = -1
const READ_COMMITTED = 1
const READ_UNCOMMITTED = 0
const FETCH_BYTES = 8 * 1024 * 1024
const PARTITION_BYTES = 1024 * 1024
/** As `fetch.max.wait.ms` of consumers; new partitions of a topic are seen then, too. */
const WAIT_MS = 500

/** One reading of a topic. */
class Reading {
  readonly #services: Services
  readonly #name: string
  readonly #options: RecordsOptions
  readonly #isolationLevel: number
  /** Aborted when nobody reads any more, or nothing can be read. */
  readonly #signal: AbortSignal
  /** Which topic of this name the positions belong to. */
  #topicId = ''
  /** Partition → the next offset. */
  readonly #positions = new Map<number, number>()
  /** Partition → where to stop; undefined: nowhere. */
  #ends: ReadonlyMap<number, number> | undefined

  constructor(
    services: Services, name: string, options: RecordsOptions, signal: AbortSignal,
  ) {
    this.#services = services
    this.#name = name
    this.#options = options
    this.#signal = signal
    this.#isolationLevel = options.isolationLevel === 'read_committed'
      ? READ_COMMITTED : READ_UNCOMMITTED
  }

  async *run(): AsyncGenerator<KafkaRecord, void> {
    let left = this.#options.limit ?? Infinity
    while (left > 0 && !this.#signal.aborted) {
      const places = await this.#places()
      if (places.size === 0) return
      for (const record of await this.#fetch(places)) {
        if (this.#signal.aborted) return
        yield record
        if (--left <= 0) return
      }
    }
  }

  get #isEndless(): boolean {
    return this.#options.until === 'never'
  }

  /** What is to be read next; nothing when it is over. */
  async #places(): Promise<ReadonlyMap<number, number>> {
    const topic = await this.#topic()
    if (topic === undefined) return new Map()
    if (topic.id !== this.#topicId) {
      // One that was deleted and created anew, or a reset: all of it is new.
      const isFirst = this.#topicId === ''
      if (!isFirst && !this.#isEndless) return new Map()
      this.#topicId = topic.id
      this.#positions.clear()
      await this.#place(this.#indexes(topic), isFirst)
      if (!this.#isEndless) this.#ends ??= await this.#offsets(this.#indexes(topic), LATEST)
    }
    await this.#place(this.#indexes(topic).filter((index) => !this.#positions.has(index)), false)
    if (this.#ends === undefined) return this.#positions
    const ends = this.#ends
    return new Map([...this.#positions].filter(([index, at]) => at < (ends.get(index) ?? 0)))
  }

  /** Undefined where there is nothing more to wait for. Throws UNKNOWN_TOPIC_OR_PARTITION. */
  async #topic(): Promise<Topic | undefined> {
    const { controller } = this.#services
    const found = controller.image.topics.byName(this.#name)
    if (found !== undefined) return found
    if (!this.#isEndless) {
      if (this.#topicId !== '') return undefined
      throw new KafkaError(Errors.UNKNOWN_TOPIC_OR_PARTITION, `topic ${this.#name}`)
    }
    return new Promise((resolve) => {
      const finish = (topic: Topic | undefined): void => {
        unsubscribe()
        this.#signal.removeEventListener('abort', abort)
        resolve(topic)
      }
      const abort = (): void => finish(undefined)
      const unsubscribe = controller.subscribe((image) => {
        const topic = image.topics.byName(this.#name)
        if (topic !== undefined) queueMicrotask(() => finish(topic))
      })
      this.#signal.addEventListener('abort', abort)
    })
  }

  #indexes({ partitions }: Topic): number[] {
    const all = [...partitions.keys()].sort((a, b) => a - b)
    const { partitions: wanted } = this.#options
    if (wanted === undefined) return all
    // Who reads on waits for partitions that are still to come.
    const missing = this.#isEndless ? undefined : wanted.find((index) => !partitions.has(index))
    if (missing === undefined) return all.filter((index) => wanted.includes(index))
    throw new KafkaError(Errors.UNKNOWN_TOPIC_OR_PARTITION, `${this.#name}-${missing}`)
  }

  async #place(indexes: readonly number[], isFirst: boolean): Promise<void> {
    if (indexes.length === 0) return
    const { from = 'earliest' } = this.#options
    const offsets = await this.#offsets(indexes, isFirst && from === 'latest' ? LATEST : EARLIEST)
    for (const [index, offset] of offsets) {
      const given = isFirst && typeof from === 'object' ? from[index] : undefined
      this.#positions.set(index, given ?? offset)
    }
  }

  async #offsets(
    indexes: readonly number[], timestamp: number,
  ): Promise<ReadonlyMap<number, number>> {
    const { clock } = this.#services
    return patiently(clock, async () => {
      const { response } = await ask(this.#services, listOffsetsHandler, {
        replicaId: CONSUMER, isolationLevel: this.#isolationLevel, timeoutMs: WAIT_MS,
        topics: [{
          name: this.#name,
          partitions: indexes.map((partitionIndex) => (
            { partitionIndex, currentLeaderEpoch: ANY_EPOCH, timestamp })),
        }],
      })
      const offsets = new Map<number, number>()
      for (const { partitionIndex, errorCode, offset } of response.topics[0]?.partitions ?? []) {
        throwIfError(errorCode, `${this.#name}-${partitionIndex}`)
        offsets.set(partitionIndex, offset ?? 0)
      }
      return offsets
    })
  }

  async #fetch(places: ReadonlyMap<number, number>): Promise<KafkaRecord[]> {
    const { response, release } = await ask(this.#services, fetchHandler, {
      clusterId: null, replicaId: CONSUMER,
      replicaState: { replicaId: CONSUMER, replicaEpoch: -1 },
      maxWaitMs: this.#isEndless ? WAIT_MS : 0, minBytes: 1, maxBytes: FETCH_BYTES,
      isolationLevel: this.#isolationLevel, sessionId: 0, sessionEpoch: -1,
      topics: [{
        topic: this.#name, topicId: ZERO_UUID,
        partitions: [...places].map(([partition, fetchOffset]) => ({
          partition, fetchOffset, currentLeaderEpoch: ANY_EPOCH, lastFetchedEpoch: ANY_EPOCH,
          logStartOffset: -1, partitionMaxBytes: PARTITION_BYTES, replicaDirectoryId: ZERO_UUID,
          highWatermark: -1,
        })),
      }],
      forgottenTopicsData: [], rackId: '',
    }, { version: FETCH_BY_NAME, signal: this.#signal })
    try {
      const fetched = response.responses[0]?.partitions ?? []
      const records = fetched.flatMap((partition) => this.#take(partition, places))
      const isStuck = fetched.some(({ errorCode }) => errorCode !== Errors.NONE)
      if (isStuck && records.length === 0) await this.#recover(fetched)
      return records
    } finally {
      release()
    }
  }

  /** The records of an answer, in buffers of their own; moves the position behind them. */
  #take(fetched: FetchedPartition, places: ReadonlyMap<number, number>): KafkaRecord[] {
    const { partitionIndex: partition, records, errorCode } = fetched
    if (errorCode !== Errors.NONE) return []
    const position = places.get(partition) ?? 0
    const taken: KafkaRecord[] = []
    const end = this.#ends?.get(partition) ?? Infinity
    let next = position
    const copy = Buffer.from(bufferOf(records ?? NOTHING))
    const visible = visibleBatches(copy, fetched.abortedTransactions ?? [])
    for (const { batch, isVisible } of visible) {
      next = batch.nextOffset
      if (!isVisible) continue
      for (const record of recordsOf(batch)) {
        // A batch may begin before what was asked for, and end behind what is wanted.
        if (record.offset < position || record.offset >= end) continue
        taken.push({ topic: this.#name, partition, ...record })
      }
    }
    // Where a compaction left nothing up to the end there is nothing to wait for.
    this.#positions.set(partition, next === position && !this.#isEndless ? end : next)
    return taken
  }

  /** After errors: begins anew where records were deleted, waits where that helps, or throws. */
  async #recover(fetched: readonly FetchedPartition[]): Promise<void> {
    const { clock, controller } = this.#services
    const isGone = controller.image.topics.byId(this.#topicId) === undefined
    for (const { partitionIndex: index, errorCode } of fetched) {
      if (errorCode === Errors.NONE || this.#signal.aborted) continue
      if (errorCode === Errors.OFFSET_OUT_OF_RANGE) {
        await this.#skipDeleted(index)
      } else if (isPassing(errorCode) || isGone) {
        await pause(clock)
      } else {
        throw new KafkaError(errorCode, `${this.#name}-${index}`)
      }
    }
  }

  /** Throws OFFSET_OUT_OF_RANGE for an offset that is not there yet. */
  async #skipDeleted(index: number): Promise<void> {
    const earliest = (await this.#offsets([index], EARLIEST)).get(index) ?? 0
    if (earliest <= (this.#positions.get(index) ?? 0)) {
      throw new KafkaError(Errors.OFFSET_OUT_OF_RANGE, `${this.#name}-${index}`)
    }
    this.#positions.set(index, earliest)
  }
}

/** What a reader sees: no marks, and nothing of transactions that were aborted. */
function* visibleBatches(
  records: Buffer, aborted: NonNullable<FetchedPartition['abortedTransactions']>,
): Generator<{ readonly batch: Batch, readonly isVisible: boolean }> {
  const coming = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset)
  const abortedNow = new Set<number>()
  for (const batch of batchesOf(records)) {
    while (coming.length > 0 && coming[0]!.firstOffset <= batch.lastOffset) {
      abortedNow.add(coming.shift()!.producerId)
    }
    if (batch.isControl) {
      const [mark] = recordsOf(batch)
      const type = controlTypeOf(mark?.key ?? null)
      if (type === ControlType.ABORT) abortedNow.delete(batch.producerId)
    }
    const isAborted = batch.isTransactional && abortedNow.has(batch.producerId)
    yield { batch, isVisible: !batch.isControl && !isAborted }
  }
}

/** Ends quietly when the signal is aborted. */
export function readRecords(
  services: Services, topic: string, options: RecordsOptions, signal: AbortSignal,
): AsyncGenerator<KafkaRecord, void> {
  return new Reading(services, topic, options, signal).run()
}

// Fetching records: from every leader at once, in the order of each partition, without those of
// transactions that were aborted.

import { Errors } from '../../protocol/errors.ts'
import { fetch } from '../../protocol/messages/fetch.ts'
import { type Batch, batchesOf, MAGIC } from '../../protocol/records/batch.ts'
import { ControlType, controlTypeOf } from '../../protocol/records/control.ts'
import { type Record, recordsOf } from '../../protocol/records/record.ts'
import { type Decoded, ZERO_UUID } from '../../protocol/schema.ts'
import { type Client, partitionKey, type TopicPartition } from './client.ts'
import type { Connection } from './connection.ts'
import { RefusedError } from './errors.ts'
import { byTopic, EARLIEST, type Isolation, offsetOf, offsetsAt } from './offsets.ts'

export interface FetchOptions {
  readonly isolation?: Isolation
  /** How long a broker may wait for records. */
  readonly maxWaitMs?: number
  readonly maxBytes?: number
  readonly signal?: AbortSignal
  /** The offset is no more, or not yet: where it goes on. */
  readonly onReset?: (partition: TopicPartition, offset: number) => void
}

export interface Fetched extends TopicPartition {
  readonly records: readonly Record[]
  /** Where the next fetch begins: behind marks and aborted records, too. */
  readonly nextOffset: number
  readonly highWatermark: number
  readonly lastStableOffset: number
}

/** Where it goes on in a partition. */
interface Position extends TopicPartition {
  readonly offset: number
}

interface Answered extends Fetched {
  /** What was asked for. */
  readonly from: Position
}

const MAX_WAIT_MS = 500
const MAX_BYTES = 16 * 1024 * 1024
const MAX_PARTITION_BYTES = 4 * 1024 * 1024
const ISOLATION = { read_uncommitted: 0, read_committed: 1 } as const
/** Fetch names topics by their ids from the version after it (KIP-516). */
const LAST_WITH_NAMES = 12
/** Sessions are for those who fetch the same again and again. */
const NO_SESSION = { sessionId: 0, sessionEpoch: -1 }

type FetchAnswer = Decoded<typeof fetch['response']>
type PartitionAnswer = FetchAnswer['responses'][number]['partitions'][number]

export class Fetcher {
  readonly #client: Client
  readonly #options: FetchOptions
  readonly #positions = new Map<string, Position>()
  /** One fetch of each leader is under way. */
  readonly #underWay = new Map<number, Promise<{ leader: number, fetched: Answered[] }>>()

  constructor(client: Client, options: FetchOptions = {}) {
    this.#client = client
    this.#options = options
  }

  /** Fetches a partition from the offset on. */
  seek(partition: TopicPartition, offset: number): void {
    this.#positions.set(partitionKey(partition), { ...partition, offset })
  }

  /** Fetches it no more. */
  drop(partition: TopicPartition): void {
    this.#positions.delete(partitionKey(partition))
  }

  dropAll(): void {
    this.#positions.clear()
  }

  /** Where it is in a partition; undefined where it does not fetch it. */
  positionOf(partition: TopicPartition): number | undefined {
    return this.#positions.get(partitionKey(partition))?.offset
  }

  get partitionCount(): number {
    return this.#positions.size
  }

  /**
   * What came next of any leader: nothing, where a broker waited and had nothing. Throws
   * RefusedError for what does not pass.
   */
  async next(): Promise<Fetched[]> {
    const byLeader = await this.#byLeader()
    for (const [leader, mine] of byLeader) {
      if (this.#underWay.has(leader)) continue
      const fetching = this.#client.retry(() => this.#fetch(leader, mine))
        .then((fetched) => ({ leader, fetched }))
      fetching.catch(() => {})
      this.#underWay.set(leader, fetching)
    }
    try {
      const { leader, fetched } = await Promise.race(this.#underWay.values())
      this.#underWay.delete(leader)
      return fetched.filter((one) => this.#take(one))
    } catch (error) {
      this.#underWay.clear()
      throw error
    }
  }

  #take({ from, nextOffset }: Answered): boolean {
    if (!this.#isWanted(from)) return false
    this.seek(from, nextOffset)
    return true
  }

  /** What is answered of a partition that was dropped, or sought since, does not count. */
  #isWanted(from: Position): boolean {
    return this.positionOf(from) === from.offset
  }

  async #byLeader(): Promise<Map<number, Position[]>> {
    const byLeader = new Map<number, Position[]>()
    await this.#client.retry(async () => {
      byLeader.clear()
      for (const position of this.#positions.values()) {
        const leader = await this.#client.leaderOf(position)
        const mine = byLeader.get(leader)
        if (mine === undefined) byLeader.set(leader, [position])
        else mine.push(position)
      }
    })
    return byLeader
  }

  async #fetch(leader: number, mine: readonly Position[]): Promise<Answered[]> {
    const connection = await this.#client.broker(leader)
    const ids = new Map<string, string>()
    for (const { topic } of mine) {
      ids.set(topic, (await this.#client.topic(topic)).topicId ?? ZERO_UUID)
    }
    const answer = await this.#request(connection, mine, ids)
    const names = new Map([...ids].map(([name, id]) => [id, name]))
    const fetched: Answered[] = []
    let refusal: RefusedError | undefined
    for (const { topic, topicId, partitions } of answer.responses) {
      const name = topic === '' ? names.get(topicId) ?? '' : topic
      for (const partition of partitions) {
        const key = { topic: name, partition: partition.partitionIndex }
        const from = mine.find((one) => partitionKey(one) === partitionKey(key))!
        const error = await this.#errorOf(from, partition.errorCode)
        if (error !== undefined) refusal ??= error
        else if (partition.errorCode === 0) fetched.push(this.#read(from, partition))
      }
    }
    if (refusal !== undefined && fetched.length === 0) throw refusal
    return fetched
  }

  /** An offset that is not there any more is mended; of another error the refusal. */
  async #errorOf(from: Position, errorCode: number): Promise<RefusedError | undefined> {
    if (errorCode === Errors.NONE || !this.#isWanted(from)) return undefined
    if (errorCode !== Errors.OFFSET_OUT_OF_RANGE) {
      return new RefusedError(errorCode, `partition ${partitionKey(from)}`)
    }
    const { topic, partition } = from
    const starts = await offsetsAt(this.#client, [{ topic, partition, time: EARLIEST }])
    const start = offsetOf(starts.get(partitionKey(from)))
    if (!this.#isWanted(from)) return undefined
    this.seek(from, start)
    this.#options.onReset?.({ topic, partition }, start)
    return undefined
  }

  async #request(
    connection: Connection, mine: readonly Position[], ids: ReadonlyMap<string, string>,
  ): Promise<FetchAnswer> {
    const { isolation = 'read_committed', maxWaitMs = MAX_WAIT_MS } = this.#options
    const hasIds = [...ids.values()].every((id) => id !== ZERO_UUID)
    const version = connection.versionOf(fetch, hasIds ? Infinity : LAST_WITH_NAMES)
    const answer = await connection.request(fetch, {
      maxWaitMs, minBytes: 1, maxBytes: this.#options.maxBytes ?? MAX_BYTES,
      isolationLevel: ISOLATION[isolation], ...NO_SESSION,
      topics: byTopic(mine).map(([topic, partitions]) => ({
        topic, topicId: ids.get(topic)!,
        partitions: partitions.map(({ partition, offset }) => (
          { partition, fetchOffset: offset, partitionMaxBytes: MAX_PARTITION_BYTES })),
      })),
      forgottenTopicsData: [],
      rackId: '',
    }, version === undefined ? {} : { version })
    if (answer.errorCode !== 0) throw new RefusedError(answer.errorCode, 'the fetch')
    return answer
  }

  #read(from: Position, answer: PartitionAnswer): Answered {
    const isCommitted = (this.#options.isolation ?? 'read_committed') === 'read_committed'
    const aborted = new AbortedTransactions(isCommitted ? answer.abortedTransactions ?? [] : [])
    const records: Record[] = []
    const { topic, partition, offset: fromOffset } = from
    let nextOffset = fromOffset
    for (const batch of batchesOf(answer.records ?? NOTHING)) {
      if (batch.magic === MAGIC && !batch.isCrcValid()) {
        throw new RefusedError(Errors.CORRUPT_MESSAGE, `${partitionKey(from)} at ${nextOffset}`)
      }
      nextOffset = Math.max(nextOffset, batch.nextOffset)
      if (aborted.has(batch) || batch.isControl) continue
      for (const record of recordsOf(batch)) if (record.offset >= fromOffset) records.push(record)
    }
    const { highWatermark, lastStableOffset } = answer
    return { topic, partition, from, records, nextOffset, highWatermark, lastStableOffset }
  }
}

const NOTHING = Buffer.alloc(0)

/** Which batches of an answer belong to aborted transactions. */
class AbortedTransactions {
  readonly #coming: { readonly producerId: number, readonly firstOffset: number }[]
  readonly #open = new Set<number>()

  constructor(transactions: readonly { producerId: number, firstOffset: number }[]) {
    this.#coming = [...transactions].sort((a, b) => a.firstOffset - b.firstOffset)
  }

  /** To be asked of every batch, in their order. */
  has(batch: Batch): boolean {
    while (this.#coming[0] !== undefined && this.#coming[0].firstOffset <= batch.lastOffset) {
      this.#open.add(this.#coming.shift()!.producerId)
    }
    if (!batch.isTransactional) return false
    if (!batch.isControl) return this.#open.has(batch.producerId)
    const [mark] = recordsOf(batch)
    if (controlTypeOf(mark?.key ?? null) === ControlType.ABORT) this.#open.delete(batch.producerId)
    return false
  }
}

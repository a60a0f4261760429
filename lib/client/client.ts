// A client of a cluster: connections to its brokers, its metadata, and who is to be asked for what.
//
// It is what the command line speaks through. Requests are tried again where the broker's error
// says that the same may succeed later, until the time for the whole is over.

import { ApiError, Errors, errorName, isRetriable } from '../../protocol/errors.ts'
import { findCoordinator } from '../../protocol/messages/find-coordinator.ts'
import type { Api, Decoded } from '../../protocol/schema.ts'
import type { Clock } from '../world/clock.ts'
import { type BodyOf, Connection, type ConnectionOptions } from './connection.ts'
import { type Address, addressText } from '../address.ts'
import type { Dial } from './dial.ts'
import {
  RefusedError, throwIfRefused, TimeoutError, UnreachableError,
} from './errors.ts'
import {
  type ClusterView, fetchMetadata, type PartitionView, type TopicView,
} from './metadata.ts'

export interface ClientOptions {
  /** Brokers to begin with; the first that answers counts. */
  readonly bootstrap: readonly Address[]
  readonly dial: Dial
  readonly clock: Clock
  readonly softwareVersion: string
  readonly clientId?: string
  /** For a connection, and for each answer. */
  readonly requestTimeoutMs?: number
  /** For one thing to be done, with all that is tried again. */
  readonly timeoutMs?: number
}

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

export type CoordinatorKind = 'group' | 'transaction'

const COORDINATOR_TYPES: Readonly<Record<CoordinatorKind, number>> = { group: 0, transaction: 1 }
const REQUEST_TIMEOUT_MS = 10_000
const TIMEOUT_MS = 30_000
const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 1000
const CLIENT_ID = 'samsa'
/** After these the metadata is out of date. */
const STALE: readonly number[] = [
  Errors.NOT_LEADER_OR_FOLLOWER, Errors.LEADER_NOT_AVAILABLE, Errors.FENCED_LEADER_EPOCH,
  Errors.UNKNOWN_LEADER_EPOCH, Errors.UNKNOWN_TOPIC_OR_PARTITION, Errors.UNKNOWN_TOPIC_ID,
  Errors.INCONSISTENT_TOPIC_ID, Errors.NOT_CONTROLLER, Errors.KAFKA_STORAGE_ERROR,
]

export class Client {
  readonly #options: ClientOptions
  readonly #bootstrap: readonly Address[]
  readonly #connectionOptions: ConnectionOptions
  readonly clock: Clock
  readonly #timeoutMs: number
  readonly #connections = new Map<string, Promise<Connection>>()
  #cluster: ClusterView | undefined
  #isClosed = false
  #wasReached = false

  constructor(options: ClientOptions) {
    this.#options = options
    const {
      bootstrap, dial, clock, softwareVersion, clientId = CLIENT_ID,
      requestTimeoutMs = REQUEST_TIMEOUT_MS, timeoutMs = TIMEOUT_MS,
    } = options
    this.#bootstrap = bootstrap
    this.#connectionOptions = { dial, clock, clientId, softwareVersion, requestTimeoutMs }
    this.clock = clock
    this.#timeoutMs = timeoutMs
  }

  /** One with connections of its own: brokers answer what comes by one of them in its order. */
  another(): Client {
    return new Client(this.#options)
  }

  close(): void {
    this.#isClosed = true
    for (const opening of this.#connections.values()) {
      opening.then((connection) => connection.close(), () => {})
    }
    this.#connections.clear()
  }

  /** A connection to whichever broker answers: one that is known, or one of the bootstrap. */
  async any(): Promise<Connection> {
    const known = [...this.#cluster?.brokers.values() ?? []]
    let first: unknown
    for (const address of [...this.#bootstrap, ...known]) {
      try {
        return await this.connect(address)
      } catch (error) {
        first ??= error
      }
    }
    throw first ?? new UnreachableError('', 'no broker is named')
  }

  /** The connection to an address; it is opened once. */
  async connect(address: Address): Promise<Connection> {
    if (this.#isClosed) throw new UnreachableError(addressText(address), 'closed here')
    const key = addressText(address)
    const known = await this.#connections.get(key)
    if (known !== undefined && !known.isClosed) return known
    const opening = Connection.open(address, this.#connectionOptions)
    this.#connections.set(key, opening)
    opening.then(() => { this.#wasReached = true }, () => {
      if (this.#connections.get(key) === opening) this.#connections.delete(key)
    })
    return opening
  }

  async broker(nodeId: number): Promise<Connection> {
    return this.connect(await this.brokerAddress(nodeId))
  }

  async brokerAddress(nodeId: number): Promise<Address> {
    const found = this.#cluster?.brokers.get(nodeId)
      ?? (await this.cluster({ topics: [], isFresh: true })).brokers.get(nodeId)
    if (found === undefined) throw new RefusedError(Errors.BROKER_NOT_AVAILABLE, `broker ${nodeId}`)
    return found
  }

  /** Whoever takes changes of the cluster: in a KRaft cluster any broker passes them on. */
  async controller(): Promise<Connection> {
    const { controllerId } = this.#cluster ?? await this.cluster({ topics: [] })
    return controllerId < 0 ? this.any() : this.broker(controllerId)
  }

  /** Who coordinates a group or a transactional id. */
  async coordinator(kind: CoordinatorKind, key: string): Promise<Connection> {
    return this.retry(async () => {
      const connection = await this.any()
      const keyType = COORDINATOR_TYPES[kind]
      const answer = await connection.request(findCoordinator, {
        key, keyType, coordinatorKeys: [key],
      })
      const found = answer.coordinators[0] ?? answer
      const { errorCode, errorMessage, host, port } = found
      throwIfRefused(errorCode, `${kind} ${key}`, errorMessage)
      return this.connect({ host, port })
    })
  }

  /** Asks the coordinator; again where it has moved, or is still loading. */
  async askCoordinator<A extends Api, T>(
    kind: CoordinatorKind, key: string, api: A, body: BodyOf<A>,
    read: (answer: Decoded<A['response']>) => T,
    options: { readonly timeoutMs?: number } = {},
  ): Promise<T> {
    return this.retry(async () => {
      const connection = await this.coordinator(kind, key)
      return read(await connection.request(api, body, options))
    })
  }

  /** The cluster with the topics that are named, or all of them. Topics are not created by it. */
  async cluster(
    asked: { readonly topics: readonly string[] | 'all', readonly isFresh?: boolean },
  ): Promise<ClusterView> {
    const known = this.#cluster
    if (asked.isFresh !== true && known !== undefined && asked.topics !== 'all'
      && asked.topics.every((name) => known.topics.get(name)?.errorCode === Errors.NONE)) {
      return known
    }
    const found = await fetchMetadata(await this.any(), asked.topics)
    const topics = new Map([...known?.topics ?? [], ...found.topics])
    this.#cluster = { ...found, topics }
    return found
  }

  /** Throws RefusedError for a topic that is not there. */
  async topic(name: string, options: { readonly isFresh?: boolean } = {}): Promise<TopicView> {
    const { topics } = await this.cluster({ topics: [name], ...options })
    const found = topics.get(name)
    throwIfRefused(found?.errorCode ?? Errors.UNKNOWN_TOPIC_OR_PARTITION, `topic ${name}`)
    return found!
  }

  /**
   * Waits until a topic that was just created, or grew to so many partitions, is known to the
   * brokers and all its partitions have leaders.
   */
  async readyTopic(name: string, partitionCount = 1): Promise<TopicView> {
    return this.retry(async () => {
      const { topics } = await this.cluster({ topics: [name], isFresh: true })
      const topic = topics.get(name)
      const isUnknown = topic?.errorCode === Errors.UNKNOWN_TOPIC_OR_PARTITION
      throwIfRefused(isUnknown ? Errors.LEADER_NOT_AVAILABLE : topic!.errorCode, `topic ${name}`)
      const isReady = topic!.partitions.length >= partitionCount
        && topic!.partitions.every(({ leaderId }) => leaderId >= 0)
      throwIfRefused(isReady ? Errors.NONE : Errors.LEADER_NOT_AVAILABLE, `topic ${name}`)
      return topic!
    })
  }

  async partition({ topic, partition }: TopicPartition): Promise<PartitionView> {
    const found = (await this.topic(topic)).partitions.find((one) => one.partition === partition)
    if (found !== undefined) return found
    const about = `partition ${partitionKey({ topic, partition })}`
    throw new RefusedError(Errors.UNKNOWN_TOPIC_OR_PARTITION, about)
  }

  async leaderOf(partition: TopicPartition): Promise<number> {
    const { leaderId } = await this.partition(partition)
    if (leaderId >= 0) return leaderId
    throw new RefusedError(Errors.LEADER_NOT_AVAILABLE, `partition ${partitionKey(partition)}`)
  }

  /**
   * Asks the leaders of partitions, each for its own, and again for those whose answer is an error
   * that may pass. Gives the answers by `topic-partition`; an error that lasts is one of them.
   */
  async askLeaders<P extends TopicPartition, T>(
    partitions: readonly P[],
    ask: (connection: Connection, mine: readonly P[])
    => Promise<ReadonlyMap<string, T | RefusedError>>,
  ): Promise<Map<string, T | RefusedError>> {
    const answers = new Map<string, T | RefusedError>()
    let open = partitions
    await this.retry(async () => {
      const { byLeader, homeless } = await this.#byLeader(open)
      const asked = await Promise.all([...byLeader].map(async ([leader, mine]) => (
        ask(await this.broker(leader), mine)
      )))
      for (const some of [homeless, ...asked]) {
        for (const [key, answer] of some) answers.set(key, answer)
      }
      open = open.filter((one) => isPassing(answers.get(partitionKey(one))))
      const left = open[0] === undefined ? undefined : answers.get(partitionKey(open[0]))
      if (left instanceof RefusedError) throw left
    }).catch((error: unknown) => {
      // What lasts is told for its partition alone.
      if (!(error instanceof RefusedError) || answers.size < partitions.length) throw error
    })
    return answers
  }

  async #byLeader<P extends TopicPartition>(partitions: readonly P[]): Promise<{
    byLeader: Map<number, P[]>, homeless: Map<string, RefusedError>,
  }> {
    const byLeader = new Map<number, P[]>()
    const homeless = new Map<string, RefusedError>()
    await this.cluster({ topics: [...new Set(partitions.map(({ topic }) => topic))] })
    for (const one of partitions) {
      try {
        const leader = await this.leaderOf(one)
        const mine = byLeader.get(leader)
        if (mine === undefined) byLeader.set(leader, [one])
        else mine.push(one)
      } catch (error) {
        if (!(error instanceof RefusedError)) throw error
        homeless.set(partitionKey(one), error)
      }
    }
    return { byLeader, homeless }
  }

  /**
   * Does it again, with growing pauses, where the error may pass and there is time. Throws the last
   * error.
   */
  async retry<T>(attempt: () => Promise<T>): Promise<T> {
    const endMs = this.clock.monotonicMs() + this.#timeoutMs
    let pauseMs = FIRST_PAUSE_MS
    for (;;) {
      try {
        return await attempt()
      } catch (error) {
        const isLate = this.clock.monotonicMs() + pauseMs > endMs
        if (isLate || !this.#mayPass(error)) throw error
        await this.pause(pauseMs)
        pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
      }
    }
  }

  /** As `retry` does, a look at the error: and what is known to be old is forgotten. */
  #mayPass(error: unknown): boolean {
    if (this.#isClosed) return false
    // A connection that was there and broke; what is never there is told at once.
    if (error instanceof UnreachableError || error instanceof TimeoutError) {
      this.#cluster = undefined
      return error instanceof UnreachableError && this.#wasReached
    }
    if (!(error instanceof ApiError)) return false
    if (STALE.includes(error.code)) this.#cluster = undefined
    return isRetriable(error.code) && !LASTING.has(errorName(error.code))
  }

  pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => { this.clock.setTimer(delayMs, resolve) })
  }

  /** Forgets what it knows of topics, so that they are asked for anew. */
  forget(): void {
    this.#cluster = undefined
  }
}

/**
 * Retriable by Kafka's word, for a client that has seen the topic; to somebody who mistyped its
 * name a wait says nothing.
 */
const LASTING: ReadonlySet<string> = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID', 'CORRUPT_MESSAGE', 'ELECTION_NOT_NEEDED',
])

function isPassing(answer: unknown): boolean {
  return answer instanceof RefusedError && isRetriable(answer.code)
    && !LASTING.has(errorName(answer.code))
}

/** `topic-partition`: by it partitions are found in maps, and named to people. */
export function partitionKey({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}

// The library as its users see it: every type that `import … from 'samsa'` offers, with its
// documentation. It imports little, for what stands here is published as it is.

import type { ErrorName } from '../../protocol/errors.ts'
import type { ApiName, FaultyRequest } from './fault-names.ts'
import type { Settings, TopicConfigs } from './settings.ts'

export type { ApiName, FaultyRequest } from './fault-names.ts'
export type { Settings, TopicConfigs } from './settings.ts'

export interface BrokerOptions {
  /**
   * Where the data lies, in Kafka's own files; an empty or missing directory is prepared, and one
   * that was used before is opened again. Left out: in memory, and gone when the broker is closed.
   */
  readonly directory?: string | undefined
  /** The port to listen on. Left out, or 0: a free one. */
  readonly port?: number | undefined
  /** The address to listen on, and that clients are told. Left out: `127.0.0.1`. */
  readonly host?: string | undefined
  /**
   * Kafka's settings of a broker, by Kafka's names. What is not given has Kafka's default, but for
   * what a node alone cannot do (three replicas) and need not wait for
   * (`group.initial.rebalance.delay.ms` is 0).
   */
  readonly settings?: Settings | undefined
  /**
   * Has the broker watched over HTTP: `/metrics` for Prometheus, `/healthz` and `/readyz`; see
   * `Broker.metricsUrl`. Left out: it is not.
   */
  readonly metrics?: MetricsOptions | undefined
  /**
   * Topics to begin with. They are there when `start` resolves, and again after each `reset`; one
   * that the directory has already stays as it is.
   */
  readonly topics?: readonly (string | TopicOptions)[] | undefined
  /**
   * What the broker logs: the least important level that is still written to standard error, or
   * who takes the lines (from level `info` on). Left out: nothing.
   */
  readonly log?: 'error' | 'warn' | 'info' | 'debug' | ((line: string) => void) | undefined
}

export interface MetricsOptions {
  /** Left out, or 0: a free one. */
  readonly port?: number | undefined
  /** The address to listen on. Left out: `127.0.0.1`. */
  readonly host?: string | undefined
}

export interface TopicOptions {
  readonly name: string
  /** Left out: the setting `num.partitions`, which is 1. */
  readonly partitions?: number | undefined
  /** Settings of the topic, by Kafka's names. */
  readonly configs?: TopicConfigs | undefined
}

/** What a header, a key or a value may be given as: text is written as UTF-8. */
export type Bytes = string | Uint8Array

export interface RecordToProduce {
  readonly key?: Bytes | null | undefined
  /** Left out, or null: a tombstone. */
  readonly value?: Bytes | null | undefined
  readonly headers?: Readonly<Record<string, Bytes | null>> | readonly RecordHeader[] | undefined
  /** Left out: as Java's producer has it by the key; without a key, one after the other. */
  readonly partition?: number | undefined
  /** Milliseconds since 1970, or a date. Left out: the time of the broker's clock. */
  readonly timestamp?: number | Date | undefined
}

export interface RecordHeader {
  readonly key: string
  readonly value: Bytes | null
}

/** Where a record was written. */
export interface RecordMetadata {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** A record as it was read. */
export interface KafkaRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Milliseconds since 1970. */
  readonly timestamp: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  /** In their order; a name may come more than once. */
  readonly headers: readonly { readonly key: string, readonly value: Buffer | null }[]
}

export interface RecordsOptions {
  /**
   * Where to begin: the `earliest` record that is there, the `latest` (only what comes from now
   * on), or an offset for each partition that is named, and the earliest of the others. Left out:
   * `earliest`.
   */
  readonly from?: 'earliest' | 'latest' | Readonly<Record<number, number>> | undefined
  /**
   * When to stop: at the `end` that each partition has now, or `never`, and to wait for records
   * (and for the topic, while it is not there). Left out: `end`.
   */
  readonly until?: 'end' | 'never' | undefined
  /** Stops after so many records. */
  readonly limit?: number | undefined
  /** Left out: all of them. */
  readonly partitions?: readonly number[] | undefined
  /**
   * Whether records of transactions that are open or aborted are left out. Left out:
   * `read_uncommitted`, as for Kafka's consumers.
   */
  readonly isolationLevel?: 'read_uncommitted' | 'read_committed' | undefined
  /** Stops without an error when it is aborted. */
  readonly signal?: AbortSignal | undefined
}

export interface Topics {
  /**
   * Creates a topic; it can be written to at once.
   * @throws {KafkaError} `TOPIC_ALREADY_EXISTS`, `INVALID_CONFIG`, …
   */
  create(name: string, options?: Omit<TopicOptions, 'name'>): Promise<void>
  /** All but Kafka's internal ones, in the order of their names. */
  list(): Promise<TopicDescription[]>
  /**
   * Deletes topics with all their records.
   * @throws {KafkaError} `UNKNOWN_TOPIC_OR_PARTITION` for the first that is not there.
   */
  delete(...names: readonly string[]): Promise<void>
}

export interface TopicDescription {
  readonly name: string
  /** Kafka's id of it, 22 characters. */
  readonly id: string
  readonly partitions: number
}

/** The broker's clock: the machine's, and as far ahead of it as it was moved. */
export interface BrokerClock {
  /** Milliseconds since 1970. */
  now(): number
  /**
   * Lets time pass: sessions end, rebalances and transactions time out, records outlive their
   * retention, each in its order, as if so many milliseconds had gone by. Resolves when all that
   * was due has happened. Clients know nothing of it, so that who does not send a heartbeat
   * meanwhile is silent for that long. Long times pass in a thousand steps at most.
   */
  advance(byMs: number): Promise<void>
}

/**
 * Faults on the wire, for requests that come over a socket:
 *
 *     broker.faults.on('Produce').times(2).reply('NOT_LEADER_OR_FOLLOWER')
 *
 * Of several that fit a request the one that was set last counts.
 */
export interface Faults {
  /** Begins a fault for requests of an API; it counts once it is told what happens. */
  on<Name extends ApiName>(api: Name): FaultBuilder<Name>
  /** Takes all of them away. */
  clear(): void
}

export interface FaultBuilder<Name extends ApiName> {
  /** Only for the first so many requests that fit. Left out: all of them. */
  times(count: number): FaultBuilder<Name>
  /** Only for requests that this is true of. */
  when(predicate: (request: FaultyRequest<Name>) => boolean): FaultBuilder<Name>
  /**
   * Answers with an error, where Kafka's answers to such a request have it: of the request, of
   * each group, topic or partition that it names. The request is not handled.
   */
  reply(error: ErrorName): Fault
  /** Handles the request, and never answers it. The connection goes on. */
  drop(): Fault
  /** Answers later, by the broker's clock; what follows on the connection waits as well. */
  delay(byMs: number): Fault
  /** Closes the connection: `before` the request is handled (left out), or `after`. */
  close(options?: { readonly handled?: 'before' | 'after' | undefined }): Fault
}

/** A fault that counts. */
export interface Fault {
  /** How many requests it has met. */
  readonly count: number
  remove(): void
}

/** All that a broker held at one moment. */
export interface Snapshot {
  /** Another broker, in memory, that holds the same. It has a port of its own. */
  fork(options?: ForkOptions): Promise<Broker>
}

export type ForkOptions = Omit<BrokerOptions, 'directory' | 'topics'>

export interface Broker {
  /** `host:port`, as clients want it. */
  readonly bootstrapServers: string
  readonly host: string
  readonly port: number
  readonly clusterId: string
  /** Where it is watched, `http://127.0.0.1:…`; undefined without the option `metrics`. */
  readonly metricsUrl: string | undefined
  readonly topics: Topics
  readonly clock: BrokerClock
  readonly faults: Faults
  /**
   * Resolves with the reason when the broker cannot go on (its disk fails): it is closed by then.
   */
  readonly failed: Promise<unknown>
  /**
   * Writes records, as a producer with `acks=all` would, and creates the topic if it is not there
   * and `auto.create.topics.enable` allows it. Resolves with their places, in the same order.
   * A record that was read can be written as it is: its topic and offset count for nothing.
   * @throws {KafkaError} what a producer would get.
   * @throws {TypeError} for a record that is none; nothing is written then.
   */
  produce(
    topic: string, records: RecordToProduce | readonly RecordToProduce[],
  ): Promise<RecordMetadata[]>
  /**
   * Reads records, those of each partition in their order:
   *
   *     for await (const { value } of broker.records('orders')) …
   *     for await (const record of broker.records('orders', { until: 'never', limit: 3 })) …
   *
   * @throws {KafkaError} `UNKNOWN_TOPIC_OR_PARTITION`, unless it may wait for the topic.
   */
  records(topic: string, options?: RecordsOptions): AsyncIterableIterator<KafkaRecord>
  /**
   * Empties the broker: topics, groups and their offsets, transactions, quotas, users, settings
   * that clients made, and faults are gone; those topics that `start` was given are there again.
   * Clients stay connected, and find their groups unknown. The clock stays as it is.
   */
  reset(): Promise<void>
  /** Keeps what the broker holds now: data, groups, transactions, settings. Costs little. */
  snapshot(): Promise<Snapshot>
  /** Another broker, in memory, that holds what this one holds now. */
  fork(options?: ForkOptions): Promise<Broker>
  /**
   * Closes connections, gives the port back, and leaves no timer behind; data on a disk is written
   * out, and stays. A second call is the same as the first.
   */
  close(): Promise<void>
  /** `await using broker = await Broker.start()` */
  [Symbol.asyncDispose](): Promise<void>
}

export interface BrokerFactory {
  /**
   * Starts a broker in this process. Resolves when it serves.
   * @throws {StartError} for what its user can mend: settings, a port or a directory in use.
   * @throws {TypeError} for an option that there is not, or that is of another type.
   */
  start(options?: BrokerOptions): Promise<Broker>
}

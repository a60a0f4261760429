// A node's partitions in a test: logs on a disk in memory, metadata that is decided at once, turns
// and time that go on when the test says so.

import { ConfigType } from '../../../controller/image/configs.ts'
import { incrementalAlterConfigs } from '../../../controller/decisions/alter-configs.ts'
import { assignReplicas } from '../../../controller/decisions/directories.ts'
import { createTopics } from '../../../controller/decisions/create-topics.ts'
import { deleteTopics } from '../../../controller/decisions/delete-topics.ts'
import { DeltaCollector, EMPTY_IMAGE } from '../../../controller/image/image.ts'
import type { ImageListener } from '../../../controller/controller.ts'
import type { Decision } from '../../../controller/decisions/decision.ts'
import { DEVELOPMENT, parseConfig } from '../../../lib/config.ts'
import { fetchHandler } from '../../../lib/handlers/fetch.ts'
import { produceHandler } from '../../../lib/handlers/produce.ts'
import { FetchSessions } from '../../../lib/replication/fetch-sessions.ts'
import { Partitions } from '../../../lib/replication/partitions.ts'
import { ReplicaMoves } from '../../../lib/replication/replica-moves.ts'
import { ReplicaPlaces } from '../../../lib/replication/replica-places.ts'
import { ReplicationQuota } from '../../../lib/replication/replication-quota.ts'
import { Client } from '../../../lib/server/client.ts'
import { Later, NO_ANSWER, type RequestContext } from '../../../lib/server/handler.ts'
import type { Services } from '../../../lib/services.ts'
import { Turn } from '../../../lib/world/turn.ts'
import { bufferOf } from '../../../protocol/late-bytes.ts'
import type { FetchRequest, FetchResponse } from '../../../protocol/messages/fetch.ts'
import type { ProduceRequest, ProduceResponse } from '../../../protocol/messages/produce.ts'
import { batchesOf, buildBatch, type BatchToBuild } from '../../../protocol/records/batch.ts'
import { recordsOf } from '../../../protocol/records/record.ts'
import { ZERO_UUID } from '../../../protocol/schema.ts'
import { LogDirectory } from '../../../storage/log-directory.ts'
import { MemoryDisk } from '../../../storage/memory-disk.ts'
import { Cluster } from '../../controller/harness.ts'
import { silent, VirtualClock } from '../coordinators/harness.ts'

export const NODE_ID = 1
export const FETCH_VERSION = 12
export const PRODUCE_VERSION = 12

export class NodeClock extends VirtualClock {
  monotonicMs(): number {
    return this.nowMs()
  }
}

export type Asked = Partial<FetchRequest['topics'][number]['partitions'][number]> & {
  topic?: string
}

export class Replica {
  readonly clock = new NodeClock()
  readonly turn = new Turn(this.clock)
  readonly cluster = new Cluster()
  readonly failures: unknown[] = []
  readonly disk: MemoryDisk
  readonly directories: readonly LogDirectory[]
  readonly partitions: Partitions
  readonly services: Services
  /** Where the directories have ids. */
  readonly places!: ReplicaPlaces
  readonly moves!: ReplicaMoves
  moveRate = Infinity
  /** False: the metadata cannot be told where logs lie. */
  canTell = true
  /** Pooled buffers are given back by these. */
  readonly sent: (() => void)[] = []
  /** To be called as if the client had gone. */
  readonly closed: (() => void)[] = []
  readonly #listeners: ImageListener[] = []

  constructor({ disk = new MemoryDisk(), paths = ['/data'], cluster = undefined as
  Cluster | undefined, settings = {} as Record<string, string>,
  metadataLogDir = '', directoryIds = undefined as readonly string[] | undefined } = {}) {
    this.disk = disk
    const logDirs = directoryIds === undefined ? {} : { logDirs: directoryIds }
    if (cluster === undefined) this.cluster.join(NODE_ID, logDirs)
    else this.cluster = cluster
    this.directories = paths.map((path) => {
      disk.makeDirectory(path)
      const directory = new LogDirectory({ disk, path, logger: silent })
      directory.open()
      return directory
    })
    const properties = new Map(Object.entries(settings))
    const config = parseConfig(properties, () => {}, { base: DEVELOPMENT })
    const { clock, turn } = this
    const controller = this.#controller()
    const { places, moves } = directoryIds === undefined
      ? {} as { places?: ReplicaPlaces, moves?: ReplicaMoves } : this.#moving(directoryIds)
    Object.assign(this, { places, moves })
    this.partitions = new Partitions({
      nodeId: NODE_ID, controller, directories: this.directories, clock, turn, logger: silent,
      topicDefaults: config.topicDefaults, metadataLogDir,
      ...places === undefined ? {} : { places }, ...moves === undefined ? {} : { moves },
      onFailure: (error) => this.failures.push(error),
    })
    this.partitions.start()
    const fetchSessions = new FetchSessions({
      clock, random: { integer: () => this.#nextId++ }, maxSessions: 2,
    })
    this.services = {
      config, clock, turn, logger: silent, controller, partitions: this.partitions, fetchSessions,
    } as unknown as Services
  }

  #moving(directoryIds: readonly string[]): { places: ReplicaPlaces, moves: ReplicaMoves } {
    const { clock, directories } = this
    const places = new ReplicaPlaces({
      nodeId: NODE_ID, hasLost: false, clock, logger: silent,
      ids: new Map(directories.map((directory, i) => [directory, directoryIds[i]!])),
    })
    places.start(async (some) => {
      if (!this.canTell) throw new Error('not now')
      const { epoch } = this.cluster.image.brokers.get(NODE_ID)!
      this.decide(assignReplicas(NODE_ID, epoch, some))
    })
    const moves = new ReplicaMoves({
      directories, places, clock, logger: silent, bytesPerSecond: () => this.moveRate,
      quota: new ReplicationQuota({ windows: { count: 11, sizeMs: 1000 }, clock }),
      onFailure: (directory, error) => this.partitions.failDirectory(directory, error),
    })
    return { places, moves }
  }

  /** What an answer may hold, as the server would say. */
  answerRoomBytes = Infinity
  #nextId = 100

  #controller() {
    const { cluster } = this
    return {
      get image() {
        return cluster.image
      },
      subscribe: (listener: ImageListener) => {
        this.#listeners.push(listener)
        listener(cluster.image, { ...new DeltaCollector().delta(EMPTY_IMAGE), isSnapshot: true })
        return () => {}
      },
    }
  }

  /** Decides, and lets the partitions hear of it. */
  decide<A>(decision: Decision<A>): A {
    const before = this.cluster.image
    const answer = this.cluster.decide(decision)
    const delta = new DeltaCollector()
    for (const record of this.cluster.records) delta.add(record, before)
    for (const listener of this.#listeners) listener(this.cluster.image, delta.delta(before))
    return answer
  }

  create(name: string, numPartitions = 1, configs: Record<string, string> = {}): void {
    this.decide(createTopics({
      validateOnly: false,
      topics: [{
        name, numPartitions, replicationFactor: 1, assignments: [],
        configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
      }],
    }))
  }

  delete(name: string): void {
    this.decide(deleteTopics([this.topicId(name)]))
  }

  setConfig(type: number, name: string, key: string, value: string): void {
    const changes = new Map([[key, { operation: 'set' as const, value }]])
    this.decide(incrementalAlterConfigs([{ type, name, changes }], false))
  }

  setTopicConfig(name: string, key: string, value: string): void {
    this.setConfig(ConfigType.TOPIC, name, key, value)
  }

  topicId(name: string): string {
    return this.cluster.image.topics.byName(name)!.id
  }

  context(apiVersion: number): RequestContext {
    const roomBytes = () => this.answerRoomBytes
    return {
      apiVersion, correlationId: 1, clientId: 'test', connectionId: 1, listenerName: 'PLAINTEXT',
      listenerKind: 'broker', clientAddress: '127.0.0.1', principal: 'User:ANONYMOUS',
      client: new Client(50_000),
      nowMs: this.clock.nowMs(), onSent: (fn) => { this.sent.push(fn) },
      answerFirst: () => {}, sendsFiles: false,
      onClosed: (fn) => { this.closed.push(fn) },
      get answerRoomBytes() {
        return roomBytes()
      },
    }
  }

  produce(
    request: Partial<ProduceRequest>, apiVersion = PRODUCE_VERSION,
  ): Outcome<ProduceResponse> {
    const whole = { transactionalId: null, acks: -1, timeoutMs: 1000, topicData: [], ...request }
    return outcome<ProduceResponse>(() =>
      produceHandler.handle(whole, this.context(apiVersion), this.services))
  }

  /** One batch to one partition. */
  send(
    topic: string, values: readonly string[], { index = 0, acks = -1, ...batch }:
    Partial<BatchToBuild> & { index?: number, acks?: number } = {},
  ): Outcome<ProduceResponse> {
    const records = batchOf(values, batch)
    const topicData = [{ name: topic, topicId: ZERO_UUID, partitionData: [{ index, records }] }]
    return this.produce({ acks, topicData })
  }

  fetch(
    request: Partial<FetchRequest>, asked: readonly Asked[], apiVersion = FETCH_VERSION,
  ): Outcome<FetchResponse> {
    const whole: FetchRequest = {
      clusterId: null, replicaId: -1, replicaState: { replicaId: -1, replicaEpoch: -1 },
      maxWaitMs: 0, minBytes: 1, maxBytes: 1 << 20, isolationLevel: 0, sessionId: 0,
      sessionEpoch: -1, forgottenTopicsData: [], rackId: '', ...request,
      topics: asked.map(({ topic = 'a', ...partition }) => ({
        topic: apiVersion < 13 ? topic : '',
        topicId: apiVersion < 13 ? ZERO_UUID : this.topicId(topic),
        partitions: [{ ...ASKED, ...partition }],
      })),
    }
    return outcome<FetchResponse>(() =>
      fetchHandler.handle(whole, this.context(apiVersion), this.services))
  }
}

const ASKED: FetchRequest['topics'][number]['partitions'][number] = {
  partition: 0, currentLeaderEpoch: -1, fetchOffset: 0, lastFetchedEpoch: -1, logStartOffset: -1,
  partitionMaxBytes: 1 << 20, replicaDirectoryId: ZERO_UUID, highWatermark: -1,
}

export function batchOf(values: readonly string[], batch: Partial<BatchToBuild> = {}): Buffer {
  const records = values.map((value) =>
    ({ key: null, value: Buffer.from(value), headers: [], timestamp: 1000 }))
  return buildBatch({ baseOffset: 0, records, ...batch })
}

/** What came of a request: nothing yet, an answer, or an error. */
export interface Outcome<T> {
  answer?: T
  isSilent?: boolean
  error?: unknown
}

type Answered<T> =
  | T | Promise<T> | Later<T> | Later<T | typeof NO_ANSWER> | typeof NO_ANSWER

function outcome<T>(handle: () => Answered<T>): Outcome<T> {
  const result: Outcome<T> = {}
  try {
    const answer = handle()
    if (answer === NO_ANSWER) result.isSilent = true
    else if (answer instanceof Later) {
      answer.settle((value) => {
        if (value === NO_ANSWER) result.isSilent = true
        else result.answer = value
      }, (error) => { result.error = error })
    } else result.answer = answer as T
  } catch (error) {
    result.error = error
  }
  return result
}

/** The values of the records in the answer, partition by partition. */
export function valuesIn({ answer }: Outcome<FetchResponse>): string[][] | undefined {
  return answer?.responses.flatMap(({ partitions }) => partitions.map(({ records }) => {
    const values: string[] = []
    for (const batch of batchesOf(bufferOf(records!))) {
      for (const { value } of recordsOf(batch)) values.push(String(value))
    }
    return values
  }))
}

export function errorsIn({ answer }: Outcome<FetchResponse>): number[] | undefined {
  return answer?.responses.flatMap(({ partitions }) => partitions.map((one) => one.errorCode))
}

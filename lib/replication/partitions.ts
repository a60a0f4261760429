// The partitions that this node has replicas of, kept as the cluster's metadata says.
//
// Logs are opened for what is assigned to this node, and removed when their topic is deleted or the
// replica is taken away. Where there are many of them, requests are let in between; what they ask
// for is opened first. Look-ups are two steps into maps: they are on the path of every request.

import type { ImageListener } from '../../controller/controller.ts'
import { ConfigType } from '../../controller/image/configs.ts'
import type { Image, ImageDelta } from '../../controller/image/image.ts'
import {
  partitionsInOrder, type Partition as PartitionState, type Topic,
} from '../../controller/image/topics.ts'
import { type ErrorCode, Errors } from '../../protocol/errors.ts'
import type { LogConfig } from '../../storage/config.ts'
import { isDiskError, isDiskFull } from '../../storage/disk.ts'
import type { Log } from '../../storage/log.ts'
import type { LogDirectory } from '../../storage/log-directory.ts'
import type { Logger } from '../../storage/ports.ts'
import type { Clock } from '../world/clock.ts'
import type { Turn } from '../world/turn.ts'
import { directoryFor } from './directory-choice.ts'
import { Partition } from './partition.ts'
import type { ReplicaMoves } from './replica-moves.ts'
import type { ReplicaPlaces } from './replica-places.ts'
import { TopicConfigs } from './topic-configs.ts'
import { Traffic } from './traffic.ts'

export interface PartitionsOptions {
  readonly nodeId: number
  /** Tells what the metadata says, now and from now on; gives the way to hear no more. */
  readonly controller: {
    readonly image: Image
    subscribe(listener: ImageListener): () => void
  }
  readonly directories: readonly LogDirectory[]
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs' | 'afterTurn'>
  readonly logger: Logger
  readonly turn: Turn
  /** The values of the server for topics that do not set their own. */
  readonly topicDefaults: ReadonlyMap<string, string>
  /** Where logs lie; without it, wherever there is room. */
  readonly places?: ReplicaPlaces
  /** Between directories; without it, there are none. */
  readonly moves?: ReplicaMoves
  /** Without this one the node cannot go on: it has the metadata. */
  readonly metadataLogDir?: string
  /** The others go on. */
  onDirectoryFailure?(directory: LogDirectory): void
  /** No log directory is left to be trusted, or that of the metadata is not. */
  onFailure(error: unknown): void
}

/** A topic's partitions of this node, by their index; holes are partitions of others. */
type Indexed = (Partition | undefined)[]

const NOTHING: Indexed = []
/** Requests wait no longer than about this for logs that are opened, or removed. */
const SLICE_MS = 4
/** Of a recovery that takes long the log tells from time to time. */
const TELL_PROGRESS_MS = 5000
/** So many are opened before whoever had the metadata changed is answered; more come after. */
const FEW = 64
/** So many are opened between two slices because somebody asks for them. */
const MAX_ASKED_FOR = 64

/** A log that is being opened, in steps. */
interface Opening {
  readonly topic: Topic
  readonly index: number
  readonly config: LogConfig
  readonly directory: LogDirectory
  readonly steps: Generator<void, Log>
  /** When the log told of it last. */
  toldMs: number
}

export class Partitions {
  readonly traffic = new Traffic()
  readonly #options: PartitionsOptions
  readonly #byName = new Map<string, Indexed>()
  readonly #byId = new Map<string, Indexed>()
  /** What is of this node and waits to be opened, by topic id. */
  readonly #unopened = new Map<string, Set<number>>()
  /** These count as unopened until they are; mostly there is none, or one. */
  #openings: Opening[] = []
  /** Out of use, and to be removed from the directory. */
  readonly #leaving = new Map<Log, LogDirectory>()
  #askedForLeft = MAX_ASKED_FOR
  readonly #configs: TopicConfigs
  #isWorking = false
  /** Topics of logs that the disks have no room for. */
  readonly #roomless = new Set<string>()
  /** Who waits until nothing is left to be opened. */
  #onOpened: (() => void)[] = []
  #unsubscribe: (() => void) | undefined

  constructor(options: PartitionsOptions) {
    this.#options = options
    this.#configs = new TopicConfigs(options)
  }

  /**
   * Opens what the metadata assigns to this node, and follows it from now on. Resolves when all is
   * open, or it was stopped.
   */
  async start(): Promise<void> {
    this.#unsubscribe = this.#options.controller.subscribe(this.#follow)
    if (this.#unopened.size === 0) return
    await new Promise<void>((resolve) => { this.#onOpened.push(resolve) })
  }

  /** Whoever still waits for something is let go. The logs are closed by their directories. */
  stop(): void {
    this.#unsubscribe?.()
    this.#unsubscribe = undefined
    this.#unopened.clear()
    for (const { steps } of this.#openings.splice(0)) steps.return(undefined as never)
    this.#opened()
    // The next start would not know what they were.
    for (const log of this.#leaving.keys()) this.#takeAway(log)
    for (const partition of this.all()) partition.close()
  }

  /** The partition, if this node has a replica of it, and it is open. */
  get(topic: string, index: number): Partition | undefined {
    const partition = this.#byName.get(topic)?.[index]
    if (partition !== undefined || this.#unopened.size === 0) return partition
    const id = this.#options.controller.image.topics.byName(topic)?.id
    return id === undefined ? undefined : this.#askedFor(id, index)
  }

  getById(topicId: string, index: number): Partition | undefined {
    return this.#byId.get(topicId)?.[index] ?? this.#askedFor(topicId, index)
  }

  #isUnopened(topicId: string, index: number): boolean {
    return this.#unopened.get(topicId)?.has(index) === true
  }

  #askedFor(topicId: string, index: number): Partition | undefined {
    if (!this.#isUnopened(topicId, index) || this.#askedForLeft === 0) return undefined
    this.#askedForLeft--
    const isBegun = this.#openings.some(({ topic, index: begun }) => (
      topic.id === topicId && begun === index))
    if (!isBegun) this.#openNext(topicId, index)
    return this.#byId.get(topicId)?.[index]
  }

  * all(): Generator<Partition> {
    for (const indexed of this.#byId.values()) {
      for (const partition of indexed) if (partition !== undefined) yield partition
    }
  }

  /** What is to be said of a partition that `get` does not find. */
  errorOfAbsent(topic: string, index: number): ErrorCode {
    const found = this.#options.controller.image.topics.byName(topic)
    const state = found?.partitions.get(index)
    if (found === undefined || state === undefined) return Errors.UNKNOWN_TOPIC_OR_PARTITION
    // It may be open soon, and Kafka's brokers say so too when a client is that quick.
    return this.isOffline(found.id, index, state)
      ? Errors.KAFKA_STORAGE_ERROR : Errors.NOT_LEADER_OR_FOLLOWER
  }

  /** A replica of this node, as the metadata has it, that cannot be used, or opened. */
  isOffline(topicId: string, index: number, { replicas }: PartitionState): boolean {
    const partition = this.#byId.get(topicId)?.[index]
    if (partition !== undefined) return !partition.isUsable
    return replicas.includes(this.#options.nodeId) && !this.#isUnopened(topicId, index)
  }

  /** The directory is no longer trusted: what lies in it goes out of use. */
  failDirectory(directory: LogDirectory, error: unknown): void {
    if (directory.isFailed) return
    directory.fail()
    const { directories, metadataLogDir } = this.#options
    const isLast = directory.path === metadataLogDir
      || directories.every(({ isFailed }) => isFailed)
    // Who hears of the last one tells it.
    if (!isLast) {
      this.#options.logger.error('A log directory failed: its partitions are offline', {
        directory: directory.path, error,
      })
    }
    for (const partition of this.all()) {
      if (partition.directory === directory) partition.failed()
    }
    this.#options.moves?.directoryFailed(directory)
    if (isLast) this.#options.onFailure(error)
    else this.#options.onDirectoryFailure?.(directory)
  }

  /** A directory has room again: what there was none for is opened. */
  roomAgain(): void {
    const { image } = this.#options.controller
    for (const id of this.#roomless) {
      const topic = image.topics.byId(id)
      if (topic !== undefined) this.#followTopic(topic)
    }
    this.#roomless.clear()
    if (!this.#isWorking) this.#workSome()
  }

  readonly #follow = (image: Image, delta: ImageDelta): void => {
    const topics = delta.isSnapshot
      ? new Set([
          ...this.#byId.keys(), ...this.#unopened.keys(),
          ...[...image.topics.all()].map(({ id }) => id),
        ])
      : delta.topics
    // What goes makes room first: a new topic may have the name of an old one.
    if (delta.isSnapshot) this.#setAsideStrays(image)
    for (const id of topics) if (image.topics.byId(id) === undefined) this.#removeTopic(id)
    for (const id of topics) {
      const topic = image.topics.byId(id)
      if (topic !== undefined) this.#followTopic(topic)
    }
    if (!this.#isWorking) this.#beginWork()
    for (const name of this.#reconfigured(image, delta)) this.#reconfigure(name, image)
  }

  #followTopic(topic: Topic): void {
    const { nodeId } = this.#options
    const indexed = this.#byId.get(topic.id) ?? NOTHING
    const unopened = this.#unopened.get(topic.id) ?? new Set()
    for (const [index, state] of partitionsInOrder(topic)) {
      const partition = indexed[index]
      if (state.replicas.includes(nodeId)) {
        if (partition !== undefined) this.#followPartition(partition, state)
        else unopened.add(index)
        continue
      }
      unopened.delete(index)
      if (partition !== undefined) this.#remove(partition)
      delete indexed[index]
    }
    if (unopened.size > 0) this.#unopened.set(topic.id, unopened)
    else this.#unopened.delete(topic.id)
  }

  #beginWork(): void {
    if (this.#unopened.size <= FEW) return this.#workSome()
    this.#isWorking = true
    const { turn, clock } = this.#options
    turn.onReplies(() => clock.afterTurn(this.#workSome))
  }

  /** Opens and removes logs for a moment; the others when what has arrived meanwhile is handled. */
  readonly #workSome = (): void => {
    const { clock } = this.#options
    const endMs = clock.monotonicMs() + SLICE_MS
    this.#askedForLeft = MAX_ASKED_FOR
    while (this.#hasWork && clock.monotonicMs() < endMs) {
      const [opening] = this.#openings
      const [[id, indexes] = []] = this.#unopened
      if (opening !== undefined) this.#advance(opening)
      else if (id !== undefined) this.#openNext(id, indexes!.values().next().value!)
      else this.#takeAway(this.#leaving.keys().next().value!)
    }
    if (this.#unopened.size === 0 && this.#openings.length === 0) this.#opened()
    this.#isWorking = this.#hasWork
    if (this.#isWorking) clock.afterTurn(this.#workSome)
  }

  get #hasWork(): boolean {
    return this.#unopened.size > 0 || this.#openings.length > 0 || this.#leaving.size > 0
  }

  #opened(): void {
    for (const opened of this.#onOpened.splice(0)) opened()
  }

  /** As the metadata says now; it may have changed since the partition began to wait. */
  #openNext(id: string, index: number): void {
    const { clock, logger } = this.#options
    const topic = this.#options.controller.image.topics.byId(id)
    const state = topic?.partitions.get(index)
    if (topic === undefined || state === undefined) return this.#waitsNoMore(id, index)
    const place = { topic: topic.name, partition: index, topicId: id }
    this.#makeRoom(topic.name, index)
    const directory = directoryFor(this.#options, topic, index, state)
    if (directory === undefined) {
      this.#waitsNoMore(id, index)
      if (this.#options.directories.some(({ room }) => room.isFull)) this.#roomless.add(id)
      // That a directory failed has been told.
      logger.debug('A partition stays offline: there is no sound directory for it', place)
      return
    }
    const config = this.#configNow(topic.name)
    const steps = directory.opening({ ...place, config, nowMs: clock.nowMs() })
    const opening = { topic, index, config, directory, steps, toldMs: clock.monotonicMs() }
    this.#openings.push(opening)
    this.#advance(opening)
  }

  #waitsNoMore(id: string, index: number): void {
    const unopened = this.#unopened.get(id)
    unopened?.delete(index)
    if (unopened?.size === 0) this.#unopened.delete(id)
  }

  /** One step on. */
  #advance(opening: Opening): void {
    const { topic, index, directory, steps } = opening
    try {
      const step = steps.next()
      if (step.done !== true) return this.#tellProgress(opening)
      this.#openings = this.#openings.filter((one) => one !== opening)
      this.#take(opening, step.value)
    } catch (error) {
      this.#openings = this.#openings.filter((one) => one !== opening)
      if (isDiskFull(error)) {
        // For a new one there may be another directory.
        if (!directory.has(topic.name, index)) return
        this.#roomless.add(topic.id)
      } else if (isDiskError(error)) this.failDirectory(directory, error)
      // The log of another topic of this name, say: not for anybody else to suffer from.
      else {
        this.#options.logger.error('A partition stays offline: its log cannot be opened', {
          topic: topic.name, partition: index, topicId: topic.id, error,
        })
      }
    }
    this.#waitsNoMore(topic.id, index)
  }

  #tellProgress(opening: Opening): void {
    const { clock, logger } = this.#options
    if (clock.monotonicMs() - opening.toldMs < TELL_PROGRESS_MS) return
    opening.toldMs = clock.monotonicMs()
    let unopened = 0
    for (const { size } of this.#unopened.values()) unopened += size
    logger.info('Recovers a log', { log: `${opening.topic.name}-${opening.index}`, unopened })
  }

  #take({ topic: { id, name }, index, config, directory }: Opening, log: Log): void {
    // It may have been taken away meanwhile, with its topic or alone.
    const isWanted = this.#isUnopened(id, index)
    const state = this.#options.controller.image.topics.byId(id)?.partitions.get(index)
    if (!isWanted || state === undefined) {
      this.#leaving.set(log, directory)
      return
    }
    if (directory.isFailed) return log.abandon()
    const { nodeId, turn } = this.#options
    const opened = new Partition({
      nodeId, topic: name, topicId: id, index, log, directory, turn, traffic: this.traffic,
      onFailure: (partition, error) => this.failDirectory(partition.directory, error),
    })
    let indexed = this.#byId.get(id)
    if (indexed === undefined) {
      indexed = []
      this.#byId.set(id, indexed)
      this.#byName.set(name, indexed)
    }
    indexed[index] = opened
    this.#options.places?.opened({ id }, index, state, directory)
    const newest = this.#configNow(name)
    if (newest !== config) log.reconfigure(newest)
    this.#followPartition(opened, state)
    this.#options.moves?.opened(opened)
  }

  #configNow(topic: string): LogConfig {
    return this.#configs.of(topic, this.#options.controller.image)
  }

  #followPartition(partition: Partition, state: PartitionState): void {
    try {
      partition.follow(state)
    } catch (error) {
      this.failDirectory(partition.directory, error)
    }
  }

  #removeTopic(id: string): void {
    this.#unopened.delete(id)
    const indexed = this.#byId.get(id)
    if (indexed === undefined) return
    this.#byId.delete(id)
    for (const partition of indexed) {
      if (partition === undefined) continue
      if (this.#byName.get(partition.topic) === indexed) this.#byName.delete(partition.topic)
      this.traffic.forget(partition.topic)
      this.#remove(partition)
    }
  }

  #remove(partition: Partition): void {
    const { log, directory } = partition
    partition.deleted()
    this.#options.moves?.removed(partition)
    this.#leaving.set(log, directory)
  }

  /** What is left of a partition of that name is not this one's. */
  #makeRoom(topic: string, index: number): void {
    for (const opening of this.#openings) {
      const isOfThatName = opening.topic.name === topic && opening.index === index
      while (isOfThatName && this.#openings.includes(opening)) this.#advance(opening)
    }
    if (this.#leaving.size === 0) return
    for (const directory of this.#options.directories) {
      const log = directory.get(topic, index)
      if (log !== undefined && this.#leaving.has(log)) this.#takeAway(log)
    }
  }

  #takeAway(log: Log): void {
    const directory = this.#leaving.get(log)
    this.#leaving.delete(log)
    if (directory === undefined || directory.isFailed) return
    try {
      directory.remove(log, this.#options.clock.nowMs())
    } catch (error) {
      this.failDirectory(directory, error)
    }
  }

  /** The topics of this node whose settings are not what they were. */
  #reconfigured(image: Image, delta: ImageDelta): Iterable<string> {
    if (delta.isSnapshot) return this.#byName.keys()
    const names: string[] = []
    for (const key of delta.configs) {
      if (key === `${ConfigType.BROKER}:` || key === `${ConfigType.BROKER}:${this.#nodeName}`) {
        return this.#byName.keys()
      }
      if (key.startsWith(`${ConfigType.TOPIC}:`)) names.push(key.slice(key.indexOf(':') + 1))
    }
    return names.filter((name) => image.topics.byName(name) !== undefined)
  }

  #reconfigure(name: string, image: Image): void {
    const config = this.#configs.of(name, image)
    for (const partition of this.#byName.get(name) ?? NOTHING) partition?.log.reconfigure(config)
  }

  get #nodeName(): string {
    return String(this.#options.nodeId)
  }

  /**
   * What the metadata does not give to this node, such as a topic whose deletion a crash cut
   * short, makes room and stays on the disk.
   */
  #setAsideStrays(image: Image): void {
    const nowMs = this.#options.clock.nowMs()
    for (const directory of this.#options.directories) {
      if (directory.isFailed) continue
      try {
        for (const name of directory.names()) {
          if (!this.#isOurs(name, directory, image)) directory.setAside(name, nowMs)
        }
        for (const name of directory.futures.unopened()) {
          const topicId = directory.futures.foundTopicId(name)
          if (!this.#isOfTopic(name, topicId, image)) directory.removeFuture(name, nowMs)
        }
      } catch (error) {
        this.failDirectory(directory, error)
      }
    }
  }

  #isOurs(name: string, directory: LogDirectory, image: Image): boolean {
    return this.#isOfTopic(name, directory.topicIdOf(name), image)
  }

  #isOfTopic(name: string, topicId: string | undefined, image: Image): boolean {
    const dash = name.lastIndexOf('-')
    const topic = image.topics.byName(name.slice(0, dash))
    const state = topic?.partitions.get(Number(name.slice(dash + 1)))
    if (state === undefined || !state.replicas.includes(this.#options.nodeId)) return false
    return topicId === undefined || topicId === topic!.id
  }
}

// All shards of one coordinator on this node: one for each partition of its topic that is led here.

import type { Controller } from '../../controller/controller.ts'
import type { Image } from '../../controller/image/image.ts'
import type { RecentValues } from '../../controller/recent-values.ts'
import { ApiError, Errors } from '../../protocol/errors.ts'
import { Later } from '../server/later.ts'
import type { Partition } from '../replication/partition.ts'
import type { Partitions } from '../replication/partitions.ts'
import { partitionOf } from './internal-topic.ts'
import type { Decision, Shard, ShardState } from './shard.ts'

export interface ShardsOptions<R, S extends ShardState<R>> {
  readonly topic: string
  /** Partitions of the topic as long as it does not exist. */
  readonly partitionCount: number
  readonly controller: Controller
  readonly partitions: Partitions
  /** Each shard that is loaded adds its own. */
  readonly loadTimesMs: RecentValues
  open(partition: Partition): Shard<R, S>
}

/** How many shards are in which state, and how long they took to load. */
export interface Loads {
  readonly loading: number
  readonly active: number
  /** Their log could not be read. */
  readonly failed: number
  readonly timesMs: RecentValues
}

interface Opened<R, S extends ShardState<R>> {
  readonly shard: Shard<R, S>
  readonly partition: Partition
  readonly leaderEpoch: number
}

export class Shards<R, S extends ShardState<R>> {
  readonly #options: ShardsOptions<R, S>
  readonly #opened = new Map<number, Opened<R, S>>()
  #unsubscribe: (() => void) | undefined

  constructor(options: ShardsOptions<R, S>) {
    this.#options = options
  }

  /** Follows the metadata: loads what comes to be led here, unloads what goes. */
  start(onImage: (image: Image, before: Image, topics: ReadonlySet<string>) => void): void {
    this.#unsubscribe = this.#options.controller.subscribe((image, delta) => {
      // The partitions follow the same image; they are opened when all listeners have heard of it.
      queueMicrotask(() => {
        this.#follow()
        onImage(image, delta.before, delta.topics)
      })
    })
  }

  stop(): void {
    this.#unsubscribe?.()
    this.#unsubscribe = undefined
    for (const { shard } of this.#opened.values()) shard.close()
    this.#opened.clear()
  }

  partitionOf(key: string): number {
    const topic = this.#options.controller.image.topics.byName(this.#options.topic)
    return partitionOf(key, topic?.partitions.size ?? this.#options.partitionCount)
  }

  /** Decides in the shard that keeps the key. Fails with NOT_COORDINATOR if it is led elsewhere. */
  run<A>(key: string, decide: (state: S) => Decision<R, A>): Later<A> {
    return this.runIn(this.partitionOf(key), decide)
  }

  /** As `run`, in the shard of a partition. */
  runIn<A>(index: number, decide: (state: S) => Decision<R, A>): Later<A> {
    const shard = this.#shard(index)
    if (shard !== undefined) return shard.run(decide)
    const later = new Later<A>()
    later.fail(new ApiError(Errors.NOT_COORDINATOR))
    return later
  }

  get loads(): Loads {
    const counts = { loading: 0, active: 0, failed: 0 }
    for (const { shard } of this.#opened.values()) {
      counts[shard.isActive ? 'active' : shard.isClosed ? 'failed' : 'loading']++
    }
    return { ...counts, timesMs: this.#options.loadTimesMs }
  }

  all(): Shard<R, S>[] {
    return [...this.#opened.values()].map(({ shard }) => shard)
  }

  #follow(): void {
    const { controller, topic } = this.#options
    const count = controller.image.topics.byName(topic)?.partitions.size ?? 0
    for (let index = 0; index < count; index++) this.#shard(index)
    for (const index of [...this.#opened.keys()]) if (index >= count) this.#close(index)
  }

  /** The shard of a partition led here; opened anew under every leadership. */
  #shard(index: number): Shard<R, S> | undefined {
    const partition = this.#options.partitions.get(this.#options.topic, index)
    const opened = this.#opened.get(index)
    const isCurrent = opened !== undefined && opened.partition === partition
      && opened.leaderEpoch === partition.leaderEpoch && !opened.shard.isClosed
    if (isCurrent && partition.isLeader) return opened.shard
    this.#close(index)
    if (partition === undefined || !partition.isLeader) return undefined
    const shard = this.#options.open(partition)
    this.#opened.set(index, { shard, partition, leaderEpoch: partition.leaderEpoch })
    shard.load()
    return shard
  }

  #close(index: number): void {
    this.#opened.get(index)?.shard.close()
    this.#opened.delete(index)
  }
}

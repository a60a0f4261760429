// Topics and their partitions, by name and by id.

import { Map as PersistentMap, OrderedSet, Set as PersistentSet } from 'immutable'

export const NO_LEADER = -1

export const RECOVERED = 0
/** The leader was elected uncleanly and has not reported that it recovered (KIP-704). */
export const RECOVERING = 1

export interface Partition {
  readonly replicas: readonly number[]
  /** The directory id of each replica, in the order of `replicas`. */
  readonly directories: readonly string[]
  readonly isr: readonly number[]
  readonly removingReplicas: readonly number[]
  readonly addingReplicas: readonly number[]
  /** `NO_LEADER` without one. */
  readonly leader: number
  readonly leaderRecoveryState: number
  readonly leaderEpoch: number
  readonly partitionEpoch: number
  /** Eligible leader replicas (KIP-966). */
  readonly elr: readonly number[]
  readonly lastKnownElr: readonly number[]
}

export interface Topic {
  readonly name: string
  readonly id: string
  /** By partition index. In no particular order: see `partitionsInOrder`. */
  readonly partitions: PersistentMap<number, Partition>
}

/** A partition's place: topic id and index. */
export interface TopicIdPartition {
  readonly topicId: string
  readonly index: number
}

export function* partitionsInOrder(topic: Topic): Generator<[index: number, partition: Partition]> {
  for (let index = 0; index < topic.partitions.size; index++) {
    const partition = topic.partitions.get(index)
    if (partition) yield [index, partition]
  }
}

/**
 * `.` and `_` become the same character in metric names, so names that differ only there collide.
 */
export function unifiedName(name: string): string {
  return name.replaceAll('.', '_')
}

export function hasCollisionChars(name: string): boolean {
  return name.includes('.') || name.includes('_')
}

type PartitionKeys = PersistentSet<string>

function keyOf(topicId: string, index: number): string {
  return `${topicId}${index}`
}

function placeOf(key: string): TopicIdPartition {
  return { topicId: key.slice(0, 22), index: Number(key.slice(22)) }
}

interface Tables {
  readonly ids: PersistentMap<string, Topic>
  readonly idsByName: PersistentMap<string, string>
  /** Names with collision characters, by their unified form. */
  readonly colliding: PersistentMap<string, OrderedSet<string>>
  /** Partitions by a broker in their ISR or ELR, and those without a leader (under `NO_LEADER`). */
  readonly byBroker: PersistentMap<number, PartitionKeys>
}

export class TopicsImage {
  static readonly empty = new TopicsImage({
    ids: PersistentMap(), idsByName: PersistentMap(),
    colliding: PersistentMap(), byBroker: PersistentMap(),
  })
  readonly #tables: Tables

  constructor(tables: Tables) {
    this.#tables = tables
  }

  get size(): number {
    return this.#tables.ids.size
  }

  byName(name: string): Topic | undefined {
    const id = this.#tables.idsByName.get(name)
    return id === undefined ? undefined : this.#tables.ids.get(id)
  }

  byId(id: string): Topic | undefined {
    return this.#tables.ids.get(id)
  }

  names(): IterableIterator<string> {
    return this.#tables.idsByName.keys()
  }

  all(): IterableIterator<Topic> {
    return this.#tables.ids.values()
  }

  /** An existing name that `name` would collide with; `name` itself counts. */
  collisionWith(name: string): string | undefined {
    return this.#tables.colliding.get(unifiedName(name))?.first()
  }

  /** Partitions with the broker in their ISR or their ELR. */
  withIsrOrElrMember(brokerId: number): TopicIdPartition[] {
    return [...this.#tables.byBroker.get(brokerId, PersistentSet<string>())].map(placeOf)
  }

  withoutLeader(): TopicIdPartition[] {
    return this.withIsrOrElrMember(NO_LEADER)
  }

  withTopic(name: string, id: string): TopicsImage {
    const { ids, idsByName, colliding, byBroker } = this.#tables
    const unified = unifiedName(name)
    return new TopicsImage({
      ids: ids.set(id, { name, id, partitions: PersistentMap() }),
      idsByName: idsByName.set(name, id),
      colliding: hasCollisionChars(name)
        ? colliding.set(unified, colliding.get(unified, OrderedSet<string>()).add(name))
        : colliding,
      byBroker,
    })
  }

  withoutTopic(id: string): TopicsImage {
    const { ids, idsByName, colliding, byBroker } = this.#tables
    const topic = ids.get(id)
    if (!topic) return this
    const unified = unifiedName(topic.name)
    const others = colliding.get(unified)?.delete(topic.name)
    return new TopicsImage({
      ids: ids.delete(id),
      idsByName: idsByName.get(topic.name) === id ? idsByName.delete(topic.name) : idsByName,
      colliding: others === undefined ? colliding
        : others.isEmpty() ? colliding.delete(unified) : colliding.set(unified, others),
      byBroker: reindexed(byBroker, [...topic.partitions].map(([index, before]) => (
        { key: keyOf(id, index), before, after: undefined }
      ))),
    })
  }

  withPartition(topicId: string, index: number, partition: Partition): TopicsImage {
    return this.withPartitions(topicId, new Map([[index, partition]]))
  }

  /** Many at once cost a fraction of one after the other. */
  withPartitions(topicId: string, changed: ReadonlyMap<number, Partition>): TopicsImage {
    const { ids, byBroker } = this.#tables
    const topic = ids.get(topicId)
    if (!topic) throw new Error(`no topic with id ${topicId}`)
    const moves: Move[] = []
    for (const [index, partition] of changed) {
      const before = topic.partitions.get(index)
      if (before === undefined || !haveSameHolders(before, partition)) {
        moves.push({ key: keyOf(topicId, index), before, after: partition })
      }
    }
    const partitions = topic.partitions.withMutations((map) => {
      for (const [index, partition] of changed) map.set(index, partition)
    })
    return new TopicsImage({
      ...this.#tables, ids: ids.set(topicId, { ...topic, partitions }),
      byBroker: reindexed(byBroker, moves),
    })
  }
}

/** A partition whose holders may be others now. */
interface Move {
  readonly key: string
  readonly before: Partition | undefined
  readonly after: Partition | undefined
}

function holders(partition: Partition | undefined): Set<number> {
  if (!partition) return new Set()
  const ids = new Set([...partition.isr, ...partition.elr])
  if (partition.leader === NO_LEADER) ids.add(NO_LEADER)
  return ids
}

/** The quick answer for most changes; false where `holders` has to tell. */
function haveSameHolders(a: Partition, b: Partition): boolean {
  return a.isr === b.isr && a.elr === b.elr
    && (a.leader === NO_LEADER) === (b.leader === NO_LEADER)
}

function reindexed(
  byBroker: Tables['byBroker'], moves: readonly Move[],
): Tables['byBroker'] {
  if (moves.length === 0) return byBroker
  const changed = new Map<number, PartitionKeys>()
  const keysOf = (id: number): PartitionKeys => {
    const keys = changed.get(id) ?? byBroker.get(id, PersistentSet<string>()).asMutable()
    changed.set(id, keys)
    return keys
  }
  for (const { key, before, after } of moves) {
    const old = holders(before)
    const now = holders(after)
    for (const id of old) if (!now.has(id)) keysOf(id).delete(key)
    for (const id of now) if (!old.has(id)) keysOf(id).add(key)
  }
  return byBroker.withMutations((map) => {
    for (const [id, keys] of changed) {
      if (keys.isEmpty()) map.delete(id)
      else map.set(id, keys.asImmutable())
    }
  })
}

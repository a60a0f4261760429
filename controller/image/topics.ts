// Topics and their partitions, by name and by id.

import { Map as PersistentMap, OrderedSet } from 'immutable'

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
function unifiedName(name: string): string {
  return name.replaceAll('.', '_')
}

export function hasCollisionChars(name: string): boolean {
  return name.includes('.') || name.includes('_')
}

/** How many partitions of each topic, by topic id: what they are the topic itself tells. */
type PartitionCounts = PersistentMap<string, number>

interface Tables {
  readonly ids: PersistentMap<string, Topic>
  readonly idsByName: PersistentMap<string, string>
  /** Names with collision characters, by their unified form. */
  readonly colliding: PersistentMap<string, OrderedSet<string>>
  /** Partitions by a broker in their ISR or ELR, and those without a leader (under `NO_LEADER`). */
  readonly byBroker: PersistentMap<number, PartitionCounts>
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
    const { ids, byBroker } = this.#tables
    const places: TopicIdPartition[] = []
    for (const topicId of byBroker.get(brokerId)?.keys() ?? []) {
      for (const [index, partition] of partitionsInOrder(ids.get(topicId)!)) {
        if (holders(partition).has(brokerId)) places.push({ topicId, index })
      }
    }
    return places
  }

  withoutLeader(): TopicIdPartition[] {
    return this.withIsrOrElrMember(NO_LEADER)
  }

  withTopic(name: string, id: string): TopicsImage {
    return this.with({ created: new Map([[id, name]]), partitions: new Map() })
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
      byBroker: byBroker.map((counts) => counts.delete(id)).filter((counts) => !counts.isEmpty()),
    })
  }

  withPartition(topicId: string, index: number, partition: Partition): TopicsImage {
    const changed = new Map([[index, partition]])
    return this.with({ created: new Map(), partitions: new Map([[topicId, changed]]) })
  }

  /** Many at once cost a fraction of one after the other. */
  with({ created, partitions }: TopicChanges): TopicsImage {
    const ids = this.#tables.ids.asMutable()
    const idsByName = this.#tables.idsByName.asMutable()
    const colliding = this.#tables.colliding.asMutable()
    const counts = new HolderCounts(this.#tables.byBroker)
    for (const [id, name] of created) {
      ids.set(id, { name, id, partitions: PersistentMap() })
      idsByName.set(name, id)
      if (!hasCollisionChars(name)) continue
      const unified = unifiedName(name)
      colliding.set(unified, colliding.get(unified, OrderedSet<string>()).add(name))
    }
    for (const [id, changed] of partitions) {
      const topic = ids.get(id)
      if (!topic) throw new Error(`no topic with id ${id}`)
      const after = topic.partitions.withMutations((map) => {
        for (const [index, partition] of changed) {
          counts.change(id, map.get(index), partition)
          map.set(index, partition)
        }
      })
      ids.set(id, { ...topic, partitions: after })
    }
    return new TopicsImage({
      ids: ids.asImmutable(), idsByName: idsByName.asImmutable(),
      colliding: colliding.asImmutable(), byBroker: counts.after(),
    })
  }
}

/** Topics that are new, and after them partitions that are new or others than before. */
export interface TopicChanges {
  /** Names by id. */
  readonly created: ReadonlyMap<string, string>
  /** By topic id, and index. */
  readonly partitions: ReadonlyMap<string, ReadonlyMap<number, Partition>>
}

function holders({ isr, elr, leader }: Partition): ReadonlySet<number> {
  const ids = new Set(isr)
  for (const id of elr) ids.add(id)
  if (leader === NO_LEADER) ids.add(NO_LEADER)
  return ids
}

/** The quick answer for most changes; false where `holders` has to tell. */
function haveSameHolders(a: Partition, b: Partition): boolean {
  return a.isr === b.isr && a.elr === b.elr
    && (a.leader === NO_LEADER) === (b.leader === NO_LEADER)
}

/** How many partitions of each topic every broker holds, while that changes. */
class HolderCounts {
  readonly #before: Tables['byBroker']
  readonly #changed = new Map<number, PartitionCounts>()

  constructor(before: Tables['byBroker']) {
    this.#before = before
  }

  change(topicId: string, before: Partition | undefined, after: Partition): void {
    if (before !== undefined) {
      if (haveSameHolders(before, after)) return
      this.#add(topicId, before, -1)
    }
    this.#add(topicId, after, 1)
  }

  #add(topicId: string, partition: Partition, step: number): void {
    for (const id of holders(partition)) {
      let counts = this.#changed.get(id)
      if (counts === undefined) {
        counts = this.#before.get(id, PersistentMap<string, number>()).asMutable()
        this.#changed.set(id, counts)
      }
      const count = counts.get(topicId, 0) + step
      if (count === 0) counts.delete(topicId)
      else counts.set(topicId, count)
    }
  }

  after(): Tables['byBroker'] {
    return this.#before.withMutations((map) => {
      for (const [id, counts] of this.#changed) {
        if (counts.isEmpty()) map.delete(id)
        else map.set(id, counts.asImmutable())
      }
    })
  }
}

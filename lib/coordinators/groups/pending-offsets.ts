// Offsets of a shard that were committed in transactions which are still open: they count when the
// transaction's mark says so.

import { type CommittedOffset, Offsets } from './offsets.ts'

export interface PendingOffset {
  readonly groupId: string
  readonly topic: string
  readonly partition: number
  readonly offset: CommittedOffset
}

export class PendingOffsets {
  /** group → producer → offsets: few groups have many producers, many have one. */
  readonly #groups = new Map<string, Map<number, Offsets>>()
  readonly #groupsOf = new Map<number, Set<string>>()

  put(producerId: number, { groupId, topic, partition, offset }: PendingOffset): void {
    let producers = this.#groups.get(groupId)
    if (producers === undefined) this.#groups.set(groupId, producers = new Map())
    let offsets = producers.get(producerId)
    if (offsets === undefined) producers.set(producerId, offsets = new Offsets())
    offsets.put(groupId, topic, partition, offset)
    const groups = this.#groupsOf.get(producerId)
    if (groups === undefined) this.#groupsOf.set(producerId, new Set([groupId]))
    else groups.add(groupId)
  }

  /** Whether a transaction will set the offset, or may. */
  has(groupId: string, topic: string, partition: number): boolean {
    for (const offsets of this.#groups.get(groupId)?.values() ?? []) {
      if (offsets.get(groupId, topic, partition) !== undefined) return true
    }
    return false
  }

  hasGroup(groupId: string): boolean {
    return this.#groups.has(groupId)
  }

  /** Those of a group, one for each partition and producer. */
  * ofGroup(groupId: string): Generator<PendingOffset> {
    for (const offsets of this.#groups.get(groupId)?.values() ?? []) {
      yield* pendingIn(offsets, groupId)
    }
  }

  groupIds(): Iterable<string> {
    return this.#groups.keys()
  }

  /** The offset is deleted, and with it what transactions would set. Tells how to take it back. */
  forget(groupId: string, topic: string, partition: number): () => void {
    const forgotten: [producerId: number, offset: CommittedOffset][] = []
    for (const [producerId, offsets] of this.#groups.get(groupId) ?? []) {
      const offset = offsets.put(groupId, topic, partition, undefined)
      if (offset === undefined) continue
      forgotten.push([producerId, offset])
      if (offsets.isEmpty) this.#remove(groupId, producerId)
    }
    return () => {
      for (const [producerId, offset] of forgotten) {
        this.put(producerId, { groupId, topic, partition, offset })
      }
    }
  }

  /** The producer's transaction is over: gives what it had. */
  take(producerId: number): PendingOffset[] {
    return [...this.#groupsOf.get(producerId) ?? []].flatMap((groupId) => {
      const taken = [...pendingIn(this.#groups.get(groupId)!.get(producerId)!, groupId)]
      this.#remove(groupId, producerId)
      return taken
    })
  }

  #remove(groupId: string, producerId: number): void {
    const producers = this.#groups.get(groupId)
    producers?.delete(producerId)
    if (producers?.size === 0) this.#groups.delete(groupId)
    const groups = this.#groupsOf.get(producerId)
    groups?.delete(groupId)
    if (groups?.size === 0) this.#groupsOf.delete(producerId)
  }
}

function* pendingIn(offsets: Offsets, groupId: string): Generator<PendingOffset> {
  for (const [topic, partitions] of offsets.ofGroup(groupId) ?? []) {
    for (const [partition, offset] of partitions) yield { groupId, topic, partition, offset }
  }
}

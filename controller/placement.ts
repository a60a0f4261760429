// Where new replicas go: striped over racks and over the brokers of each rack, as Kafka places
// them.
//
// The first replica of each partition is on a broker that is not fenced, and moves on by one rack
// with every partition; the others follow rack by rack. Fenced brokers are taken when a rack has no
// other left.

import { ApiError, Errors } from '../protocol/errors.ts'
import type { Broker } from './image/brokers.ts'
import type { Randomness } from './ports.ts'

/** Kafka shuffles too: brokers shall not always be paired with the same others. */
function shuffle<T>(list: T[], random: Randomness): void {
  for (let i = list.length - 1; i > 0; i--) {
    const other = random.integer(i + 1)
    const held = list[i]!
    list[i] = list[other]!
    list[other] = held
  }
}

/** Brokers handed out in turn; a new epoch (a new partition) begins one further. */
class Ring {
  readonly #ids: number[]
  readonly #random: Randomness
  #offset: number
  #index = 0
  #epoch = 0

  constructor(ids: readonly number[], random: Randomness) {
    this.#ids = [...ids]
    this.#random = random
    this.#offset = ids.length === 0 ? 0 : random.integer(ids.length)
  }

  shuffle(): void {
    shuffle(this.#ids, this.#random)
  }

  next(epoch: number): number | undefined {
    const { length } = this.#ids
    if (length === 0) return undefined
    if (this.#epoch !== epoch) {
      this.#epoch = epoch
      this.#index = 0
      this.#offset = (this.#offset + 1) % length
    }
    if (this.#index >= length) return undefined
    return this.#ids[(this.#index++ + this.#offset) % length]
  }
}

interface Rack {
  readonly name: string | null
  readonly fenced: Ring
  readonly unfenced: Ring
}

/** The ids of a rack's brokers. */
interface RackIds {
  readonly name: string | null
  readonly fenced: readonly number[]
  readonly unfenced: readonly number[]
}

function rackIdsOf(brokers: readonly Broker[]): RackIds[] {
  // Without a rack first, then by name.
  const names = [...new Set(brokers.map(({ rack }) => rack))]
    .sort((a, b) => a === b ? 0 : a === null || (b !== null && a < b) ? -1 : 1)
  const ids = (rack: string | null, fenced: boolean): number[] => brokers
    .filter((one) => one.rack === rack && one.fenced === fenced).map(({ id }) => id)
    .sort((a, b) => a - b)
  return names.map((name) => ({ name, fenced: ids(name, true), unfenced: ids(name, false) }))
}

/** Replicas for new partitions of one topic. Throws INVALID_REPLICATION_FACTOR. */
export type Place = (partitions: number, replicationFactor: number) => number[][]

/**
 * For any number of topics, each of which begins anew. `brokers` are those that may hold replicas,
 * fenced ones included.
 */
export function placer(brokers: readonly Broker[], random: Randomness): Place {
  const unfencedCount = brokers.filter(({ fenced }) => !fenced).length
  const rackIds = rackIdsOf(brokers)
  return (partitions, replicationFactor) => {
    check(replicationFactor, brokers.length, unfencedCount)
    const racks = rackIds.map(({ name, fenced, unfenced }): Rack => (
      { name, fenced: new Ring(fenced, random), unfenced: new Ring(unfenced, random) }))
    let offset = random.integer(racks.length)
    let epoch = 0
    const placements: number[][] = []
    for (let i = 0; i < partitions; i++) {
      if (epoch === unfencedCount && unfencedCount > 1) {
        shuffle(racks, random)
        for (const { fenced, unfenced } of racks) {
          fenced.shuffle()
          unfenced.shuffle()
        }
        epoch = 0
      }
      placements.push(placeOne(racks, offset, epoch, replicationFactor))
      epoch++
      offset = (offset + 1) % racks.length
    }
    return placements
  }
}

function check(replicationFactor: number, total: number, unfenced: number): void {
  const refuse = (why: string): never => {
    throw new ApiError(Errors.INVALID_REPLICATION_FACTOR, why)
  }
  if (replicationFactor <= 0) {
    refuse(`Invalid replication factor ${replicationFactor}: the replication factor must be ` +
      'positive.')
  }
  if (unfenced === 0) {
    refuse('All brokers are currently fenced, or have all their log directories cordoned.')
  }
  if (replicationFactor > total) {
    refuse(`The target replication factor of ${replicationFactor} cannot be reached because only ` +
      `${total} broker(s) are registered or some brokers have all their log directories cordoned.`)
  }
}

function placeOne(
  racks: readonly Rack[], offset: number, epoch: number, replicationFactor: number,
): number[] {
  let leaderRack = offset
  let leader = racks[leaderRack]!.unfenced.next(epoch)
  while (leader === undefined) {
    leaderRack = (leaderRack + 1) % racks.length
    leader = racks[leaderRack]!.unfenced.next(epoch)
  }
  const replicas = [leader]
  let rack = offset
  // The leader's rack has had its turn: it is passed over once.
  let passOver: number | undefined = leaderRack
  while (replicas.length < replicationFactor) {
    if (rack === passOver) {
      passOver = undefined
    } else {
      const { unfenced, fenced } = racks[rack]!
      const next = unfenced.next(epoch) ?? fenced.next(epoch)
      if (next !== undefined) replicas.push(next)
    }
    rack = (rack + 1) % racks.length
  }
  return replicas
}

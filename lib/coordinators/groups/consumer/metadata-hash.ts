// A number for what a group's topics look like: when it changes, partitions are assigned anew
// (KIP-1101). Numbers are Kafka's own, as they are written down with the group.

import type { Topic, TopicsImage } from '../../../../controller/image/topics.ts'
import type { Subscriptions } from './subscriptions.ts'
import { xxh3 } from './xxh3.ts'

/** Before the id of a topic, so that another form may come. */
const FORM = 0

/** Of a group that is subscribed to no topic that exists. */
export const NO_TOPICS_HASH = 0n

/** Of every topic by its name. Signed, of 64 bits. */
export function groupHash(topics: readonly { name: string, hash: bigint }[]): bigint {
  if (topics.length === 0) return NO_TOPICS_HASH
  const sorted = [...topics].sort((a, b) => a.name < b.name ? -1 : 1)
  const bytes = Buffer.alloc(sorted.length * 8)
  for (const [index, { hash }] of sorted.entries()) bytes.writeBigInt64LE(hash, index * 8)
  return xxh3(bytes)
}

/** Of a broker by its id; undefined for one that is not known or has none. */
export type RackOf = (brokerId: number) => string | undefined

/** Hashes of topics, computed once each: a topic that changes is another object. */
export class TopicHashes {
  readonly #hashes = new WeakMap<Topic, bigint>()

  get(topic: Topic, rackOf: RackOf): bigint {
    let hash = this.#hashes.get(topic)
    if (hash === undefined) this.#hashes.set(topic, hash = topicHash(topic, rackOf))
    return hash
  }
}

interface Hashing {
  readonly world: {
    readonly topicHashes: TopicHashes
    metadata(): { readonly topics: TopicsImage, readonly rackOf: RackOf }
  }
}

/** Of the topics among the subscriptions that exist. */
export function metadataHash({ world }: Hashing, subscriptions: Subscriptions): bigint {
  const { topics, rackOf } = world.metadata()
  const hashed: { name: string, hash: bigint }[] = []
  for (const name of subscriptions.topicNames()) {
    const topic = topics.byName(name)
    if (topic !== undefined) hashed.push({ name, hash: world.topicHashes.get(topic, rackOf) })
  }
  return groupHash(hashed)
}

export function topicHash(topic: Topic, rackOf: RackOf): bigint {
  const { name, partitions } = topic
  const id = Buffer.from(topic.id, 'base64url')
  const parts = [
    Buffer.from([FORM]), id.subarray(0, 8).toReversed(), id.subarray(8).toReversed(),
    ...text(name), int(partitions.size),
  ]
  for (let index = 0; index < partitions.size; index++) {
    parts.push(int(index))
    const racks = partitions.get(index)?.replicas.map(rackOf) ?? []
    for (const rack of racks.filter((each) => each !== undefined).sort()) {
      parts.push(int(rack.length), ...text(rack))
    }
  }
  return xxh3(Buffer.concat(parts))
}

function text(value: string): Buffer[] {
  return [Buffer.from(value, 'utf16le'), int(value.length)]
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value)
  return bytes
}

// Sets of partitions by topic, as values that do not change.

export type PartitionSet = ReadonlyMap<string, ReadonlySet<number>>

export interface TopicPartitions {
  readonly topic: string
  readonly partitions: readonly number[]
}

export const NO_PARTITIONS: PartitionSet = new Map()

export function partitionSet(topics: readonly TopicPartitions[]): PartitionSet {
  return setOfPartitions(topics.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => [topic, partition] as const)))
}

export function setOfPartitions(
  partitions: Iterable<readonly [topic: string, partition: number]>,
): PartitionSet {
  const set = new Map<string, Set<number>>()
  for (const [topic, partition] of partitions) {
    const known = set.get(topic)
    if (known === undefined) set.set(topic, new Set([partition]))
    else known.add(partition)
  }
  return set
}

export function addAll(to: PartitionSet, added: PartitionSet): PartitionSet {
  const sum = new Map(to)
  for (const [topic, partitions] of added) {
    sum.set(topic, new Set([...sum.get(topic) ?? [], ...partitions]))
  }
  return sum
}

export function contains(set: PartitionSet, topic: string, partition: number): boolean {
  return set.get(topic)?.has(partition) === true
}

export function containsAll(set: PartitionSet, others: PartitionSet): boolean {
  for (const [topic, partitions] of others) {
    for (const partition of partitions) if (!contains(set, topic, partition)) return false
  }
  return true
}

export function topicsOf(set: PartitionSet): TopicPartitions[] {
  return [...set].map(([topic, partitions]) => ({ topic, partitions: [...partitions] }))
}

export function* partitionsOf(set: PartitionSet): Generator<[topic: string, partition: number]> {
  for (const [topic, partitions] of set) {
    for (const partition of partitions) yield [topic, partition]
  }
}

// Partitions by topic: what members of a consumer group shall own, and what they own.

/** Partitions by topic id; no topic is without partitions. */
export type Assignment = ReadonlyMap<string, ReadonlySet<number>>

/** Partitions by topic id, each with the member epoch in which it was assigned (KIP-1251). */
export type OwnedPartitions = ReadonlyMap<string, ReadonlyMap<number, number>>

export const NOTHING_ASSIGNED: Assignment = new Map()
export const NOTHING_OWNED: OwnedPartitions = new Map()

/** As requests and records have them. */
export interface TopicPartitions {
  readonly topicId: string
  readonly partitions: readonly number[]
}

export function sameAssignment(a: Assignment, b: Assignment): boolean {
  if (a === b) return true
  if (a.size !== b.size) return false
  for (const [topicId, partitions] of a) {
    const others = b.get(topicId)
    if (others?.size !== partitions.size) return false
    for (const partition of partitions) if (!others.has(partition)) return false
  }
  return true
}

/** Also in the epochs of the partitions. */
export function sameOwned(a: OwnedPartitions, b: OwnedPartitions): boolean {
  if (a === b) return true
  if (a.size !== b.size) return false
  for (const [topicId, partitions] of a) {
    const others = b.get(topicId)
    if (others?.size !== partitions.size) return false
    for (const [partition, epoch] of partitions) if (others.get(partition) !== epoch) return false
  }
  return true
}

export function ownedAt(assignment: Assignment, epoch: number): OwnedPartitions {
  return new Map([...assignment].map(([topicId, partitions]) =>
    [topicId, new Map([...partitions].map((partition) => [partition, epoch]))]))
}

export function assignmentOf(topics: readonly TopicPartitions[]): Assignment {
  return new Map(topics.map(({ topicId, partitions }) => [topicId, new Set(partitions)]))
}

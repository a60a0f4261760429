// Where partitions begin and end, and which offset has a time.

import { listOffsets } from '../../protocol/messages/list-offsets.ts'
import { type Client, partitionKey, type TopicPartition } from './client.ts'
import type { Connection } from './connection.ts'
import { RefusedError } from './errors.ts'

/** What ListOffsets calls the two ends of a log. */
export const EARLIEST = -2
export const LATEST = -1

/** This side is a client, no replica. */
const CLIENT = -1
const ISOLATION = { read_uncommitted: 0, read_committed: 1 } as const
export type Isolation = keyof typeof ISOLATION

export interface OffsetAt {
  /** −1 where no record has this time or a later one. */
  readonly offset: number
  readonly timestamp: number
}

export interface OffsetAsked extends TopicPartition {
  /** EARLIEST, LATEST, or milliseconds since 1970: the first record not before. */
  readonly time: number
}

/** By `topic-partition`; a partition that cannot be asked has its error. */
export function offsetsAt(
  client: Client, asked: readonly OffsetAsked[], isolation: Isolation = 'read_uncommitted',
): Promise<Map<string, OffsetAt | RefusedError>> {
  return client.askLeaders(asked, (connection, mine) => askOne(connection, mine, isolation))
}

async function askOne(
  connection: Connection, mine: readonly OffsetAsked[], isolation: Isolation,
): Promise<Map<string, OffsetAt | RefusedError>> {
  const answer = await connection.request(listOffsets, {
    replicaId: CLIENT,
    isolationLevel: ISOLATION[isolation],
    topics: byTopic(mine).map(([name, partitions]) => ({
      name,
      partitions: partitions.map(({ partition, time }) => (
        { partitionIndex: partition, timestamp: time })),
    })),
    timeoutMs: connection.brokerTimeoutMs,
  })
  return new Map(answer.topics.flatMap(({ name, partitions }) => partitions.map((partition) => {
    const { partitionIndex, errorCode, offset, timestamp } = partition
    const key = partitionKey({ topic: name, partition: partitionIndex })
    const found = errorCode === 0
      ? { offset, timestamp } : new RefusedError(errorCode, `partition ${key}`)
    return [key, found] as const
  })))
}

/** Requests name partitions topic by topic. */
export function byTopic<P extends TopicPartition>(partitions: readonly P[]): [string, P[]][] {
  const topics = new Map<string, P[]>()
  for (const one of partitions) {
    const known = topics.get(one.topic)
    if (known === undefined) topics.set(one.topic, [one])
    else known.push(one)
  }
  return [...topics]
}

export interface Ends {
  readonly start: number
  readonly end: number
}

/** Both ends of each partition; throws the first error. */
export async function endsOf(
  client: Client, partitions: readonly TopicPartition[], isolation?: Isolation,
): Promise<Map<string, Ends>> {
  const [starts, ends] = await Promise.all([EARLIEST, LATEST].map((time) => (
    offsetsAt(client, partitions.map((one) => ({ ...one, time })), isolation)
  )))
  return new Map(partitions.map((one) => {
    const key = partitionKey(one)
    return [key, { start: offsetOf(starts!.get(key)), end: offsetOf(ends!.get(key)) }]
  }))
}

export function offsetOf(found: OffsetAt | RefusedError | undefined): number {
  if (found instanceof RefusedError) throw found
  return found!.offset
}

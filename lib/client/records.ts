// Records taken away from the front of partitions.

import { deleteRecords } from '../../protocol/messages/delete-records.ts'
import { type Client, partitionKey, type TopicPartition } from './client.ts'
import { RefusedError } from './errors.ts'
import { byTopic } from './offsets.ts'

export interface DeleteBefore extends TopicPartition {
  readonly offset: number
}

/** Deletes what is before the offsets; gives where each partition begins then, or its refusal. */
export function deleteBefore(
  client: Client, places: readonly DeleteBefore[],
): Promise<Map<string, number | RefusedError>> {
  return client.askLeaders(places, async (connection, mine) => {
    const { topics } = await connection.request(deleteRecords, {
      topics: byTopic(mine).map(([name, partitions]) => ({
        name,
        partitions: partitions.map(({ partition, offset }) => (
          { partitionIndex: partition, offset })),
      })),
      timeoutMs: connection.brokerTimeoutMs,
    })
    return new Map<string, number | RefusedError>(topics.flatMap(({ name, partitions }) => (
      partitions.map(({ partitionIndex, errorCode, lowWatermark }) => {
        const key = partitionKey({ topic: name, partition: partitionIndex })
        return [key, errorCode === 0 ? lowWatermark
          : new RefusedError(errorCode, `partition ${key}`)] as const
      })
    )))
  })
}

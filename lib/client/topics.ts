// Topics: created, given more partitions, deleted.

import { createPartitions } from '../../protocol/messages/create-partitions.ts'
import { createTopics } from '../../protocol/messages/create-topics.ts'
import { deleteTopics } from '../../protocol/messages/delete-topics.ts'
import { ZERO_UUID } from '../../protocol/schema.ts'
import type { Client } from './client.ts'
import { RefusedError, throwIfRefused } from './errors.ts'

export interface NewTopic {
  readonly name: string
  /** Left out: as the broker has it. */
  readonly partitions?: number | undefined
  readonly replicas?: number | undefined
  readonly configs?: ReadonlyMap<string, string>
}

export interface CreatedTopic {
  readonly name: string
  /** Undefined where the broker does not tell. */
  readonly topicId: string | undefined
  readonly partitions: number | undefined
  readonly replicas: number | undefined
}

/** As the protocol says "as the broker has it", since version 4 of CreateTopics (KIP-464). */
const DEFAULT = -1

/** Creates topics, or only asks whether it could; the answers are in the order of the topics. */
export async function create(
  client: Client, topics: readonly NewTopic[], { isDryRun = false } = {},
): Promise<(CreatedTopic | RefusedError)[]> {
  const connection = await client.controller()
  const answer = await connection.request(createTopics, {
    topics: topics.map(({ name, partitions, replicas, configs = new Map() }) => ({
      name, numPartitions: partitions ?? DEFAULT, replicationFactor: replicas ?? DEFAULT,
      assignments: [], configs: [...configs].map(([key, value]) => ({ name: key, value })),
    })),
    timeoutMs: connection.brokerTimeoutMs,
    validateOnly: isDryRun,
  })
  client.forget()
  const byName = new Map(answer.topics.map((topic) => [topic.name, topic]))
  return topics.map(({ name }) => {
    const { errorCode, errorMessage, topicId, numPartitions, replicationFactor } = byName.get(name)!
    if (errorCode !== 0) return new RefusedError(errorCode, `topic ${name}`, errorMessage)
    return {
      name, topicId,
      partitions: numPartitions < 0 ? undefined : numPartitions,
      replicas: replicationFactor < 0 ? undefined : replicationFactor,
    }
  })
}

/** Throws RefusedError. */
export async function addPartitions(
  client: Client, topic: string, count: number, { isDryRun = false } = {},
): Promise<void> {
  const connection = await client.controller()
  const { results } = await connection.request(createPartitions, {
    topics: [{ name: topic, count, assignments: null }],
    timeoutMs: connection.brokerTimeoutMs,
    validateOnly: isDryRun,
  })
  client.forget()
  for (const { errorCode, errorMessage } of results) {
    throwIfRefused(errorCode, `topic ${topic}`, errorMessage)
  }
}

/** Deletes topics by their names; gives the refusals. */
export async function remove(client: Client, names: readonly string[]): Promise<RefusedError[]> {
  const connection = await client.controller()
  const { responses } = await connection.request(deleteTopics, (version) => ({
    topics: version >= 6 ? names.map((name) => ({ name, topicId: ZERO_UUID })) : [],
    topicNames: names,
    timeoutMs: connection.brokerTimeoutMs,
  }))
  client.forget()
  return responses.filter(({ errorCode }) => errorCode !== 0).map((response) => (
    new RefusedError(response.errorCode, `topic ${response.name}`, response.errorMessage)
  ))
}

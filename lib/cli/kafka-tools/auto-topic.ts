// Topics that Kafka's clients would have a broker create by asking for them.

import { Errors } from '../../../protocol/errors.ts'
import { metadata } from '../../../protocol/messages/metadata.ts'
import { ZERO_UUID } from '../../../protocol/schema.ts'
import type { Client } from '../../client/client.ts'
import type { TopicView } from '../../client/metadata.ts'

/** Brokers that create topics do it within this time, and say nothing before. */
const WAIT_MS = 5000
const PAUSE_MS = 100

/** Throws RefusedError where it is not there, and brokers do not create it by themselves. */
export async function readyTopic(client: Client, name: string): Promise<TopicView> {
  const connection = await client.any()
  const endMs = client.clock.monotonicMs() + WAIT_MS
  while (client.clock.monotonicMs() < endMs) {
    const { topics } = await connection.request(metadata, {
      topics: [{ name, topicId: ZERO_UUID }], allowAutoTopicCreation: true,
    })
    const { errorCode } = topics[0]!
    if (errorCode !== Errors.UNKNOWN_TOPIC_OR_PARTITION) {
      return errorCode === Errors.NONE ? client.topic(name) : client.readyTopic(name)
    }
    await client.pause(PAUSE_MS)
  }
  return client.topic(name, { isFresh: true })
}

// What the benches ask of a broker besides what they measure.

import type { Wire } from '../compat/harness/wire.ts'
import { createTopics } from '../protocol/messages/create-topics.ts'
import { produce } from '../protocol/messages/produce.ts'

const PATIENCE_MS = 60_000

/** Throws when it cannot be created. */
export async function createTopic(
  wire: Wire, name: string, numPartitions: number, configs: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { topics } = await wire.ask(createTopics, 7, {
    topics: [{
      name, numPartitions, replicationFactor: 1, assignments: [],
      configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
    }],
    timeoutMs: PATIENCE_MS, validateOnly: false,
  })
  const { errorCode, errorMessage } = topics[0]!
  if (errorCode !== 0) {
    throw new Error(`topic ${name} cannot be created: error ${errorCode}, ${errorMessage}`)
  }
}

/** Throws when a batch is refused. */
export async function produceBatch(
  wire: Wire, name: string, index: number, records: Buffer,
): Promise<void> {
  const { responses } = await wire.ask(produce, 9, {
    acks: -1, timeoutMs: PATIENCE_MS, topicData: [{ name, partitionData: [{ index, records }] }],
  })
  const { errorCode } = responses[0]!.partitionResponses[0]!
  if (errorCode !== 0) throw new Error(`a produce to ${name}-${index} fails with ${errorCode}`)
}

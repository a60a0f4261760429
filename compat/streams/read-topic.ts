// Reads a topic with kafkajs, committed records only, until somebody has seen enough.

import type { Kafka, KafkaMessage } from 'kafkajs'
import { uniqueName } from '../harness/check.ts'

const PATIENCE_MS = 60_000

/** Asks after every batch; throws when there is never enough. */
export async function readTopic(
  kafka: Kafka, topic: string, isEnough: (records: readonly KafkaMessage[]) => boolean,
): Promise<void> {
  const consumer = kafka.consumer({ groupId: uniqueName('read'), readUncommitted: false })
  const records: KafkaMessage[] = []
  let timer: NodeJS.Timeout | undefined
  try {
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(
        `${records.length} records of ${topic} are not enough`)), PATIENCE_MS)
      consumer.run({
        eachBatch: async ({ batch }) => {
          records.push(...batch.messages)
          try {
            if (isEnough(records)) resolve()
          } catch (error) {
            reject(error as Error)
          }
        },
      }).catch(reject)
    })
  } finally {
    clearTimeout(timer)
    await consumer.disconnect()
  }
}

// kafkajs against a broker of the library, as an application has it: it says nothing on its own.

import { Kafka, logLevel, type KafkaConfig } from 'kafkajs'
import type { Broker } from '../../../lib/index.ts'

export function client(broker: Broker, options: Partial<KafkaConfig> = {}): Kafka {
  return new Kafka({
    brokers: [broker.bootstrapServers], logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 20, retries: 8 }, ...options,
  })
}

export async function send(broker: Broker, topic: string, ...values: string[]): Promise<void> {
  const producer = client(broker).producer({ allowAutoTopicCreation: true })
  await producer.connect()
  try {
    await producer.send({ topic, messages: values.map((value) => ({ value })) })
  } finally {
    await producer.disconnect()
  }
}

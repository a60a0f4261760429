// Transactions by kafkajs, a client of version 0: committed, aborted, with offsets, and fenced.

import { deepStrictEqual, rejects } from 'node:assert/strict'
import type { Kafka, Message } from 'kafkajs'
import { uniqueName, type Check } from '../harness/check.ts'

const ROUNDS = 12
/** Every so many transactions one is aborted. */
const ABORTED_EVERY = 3

type Connect = (address: string) => Kafka

async function producerOf(kafka: Kafka, transactionalId: string) {
  const producer = kafka.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  return producer
}

export const transactionChecks = (
  connect: Connect,
  readAll: (address: string, topic: string, count: number) => Promise<Message[]>,
): readonly Check[] => [
  {
    name: 'transactions: readers get what was committed, groups its offsets, and no zombie writes',
    timeoutMs: 90_000,
    async run({ address }) {
      const kafka = connect(address)
      const topic = uniqueName('transactional')
      const admin = kafka.admin()
      await admin.connect()
      await admin.createTopics({ topics: [{ topic, numPartitions: 2 }], waitForLeaders: true })
      const first = await producerOf(kafka, topic)
      const committed: string[] = []
      for (let round = 0; round < ROUNDS; round++) {
        const transaction = await first.transaction()
        await transaction.send({ topic, messages: [{ value: `${round}` }] })
        await transaction.sendOffsets({
          consumerGroupId: topic,
          topics: [{ topic, partitions: [{ partition: 0, offset: String(round) }] }],
        })
        if (round % ABORTED_EVERY === ABORTED_EVERY - 1) await transaction.abort()
        else {
          await transaction.commit()
          committed.push(`${round}`)
        }
      }
      const [offsets] = await admin.fetchOffsets({ groupId: topic, topics: [topic] })
      deepStrictEqual(offsets?.partitions.find(({ partition }) => partition === 0)?.offset,
        committed.at(-1))

      const second = await producerOf(kafka, topic)
      const transaction = await second.transaction()
      await transaction.send({ topic, messages: [{ value: 'second' }] })
      await rejects(async () => {
        const zombie = await first.transaction()
        await zombie.send({ topic, messages: [{ value: 'zombie' }] })
        await zombie.commit()
      }, { type: 'INVALID_PRODUCER_EPOCH' })
      await transaction.commit()
      committed.push('second')

      const read = await readAll(address, topic, committed.length)
      deepStrictEqual(read.map(({ value }) => String(value)).sort(), [...committed].sort())
      await Promise.all([first.disconnect(), second.disconnect(), admin.disconnect()])
    },
  },
]

// A little of everything that metrics tell of: records in and out, a group that falls behind, a
// member that stays, transactions, requests that are refused.

import { type Consumer, Kafka, logLevel, type Producer } from 'kafkajs'
import { sleep } from '../harness/process.ts'

const TOPIC = 'orders'
const PARTITIONS = 3
export const SLOW_GROUP = 'slow'

export class Load {
  readonly #kafka: Kafka
  #producer: Producer | undefined
  #reader: Consumer | undefined
  #isOver = false
  #running: Promise<void> = Promise.resolve()

  constructor(address: string) {
    this.#kafka = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING })
  }

  /** Goes on until `end`. The slow group has committed 10 of each partition, and is gone. */
  async begin(): Promise<void> {
    const admin = this.#kafka.admin()
    await admin.connect()
    await admin.createTopics({
      topics: [
        { topic: TOPIC, numPartitions: PARTITIONS },
        { topic: 'compacted', configEntries: [{ name: 'cleanup.policy', value: 'compact' }] },
      ],
    })
    this.#producer = this.#kafka.producer()
    await this.#producer.connect()
    await this.#send(50)
    await admin.setOffsets({
      groupId: SLOW_GROUP, topic: TOPIC,
      partitions: [0, 1, 2].map((partition) => ({ partition, offset: '10' })),
    })
    await admin.disconnect()
    this.#reader = this.#kafka.consumer({ groupId: 'fast' })
    await this.#reader.connect()
    await this.#reader.subscribe({ topic: TOPIC, fromBeginning: true })
    await this.#reader.run({ autoCommitInterval: 500, eachMessage: async () => {} })
    this.#running = this.#goOn()
  }

  async #goOn(): Promise<void> {
    while (!this.#isOver) {
      await this.#send(5)
      await this.#beRefused()
      await sleep(100)
    }
  }

  async #send(perPartition: number): Promise<void> {
    const messages = Array.from({ length: PARTITIONS * perPartition }, (_, i) => ({
      partition: i % PARTITIONS, key: String(i), value: 'x'.repeat(100),
    }))
    await this.#producer!.send({ topic: TOPIC, messages })
  }

  /** A compacted topic takes no records without a key. */
  async #beRefused(): Promise<void> {
    const refused = await this.#producer!.send({
      topic: 'compacted', messages: [{ value: 'without a key' }],
    }).then(() => false, () => true)
    if (!refused) throw new Error('a record without a key was compacted')
  }

  /** Rejects with what went wrong meanwhile. */
  async end(): Promise<void> {
    this.#isOver = true
    try {
      await this.#running
    } finally {
      await this.#reader?.disconnect()
      await this.#producer?.disconnect()
    }
  }
}

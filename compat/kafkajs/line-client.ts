// kafkajs as a member of a group walk and as a carrier of lines.

import { createWriteStream, readFileSync } from 'node:fs'
import { once } from 'node:events'
import { Kafka, logLevel } from 'kafkajs'
import type { Join } from '../harness/group-walk.ts'
import type { LineClient } from '../harness/lines.ts'
import { uniqueName } from '../harness/check.ts'

const LINES_PER_SEND = 500

const connect = (address: string) => new Kafka({
  clientId: 'kafkajs', brokers: [address], logLevel: logLevel.NOTHING,
  retry: { retries: 30, initialRetryTime: 50, maxRetryTime: 1000 },
})

export const joinWithKafkajs: Join = async (address, groupId, topic, onValue) => {
  const consumer = connect(address)
    .consumer({ groupId, heartbeatInterval: 500, sessionTimeout: 10_000 })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({ eachMessage: async ({ message }) => onValue(String(message.value)) })
  return { leave: () => consumer.disconnect() }
}

export const kafkajsLines: LineClient = {
  name: 'kafkajs',

  async produce(address, topic, file) {
    const producer = connect(address).producer({ idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
    for (let at = 0; at < lines.length; at += LINES_PER_SEND) {
      const values = lines.slice(at, at + LINES_PER_SEND)
      await producer.send({
        topic, acks: -1, messages: values.map((value) => ({ value, partition: 0 })),
      })
    }
    await producer.disconnect()
  },

  async consume(address, topic, lineCount, file) {
    const consumer = connect(address).consumer({ groupId: uniqueName('lines') })
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    const out = createWriteStream(file)
    let count = 0
    await new Promise<void>((resolve, reject) => {
      const eachMessage = async ({ message }: { message: { value: Buffer | null } }) => {
        if (count < lineCount) out.write(`${message.value}\n`)
        count += 1
        if (count === lineCount) resolve()
      }
      consumer.run({ eachMessage }).catch(reject)
    })
    await consumer.disconnect()
    out.end()
    await once(out, 'finish')
  },
}

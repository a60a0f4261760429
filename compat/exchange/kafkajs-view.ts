// What kafkajs reads of a topic, in the lines of `Show.java`.

import { createHash } from 'node:crypto'
import { type IHeaders, Kafka, logLevel } from 'kafkajs'

import { uniqueName } from '../harness/check.ts'
import { registerCodecs } from '../kafkajs/codecs.ts'

/** Not snappy and zstd: the codecs in use here do not know the frames of Java's. */
export const TOPICS_FOR_KAFKAJS = [
  'plain', 'codec-gzip', 'codec-lz4', 'transactions', 'segments',
]

/** The first `count` records that are committed, of all partitions. Leaves no group behind. */
export async function kafkajsRecords(
  address: string, topic: string, count: number,
): Promise<string[]> {
  registerCodecs()
  const kafka = new Kafka({ clientId: 'exchange', brokers: [address], logLevel: logLevel.NOTHING })
  const groupId = uniqueName('kafkajs')
  const consumer = kafka.consumer({ groupId })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const lines: string[] = []
  const read = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`${topic}: ${lines.length} of ${count} records`)), 60_000)
    consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition, message }) => {
        const { offset, timestamp, headers = {}, key, value } = message
        lines.push([
          `${topic}-${partition}`, offset, timestamp, textOf(headers), digest(key), digest(value),
        ].join(' '))
        if (lines.length < count) return
        clearTimeout(timer)
        resolve()
      },
    }).catch(reject)
  })
  // One that is left running would keep the whole process alive.
  await read.finally(() => consumer.disconnect())
  const admin = kafka.admin()
  await admin.connect()
  await admin.deleteGroups([groupId])
  await admin.disconnect()
  return lines
}

function textOf(headers: IHeaders): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}=${digest(value as Buffer | null)},`).join('')
}

function digest(bytes: Buffer | null | undefined): string {
  if (bytes === null || bytes === undefined) return 'null'
  const hash = createHash('sha256').update(bytes).digest().subarray(0, 6)
  return `${bytes.length}:${hash.toString('base64')}`
}

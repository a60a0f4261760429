// A long text goes in through one client and comes out through another: every pair, byte for byte.

import { ok } from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { librdkafkaLines } from '../confluent-kafka/checks.ts'
import { franzGoLines } from '../franz-go/checks.ts'
import type { RunningBroker } from '../harness/broker.ts'
import { uniqueName, type Check, type Suite } from '../harness/check.ts'
import { writeText, type LineClient } from '../harness/lines.ts'
import { sleep, until } from '../harness/process.ts'
import { javaLines } from '../java/checks.ts'
import { kafkajsLines } from '../kafkajs/line-client.ts'

const CLIENTS: readonly LineClient[] = [kafkajsLines, librdkafkaLines, javaLines, franzGoLines]
const LINE_COUNT = 50_000

async function createTopic(address: string, topic: string): Promise<void> {
  const admin = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] })
  await admin.disconnect()
}

async function endOffset(address: string, topic: string): Promise<number> {
  const admin = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING }).admin()
  try {
    await admin.connect()
    const [partition] = await admin.fetchTopicOffsets(topic)
    return Number(partition?.high)
  } finally {
    await admin.disconnect()
  }
}

/** Runs a check in a directory of its own, the text written there, and removes it. */
async function withText(use: (text: string, directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'samsa-pairs-'))
  const text = join(directory, 'text')
  try {
    writeText(text, LINE_COUNT)
    await use(text, directory)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

async function comesOutEqual(
  { address }: RunningBroker, topic: string, text: string, directory: string,
): Promise<void> {
  const wrong: string[] = []
  for (const consumer of CLIENTS) {
    const copy = join(directory, consumer.name)
    await consumer.consume(address, topic, LINE_COUNT, copy)
    if (!readFileSync(copy).equals(readFileSync(text))) wrong.push(consumer.name)
  }
  ok(wrong.length === 0, `what came out differs through ${wrong.join(', ')}`)
}

const pairsOf = (producer: LineClient): Check => ({
  name: `${LINE_COUNT} lines in through ${producer.name}, out through each client, equal`,
  timeoutMs: 300_000,
  run: (broker) => withText(async (text, directory) => {
    const topic = uniqueName(`pairs-${producer.name}`)
    await createTopic(broker.address, topic)
    await producer.produce(broker.address, topic, text)
    await comesOutEqual(broker, topic, text, directory)
  }),
})

/**
 * All four producers are idempotent and try again,
 * so after the crash the text must be whole and in order.
 */
const crashDuring = (producer: LineClient): Check => ({
  name: `kill -9 while ${producer.name} produces: nothing lost, nothing twice after the restart`,
  timeoutMs: 300_000,
  run: (broker) => withText(async (text, directory) => {
    const topic = uniqueName(`crash-${producer.name}`)
    await createTopic(broker.address, topic)
    const produced = producer.produce(broker.address, topic, text)
    produced.catch(() => {}) // awaited below; a failure before the restart must not end the process
    await until('the first records', 30_000, async () =>
      (await endOffset(broker.address, topic)) > 0 || undefined)
    await broker.stop('SIGKILL')
    await sleep(300)
    await broker.start()
    await produced
    await comesOutEqual(broker, topic, text, directory)
  }),
})

export const pairsSuite: Suite = {
  name: 'pairs',
  client: CLIENTS.map(({ name }) => name).join(' × '),
  checks: [...CLIENTS.map(pairsOf), ...CLIENTS.map(crashDuring)],
}

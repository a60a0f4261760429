// Kafka Connect moves lines from a file into a topic and from there into another file, exactly once
// into the topic, while its worker and the broker are killed.

import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigResourceTypes, Kafka, logLevel } from 'kafkajs'
import type { RunningBroker } from '../harness/broker.ts'
import { uniqueName, type Suite } from '../harness/check.ts'
import { until } from '../harness/process.ts'
import { readTopic } from '../streams/read-topic.ts'
import { installConnect, Worker } from './worker.ts'

const LINES_AT_ONCE = 500
const PATIENCE_MS = 90_000

async function moveUnderKills(broker: RunningBroker): Promise<void> {
  const worker = await Worker.on(broker.address)
  const topic = uniqueName('lines')
  const [source, sink] = ['from-a-file', 'into-a-file']
  const lines = new Lines(join(worker.directory, 'in'), join(worker.directory, 'out'))
  try {
    await worker.start()
    await worker.put(source, {
      'connector.class': 'FileStreamSource', 'tasks.max': '1', file: lines.input, topic,
      'batch.size': '100',
    })
    await worker.put(sink, {
      'connector.class': 'FileStreamSink', 'tasks.max': '1', file: lines.output, topics: topic,
    })
    lines.write()
    await lines.arrive(worker)
    for (const connector of [source, sink]) {
      await until(`${connector} runs`, PATIENCE_MS, async () => (
        await worker.isRunning(connector)) || undefined)
    }

    lines.write()
    await worker.kill()
    lines.write()
    await worker.start()
    lines.write()
    await lines.arrive(worker)

    lines.write()
    await broker.stop('SIGKILL')
    lines.write()
    await broker.start()
    await lines.arrive(worker)

    await topicHasEachOnce(broker.address, topic, lines.written)
    await topicsAreRight(broker.address, worker)
    await worker.remove(source)
    await worker.remove(sink)
  } catch (error) {
    throw new Error(`${String(error)}\n${worker.printed}`, { cause: error })
  } finally {
    await worker.dispose()
  }
}

/** What the source reads, and what has come out of the sink. */
class Lines {
  readonly input: string
  readonly output: string
  readonly written: string[] = []

  constructor(input: string, output: string) {
    this.input = input
    this.output = output
    writeFileSync(input, '')
  }

  write(): void {
    const more = Array.from({ length: LINES_AT_ONCE }, (_, i) => `line ${this.written.length + i}`)
    this.written.push(...more)
    appendFileSync(this.input, `${more.join('\n')}\n`)
  }

  /** A sink that is killed writes some again: it says so, and the last comes last all the same. */
  async arrive(worker: Worker): Promise<void> {
    await until(`${this.written.length} lines at the other end`, PATIENCE_MS, () => (
      new Set(this.#arrived()).size === this.written.length || undefined), 250)
      .catch((error: unknown) => {
        const count = new Set(this.#arrived()).size
        throw new Error(`${String(error)}; there are ${count}\n${worker.printed}`)
      })
    deepStrictEqual([...new Set(this.#arrived())], this.written)
  }

  #arrived(): string[] {
    if (!existsSync(this.output)) return []
    return readFileSync(this.output, 'utf8').split('\n').slice(0, -1)
  }
}

const clientOf = (address: string): Kafka => new Kafka({
  clientId: 'connect', brokers: [address], logLevel: logLevel.NOTHING,
})

/** In the order of the file; what a killed worker began is aborted. */
async function topicHasEachOnce(
  address: string, topic: string, lines: readonly string[],
): Promise<void> {
  const values: string[] = []
  await readTopic(clientOf(address), topic, (records) => {
    if (records.length < lines.length) return false
    values.push(...records.map(({ value }) => String(value)))
    return true
  })
  deepStrictEqual(values, lines)
}

/** The worker asks for them as it needs them, and looks at what it gets. */
async function topicsAreRight(address: string, { topics }: Worker): Promise<void> {
  const admin = clientOf(address).admin()
  await admin.connect()
  try {
    const names = Object.values(topics)
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: names.map((name) => (
        { type: ConfigResourceTypes.TOPIC, name, configNames: ['cleanup.policy'] })),
    })
    for (const { configEntries } of resources) strictEqual(configEntries[0]?.configValue, 'compact')
    const metadata = await admin.fetchTopicMetadata({ topics: names })
    deepStrictEqual(
      metadata.topics.map(({ name, partitions }) => [name, partitions.length]).sort(),
      [[topics.config, 1], [topics.offset, 25], [topics.status, 5]].sort())
  } finally {
    await admin.disconnect()
  }
}

export const connectSuite: Suite = {
  name: 'connect',
  client: 'Kafka Connect 4.3.1',
  checks: [{
    name: 'a file goes through a topic into a file, exactly once, under kills of worker and broker',
    timeoutMs: 400_000,
    run: moveUnderKills,
  }],
  install: async () => { await installConnect() },
  // What a killed worker leaves open, the next one of its name ends.
  overrides: { 'transaction.abort.timed.out.transaction.cleanup.interval.ms': '1000' },
}

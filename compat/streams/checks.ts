// Kafka Streams counts words with exactly_once_v2 while its processes and the broker are killed: no
// count is left out, none comes twice, and its internal topics are as it wants them.

import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { ConfigResourceTypes, Kafka, logLevel, type Admin } from 'kafkajs'
import type { RunningBroker } from '../harness/broker.ts'
import { uniqueName, type Suite } from '../harness/check.ts'
import { until } from '../harness/process.ts'
import { toolCommand } from '../java/tools.ts'
import { followCommitted, type Reader } from '../transactions/reader.ts'
import { Counter } from './counter.ts'
import { installStreams } from './install.ts'
import { readTopic } from './read-topic.ts'

const PARTITION_COUNT = 3
const LINE_COUNT = 4000
const LINES_PER_WRITE = 50
const WORDS_PER_LINE = 5
const WORD_COUNT = 97
/** How many counts the writer may be ahead. */
const MOST_AHEAD = 2000

const clientOf = (address: string): Kafka => new Kafka({
  clientId: 'words', brokers: [address], logLevel: logLevel.NOTHING,
  retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 60 },
})

async function countUnderKills(broker: RunningBroker): Promise<void> {
  const { address } = broker
  const [input, output] = [uniqueName('lines'), uniqueName('counts')]
  const application = uniqueName('word-count')
  const directory = mkdtempSync(join(tmpdir(), 'samsa-streams-'))
  const admin = clientOf(address).admin()
  await admin.connect()
  await admin.createTopics({
    topics: [input, output].map((topic) => ({ topic, numPartitions: PARTITION_COUNT })),
  })
  const reader = await readerOf(address, output)
  const counters = ['one', 'two'].map((name) => (
    new Counter([address, application, input, output, join(directory, name)])))
  try {
    for (const counter of counters) await counter.start()
    const written = writeLines(address, input, reader)
    await killAll(broker, counters, reader)
    await written
    const expected = await wordsOf(admin, address, input)
    const total = [...expected.values()].reduce((sum, count) => sum + count, 0)
    await until('all words counted', 120_000, () => {
      for (const counter of counters) counter.failIfEnded()
      return reader.count >= total || undefined
    })
    isCounted(reader, expected)
    await until('the changelog', 30_000, async () => (
      await isChangelog(address, `${application}-counts-changelog`, expected)) || undefined)
    await topicsAreRight(admin, application)
    await offsetsAreAtTheEnd(admin, application, input)
  } finally {
    for (const counter of counters) await counter.kill()
    await Promise.all([reader.stop(), admin.disconnect()])
    rmSync(directory, { recursive: true, force: true })
  }
}

async function readerOf(address: string, topic: string): Promise<Reader> {
  const [command, args] = await toolCommand('kafka-console-consumer', [
    '--bootstrap-server', address, '--topic', topic, '--from-beginning',
    '--isolation-level', 'read_committed',
    ...['print.partition=true', 'print.offset=true', 'print.key=true']
      .flatMap((property) => ['--formatter-property', property])])
  return followCommitted(command, args)
}

/** Writes on while all around it is killed; a line may come twice then. */
async function writeLines(address: string, topic: string, reader: Reader): Promise<void> {
  const producer = clientOf(address).producer()
  await producer.connect()
  for (let line = 0; line < LINE_COUNT; line += LINES_PER_WRITE) {
    const messages = Array.from({ length: LINES_PER_WRITE }, (_, i) => ({
      value: lineOf(line + i), partition: (line + i) % PARTITION_COUNT,
    }))
    await until('the counts that the writer waits for', 150_000, () => (
      line * WORDS_PER_LINE - reader.count < MOST_AHEAD || undefined))
    await producer.send({ topic, messages })
  }
  await producer.disconnect()
}

function lineOf(line: number): string {
  return Array.from({ length: WORDS_PER_LINE }, (_, i) => `word${(line * (i + 1)) % WORD_COUNT}`)
    .join(' ')
}

async function killAll(
  broker: RunningBroker, [one, two]: readonly Counter[], reader: Reader,
): Promise<void> {
  const reach = (part: number) => until(`${part} counted`, 150_000, () => (
    reader.count >= LINE_COUNT * WORDS_PER_LINE * part || undefined), 10)
  await reach(0.15)
  await restart(broker)
  await reach(0.35)
  await one!.kill()
  await one!.start()
  await reach(0.6)
  await Promise.all([restart(broker), two!.kill()])
  await two!.start()
}

async function restart(broker: RunningBroker): Promise<void> {
  await broker.stop('SIGKILL')
  await broker.start()
}

/** How often each word is in the topic. */
async function wordsOf(
  admin: Admin, address: string, topic: string,
): Promise<Map<string, number>> {
  const offsets = await admin.fetchTopicOffsets(topic)
  const count = offsets.reduce((sum, { high }) => sum + Number(high), 0)
  ok(count >= LINE_COUNT)
  const words = new Map<string, number>()
  await readTopic(clientOf(address), topic, (records) => {
    if (records.length < count) return false
    for (const { value } of records) {
      for (const word of String(value).split(' ')) words.set(word, (words.get(word) ?? 0) + 1)
    }
    return true
  })
  return words
}

/** Every word was counted from one on, one by one. */
function isCounted(reader: Reader, expected: ReadonlyMap<string, number>): void {
  strictEqual(reader.changed, undefined)
  const counts = new Map<string, number>()
  for (let partition = 0; partition < PARTITION_COUNT; partition++) {
    for (const record of reader.valuesOf(partition)) {
      const [word, count] = record.split('\t')
      const next = (counts.get(word!) ?? 0) + 1
      strictEqual(Number(count), next, `counts of ${word} in partition ${partition}`)
      counts.set(word!, next)
    }
  }
  deepStrictEqual([...counts].sort(), [...expected].sort())
}

/** The last records of a changelog are the state. */
async function isChangelog(
  address: string, topic: string, expected: ReadonlyMap<string, number>,
): Promise<boolean> {
  let isSame = false
  await readTopic(clientOf(address), topic, (records) => {
    const state = new Map<string, number>()
    for (const { key, value } of records) {
      const [word, count] = [String(key), Number(value!.readBigInt64BE())]
      ok(count > (state.get(word) ?? 0), `the changelog goes back for ${word}`)
      state.set(word, count)
    }
    isSame = [...expected].every(([word, count]) => state.get(word) === count)
    return isSame
  })
  return isSame
}

/** What Streams asked for when it made its topics; what is counted is deleted at once. */
async function topicsAreRight(admin: Admin, application: string): Promise<void> {
  const configsOf = async (topic: string): Promise<Map<string, string>> => {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false, resources: [{ type: ConfigResourceTypes.TOPIC, name: topic }],
    })
    return new Map(resources[0]!.configEntries
      .filter(({ configSource }) => configSource as unknown === TOPIC_CONFIG)
      .map(({ configName, configValue }) => [configName, configValue]))
  }
  const [changelog, repartition] = [
    `${application}-counts-changelog`, `${application}-words-repartition`]
  const { topics } = await admin.fetchTopicMetadata({ topics: [changelog, repartition] })
  deepStrictEqual(topics.map(({ partitions }) => partitions.length),
    [PARTITION_COUNT, PARTITION_COUNT])
  deepStrictEqual(Object.fromEntries(await configsOf(changelog)), {
    'cleanup.policy': 'compact', 'message.timestamp.type': 'CreateTime',
  })
  deepStrictEqual(Object.fromEntries(await configsOf(repartition)), {
    'cleanup.policy': 'delete', 'message.timestamp.type': 'CreateTime', 'retention.ms': '-1',
    'segment.bytes': '52428800',
  })
  await until('the repartition topic shortened to what is not counted yet', 60_000, async () => {
    const offsets = await admin.fetchTopicOffsets(repartition)
    return offsets.every(({ low, high }) => Number(low) > 0 && Number(high) - Number(low) <= 1)
      || undefined
  })
}

const TOPIC_CONFIG = 1

async function offsetsAreAtTheEnd(admin: Admin, group: string, topic: string): Promise<void> {
  await until('the offsets of the input', 60_000, async () => {
    const [committed] = await admin.fetchOffsets({ groupId: group, topics: [topic] })
    const ends = await admin.fetchTopicOffsets(topic)
    return ends.every(({ partition, high }) => (
      committed!.partitions.find((own) => own.partition === partition)?.offset === high))
      || undefined
  })
}

export const streamsSuite: Suite = {
  name: 'streams',
  client: 'Kafka Streams 4.3.1',
  checks: [{
    name: 'words are counted exactly once; the broker and each process are killed',
    timeoutMs: 400_000,
    run: countUnderKills,
  }],
  install: async () => { await installStreams() },
  // A process that was killed leaves open what only its time-out ends: Streams with its state in
  // memory takes another transactional id when it comes again.
  overrides: { 'transaction.abort.timed.out.transaction.cleanup.interval.ms': '1000' },
}

// Kafka's own tools, which are its Java clients, against the broker
// and against the files it writes.

import { deepStrictEqual, match, ok, strictEqual } from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import type { RunningBroker } from '../harness/broker.ts'
import { uniqueName, type Check, type Suite } from '../harness/check.ts'
import { migrateBusyGroup, walkBusyGroup } from '../harness/busy-walk.ts'
import { walkGroup, type Join } from '../harness/group-walk.ts'
import type { LineClient } from '../harness/lines.ts'
import { memberProcess } from '../harness/member-process.ts'
import { JavaMembers } from './members.ts'
import { installTools, runTool, toolCommand, withTools, type Tool } from './tools.ts'

async function tool(
  { address }: Pick<RunningBroker, 'address'>, name: Tool, args: readonly string[], input?: string,
): Promise<string> {
  const all = ['--bootstrap-server', address, ...args]
  const { stdout } = await runTool(name, all, input === undefined ? {} : { input })
  return stdout
}

type Say = (name: Tool, args: readonly string[]) => Promise<string>

/** A check of many runs of tools, which share a process; all that they print counts. */
const withOneProcess = (
  check: (say: Say, broker: RunningBroker) => Promise<void>,
) => (broker: RunningBroker): Promise<void> => withTools((session) => check(
  async (name, args) => (
    await session.run(name, ['--bootstrap-server', broker.address, ...args])).output,
  broker))

async function createTopic(
  broker: RunningBroker, prefix: string, ...args: string[]
): Promise<string> {
  const topic = uniqueName(prefix)
  await tool(broker, 'kafka-topics', ['--create', '--topic', topic, ...args])
  return topic
}

const consumeAll = (broker: RunningBroker, topic: string, count: number, ...args: string[]) =>
  tool(broker, 'kafka-console-consumer', ['--topic', topic, '--max-messages', String(count),
    '--timeout-ms', '30000', ...args])

const joinWith = (...properties: string[]): Join => async (address, group, topic, onValue) => {
  const args = [
    '--bootstrap-server', address, '--group', group, '--topic', topic, '--from-beginning',
    ...['auto.commit.interval.ms=200', ...properties]
      .flatMap((property) => ['--command-property', property])]
  const [command, all] = await toolCommand('kafka-console-consumer', args)
  return memberProcess(command, all, onValue)
}

/**
 * All files of the data directory whose name has the ending,
 * largest partitions' directories included.
 */
function filesEnding(broker: RunningBroker, ending: string): string[] {
  const names = readdirSync(broker.dataDirectory, { recursive: true }) as string[]
  return names.filter((name) => name.endsWith(ending))
    .map((name) => joinPath(broker.dataDirectory, name))
}

async function dump(files: readonly string[], ...args: string[]): Promise<string> {
  const { stdout, stderr } = await runTool('kafka-dump-log', ['--files', files.join(','), ...args])
  strictEqual(stderr.replace(/.*(SLF4J|WARN|StatusLogger).*\n/g, ''), '')
  return stdout
}

async function withMembers(
  address: string, use: (members: JavaMembers) => Promise<void>,
): Promise<void> {
  const members = await JavaMembers.start(address)
  try {
    await use(members)
  } finally {
    await members.end()
  }
}

const checks: readonly Check[] = [
  {
    name: 'kafka-broker-api-versions lists the APIs',
    async run(broker) {
      const listing = await tool(broker, 'kafka-broker-api-versions', [])
      match(listing, /Produce\(0\): 0 to 13 \[usable: 13\]/)
      match(listing, /Fetch\(1\): 4 to 18 \[usable: 18\]/)
      match(listing, /Metadata\(3\): 0 to 13 \[usable: 13\]/)
    },
  },
  {
    name: 'kafka-topics creates, lists, describes, alters, deletes',
    run: withOneProcess(async (say) => {
      const topic = uniqueName('topics')
      const topics = (...args: string[]) => say('kafka-topics', args)
      await topics('--create', '--topic', topic, '--partitions', '3',
        '--config', 'retention.ms=123456')
      ok((await topics('--list')).split('\n').includes(topic))
      const describe = () => topics('--describe', '--topic', topic)
      match(await describe(),
        /PartitionCount: 3\tReplicationFactor: 1\tConfigs: .*retention.ms=123456/)
      await topics('--alter', '--topic', topic, '--partitions', '5')
      match(await describe(), /PartitionCount: 5/)
      await topics('--delete', '--topic', topic)
      ok(!(await topics('--list')).split('\n').includes(topic))
    }),
  },
  {
    name: 'console producer and consumer carry keys, headers and partitions',
    async run(broker) {
      const topic = await createTopic(broker, 'console', '--partitions', '1')
      await tool(broker, 'kafka-console-producer', ['--topic', topic,
        '--reader-property', 'parse.key=true', '--reader-property', 'parse.headers=true'],
      'colour:blue,size:1\tkey1\tvalue1\ncolour:red\tkey2\tvalue2\n')
      const properties = ['print.key=true', 'print.headers=true', 'print.partition=true']
        .flatMap((property) => ['--formatter-property', property])
      const read = await consumeAll(broker, topic, 2, '--from-beginning', ...properties)
      deepStrictEqual(read.trimEnd().split('\n'), [
        'Partition:0\tcolour:blue,size:1\tkey1\tvalue1', 'Partition:0\tcolour:red\tkey2\tvalue2'])
    },
  },
  ...['none', 'gzip', 'snappy', 'lz4', 'zstd'].map((codec): Check => ({
    name: `console producer and consumer with ${codec}`,
    async run(broker) {
      const topic = await createTopic(broker, `console-${codec}`)
      const lines = Array.from({ length: 500 }, (_, i) => `line ${i} ${'x'.repeat(i % 60)}`)
      await tool(broker, 'kafka-console-producer', ['--topic', topic, '--compression-codec', codec],
        lines.join('\n') + '\n')
      const read = await consumeAll(broker, topic, lines.length, '--from-beginning')
      deepStrictEqual(read.trimEnd().split('\n'), lines)
    },
  })),
  {
    name: 'a group of 1, 3, then 2 console consumers loses nothing and sees nothing twice',
    timeoutMs: 200_000,
    run: ({ address }) =>
      walkGroup(address, joinWith('session.timeout.ms=10000', 'heartbeat.interval.ms=500')),
  },
  {
    name: 'the same with group.protocol=consumer (KIP-848)',
    timeoutMs: 200_000,
    run: ({ address }) => walkGroup(address,
      joinWith('group.protocol=consumer'), { isConsumerProtocol: true }),
  },
  ...(['classic', 'consumer'] as const).map((protocol): Check => ({
    name: `a group of 1, 5, then 2 members (${protocol}) while records are produced`,
    timeoutMs: 600_000,
    run: ({ address }) => withMembers(address,
      (members) => walkBusyGroup(address, members.join(protocol))),
  })),
  {
    name: 'a group moves to the consumer protocol and back while records are produced',
    timeoutMs: 600_000,
    run: ({ address }) => withMembers(address, (members) =>
      migrateBusyGroup(address, members.join('classic'), members.join('consumer'))),
  },
  {
    name: 'kafka-get-offsets: earliest, latest, max timestamp, a time',
    run: withOneProcess(async (say, broker) => {
      const topic = await createTopic(broker, 'get-offsets')
      const beforeMs = Date.now()
      await tool(broker, 'kafka-console-producer', ['--topic', topic], 'a\nb\nc\n')
      const at = async (time: string) =>
        (await say('kafka-get-offsets', ['--topic', topic, '--time', time])).trim()
      strictEqual(await at('earliest'), `${topic}:0:0`)
      strictEqual(await at('latest'), `${topic}:0:3`)
      strictEqual(await at(String(beforeMs)), `${topic}:0:0`)
      match(await at('max-timestamp'), new RegExp(`${topic}:0:[012]$`))
    }),
  },
  {
    name: 'kafka-configs on topics: describe, add, delete, refuse',
    run: withOneProcess(async (say) => {
      const topic = uniqueName('configured')
      await say('kafka-topics', ['--create', '--topic', topic])
      const configs = (...args: string[]) =>
        say('kafka-configs', ['--entity-type', 'topics', '--entity-name', topic, ...args])
      await configs('--alter', '--add-config', 'retention.ms=1000000,cleanup.policy=compact')
      const described = await configs('--describe')
      match(described, /retention\.ms=1000000 .*DYNAMIC_TOPIC_CONFIG:retention\.ms=1000000/)
      match(described, /cleanup\.policy=compact/)
      await configs('--alter', '--delete-config', 'retention.ms')
      ok(!(await configs('--describe')).includes('retention.ms='))
      match(await configs('--alter', '--add-config', 'retention.ms=no'),
        /Invalid value no for configuration retention\.ms/)
    }),
  },
  {
    name: 'kafka-delete-records moves the start of the log',
    async run(broker) {
      const topic = await createTopic(broker, 'shortened')
      await tool(broker, 'kafka-console-producer', ['--topic', topic], 'a\nb\nc\n')
      const file = joinPath(mkdtempSync(joinPath(tmpdir(), 'samsa-java-')), 'offsets.json')
      const partitions = [{ topic, partition: 0, offset: 2 }]
      writeFileSync(file, JSON.stringify({ version: 1, partitions }))
      match(await tool(broker, 'kafka-delete-records', ['--offset-json-file', file]),
        /low_watermark: 2/)
      strictEqual(await consumeAll(broker, topic, 1, '--from-beginning'), 'c\n')
    },
  },
  {
    name: 'kafka-producer-perf-test and kafka-consumer-perf-test run through',
    async run(broker) {
      const topic = await createTopic(broker, 'perf')
      const { stdout } = await runTool('kafka-producer-perf-test', ['--topic', topic,
        '--num-records', '20000', '--record-size', '1000', '--throughput', '-1', '--producer-props',
        `bootstrap.servers=${broker.address}`, 'acks=all'])
      match(stdout, /20000 records sent/)
      const consumed = await tool(broker, 'kafka-consumer-perf-test',
        ['--topic', topic, '--messages', '20000', '--timeout', '30000'])
      match(consumed, /, 20\d{3}, /)
    },
  },
  {
    name: 'kafka-metadata-quorum describes status and replication',
    run: withOneProcess(async (say) => {
      match(await say('kafka-metadata-quorum', ['describe', '--status']), /LeaderId: +1\n/)
      match(await say('kafka-metadata-quorum', ['describe', '--replication']), /Leader/)
    }),
  },
  {
    name: 'kafka-dump-log reads segments, indexes, offsets and metadata',
    timeoutMs: 120_000,
    async run(broker) {
      const topic = await createTopic(broker, 'dumped')
      await tool(broker, 'kafka-console-producer', ['--topic', topic], 'a\nb\nc\n')
      strictEqual(await broker.stop('SIGTERM'), 0)
      try {
        const own = filesEnding(broker, '.log').filter((file) => file.includes(`${topic}-0`))
        const dumped = await dump(own, '--print-data-log')
        match(dumped, /payload: a\n.*payload: b\n.*payload: c/s)
        const offsets = filesEnding(broker, '.log').filter((file) =>
          file.includes('__consumer_offsets') && readFileSync(file).length > 0)
        match(await dump(offsets, '--offsets-decoder'), /"group"/)
        const metadata = filesEnding(broker, '.log')
          .filter((file) => file.includes('__cluster_metadata'))
        match(await dump(metadata, '--cluster-metadata-decoder'), /"type":"TOPIC_RECORD"/)
        const indexes = [...filesEnding(broker, '.index'), ...filesEnding(broker, '.timeindex')]
          .filter((file) => file.includes(`${topic}-0`) || file.includes('perf'))
        ok(!/Found|mismatch|Exception/i.test(await dump(indexes, '--index-sanity-check')))
        const snapshots = filesEnding(broker, '.snapshot')
          .filter((file) => file.includes(`${topic}-0`))
        if (snapshots.length > 0) match(await dump(snapshots), /producerId/)
      } finally {
        await broker.start()
      }
    },
  },
]

export const javaSuite: Suite = {
  name: 'java',
  client: 'Apache Kafka 4.3.1 tools (Java)',
  checks,
  install: async () => { await installTools() },
}

export const javaLines: LineClient = {
  name: 'java',
  async produce(address, topic, file) {
    // Keyless records of one producer go to partition 0 where the topic has but one.
    const args = ['--bootstrap-server', address, '--topic', topic,
      '--command-property', 'delivery.timeout.ms=120000']
    await runTool('kafka-console-producer', args, { input: readFileSync(file), timeoutMs: 150_000 })
  },
  async consume(address, topic, lineCount, file) {
    const args = ['--bootstrap-server', address, '--topic', topic, '--from-beginning',
      '--max-messages', String(lineCount), '--timeout-ms', '60000']
    const { stdout } = await runTool('kafka-console-consumer', args, { timeoutMs: 150_000 })
    writeFileSync(file, stdout)
  },
}

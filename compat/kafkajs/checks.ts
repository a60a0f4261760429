// kafkajs against the broker: what an application of the Node world does with it.

import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import { CompressionTypes, ConfigResourceTypes, Kafka, logLevel, type Message } from 'kafkajs'
import { uniqueName, type Check, type Suite } from '../harness/check.ts'
import { walkGroup } from '../harness/group-walk.ts'
import { registerCodecs } from './codecs.ts'
import { joinWithKafkajs } from './line-client.ts'
import { transactionChecks } from './transactions.ts'

const connect = (address: string, clientId = 'kafkajs') =>
  new Kafka({ clientId, brokers: [address], logLevel: logLevel.NOTHING, retry: { retries: 8 } })

/** Reads a topic from its beginning until `count` records are there. */
async function readAll(address: string, topic: string, count: number): Promise<Message[]> {
  const consumer = connect(address).consumer({ groupId: uniqueName('readers') })
  await consumer.connect()
  try {
    await consumer.subscribe({ topic, fromBeginning: true })
    const read: Message[] = []
    await new Promise<void>((resolve, reject) => {
      const eachMessage = async ({ message }: { message: Message }) => {
        read.push(message)
        if (read.length === count) resolve()
      }
      consumer.run({ eachMessage }).catch(reject)
    })
    return read
  } finally {
    await consumer.disconnect()
  }
}

async function withAdmin<T>(
  address: string, use: (admin: ReturnType<Kafka['admin']>) => Promise<T>,
): Promise<T> {
  const admin = connect(address).admin()
  await admin.connect()
  try {
    return await use(admin)
  } finally {
    await admin.disconnect()
  }
}

async function produce(
  address: string, topic: string, messages: Message[],
  options: { compression?: CompressionTypes, idempotent?: boolean } = {},
): Promise<void> {
  const { compression, idempotent = false } = options
  const producer = connect(address).producer({ idempotent })
  await producer.connect()
  try {
    await producer.send({ topic, messages, acks: -1, ...(compression && { compression }) })
  } finally {
    await producer.disconnect()
  }
}

const compressionCheck = (name: string, compression: CompressionTypes): Check => ({
  name: `produces and consumes with ${name}`,
  async run({ address }) {
    const topic = uniqueName(`codec-${name}`)
    const messages = Array.from({ length: 200 }, (_, i) => ({
      key: `key ${i}`, value: `value ${i} `.repeat(20), headers: { number: String(i) },
    }))
    await withAdmin(address, (admin) => admin.createTopics({ topics: [{ topic }] }))
    await produce(address, topic, messages, { compression })
    const read = await readAll(address, topic, messages.length)
    const plain = read.map(({ key, value, headers }) => ({
      key: String(key), value: String(value), headers: { number: String(headers?.['number']) },
    }))
    deepStrictEqual(plain, messages)
  },
})

const checks: readonly Check[] = [
  compressionCheck('none', CompressionTypes.None),
  compressionCheck('gzip', CompressionTypes.GZIP),
  compressionCheck('snappy', CompressionTypes.Snappy),
  compressionCheck('lz4', CompressionTypes.LZ4),
  compressionCheck('zstd', CompressionTypes.ZSTD),
  {
    name: 'creates a topic by producing to it',
    async run({ address }) {
      const topic = uniqueName('automatic')
      await produce(address, topic, [{ value: 'first' }])
      const [message] = await readAll(address, topic, 1)
      strictEqual(String(message?.value), 'first')
    },
  },
  {
    name: 'idempotent producer keeps order over many sends',
    async run({ address }) {
      const topic = uniqueName('idempotent')
      await withAdmin(address, (admin) => admin.createTopics({ topics: [{ topic }] }))
      const producer = connect(address).producer({ idempotent: true, maxInFlightRequests: 1 })
      await producer.connect()
      const values = Array.from({ length: 100 }, (_, i) => `value ${i}`)
      for (const value of values) await producer.send({ topic, messages: [{ value }] })
      await producer.disconnect()
      const read = await readAll(address, topic, values.length)
      deepStrictEqual(read.map(({ value }) => String(value)), values)
    },
  },
  {
    name: 'a group of 1, 3, then 2 members loses nothing and sees nothing twice',
    timeoutMs: 120_000,
    run: ({ address }) => walkGroup(address, joinWithKafkajs),
  },
  {
    name: 'offsets by timestamp, latest and earliest; seek; reset',
    async run({ address }) {
      const topic = uniqueName('offsets')
      await withAdmin(address, async (admin) => {
        await admin.createTopics({ topics: [{ topic }] })
        const base = Date.now() - 10_000
        await produce(address, topic, [0, 1, 2, 3, 4].map((i) =>
          ({ value: String(i), timestamp: String(base + i * 1000) })))
        const [ends] = await admin.fetchTopicOffsets(topic)
        deepStrictEqual([ends?.low, ends?.high, ends?.offset], ['0', '5', '5'])
        const [at] = await admin.fetchTopicOffsetsByTimestamp(topic, base + 1500)
        strictEqual(at?.offset, '2')
        const groupId = uniqueName('resetters')
        await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '3' }] })
        const [committed] = await admin.fetchOffsets({ groupId, topics: [topic] })
        strictEqual(committed?.partitions[0]?.offset, '3')
        await admin.resetOffsets({ groupId, topic, earliest: true })
        const [reset] = await admin.fetchOffsets({ groupId, topics: [topic], resolveOffsets: true })
        strictEqual(reset?.partitions[0]?.offset, '0')
      })
    },
  },
  {
    name: 'admin: topics, partitions, configs, deleted records, groups',
    async run({ address }) {
      const topic = uniqueName('admin')
      await withAdmin(address, async (admin) => {
        const entry = { name: 'retention.ms', value: '123456' }
        const created = await admin.createTopics({
          topics: [{ topic, numPartitions: 2, configEntries: [entry] }], waitForLeaders: true,
        })
        ok(created)
        ok((await admin.listTopics()).includes(topic))
        await admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] })
        const { topics: [metadata] } = await admin.fetchTopicMetadata({ topics: [topic] })
        strictEqual(metadata?.partitions.length, 4)

        const resource = { type: ConfigResourceTypes.TOPIC, name: topic }
        const describe = async () => {
          const described = await admin.describeConfigs({
            resources: [resource], includeSynonyms: false,
          })
          const entries = described.resources[0]?.configEntries
          return entries?.find(({ configName }) => configName === 'retention.ms')?.configValue
        }
        strictEqual(await describe(), '123456')
        const configEntries = [{ name: 'retention.ms', value: '654321' }]
        await admin.alterConfigs({
          validateOnly: false, resources: [{ ...resource, configEntries }],
        })
        strictEqual(await describe(), '654321')

        await produce(address, topic, [0, 1, 2].map((i) => ({ value: String(i), partition: 1 })))
        await admin.deleteTopicRecords({ topic, partitions: [{ partition: 1, offset: '2' }] })
        const offsets = await admin.fetchTopicOffsets(topic)
        strictEqual(offsets.find(({ partition }) => partition === 1)?.low, '2')

        const { clusterId, brokers, controller } = await admin.describeCluster()
        ok(clusterId !== '' && brokers.length === 1 && controller === brokers[0]?.nodeId)
        await admin.deleteTopics({ topics: [topic] })
        ok(!(await admin.listTopics()).includes(topic))
      })
    },
  },
  {
    name: 'admin: groups are listed, described and deleted',
    async run({ address }) {
      const topic = uniqueName('grouped')
      const groupId = uniqueName('group')
      await withAdmin(address, async (admin) => {
        await admin.createTopics({ topics: [{ topic }] })
        const consumer = connect(address).consumer({ groupId })
        await consumer.connect()
        await consumer.subscribe({ topic, fromBeginning: true })
        const joined = new Promise<void>((resolve) => {
          consumer.on(consumer.events.GROUP_JOIN, () => resolve())
        })
        await consumer.run({ eachMessage: async () => {} })
        await joined
        ok((await admin.listGroups()).groups.some((group) => group.groupId === groupId))
        const { groups: [group] } = await admin.describeGroups([groupId])
        deepStrictEqual([group?.state, group?.protocol, group?.members.length],
          ['Stable', 'RoundRobinAssigner', 1])
        await consumer.disconnect()
        await admin.deleteGroups([groupId])
        ok(!(await admin.listGroups()).groups.some((other) => other.groupId === groupId))
      })
    },
  },
  ...transactionChecks(connect, readAll),
]

registerCodecs()

export const kafkajsSuite: Suite = { name: 'kafkajs', client: 'kafkajs 2.2.4', checks }

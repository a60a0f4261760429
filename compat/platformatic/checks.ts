// @platformatic/kafka against the broker: the newer client of the Node world,
// on recent versions of each API.

import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import {
  Admin, Consumer, MessagesStreamModes, Producer, ProduceAcks,
  stringDeserializers, stringSerializers,
  type CompressionAlgorithmValue,
} from '@platformatic/kafka'
import { uniqueName, type Check, type Suite } from '../harness/check.ts'
import { walkGroup, type Join } from '../harness/group-walk.ts'

const MAX_WAIT_MS = 200

const base = (address: string) => ({ clientId: 'platformatic', bootstrapBrokers: [address] })

const join: Join = async (address, groupId, topic, onValue) => {
  const consumer = new Consumer({
    ...base(address), groupId, deserializers: stringDeserializers,
    sessionTimeout: 10_000, heartbeatInterval: 500, rebalanceTimeout: 10_000,
  })
  const stream = await consumer.consume({
    topics: [topic], autocommit: true, maxWaitTime: MAX_WAIT_MS,
    mode: MessagesStreamModes.COMMITTED, fallbackMode: 'earliest',
  })
  stream.on('data', (message) => onValue(message.value))
  return { leave: async () => { await stream.close(); await consumer.close() } }
}

interface Read { readonly key: string, readonly value: string, readonly header: string | undefined }

/** Reads a topic from its beginning until `count` records are there. */
async function readAll(address: string, topic: string, count: number): Promise<Read[]> {
  const consumer = new Consumer({
    ...base(address), groupId: uniqueName('readers'), deserializers: stringDeserializers,
  })
  const stream = await consumer.consume({
    topics: [topic], mode: MessagesStreamModes.EARLIEST, maxWaitTime: MAX_WAIT_MS,
  })
  const read: Read[] = []
  for await (const { key, value, headers } of stream) {
    read.push({ key, value, header: headers.get('number') })
    if (read.length === count) break
  }
  await consumer.close(true)
  return read
}

async function withAdmin<T>(address: string, use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Admin(base(address))
  try {
    return await use(admin)
  } finally {
    await admin.close()
  }
}

const compressionCheck = (compression: CompressionAlgorithmValue): Check => ({
  name: `produces and consumes with ${compression}`,
  async run({ address }) {
    const topic = uniqueName(`codec-${compression}`)
    await withAdmin(address, (admin) => admin.createTopics({ topics: [topic], partitions: 1 }))
    const producer = new Producer({ ...base(address), serializers: stringSerializers })
    const records = Array.from({ length: 200 }, (_, i) => ({
      key: `key ${i}`, value: `value ${i} `.repeat(20), header: String(i),
    }))
    const messages = records.map(({ key, value, header }) =>
      ({ topic, key, value, headers: { number: header } }))
    await producer.send({ messages, compression, acks: ProduceAcks.ALL })
    await producer.close()
    deepStrictEqual(await readAll(address, topic, records.length), records)
  },
})

/**
 * Its snappy, lz4 and zstd want a newer Node or native packages;
 * what this Node lacks, it says itself.
 */
const codecs: readonly CompressionAlgorithmValue[] = ['none', 'gzip', 'snappy', 'lz4']

const checks: readonly Check[] = [
  ...codecs.map(compressionCheck),
  {
    name: 'idempotent producer keeps order over many sends',
    async run({ address }) {
      const topic = uniqueName('idempotent')
      await withAdmin(address, (admin) => admin.createTopics({ topics: [topic], partitions: 1 }))
      const producer = new Producer({
        ...base(address), serializers: stringSerializers, idempotent: true,
      })
      const values = Array.from({ length: 100 }, (_, i) => `value ${i}`)
      for (const value of values) await producer.send({ messages: [{ topic, key: 'k', value }] })
      await producer.close()
      const read = await readAll(address, topic, values.length)
      deepStrictEqual(read.map(({ value }) => value), values)
    },
  },
  {
    name: 'a group of 1, 3, then 2 members loses nothing and sees nothing twice',
    timeoutMs: 120_000,
    run: ({ address }) => walkGroup(address, join, { settleMs: 3 * MAX_WAIT_MS }),
  },
  {
    name: 'offsets: earliest, latest, by timestamp; committed offsets',
    async run({ address }) {
      const topic = uniqueName('offsets')
      const groupId = uniqueName('committers')
      await withAdmin(address, async (admin) => {
        await admin.createTopics({ topics: [topic], partitions: 1 })
        const producer = new Producer({ ...base(address), serializers: stringSerializers })
        const startMs = Date.now() - 10_000
        const messages = [0, 1, 2, 3, 4].map((i) =>
          ({ topic, value: String(i), timestamp: BigInt(startMs + i * 1000) }))
        await producer.send({ messages })
        await producer.close()
        const offsetAt = async (timestamp: bigint) => {
          const topics = [{ name: topic, partitions: [{ partitionIndex: 0, timestamp }] }]
          const [listed] = await admin.listOffsets({ topics })
          return listed?.partitions[0]?.offset
        }
        const found = await Promise.all([-2n, -1n, BigInt(startMs + 1500)].map(offsetAt))
        deepStrictEqual(found, [0n, 5n, 2n])
        const partitionOffsets = [{ partition: 0, offset: 3n }]
        await admin.alterConsumerGroupOffsets({
          groupId, topics: [{ name: topic, partitionOffsets }],
        })
        const [group] = await admin.listConsumerGroupOffsets({ groups: [groupId] })
        strictEqual(group?.topics[0]?.partitions[0]?.committedOffset, 3n)
      })
    },
  },
  {
    name: 'admin: topics and configs',
    async run({ address }) {
      const topic = uniqueName('admin')
      await withAdmin(address, async (admin) => {
        const [created] = await admin.createTopics({ topics: [topic], partitions: 2, replicas: 1 })
        strictEqual(created?.partitions, 2)
        ok((await admin.listTopics()).includes(topic))
        const configs = [{ name: 'retention.ms', value: '654321', configOperation: 0 as const }]
        const resource = { resourceType: 2 as const, resourceName: topic }
        await admin.incrementalAlterConfigs({ resources: [{ ...resource, configs }] })
        const [described] = await admin.describeConfigs({
          resources: [{ ...resource, configurationKeys: ['retention.ms'] }],
        })
        strictEqual(described?.configs[0]?.value, '654321')
        const metadata = await admin.metadata({ topics: [topic] })
        strictEqual(metadata.brokers.size, 1)
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
        await admin.createTopics({ topics: [topic], partitions: 1 })
        const member = await join(address, groupId, topic, () => {})
        ok((await admin.listGroups()).has(groupId))
        const described = await admin.describeGroups({ groups: [groupId] })
        strictEqual(described.get(groupId)?.members.size, 1)
        await member.leave()
        await admin.deleteGroups({ groups: [groupId] })
        ok(!(await admin.listGroups()).has(groupId))
      })
    },
  },
]

export const platformaticSuite: Suite = {
  name: 'platformatic', client: '@platformatic/kafka 1.35.0', checks,
}

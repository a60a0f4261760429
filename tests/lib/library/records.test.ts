// Topics, records that are produced and read without a client, and what a broker says to them.

import { describe, expect, test } from '@jest/globals'
import type { Broker, KafkaRecord } from '../../../lib/index.ts'
import { brokersOfTests, values } from './brokers.ts'
import { client } from './kafkajs.ts'

const start = brokersOfTests()

async function all(broker: Broker, topic: string): Promise<KafkaRecord[]> {
  const found: KafkaRecord[] = []
  for await (const record of broker.records(topic)) found.push(record)
  return found
}

describe('topics', () => {
  test('are created, listed and deleted', async () => {
    const { topics, ...broker } = await start({ topics: ['b', { name: 'a', partitions: 3 }] })
    await topics.create('c', { partitions: 2, configs: { 'cleanup.policy': 'compact' } })
    expect(await topics.list()).toEqual([
      { name: 'a', id: expect.stringMatching(/^[\w-]{22}$/), partitions: 3 },
      { name: 'b', id: expect.any(String), partitions: 1 },
      { name: 'c', id: expect.any(String), partitions: 2 },
    ])
    await topics.delete('a', 'b')
    expect((await topics.list()).map(({ name }) => name)).toEqual(['c'])
    expect(broker.port).toBeGreaterThan(0)
  })

  test('what Kafka refuses is refused in its words', async () => {
    const { topics } = await start({ topics: ['a'] })
    await expect(topics.create('a')).rejects.toMatchObject({
      code: 'TOPIC_ALREADY_EXISTS', errorCode: 36,
      message: "topic a: Topic 'a' already exists. (TOPIC_ALREADY_EXISTS)",
    })
    await expect(topics.create('b', { configs: { 'no.such': 1 } }))
      .rejects.toMatchObject({ code: 'INVALID_CONFIG' })
    await expect(topics.delete('x')).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION' })
  })
})

describe('produce', () => {
  test('keys, values, headers, times and places come back', async () => {
    const broker = await start({ topics: [{ name: 'orders', partitions: 2 }] })
    const places = await broker.produce('orders', [
      { key: 'k', value: 'v', headers: { a: '1', b: null }, partition: 1, timestamp: 1000 },
      { value: Buffer.from([1, 2]), partition: 0, timestamp: new Date(2000) },
      { key: 'k', partition: 1, headers: [{ key: 'h', value: 'x' }, { key: 'h', value: 'y' }] },
    ])
    expect(places).toEqual([
      { topic: 'orders', partition: 1, offset: 0 }, { topic: 'orders', partition: 0, offset: 0 },
      { topic: 'orders', partition: 1, offset: 1 },
    ])
    const records = await all(broker, 'orders')
    expect(records).toHaveLength(3)
    expect(records).toContainEqual({
      topic: 'orders', partition: 1, offset: 0, timestamp: 1000,
      key: Buffer.from('k'), value: Buffer.from('v'),
      headers: [{ key: 'a', value: Buffer.from('1') }, { key: 'b', value: null }],
    })
    expect(records).toContainEqual({
      topic: 'orders', partition: 0, offset: 0, timestamp: 2000, key: null,
      value: Buffer.from([1, 2]), headers: [],
    })
    expect(records).toContainEqual({
      topic: 'orders', partition: 1, offset: 1, timestamp: expect.any(Number),
      key: Buffer.from('k'), value: null,
      headers: [{ key: 'h', value: Buffer.from('x') }, { key: 'h', value: Buffer.from('y') }],
    })
  })

  test('keys go where kafkajs, and so Java, sends them', async () => {
    const broker = await start({ settings: { 'num.partitions': 16 }, topics: ['a', 'b'] })
    const keys = ['', 'a', 'ab', 'abc', 'abcd', 'abcde', 'order-17', 'ünïcødé', 'x'.repeat(100)]
    const placed = await broker.produce('a', keys.map((key) => ({ key, value: key })))
    const producer = client(broker).producer()
    await producer.connect()
    await producer.send({ topic: 'b', messages: keys.map((key) => ({ key, value: key })) })
    await producer.disconnect()
    const theirs = new Map((await all(broker, 'b'))
      .map(({ value, partition }) => [String(value), partition]))
    // kafkajs takes an empty key for none.
    for (const [i, key] of keys.entries()) {
      if (key !== '') expect([key, placed[i]!.partition]).toEqual([key, theirs.get(key)])
    }
  })

  test('without a key one partition follows the other', async () => {
    const broker = await start({ topics: [{ name: 'orders', partitions: 3 }] })
    const places = await broker.produce('orders', [...'abcd'].map((value) => ({ value })))
    expect(places.map(({ partition }) => partition)).toEqual([0, 1, 2, 0])
  })

  test('more than a batch holds becomes several, in order', async () => {
    const broker = await start()
    const value = 'x'.repeat(10_000)
    const places = await broker.produce('orders',
      Array.from({ length: 300 }, (_, i) => ({ key: String(i), value })))
    expect(places.map(({ offset }) => offset)).toEqual(Array.from({ length: 300 }, (_, i) => i))
    const keys = (await all(broker, 'orders')).map(({ key }) => Number(key))
    expect(keys).toEqual(Array.from({ length: 300 }, (_, i) => i))
  })

  test('what a producer would be refused is refused', async () => {
    const broker = await start({
      topics: [
        { name: 'small', configs: { 'max.message.bytes': 200 } },
        { name: 'compacted', configs: { 'cleanup.policy': 'compact' } },
      ],
    })
    await expect(broker.produce('small', { value: 'x'.repeat(1000) }))
      .rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' })
    await expect(broker.produce('small', { value: 'x', partition: 7 }))
      .rejects.toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION' })
    await expect(broker.produce('compacted', { value: 'x' }))
      .rejects.toMatchObject({ code: 'INVALID_RECORD' })
    expect(await broker.produce('small', [])).toEqual([])
  })

  test('a partition that is not there is not read as an empty one', async () => {
    const broker = await start({ topics: ['orders'] })
    await expect(values(broker, 'orders', { partitions: [0, 9] })).rejects.toMatchObject({
      code: 'UNKNOWN_TOPIC_OR_PARTITION', message: expect.stringContaining('orders-9'),
    })
  })

  test('a topic of hundreds of partitions can be written to at once', async () => {
    const broker = await start()
    await broker.topics.create('wide', { partitions: 500 })
    const places = await broker.produce('wide',
      Array.from({ length: 500 }, (_, partition) => ({ partition, value: 'x' })))
    expect(places).toHaveLength(500)
    expect(await values(broker, 'wide')).toHaveLength(500)
  })
})

describe('records', () => {
  test('to the end that there is now', async () => {
    const broker = await start({ topics: ['empty', 'orders'] })
    expect(await values(broker, 'empty')).toEqual([])
    await broker.produce('orders', [{ value: 'a' }, { value: 'b' }])
    const reading = broker.records('orders')
    expect((await reading.next()).value).toMatchObject({ offset: 0 })
    await broker.produce('orders', { value: 'c' })
    expect((await reading.next()).value).toMatchObject({ offset: 1 })
    expect((await reading.next()).done).toBe(true)
  })

  test('from offsets, of some partitions, and no more than asked for', async () => {
    const broker = await start({ topics: [{ name: 'orders', partitions: 2 }] })
    await broker.produce('orders', [
      { value: 'a', partition: 0 }, { value: 'b', partition: 0 }, { value: 'c', partition: 1 },
    ])
    expect(await values(broker, 'orders', { from: { 0: 1 } })).toEqual(['b', 'c'])
    expect(await values(broker, 'orders', { partitions: [0] })).toEqual(['a', 'b'])
    expect(await values(broker, 'orders', { limit: 1 })).toEqual(['a'])
    expect(await values(broker, 'orders', { from: 'latest' })).toEqual([])
  })

  test('for ever, for a topic that is not there yet, until somebody has enough', async () => {
    const broker = await start()
    const waiting = values(broker, 'later', { until: 'never', limit: 3 })
    await broker.produce('later', { value: 'a' })
    await broker.produce('later', [{ value: 'b' }, { value: 'c' }, { value: 'd' }])
    expect(await waiting).toEqual(['a', 'b', 'c'])
  })

  test('a reading is ended by its signal, and by the end of the broker', async () => {
    const broker = await start({ topics: ['orders'] })
    const stop = new AbortController()
    const stopped = values(broker, 'orders', { until: 'never', signal: stop.signal })
    const absent = values(broker, 'absent', { until: 'never', signal: stop.signal })
    const closed = values(broker, 'orders', { until: 'never' })
    const absentClosed = values(broker, 'absent', { until: 'never' })
    await broker.produce('orders', { value: 'a' })
    await new Promise((resolve) => { setTimeout(resolve, 20) })
    stop.abort()
    expect(await stopped).toEqual(['a'])
    expect(await absent).toEqual([])
    await broker.close()
    expect(await closed).toEqual(['a'])
    expect(await absentClosed).toEqual([])
  })

  test('goes on with a topic that is created anew, and with new partitions', async () => {
    const broker = await start({ topics: ['orders'] })
    const waiting = values(broker, 'orders', { until: 'never', limit: 3 })
    await broker.produce('orders', { value: 'a' })
    await new Promise((resolve) => { setTimeout(resolve, 20) })
    await broker.topics.delete('orders')
    await broker.topics.create('orders', { partitions: 2 })
    await broker.produce('orders', [{ value: 'b', partition: 1 }])
    const admin = client(broker).admin()
    await admin.connect()
    await admin.createPartitions({ topicPartitions: [{ topic: 'orders', count: 3 }] })
    await admin.disconnect()
    await broker.produce('orders', [{ value: 'c', partition: 2 }])
    expect(await waiting).toEqual(['a', 'b', 'c'])
  })

  test('what is not there, or not yet, is told', async () => {
    const broker = await start({ topics: ['orders'] })
    await expect(values(broker, 'absent'))
      .rejects.toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION' })
    await expect(values(broker, 'orders', { from: { 0: 5 }, until: 'never' }))
      .rejects.toMatchObject({ code: 'OFFSET_OUT_OF_RANGE' })
  })

  test('transactions, as isolation has it', async () => {
    const broker = await start({ topics: ['orders'] })
    const producer = client(broker).producer({
      transactionalId: 't', idempotent: true, maxInFlightRequests: 1,
    })
    await producer.connect()
    const send = async (value: string, end: 'commit' | 'abort' | 'none'): Promise<void> => {
      const transaction = await producer.transaction()
      await transaction.send({ topic: 'orders', messages: [{ value }] })
      if (end === 'commit') await transaction.commit()
      else if (end === 'abort') await transaction.abort()
    }
    await send('a', 'commit')
    await send('b', 'abort')
    await broker.produce('orders', { value: 'c' })
    await send('d', 'commit')
    await send('e', 'none')
    await broker.produce('orders', { value: 'f' })
    const committed = { isolationLevel: 'read_committed' } as const
    expect(await values(broker, 'orders', committed)).toEqual(['a', 'c', 'd'])
    expect(await values(broker, 'orders')).toEqual(['a', 'b', 'c', 'd', 'e', 'f'])
    await producer.disconnect()
  })

  test('after records were deleted it begins with those that are left', async () => {
    const broker = await start({ topics: ['orders'] })
    await broker.produce('orders', [{ value: 'a' }, { value: 'b' }, { value: 'c' }])
    const admin = client(broker).admin()
    await admin.connect()
    await admin.fetchTopicOffsets('orders')
    await admin.deleteTopicRecords({ topic: 'orders', partitions: [{ partition: 0, offset: '2' }] })
    await admin.disconnect()
    expect(await values(broker, 'orders')).toEqual(['c'])
    expect(await values(broker, 'orders', { from: { 0: 0 } })).toEqual(['c'])
  })
})

// Faults on the wire, as kafkajs meets them.

import { describe, expect, test } from '@jest/globals'
import type { Producer } from 'kafkajs'
import type { Broker } from '../../../lib/index.ts'
import { brokersOfTests, until, values } from './brokers.ts'
import { client } from './kafkajs.ts'

const start = brokersOfTests()

/** Sends one value with a producer of its own. */
async function send(
  broker: Broker, value: string,
  { idempotent = false, requestTimeout = 5000, clientId = 'app' } = {},
): Promise<void> {
  const producer = client(broker, { requestTimeout, clientId }).producer({ idempotent })
  await producer.connect()
  try {
    await sendWith(producer, value)
  } finally {
    await producer.disconnect()
  }
}

async function sendWith(producer: Producer, value: string, acks = -1): Promise<void> {
  await producer.send({ topic: 'orders', acks, messages: [{ value }] })
}

describe('reply', () => {
  test('a producer that is told NOT_LEADER_OR_FOLLOWER twice tries again', async () => {
    const broker = await start({ topics: ['orders'] })
    const fault = broker.faults.on('Produce').times(2).reply('NOT_LEADER_OR_FOLLOWER')
    await send(broker, 'a')
    expect(fault.count).toBe(2)
    expect(await values(broker, 'orders')).toEqual(['a'])
  })

  test('a producer gives up on an error that does not pass', async () => {
    const broker = await start({ topics: ['orders'] })
    broker.faults.on('Produce').reply('TOPIC_AUTHORIZATION_FAILED')
    await expect(send(broker, 'a')).rejects.toMatchObject({ type: 'TOPIC_AUTHORIZATION_FAILED' })
    expect(await values(broker, 'orders')).toEqual([])
  })

  test('a consumer gets over errors of Fetch, of its group and of its coordinator', async () => {
    const broker = await start({ topics: ['orders'] })
    await broker.produce('orders', { value: 'a' })
    const faults = [
      broker.faults.on('FindCoordinator').times(1).reply('COORDINATOR_NOT_AVAILABLE'),
      broker.faults.on('JoinGroup').times(1).reply('COORDINATOR_LOAD_IN_PROGRESS'),
      broker.faults.on('SyncGroup').times(1).reply('REBALANCE_IN_PROGRESS'),
      broker.faults.on('OffsetFetch').times(1).reply('COORDINATOR_LOAD_IN_PROGRESS'),
      broker.faults.on('Fetch').times(2).reply('NOT_LEADER_OR_FOLLOWER'),
    ]
    const consumer = client(broker).consumer({ groupId: 'g', maxWaitTimeInMs: 50 })
    await consumer.connect()
    await consumer.subscribe({ topic: 'orders', fromBeginning: true })
    const seen = await new Promise<string>((resolve) => {
      void consumer.run({
        eachMessage: async ({ message }) => resolve(String(message.value)),
      })
    })
    await consumer.disconnect()
    expect(seen).toBe('a')
    expect(faults.map(({ count }) => count)).toEqual([1, 1, 1, 1, 2])
  })

  test('who wants no answer is told by the end of his connection, as by Kafka', async () => {
    const broker = await start({ topics: ['orders'] })
    const fault = broker.faults.on('Produce').times(1).reply('NOT_LEADER_OR_FOLLOWER')
    const producer = client(broker).producer()
    await producer.connect()
    await sendWith(producer, 'a', 0)
    await until('a request is met', () => fault.count > 0)
    await producer.disconnect()
    expect(await values(broker, 'orders')).toEqual([])
  })
})

describe('drop, close and delay', () => {
  test('an answer that is lost makes a duplicate', async () => {
    const broker = await start({ topics: ['orders'] })
    broker.faults.on('Produce').times(1).drop()
    await send(broker, 'a', { requestTimeout: 1000 })
    // Or more, where the machine is so busy that more of them come too late.
    expect((await values(broker, 'orders')).length).toBeGreaterThan(1)
  })

  test('but not of an idempotent producer', async () => {
    const broker = await start({ topics: ['orders'] })
    broker.faults.on('Produce').times(1).drop()
    await send(broker, 'a', { requestTimeout: 1000, idempotent: true })
    expect(await values(broker, 'orders')).toEqual(['a'])
  })

  test('a connection that closes before the request is handled loses nothing', async () => {
    const broker = await start({ topics: ['orders'] })
    const fault = broker.faults.on('Produce').times(1).close()
    await send(broker, 'a')
    expect(fault.count).toBe(1)
    expect(await values(broker, 'orders')).toEqual(['a'])
  })

  test('and one that closes after it makes a duplicate', async () => {
    const broker = await start({ topics: ['orders'] })
    broker.faults.on('Produce').times(1).close({ handled: 'after' })
    await send(broker, 'a')
    expect(await values(broker, 'orders')).toEqual(['a', 'a'])
  })

  test('a request that is delayed waits for the clock of the broker', async () => {
    const broker = await start({ topics: ['orders'] })
    const fault = broker.faults.on('Produce').times(1).delay(60_000)
    const producer = client(broker, { requestTimeout: 60_000 }).producer()
    await producer.connect()
    const first = sendWith(producer, 'a')
    await until('a request is met', () => fault.count > 0)
    const second = sendWith(producer, 'b')
    await new Promise((resolve) => { setTimeout(resolve, 20) })
    expect(await values(broker, 'orders')).toEqual([])
    await broker.clock.advance(60_000)
    await Promise.all([first, second])
    await producer.disconnect()
    // What came behind it on the connection did not overtake it.
    expect(await values(broker, 'orders')).toEqual(['a', 'b'])
  })

  test('a broker closes at once, though a request is delayed', async () => {
    const broker = await start({ topics: ['orders'] })
    const fault = broker.faults.on('Produce').delay(60_000)
    const sending = send(broker, 'a', { requestTimeout: 300 }).catch(() => {})
    await until('a request is met', () => fault.count > 0)
    await broker.close()
    await sending
  })
})

describe('which requests', () => {
  test('those that the predicate is true of', async () => {
    const broker = await start({ topics: ['orders'] })
    const fault = broker.faults.on('Produce')
      .when(({ clientId }) => clientId === 'other')
      .when(({ body }) => body['acks'] === -1)
      .reply('TOPIC_AUTHORIZATION_FAILED')
    await send(broker, 'a')
    await expect(send(broker, 'b', { clientId: 'other' })).rejects.toThrow()
    expect(fault.count).toBe(1)
  })

  test('the fault that was set last counts, until it is used up or removed', async () => {
    const broker = await start({ topics: ['orders'] })
    const older = broker.faults.on('Produce').reply('TOPIC_AUTHORIZATION_FAILED')
    const newer = broker.faults.on('Produce').times(1).reply('POLICY_VIOLATION')
    await expect(send(broker, 'a')).rejects.toMatchObject({ type: 'POLICY_VIOLATION' })
    await expect(send(broker, 'a')).rejects.toMatchObject({ type: 'TOPIC_AUTHORIZATION_FAILED' })
    expect([older.count, newer.count]).toEqual([1, 1])
    older.remove()
    await send(broker, 'a')
    broker.faults.on('Produce').reply('POLICY_VIOLATION')
    broker.faults.clear()
    await send(broker, 'b')
    expect(await values(broker, 'orders')).toEqual(['a', 'b'])
  })

  test('what is in this process meets none', async () => {
    const broker = await start()
    broker.faults.on('Produce').close()
    broker.faults.on('CreateTopics').close()
    await broker.produce('orders', { value: 'a' })
    expect(await values(broker, 'orders')).toEqual(['a'])
  })

  test('what makes no sense is refused when it is said', async () => {
    const { faults } = await start()
    expect(() => faults.on('Prodcue' as never)).toThrow('Prodcue is no API of this broker')
    expect(() => faults.on('Produce').times(0)).toThrow('a whole number of requests, not 0')
    expect(() => faults.on('Produce').reply('NO_SUCH' as never)).toThrow('NO_SUCH is no error')
    expect(() => faults.on('Produce').reply('NONE')).toThrow('NONE is no error')
  })
})

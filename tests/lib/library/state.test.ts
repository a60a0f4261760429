// A broker emptied, kept and copied as a whole.

import { describe, expect, test } from '@jest/globals'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Broker } from '../../../lib/index.ts'
import { brokersOfTests, until, values } from './brokers.ts'
import { client, send } from './kafkajs.ts'

const start = brokersOfTests()

async function withAdmin<T>(
  broker: Broker, work: (admin: ReturnType<ReturnType<typeof client>['admin']>) => Promise<T>,
): Promise<T> {
  const admin = client(broker).admin()
  await admin.connect()
  try {
    return await work(admin)
  } finally {
    await admin.disconnect()
  }
}

async function commit(broker: Broker, groupId: string, offset: string): Promise<void> {
  await withAdmin(broker, (admin) => (
    admin.setOffsets({ groupId, topic: 'orders', partitions: [{ partition: 0, offset }] })))
}

async function committed(broker: Broker, groupId: string): Promise<string> {
  const [found] = await withAdmin(broker, (admin) => (
    admin.fetchOffsets({ groupId, topics: ['orders'] })))
  return found!.partitions[0]!.offset
}

describe('reset', () => {
  test('leaves the topics of the start, empty, and nothing else', async () => {
    const broker = await start({ topics: [{ name: 'orders', partitions: 2 }] })
    await broker.topics.create('more')
    await send(broker, 'orders', 'a', 'b')
    await commit(broker, 'g', '2')
    const fault = broker.faults.on('Metadata').close()
    await broker.reset()

    expect((await broker.topics.list()).map(({ name, partitions }) => [name, partitions]))
      .toEqual([['orders', 2]])
    expect(await values(broker, 'orders')).toEqual([])
    expect(await withAdmin(broker, (admin) => admin.listGroups())).toEqual({ groups: [] })
    expect(await committed(broker, 'g')).toBe('-1')
    expect(fault.count).toBe(0)
    await broker.produce('orders', { value: 'c', partition: 0 })
    expect(await values(broker, 'orders')).toEqual(['c'])
  })

  test('a consumer stays connected, joins anew, and reads on', async () => {
    const broker = await start({ topics: ['orders'] })
    const seen: string[] = []
    const consumer = client(broker).consumer({
      groupId: 'g', heartbeatInterval: 100, maxWaitTimeInMs: 50,
    })
    await consumer.connect()
    await consumer.subscribe({ topic: 'orders', fromBeginning: true })
    await consumer.run({
      eachMessage: async ({ message }) => { seen.push(String(message.value)) },
    })
    await broker.produce('orders', { value: 'a' })
    await until('1 were read', () => seen.length >= 1)
    await broker.reset()
    await broker.produce('orders', { value: 'b' })
    await until('2 were read', () => seen.length >= 2)
    await consumer.disconnect()
    expect(seen).toEqual(['a', 'b'])
  })

  test('quotas and settings of clients go too', async () => {
    const broker = await start({ topics: ['orders'] })
    await withAdmin(broker, (admin) => admin.alterConfigs({
      validateOnly: false,
      resources: [
        { type: 2, name: 'orders', configEntries: [{ name: 'retention.ms', value: '5000' }] },
        { type: 4, name: '1', configEntries: [{ name: 'message.max.bytes', value: '2000' }] },
      ],
    }))
    const values = (): Promise<(string | undefined)[]> => withAdmin(broker, async (admin) => {
      const { resources } = await admin.describeConfigs({
        includeSynonyms: false,
        resources: [
          { type: 2, name: 'orders', configNames: ['retention.ms'] },
          { type: 4, name: '1', configNames: ['message.max.bytes'] },
        ],
      })
      return resources.map(({ configEntries }) => configEntries[0]?.configValue)
    })
    expect(await values()).toEqual(['5000', '2000'])
    await broker.reset()
    expect(await values()).toEqual(['604800000', '1048588'])
  })

  test('it is over in no time, again and again', async () => {
    const broker = await start({ topics: ['orders'] })
    const times: number[] = []
    for (let i = 0; i < 20; i++) {
      await broker.produce('orders', Array.from({ length: 100 }, () => ({ value: 'x' })))
      const startedMs = performance.now()
      await broker.reset()
      times.push(performance.now() - startedMs)
      expect(await values(broker, 'orders')).toEqual([])
    }
    expect(times.sort((a, b) => a - b)[10]).toBeLessThan(50)
  })
})

describe('a snapshot', () => {
  test('has what there was, and knows nothing of what came later', async () => {
    const broker = await start({
      topics: [{ name: 'orders', partitions: 1 }], settings: { 'num.partitions': 3 },
    })
    await send(broker, 'orders', 'a', 'b')
    await commit(broker, 'g', '1')
    const snapshot = await broker.snapshot()
    await broker.produce('orders', { value: 'c' })
    await broker.topics.create('later')

    const forks = [await snapshot.fork(), await snapshot.fork()] as const
    try {
      for (const fork of forks) {
        expect(fork.port).not.toBe(broker.port)
        expect(await values(fork, 'orders')).toEqual(['a', 'b'])
        expect(await committed(fork, 'g')).toBe('1')
      }
      await send(forks[0], 'orders', 'x')
      expect(await values(forks[0], 'orders')).toEqual(['a', 'b', 'x'])
      expect(await values(forks[1], 'orders')).toEqual(['a', 'b'])
      expect(await values(broker, 'orders')).toEqual(['a', 'b', 'c'])
      await forks[0].topics.create('wide')
      expect(await forks[0].topics.list()).toContainEqual(
        { name: 'wide', id: expect.any(String), partitions: 3 })
    } finally {
      await Promise.all(forks.map((fork) => fork.close()))
    }
  })

  test('an idempotent producer and a transaction go on in a fork', async () => {
    const broker = await start({ topics: ['orders'] })
    const producer = client(broker).producer({
      transactionalId: 't', idempotent: true, maxInFlightRequests: 1,
    })
    await producer.connect()
    const transaction = await producer.transaction()
    await transaction.send({ topic: 'orders', messages: [{ value: 'a' }] })
    const fork = await broker.fork()
    await transaction.commit()
    const isolation = { isolationLevel: 'read_committed' } as const
    expect(await values(broker, 'orders', isolation)).toEqual(['a'])
    expect(await values(fork, 'orders', isolation)).toEqual([])
    expect(await values(fork, 'orders')).toEqual(['a'])
    await fork.clock.advance(120_000)
    await fork.produce('orders', { value: 'b' })
    expect(await values(fork, 'orders', isolation)).toEqual(['b'])
    await producer.disconnect()
    await fork.close()
  })

  test('of a broker on a disk is in memory, and has its clock', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'samsa-library-'))
    try {
      const broker = await start({ directory, topics: ['orders'] })
      await broker.produce('orders', { value: 'a' })
      await broker.clock.advance(3_600_000)
      const fork = await broker.fork()
      await broker.close()
      expect(await values(fork, 'orders')).toEqual(['a'])
      expect(fork.clock.now() - Date.now()).toBeGreaterThan(3_000_000)
      await fork.close()
    } finally {
      rmSync(directory, { recursive: true })
    }
  })
})

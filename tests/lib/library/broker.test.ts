// A broker inside this process: it starts and ends, and serves stock clients.

import { afterEach, describe, expect, test } from '@jest/globals'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StartError } from '../../../lib/index.ts'
import { brokersOfTests, values } from './brokers.ts'
import { client, send } from './kafkajs.ts'

const start = brokersOfTests()
const directories: string[] = []

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'samsa-library-'))
  directories.push(directory)
  return directory
}

afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true })
})

describe('in memory', () => {
  test('it serves a stock client', async () => {
    const broker = await start({ topics: ['orders'] })
    await send(broker, 'orders', 'one', 'two')

    const consumer = client(broker).consumer({ groupId: 'g' })
    await consumer.connect()
    await consumer.subscribe({ topic: 'orders', fromBeginning: true })
    const seen = await new Promise<string[]>((resolve) => {
      const all: string[] = []
      void consumer.run({
        eachMessage: async ({ message }) => {
          if (all.push(String(message.value)) === 2) resolve(all)
        },
      })
    })
    await consumer.disconnect()
    expect(seen).toEqual(['one', 'two'])
  })

  test('it closes at once, whatever clients are connected', async () => {
    const broker = await start({ topics: ['orders'] })
    const socket = await connecting(broker.port)
    const closed = new Promise((resolve) => { socket.on('close', resolve).resume() })
    const startedMs = performance.now()
    await broker.close()
    expect(performance.now() - startedMs).toBeLessThan(500)
    await closed
    await expect(connecting(broker.port)).rejects.toThrow('ECONNREFUSED')
  })

  test('what is asked of one that is closed is refused', async () => {
    const broker = await start()
    await broker.close()
    await broker.close()
    await expect(broker.produce('orders', { value: 'x' })).rejects.toThrow('the broker is closed')
    await expect(values(broker, 'orders')).rejects.toThrow('the broker is closed')
    await expect(broker.reset()).rejects.toThrow('the broker is closed')
    await expect(broker.snapshot()).rejects.toThrow('the broker is closed')
    await expect(broker.topics.create('a')).rejects.toThrow('the broker is closed')
  })

  test('thirty of them do not know of each other', async () => {
    const all = await Promise.all(Array.from({ length: 30 }, () => start()))
    await Promise.all(all.map((broker, i) => broker.produce('orders', { value: String(i) })))
    expect(new Set(all.map(({ port }) => port)).size).toBe(30)
    expect(new Set(all.map(({ clusterId }) => clusterId)).size).toBe(30)
    const found = await Promise.all(all.map((broker) => values(broker, 'orders')))
    expect(found).toEqual(all.map((_, i) => [String(i)]))
  })

  test('a port that is asked for is taken', async () => {
    const first = await start()
    const { port } = first
    await first.close()
    const second = await start({ port })
    expect(second.bootstrapServers).toBe(`127.0.0.1:${port}`)
    await expect(start({ port })).rejects.toThrow(StartError)
  })

  test('settings have their effect, and those that cannot be are refused in one line', async () => {
    const broker = await start({ settings: { 'auto.create.topics.enable': false } })
    await expect(broker.produce('orders', { value: 'x' }))
      .rejects.toMatchObject({ name: 'KafkaError', code: 'UNKNOWN_TOPIC_OR_PARTITION' })
    await expect(start({ settings: { 'num.partitions': 0 } }))
      .rejects.toThrow('num.partitions=0: must be a whole number of at least 1')
    await expect(start({ settings: { 'log.retention.sm': 1 } as object }))
      .rejects.toThrow('none that is called log.retention.sm; did you mean log.retention.ms?')
    await expect(start({ settings: { 'log.cleanup.policy': ['compact', 'delete'] } }))
      .resolves.toBeDefined()
  })

  test('it logs to whoever asks for it, and to nobody else', async () => {
    const lines: string[] = []
    await start({
      log: (line) => lines.push(line), settings: { 'num.network.threads': 4 },
    })
    expect(lines.join('')).toContain('num.network.threads=4 has no effect')
  })

  test('topics that cannot be created end the start', async () => {
    await expect(start({ topics: ['a b'] })).rejects.toMatchObject({
      code: 'INVALID_TOPIC_EXCEPTION',
    })
  })
})

describe('on a disk', () => {
  test('a directory that its settings could not name is refused', async () => {
    await expect(start({ directory: 'a,b' })).rejects.toThrow('a comma would make two of it')
  })

  test('it finds again what it wrote', async () => {
    const directory = join(temporaryDirectory(), 'data')
    const first = await start({ directory, topics: ['orders'] })
    await send(first, 'orders', 'one')
    await first.close()
    expect(existsSync(join(directory, 'orders-0', '00000000000000000000.log'))).toBe(true)

    const second = await start({ directory })
    expect(second.clusterId).toBe(first.clusterId)
    expect(await values(second, 'orders')).toEqual(['one'])
  })

  test('it starts again with the same options', async () => {
    const directory = temporaryDirectory()
    const options = { directory, topics: ['orders', { name: 'wide', partitions: 3 }] }
    const first = await start(options)
    await first.produce('orders', { value: 'one' })
    await first.close()
    const second = await start({ ...options, topics: [...options.topics, 'new'] })
    expect(await values(second, 'orders')).toEqual(['one'])
    const found = (await second.topics.list()).map(({ name, partitions }) => [name, partitions])
    expect(found).toEqual([['new', 1], ['orders', 1], ['wide', 3]])
  })

  test('that it lies there is said by an option, not by a setting', async () => {
    const directory = temporaryDirectory()
    await expect(start({ settings: { 'log.dirs': directory } })).rejects.toThrow(
      'settings: what log.dirs says is said by the option directory')
  })

  test('when its disk fails it says so, and is closed', async () => {
    const directory = temporaryDirectory()
    const broker = await start({ directory })
    rmSync(directory, { recursive: true })
    await expect(broker.topics.create('orders')).resolves.toBeUndefined()
    await expect(broker.produce('orders', { value: 'x' })).rejects.toThrow()
    expect(await broker.failed).toBeInstanceOf(Error)
    await expect(broker.topics.list()).rejects.toThrow('the broker is closed')
    mkdirSync(directory)
  })

  test('two cannot have one directory', async () => {
    const directory = temporaryDirectory()
    await start({ directory })
    await expect(start({ directory }))
      .rejects.toThrow(`${directory} is in use by a broker that runs in process ${process.pid}, `)
  })
})

function connecting(port: number) {
  return new Promise<ReturnType<typeof connect>>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket))
    socket.on('error', reject)
  })
}

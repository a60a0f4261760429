// A whole node, over loopback and on the disk, with a stock client.

import { afterEach, describe, expect, test } from '@jest/globals'
import { Kafka, logLevel, type Consumer } from 'kafkajs'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { DEVELOPMENT, parseConfig } from '../../lib/config.ts'
import { Node } from '../../lib/node.ts'
import { StartError } from '../../lib/start-error.ts'
import { createLogger } from '../../lib/world/logger.ts'
import { systemWorld } from '../../lib/world/system.ts'

const directories: string[] = []
const nodes: Node[] = []

afterEach(async () => {
  for (const node of nodes.splice(0)) await node.stop()
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true })
})

function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'samsa-node-'))
  directories.push(directory)
  return directory
}

interface Started {
  readonly node: Node
  readonly port: number
  readonly log: string[]
}

function newNode(directory: string, settings: Record<string, string> = {}): Started {
  const log: string[] = []
  const logger = createLogger({ level: 'debug', write: (line) => log.push(line) })
  const properties = new Map(Object.entries({
    'listeners': 'PLAINTEXT://127.0.0.1:0', 'log.dirs': join(directory, 'data'), ...settings,
  }))
  const config = parseConfig(properties, () => {}, { base: DEVELOPMENT })
  const node = new Node(config, systemWorld(logger))
  nodes.push(node)
  return { node, log, get port() { return node.listeners[0]!.port } }
}

async function start(directory: string, settings?: Record<string, string>): Promise<Started> {
  const started = newNode(directory, settings)
  await started.node.start()
  return started
}

function clientOf({ port }: Started): Kafka {
  return new Kafka({ brokers: [`127.0.0.1:${port}`], logLevel: logLevel.NOTHING })
}

/** Consumes from the beginning until so many records came. */
async function consume(kafka: Kafka, topic: string, groupId: string, count: number) {
  const consumer: Consumer = kafka.consumer({ groupId })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  const values: string[] = []
  await new Promise<void>((resolve, reject) => {
    consumer.run({
      eachMessage: async ({ message }) => {
        values.push(String(message.value))
        if (values.length === count) resolve()
      },
    }).catch(reject)
  })
  await consumer.disconnect()
  return values
}

describe('a node', () => {
  test('takes records and gives them back, before and after a restart', async () => {
    const directory = newDirectory()
    const values = Array.from({ length: 100 }, (_, i) => `value ${i}`)
    const first = await start(directory)
    const producer = clientOf(first).producer()
    await producer.connect()
    await producer.send({ topic: 'greetings', messages: values.map((value) => ({ value })) })
    await producer.disconnect()
    expect(await consume(clientOf(first), 'greetings', 'readers', 100)).toEqual(values)
    const { clusterId } = first.node
    await first.node.stop()

    const second = await start(directory)
    expect(second.node.clusterId).toBe(clusterId)
    const again = clientOf(second).producer()
    await again.connect()
    const [sent] = await again.send({ topic: 'greetings', messages: [{ value: 'one more' }] })
    expect(sent).toMatchObject({ errorCode: 0, baseOffset: '100' })
    await again.disconnect()
    // The group goes on where it was; another one begins anew.
    expect(await consume(clientOf(second), 'greetings', 'readers', 1)).toEqual(['one more'])
    expect(await consume(clientOf(second), 'greetings', 'others', 101))
      .toEqual([...values, 'one more'])
  })

  test('stops within seconds, with nothing left open', async () => {
    const started = await start(newDirectory())
    const admin = clientOf(started).admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic: 'a', numPartitions: 3 }] })
    const began = Date.now()
    await started.node.stop()
    expect(Date.now() - began).toBeLessThan(2000)
    await admin.disconnect().catch(() => {})
    expect(started.log.filter((line) => line.includes('ERROR'))).toEqual([])
    expect(existsSync(join(directories[0]!, 'data', '.kafka_cleanshutdown'))).toBe(true)
  })
})

describe('a node does not start, and says why,', () => {
  test('where the port is taken', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => { other.listen(0, '127.0.0.1', resolve) })
    const { port } = other.address() as AddressInfo
    const { node } = newNode(newDirectory(), { listeners: `PLAINTEXT://127.0.0.1:${port}` })
    const error = await node.start().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(StartError)
    expect(String(error)).toMatch(/another process listens on this port/)
    await new Promise((resolve) => { other.close(resolve) })
  })

  test('where another node has the directory', async () => {
    const directory = newDirectory()
    await start(directory)
    const { node } = newNode(directory)
    await expect(node.start()).rejects.toThrow(/in use/)
  })

  test('where the directory belongs to another node', async () => {
    const directory = newDirectory()
    await (await start(directory)).node.stop()
    const { node } = newNode(directory, { 'node.id': '7' })
    await expect(node.start()).rejects.toThrow(/belongs to node 1/)
  })
})

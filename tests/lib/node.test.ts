// A whole node, over loopback and on the disk, with a stock client.

import { afterEach, describe, expect, test } from '@jest/globals'
import { Kafka, logLevel, type Consumer } from 'kafkajs'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { DEVELOPMENT, parseConfig } from '../../lib/config.ts'
import { Node } from '../../lib/node.ts'
import { StartError } from '../../lib/start-error.ts'
import { createLogger } from '../../lib/world/logger.ts'
import { systemWorld } from '../../lib/world/system.ts'
import type { Disk } from '../../storage/disk.ts'
import { MemoryDisk } from '../../storage/memory-disk.ts'

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

function newNode(
  directory: string, settings: Record<string, string> = {}, disk?: Disk,
): Started {
  const log: string[] = []
  const logger = createLogger({ level: 'debug', write: (line) => log.push(line) })
  const properties = new Map(Object.entries({
    'listeners': 'PLAINTEXT://127.0.0.1:0', 'log.dirs': join(directory, 'data'), ...settings,
  }))
  const config = parseConfig(properties, () => {}, { base: DEVELOPMENT })
  const world = systemWorld(logger)
  const node = new Node(config, disk === undefined ? world : { ...world, disk })
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

async function topicsOf(started: Started) {
  const admin = clientOf(started).admin()
  await admin.connect()
  const { topics } = await admin.fetchTopicMetadata()
  await admin.disconnect()
  return topics
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

/** A disk that takes so many changes, and then no more. */
class FailingDisk extends MemoryDisk {
  #changesLeft = Infinity
  #code = ''

  constructor() {
    super()
    this.makeDirectory('/disk')
  }

  failAfter(changes: number, code = ''): void {
    this.#changesLeft = changes
    this.#code = code
  }

  override checkFailure(path: string): void {
    if (--this.#changesLeft >= 0) return
    const message = `${this.#code}: as the system says it`
    throw Object.assign(new Error(message), { code: this.#code, path })
  }
}

const DISK_ERRORS = [
  ['ENOSPC', 'the disk is full'], ['EIO', 'the device fails'],
  ['EROFS', 'the file system is read-only'], ['EACCES', 'this user may not read or write there'],
] as const

describe('a node does not start, and says why,', () => {
  /** Starts on disks that fail one change later each time. Gives how many failed. */
  async function failedStarts(nextDisk: () => FailingDisk): Promise<number> {
    for (let changes = 0; ; changes++) {
      const disk = nextDisk()
      const [code, words] = DISK_ERRORS[changes % DISK_ERRORS.length]!
      disk.failAfter(changes, code)
      const { node, log } = newNode('/disk', {}, disk)
      const error: unknown = await node.start().catch((reason: unknown) => reason)
      disk.failAfter(Infinity)
      await node.stop()
      if (error === undefined) return changes
      expect(error).toBeInstanceOf(StartError)
      const { message } = error as StartError
      expect(message).toMatch(/^[^\n]*\/disk\/data[^\n]*$/)
      expect(message).toContain(words)
      expect(log.filter((line) => line.includes(' ERROR '))).toEqual([])
    }
  }

  test('at whatever moment of the first start its disk fails', async () => {
    expect(await failedStarts(() => new FailingDisk())).toBeGreaterThan(20)
  })

  test('at whatever moment of a later start its disk fails', async () => {
    const disk = new FailingDisk()
    const first = newNode('/disk', {}, disk)
    await first.node.start()
    const admin = clientOf(first).admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic: 'a', numPartitions: 2 }] })
    await admin.disconnect()
    await first.node.stop()
    expect(await failedStarts(() => disk)).toBeGreaterThan(5)
    const last = newNode('/disk', {}, disk)
    await last.node.start()
    const [topic] = await topicsOf(last)
    expect(topic).toMatchObject({ name: 'a', partitions: [{ leader: 1 }, { leader: 1 }] })
  })

  test('where the state of the quorum is damaged', async () => {
    const directory = newDirectory()
    await (await start(directory)).node.stop()
    const path = join(directory, 'data', '__cluster_metadata-0', 'quorum-state')
    writeFileSync(path, 'garbage')
    const starting = newNode(directory).node.start()
    await expect(starting).rejects.toThrow(`${path} is damaged: no JSON`)
    await expect(starting).rejects.toThrow(StartError)
  })

  test('where it is stopped before it is ready', async () => {
    const disk = new FailingDisk()
    const { node, log } = newNode('/disk', {}, disk)
    const starting = node.start()
    await node.stop()
    await expect(starting).rejects.toThrow(StartError)
    await expect(starting).rejects.toThrow('stopped before it was ready')
    expect(log.filter((line) => line.includes(' ERROR '))).toEqual([])
    const again = newNode('/disk', {}, disk)
    await again.node.start()
  })

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

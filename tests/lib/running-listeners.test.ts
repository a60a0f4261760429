// Listeners that are set while a node runs: it opens and closes them, and tells clients of none.
// Kafka 4.4 did and answered so in each of these steps.

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { createServer, type AddressInfo } from 'node:net'

import { Wire } from '../../compat/harness/wire.ts'
import { ConfigType } from '../../controller/image/configs.ts'
import { DEVELOPMENT, parseConfig } from '../../lib/config.ts'
import { Node } from '../../lib/node.ts'
import { createLogger } from '../../lib/world/logger.ts'
import { systemWorld } from '../../lib/world/system.ts'
import { Errors } from '../../protocol/errors.ts'
import { describeCluster } from '../../protocol/messages/describe-cluster.ts'
import {
  incrementalAlterConfigs,
} from '../../protocol/messages/incremental-alter-configs.ts'
import { MemoryDisk } from '../../storage/memory-disk.ts'

const MAP = 'listener.security.protocol.map'
const BOTH = 'PLAINTEXT:PLAINTEXT,EXTRA:PLAINTEXT'
const CLUSTER = { includeClusterAuthorizedOperations: false, endpointType: 1 }

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  const ports: number[] = []
  for (const server of servers) {
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
    ports.push((server.address() as AddressInfo).port)
  }
  for (const server of servers) await new Promise((resolve) => { server.close(resolve) })
  return ports
}

let disk: MemoryDisk
let lines: string[]
let node: Node
let wire: Wire
let port: number
let extraPort: number
let own: string

async function start(): Promise<void> {
  const logger = createLogger({ write: (line) => { lines.push(line) } })
  const properties = new Map(Object.entries({ 'node.id': '1', listeners: own, 'log.dirs': '/one' }))
  const config = parseConfig(properties, () => {}, { base: DEVELOPMENT })
  node = new Node(config, { ...systemWorld(logger), disk })
  await node.start()
  wire = await Wire.connect(`127.0.0.1:${port}`)
}

async function stop(): Promise<void> {
  wire.close()
  await node.stop()
}

beforeEach(async () => {
  const [first = 0, second = 0] = await freePorts(2)
  port = first
  extraPort = second
  own = `PLAINTEXT://127.0.0.1:${port}`
  disk = new MemoryDisk()
  lines = []
  await start()
})

afterEach(stop)

/** Settings of the broker; null: taken back. */
async function set(settings: Record<string, string | null>): Promise<number> {
  const configs = Object.entries(settings).map(([name, value]) => (
    { name, value, configOperation: value === null ? 1 : 0 }))
  const { responses } = await wire.ask(incrementalAlterConfigs, 1, {
    validateOnly: false,
    resources: [{ resourceType: ConfigType.BROKER, resourceName: '1', configs }],
  })
  return responses[0]!.errorCode
}

const withExtra = () => ({ listeners: `${own},EXTRA://127.0.0.1:${extraPort}`, [MAP]: BOTH })

async function logged(text: string): Promise<boolean> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (lines.some((line) => line.includes(text))) return true
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return false
}

const connected = () => Wire.connect(`127.0.0.1:${extraPort}`)

describe('a listener that is set while the node runs', () => {
  test('is opened, and names no broker', async () => {
    expect(await set(withExtra())).toBe(Errors.NONE)
    expect(await logged('A listener was opened')).toBe(true)
    const extra = await connected()
    expect(await extra.ask(describeCluster, 1, CLUSTER))
      .toMatchObject({ errorCode: Errors.NONE, brokers: [], controllerId: -1 })
    expect(await wire.ask(describeCluster, 1, CLUSTER))
      .toMatchObject({ brokers: [{ brokerId: 1, host: '127.0.0.1', port }] })
    extra.close()
  })

  test('is closed with its connections when it is taken back, and opened again', async () => {
    await set(withExtra())
    expect(await logged('A listener was opened')).toBe(true)
    const extra = await connected()
    await extra.ask(describeCluster, 1, CLUSTER)
    expect(await set({ listeners: null, [MAP]: null })).toBe(Errors.NONE)
    expect(await logged('A listener was closed')).toBe(true)
    await expect(extra.ask(describeCluster, 1, CLUSTER)).rejects.toThrow()
    await expect(connected()).rejects.toThrow('ECONNREFUSED')
    expect(await wire.ask(describeCluster, 1, CLUSTER)).toMatchObject({ errorCode: Errors.NONE })
    lines.length = 0
    await set(withExtra())
    expect(await logged('A listener was opened')).toBe(true)
    const again = await connected()
    expect(await again.ask(describeCluster, 1, CLUSTER)).toMatchObject({ errorCode: Errors.NONE })
    again.close()
  })

  test('is opened again by the next start', async () => {
    await set(withExtra())
    await stop()
    await start()
    expect(await logged('A listener was opened')).toBe(true)
    const extra = await connected()
    expect(await extra.ask(describeCluster, 1, CLUSTER)).toMatchObject({ brokers: [] })
    extra.close()
  })

  test('whose port somebody else has is told, and the others stay', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => { taken.listen(extraPort, '127.0.0.1', resolve) })
    expect(await set(withExtra())).toBe(Errors.NONE)
    expect(await logged('A listener was not opened listener=EXTRA')).toBe(true)
    const other = await Wire.connect(`127.0.0.1:${port}`)
    expect(await other.ask(describeCluster, 1, CLUSTER)).toMatchObject({ errorCode: Errors.NONE })
    other.close()
    await new Promise((resolve) => { taken.close(resolve) })
  })

  test('that is to be secured is not opened', async () => {
    const secured = { ...withExtra(), [MAP]: BOTH.replace('EXTRA:PLAINTEXT', 'EXTRA:SSL') }
    expect(await set(secured)).toBe(Errors.NONE)
    expect(await logged('it is to speak SSL')).toBe(true)
    await expect(connected()).rejects.toThrow('ECONNREFUSED')
  })
})

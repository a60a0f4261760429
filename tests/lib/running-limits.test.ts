// Who may connect, as it is set while a node runs: by settings of the broker and of all brokers,
// and by quotas of addresses. Apache Kafka 4.4 did so in each of these steps, seen from sockets.

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'

import { Wire } from '../../compat/harness/wire.ts'
import { ConfigType } from '../../controller/image/configs.ts'
import { DEVELOPMENT, parseConfig } from '../../lib/config.ts'
import { RunningSettings } from '../../lib/config/running.ts'
import { Node } from '../../lib/node.ts'
import { connectionLimits } from '../../lib/running-limits.ts'
import { createLogger, silentLogger } from '../../lib/world/logger.ts'
import { systemWorld } from '../../lib/world/system.ts'
import { Errors } from '../../protocol/errors.ts'
import { alterClientQuotas } from '../../protocol/messages/alter-client-quotas.ts'
import { apiVersions } from '../../protocol/messages/api-versions.ts'
import { incrementalAlterConfigs } from '../../protocol/messages/incremental-alter-configs.ts'
import { MemoryDisk } from '../../storage/memory-disk.ts'
import { Client, requestOf, turns } from './server/fixture.ts'

const ALL = ''
let disk: MemoryDisk
let lines: string[]
let node: Node
let wire: Wire
let clients: Client[]
let own: Record<string, string>

function configOf(settings: Record<string, string>) {
  const properties = {
    'node.id': '1', 'log.dirs': '/one', 'inter.broker.listener.name': 'INSIDE',
    listeners: 'PLAINTEXT://127.0.0.1:0,INSIDE://127.0.0.1:0',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,INSIDE:PLAINTEXT', ...settings,
  }
  return parseConfig(new Map(Object.entries(properties)), () => {}, { base: DEVELOPMENT })
}

const portOf = (name: string) => node.listeners.find((listener) => listener.name === name)!.port

async function start(): Promise<void> {
  const logger = createLogger({ write: (line) => { lines.push(line) } })
  node = new Node(configOf(own), { ...systemWorld(logger), disk })
  await node.start()
  // On the listener of brokers, which stays open whatever is set.
  wire = await Wire.connect(`127.0.0.1:${portOf('INSIDE')}`)
}

async function stop(): Promise<void> {
  for (const client of clients.splice(0)) client.destroy()
  wire.close()
  await node.stop()
}

beforeEach(async () => {
  disk = new MemoryDisk()
  lines = []
  clients = []
  own = {}
  await start()
})

afterEach(stop)

/** Settings of the broker, or of all; null: taken back. */
async function set(settings: Record<string, string | null>, resourceName = '1'): Promise<number> {
  const configs = Object.entries(settings).map(([name, value]) => (
    { name, value, configOperation: value === null ? 1 : 0 }))
  const { responses } = await wire.ask(incrementalAlterConfigs, 1, {
    validateOnly: false, resources: [{ resourceType: ConfigType.BROKER, resourceName, configs }],
  })
  await turns()
  return responses[0]!.errorCode
}

/** `connection_creation_rate`; null: of no address, or none. */
async function limitRate(entityName: string | null, value: number | null): Promise<void> {
  const ops = [{ key: 'connection_creation_rate', value: value ?? 0, remove: value === null }]
  const { entries } = await wire.ask(alterClientQuotas, 1, {
    validateOnly: false, entries: [{ entity: [{ entityType: 'ip', entityName }], ops }],
  })
  expect(entries[0]?.errorCode).toBe(Errors.NONE)
  await turns()
}

function connected(localAddress?: string, listener = 'PLAINTEXT'): Client {
  const client = new Client(portOf(listener), localAddress)
  clients.push(client)
  return client
}

async function ask(client: Client): Promise<'served' | 'waits' | 'closed'> {
  client.received = false
  if (client.isClosed) return 'closed'
  client.write(requestOf(apiVersions, 0, 1, {} as never))
  await turns()
  return client.received ? 'served' : client.isClosed ? 'closed' : 'waits'
}

describe('limits that are set while the node runs', () => {
  test('count at once, of all brokers or of this one, until they are taken back', async () => {
    const [first, second] = [connected(), connected()]
    expect([await ask(first), await ask(second)]).toEqual(['served', 'served'])
    expect(await set({ 'max.connections': '3' }, ALL)).toBe(Errors.NONE)
    const third = connected()
    expect(await ask(third)).toBe('waits')
    expect(await set({ 'max.connections': '4' })).toBe(Errors.NONE)
    expect(third.received).toBe(true)
    // What was set for the broker counts more than what was for all.
    expect(await set({ 'max.connections': '1' }, ALL)).toBe(Errors.NONE)
    expect([await ask(first), await ask(second), await ask(third)]).toEqual(Array(3).fill('served'))
    expect(await set({ 'max.connections': null })).toBe(Errors.NONE)
    expect([first, second, third].map(({ isClosed }) => isClosed)).toEqual(Array(3).fill(true))
    const fourth = connected()
    expect(await ask(fourth)).toBe('waits')
    await set({ 'max.connections': null }, ALL)
    expect(fourth.received).toBe(true)
  })

  test('are told to the log', async () => {
    await set({ 'max.connections': '30', 'num.io.threads': '9' })
    expect(lines.find((line) => line.includes('Settings count from now on')))
      .toMatch(/ max\.connections=30\n$/)
    await set({ 'max.connections': null })
    expect(lines.at(-1)).toContain('max.connections="as in its properties"')
  })

  test('count from the next start on', async () => {
    await set({ 'max.connections.per.ip': '2' })
    await stop()
    await start()
    const first = connected()
    expect([await ask(first), await ask(connected())]).toEqual(['served', 'closed'])
  })

  test('are of single listeners, too', async () => {
    await set({ 'listener.name.plaintext.max.connections': '1' })
    expect([await ask(connected()), await ask(connected())]).toEqual(['served', 'waits'])
    expect(await ask(connected('127.0.0.1', 'INSIDE'))).toBe('served')
  })

  test('and of addresses: who has too many keeps them, and gets no more', async () => {
    const [first, second] = [connected('127.0.0.2'), connected('127.0.0.2')]
    expect([await ask(first), await ask(second)]).toEqual(['served', 'served'])
    await set({ 'max.connections.per.ip.overrides': '127.0.0.2:1' })
    expect([await ask(first), await ask(connected('127.0.0.2'))]).toEqual(['served', 'closed'])
    await set({ 'max.connections.per.ip.overrides': null })
    expect(await ask(connected('127.0.0.2'))).toBe('served')
  })

  test('and how fast connections may come', async () => {
    await set({ 'listener.name.plaintext.max.connection.creation.rate': '1' })
    const states = await Promise.all(Array.from({ length: 20 }, () => ask(connected())))
    expect(states.slice(0, 10)).toEqual(Array(10).fill('served'))
    expect(states.at(-1)).toBe('waits')
    expect(await ask(connected('127.0.0.1', 'INSIDE'))).toBe('served')
  })

  test('stay what they were where a host is not known', async () => {
    await set({ 'max.connections.per.ip.overrides': '127.0.0.2:0' })
    expect(await set({ 'max.connections.per.ip.overrides': 'no.such.host.invalid:1' }))
      .toBe(Errors.NONE)
    for (let i = 0; i < 100 && !lines.some((line) => line.includes('hosts stay')); i++) {
      await turns()
    }
    expect(lines.join()).toContain('The limits of hosts stay what they were')
    expect(await ask(connected('127.0.0.2'))).toBe('closed')
  })
})

describe('connection_creation_rate', () => {
  /** Twice as many as come in ten seconds at one a second. */
  const crowd = (address: string) =>
    Promise.all(Array.from({ length: 20 }, () => ask(connected(address))))

  test('of an address counts while it is set', async () => {
    await limitRate('127.0.0.2', 1)
    const states = await crowd('127.0.0.2')
    expect(states.slice(0, 10)).toEqual(Array(10).fill('served'))
    expect(states.at(-1)).not.toBe('served')
    expect(await ask(connected())).toBe('served')
    await limitRate('127.0.0.2', null)
    expect(await ask(connected('127.0.0.2'))).toBe('served')
  })

  test('of none is that of all who have none of their own', async () => {
    await limitRate(null, 1)
    await limitRate('127.0.0.2', 100)
    expect((await crowd('127.0.0.3')).at(-1)).not.toBe('served')
    expect(await crowd('127.0.0.2')).toEqual(Array(20).fill('served'))
  })
})

test('a file says of a listener what it has of its own', () => {
  const config = configOf({
    'max.connections': '5', 'max.connection.creation.rate': '7',
    'listener.name.inside.max.connections': '3', 'listener.name.Inside.max.connections': '4',
  })
  const limits = connectionLimits(config, new RunningSettings(config, silentLogger()))
  expect(limits).toMatchObject({ most: 5, mostPerSecond: 7, interBrokerListener: 'INSIDE' })
  expect(limits.ofListener('INSIDE')).toEqual({ most: 3 })
  expect(limits.ofListener('PLAINTEXT')).toEqual({})
})

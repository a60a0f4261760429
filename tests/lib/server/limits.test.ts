// Limits of connections that change while a server runs, those of single listeners, and how fast
// connections may come. Apache Kafka 4.4 did so in each of these steps, seen from plain sockets.

import { afterEach, describe, expect, test } from '@jest/globals'

import { handler } from '../../../lib/server/handler.ts'
import type { ConnectionLimitOptions } from '../../../lib/server/connection-limits.ts'
import { type Clock, systemClock } from '../../../lib/world/clock.ts'
import { tcpNetwork } from '../../../lib/world/tcp.ts'
import { api, int32 } from '../../../protocol/schema.ts'
import {
  type Client, NO_LIMITS, requestOf, StartedServers, type TestServerOptions, turns,
} from './fixture.ts'

const echo = api({
  name: 'Echo', key: 3, versions: [0, 0], request: { number: int32 }, response: { number: int32 },
})
const servers = new StartedServers()
const start = async (options: TestServerOptions = {}) => {
  const started = await servers.start([handler(echo, ({ number }) => ({ number }))], options)
  const limit = (limits: Partial<ConnectionLimitOptions>) =>
    started.server.limit({ ...NO_LIMITS, ...limits })
  const internal = () => started.client('127.0.0.1', started.otherPorts[0])
  return { ...started, limit, internal }
}

afterEach(servers.end)

async function until(isSo: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 100 && !isSo(); attempt++) await turns()
  expect(isSo()).toBe(true)
}

/** Time stands still, whatever the machine does meanwhile; only timers take their time. */
function standing() {
  let nowMs = 0
  const clock: Clock = { ...systemClock(), monotonicMs: () => nowMs }
  return { clock, forward: (ms: number) => { nowMs += ms } }
}

type State = 'served' | 'waits' | 'closed'

async function ask(client: Client): Promise<State> {
  if (client.isClosed) return 'closed'
  client.write(requestOf(echo, 0, 1, { number: 7 }))
  const frame = client.frame().then((bytes) => bytes === undefined ? 'closed' : 'served')
  return await Promise.race([frame, turns().then(() => 'waits')]) as State
}

describe('max.connections, changed while a server runs', () => {
  test('closes those who were least active, as many as there are too many', async () => {
    const { client, limit } = await start()
    const [first, second, third] = [client(), client(), client()]
    // In this order they are active; the last is the least to be closed.
    for (const one of [second, first, third]) {
      expect(await ask(one)).toBe('served')
      await turns()
    }
    await limit({ most: 2 })
    await turns()
    expect([first, second, third].map(({ isClosed }) => isClosed)).toEqual([false, true, false])
    await limit({ most: 1 })
    await turns()
    expect([first, third].map(({ isClosed }) => isClosed)).toEqual([true, false])
    expect(await ask(third)).toBe('served')
    expect(await ask(client())).toBe('waits')
  })

  test('closes no more than that where it is set twice in a row', async () => {
    const { client, limit } = await start()
    const all = Array.from({ length: 5 }, () => client())
    for (const one of all) expect(await ask(one)).toBe('served')
    void limit({ most: 4 })
    await limit({ most: 3 })
    await turns()
    expect(all.filter(({ isClosed }) => isClosed)).toHaveLength(2)
  })

  test('lets those in who waited, once there may be more', async () => {
    const { client, limit } = await start({ limits: { most: 1 } })
    expect(await ask(client())).toBe('served')
    const [second, third] = [client(), client()]
    expect([await ask(second), await ask(third)]).toEqual(['waits', 'waits'])
    await limit({ most: 2 })
    await turns()
    expect([second.received, third.received]).toEqual([true, false])
    await limit({ most: Infinity })
    await turns()
    expect(third.received).toBe(true)
  })

  test('closes nobody on the listener of brokers', async () => {
    const { client, internal, limit } = await start({ others: ['INTERNAL'] })
    const [broker, other] = [internal(), client()]
    expect([await ask(broker), await ask(other)]).toEqual(['served', 'served'])
    await limit({ most: 0 })
    await turns()
    expect([broker.isClosed, other.isClosed]).toEqual([false, true])
  })
})

describe('a listener', () => {
  test('has a limit of its own, beside that of all', async () => {
    const ofListener = (name: string) => name === 'INTERNAL' ? { most: 1 } : {}
    const { client, internal } = await start({
      limits: { most: 3, ofListener, interBrokerListener: 'OTHER' }, others: ['INTERNAL'],
    })
    expect(await ask(internal())).toBe('served')
    const second = internal()
    expect(await ask(second)).toBe('waits')
    // Nobody of another listener waits behind it.
    expect([await ask(client()), await ask(client())]).toEqual(['served', 'served'])
    expect(await ask(client())).toBe('waits')
  })

  test('keeps the connections it has when its limit goes down', async () => {
    const { client, limit } = await start()
    const [first, second] = [client(), client()]
    expect([await ask(first), await ask(second)]).toEqual(['served', 'served'])
    await limit({ ofListener: () => ({ most: 1 }) })
    const third = client()
    expect(await ask(third)).toBe('waits')
    expect([await ask(first), await ask(second)]).toEqual(['served', 'served'])
    first.destroy()
    await turns()
    expect(third.received).toBe(false)
    second.destroy()
    await turns()
    expect(third.received).toBe(true)
  })

  test('of brokers alone is protected no more', async () => {
    const { internal, server } = await start({ limits: { most: 1 }, others: ['INTERNAL'] })
    await server.unbind('PLAINTEXT')
    expect(await ask(internal())).toBe('served')
    expect(await ask(internal())).toBe('waits')
  })

  test('that is closed, and opened again, lets in as many as before', async () => {
    const { internal, server } = await start({
      limits: { ofListener: () => ({ most: 1 }) }, others: ['INTERNAL'],
    })
    const [first, second] = [internal(), internal()]
    expect([await ask(first), await ask(second)]).toEqual(['served', 'waits'])
    await server.unbind('INTERNAL')
    await turns()
    expect([first.isClosed, second.isClosed]).toEqual([true, true])
    const [bound] = await server.bind(
      [{ name: 'INTERNAL', kind: 'broker', host: '127.0.0.1', port: 0 }])
    const again = () => servers.connect(bound!.port)
    expect([await ask(again()), await ask(again())]).toEqual(['served', 'waits'])
  })
})

describe('connections of one address', () => {
  test('stay where fewer may be, and no more come', async () => {
    const { client, limit } = await start()
    const [first, second] = [client(), client()]
    expect([await ask(first), await ask(second)]).toEqual(['served', 'served'])
    await limit({ mostPerAddress: 1 })
    expect(await ask(client())).toBe('closed')
    expect([await ask(first), await ask(second)]).toEqual(['served', 'served'])
    expect(await ask(client('127.0.0.2'))).toBe('served')
    await limit({ mostPerAddress: 1, overrides: new Map([['localhost', 3]]) })
    expect(await ask(client())).toBe('served')
    expect(await ask(client('127.0.0.2'))).toBe('closed')
  })

  test('have the overrides of before where a host is not found, and the rest is new', async () => {
    const network = tcpNetwork()
    const { client, limit } = await start({
      network: {
        ...network,
        addressOf: (host) => host === 'nowhere'
          ? Promise.reject(new Error('no such host')) : network.addressOf(host),
      },
      limits: { overrides: new Map([['127.0.0.2', 0]]) },
    })
    const overrides = new Map([['nowhere', 1], ['127.0.0.2', 5]])
    await expect(limit({ overrides, mostPerAddress: 1 })).rejects.toThrow('no such host')
    expect(await ask(client('127.0.0.2'))).toBe('closed')
    expect([await ask(client()), await ask(client())]).toEqual(['served', 'closed'])
  })
})

describe('max.connection.creation.rate', () => {
  test('has connections wait that come too fast, and whoever comes after them', async () => {
    const { clock, forward } = standing()
    const { client } = await start({ limits: { mostPerSecond: 1 }, clock })
    for (let i = 0; i < 10; i++) expect(await ask(client())).toBe('served')
    const [late, behind] = [client(), client()]
    expect([await ask(late), await ask(behind)]).toEqual(['waits', 'waits'])
    forward(1000)
    await until(() => late.received)
    await turns()
    expect(behind.received).toBe(false)
    forward(1000)
    await until(() => behind.received)
  })

  test('is of each listener, and of all but that of brokers together', async () => {
    const ofListener = (name: string) => name === 'PLAINTEXT' ? { mostPerSecond: 100 } : {}
    const { client, internal } = await start({
      limits: { mostPerSecond: 1, ofListener }, others: ['INTERNAL'], clock: standing().clock,
    })
    for (let i = 0; i < 10; i++) expect(await ask(client())).toBe('served')
    expect(await ask(client())).toBe('waits')
    for (let i = 0; i < 10; i++) expect(await ask(internal())).toBe('served')
    expect(await ask(internal())).toBe('waits')
  })

  test('goes up for those who come from then on: who waits, waits on', async () => {
    const { clock, forward } = standing()
    const { client, limit } = await start({ limits: { mostPerSecond: 1 }, clock })
    for (let i = 0; i < 10; i++) expect(await ask(client())).toBe('served')
    const [first, second] = [client(), client()]
    expect([await ask(first), await ask(second)]).toEqual(['waits', 'waits'])
    await limit({ mostPerSecond: 1000 })
    await turns()
    expect(first.received).toBe(false)
    forward(1000)
    await until(() => second.received)
    expect(first.received).toBe(true)
  })
})

describe('connection_creation_rate of an address', () => {
  test('has connections that come too fast closed, after a while, and reads nothing', async () => {
    const { client, limit } = await start({ clock: standing().clock })
    await limit({ addressRates: new Map([['127.0.0.2', 1]]) })
    for (let i = 0; i < 10; i++) expect(await ask(client('127.0.0.2'))).toBe('served')
    const refused = client('127.0.0.2')
    expect(await ask(refused)).toBe('waits')
    // Others neither wait nor are refused.
    expect(await ask(client())).toBe('served')
    await until(() => refused.isClosed)
    expect(refused.received).toBe(false)
  })

  test('is that of all addresses where it has none of its own', async () => {
    const { client, limit } = await start({ clock: standing().clock })
    await limit({ addressRate: 1, addressRates: new Map([['127.0.0.2', 1000]]) })
    for (let i = 0; i < 10; i++) expect(await ask(client())).toBe('served')
    expect(await ask(client())).not.toBe('served')
    for (let i = 0; i < 20; i++) expect(await ask(client('127.0.0.2'))).toBe('served')
    await limit({})
    expect(await ask(client())).toBe('served')
  })

  test('does not count for listeners what it keeps out', async () => {
    const { client, limit } = await start({ clock: standing().clock })
    await limit({ mostPerSecond: 1.2, addressRates: new Map([['127.0.0.2', 1]]) })
    for (let i = 0; i < 10; i++) expect(await ask(client('127.0.0.2'))).toBe('served')
    for (let i = 0; i < 5; i++) expect(await ask(client('127.0.0.2'))).not.toBe('served')
    expect([await ask(client()), await ask(client())]).toEqual(['served', 'served'])
    expect(await ask(client())).toBe('waits')
  })
})

// Who is let in: what becomes of connections that are too many, or that cannot be accepted.

import { afterEach, describe, expect, test } from '@jest/globals'

import { api, int32 } from '../../../protocol/schema.ts'
import { handler } from '../../../lib/server/handler.ts'
import type { ListenerEvents, Network } from '../../../lib/world/network.ts'
import { tcpNetwork } from '../../../lib/world/tcp.ts'
import { type Client, requestOf, StartedServers, type TestServerOptions } from './fixture.ts'

const echo = api({
  name: 'Echo', key: 3, versions: [0, 0], request: { number: int32 }, response: { number: int32 },
})

const servers = new StartedServers()
const start = (options: TestServerOptions = {}) =>
  servers.start([handler(echo, ({ number }) => ({ number }))], options)

afterEach(servers.end)

async function isServed(client: Client): Promise<boolean> {
  client.write(requestOf(echo, 0, 1, { number: 7 }))
  return (await client.answer(echo, 0))?.body.number === 7
}

function count(log: readonly string[], words: string): number {
  return log.filter((line) => line.includes(words)).length
}

const pause = (ms: number) => new Promise((resolve) => { setTimeout(resolve, ms) })

describe('connections of one address', () => {
  test('that are too many are closed at once, with a line in the log', async () => {
    const { client, log } = await start({ limits: { mostPerAddress: 2 } })
    const [first, second] = [client(), client()]
    expect([await isServed(first), await isServed(second)]).toEqual([true, true])
    expect(await isServed(client())).toBe(false)
    expect(count(log, 'INFO  A connection is refused: its address has 2, as many')).toBe(1)
    // Another address has a count of its own.
    expect(await isServed(client('127.0.0.2'))).toBe(true)
    first.destroy()
    await pause(20)
    expect(await isServed(client())).toBe(true)
    expect(await isServed(client())).toBe(false)
  })

  test('have a limit of their own where an override names the host', async () => {
    const overrides = new Map([['127.0.0.2', 0], ['localhost', 2]])
    const { client } = await start({ limits: { mostPerAddress: 1, overrides } })
    expect(await isServed(client('127.0.0.2'))).toBe(false)
    expect(await isServed(client('127.0.0.3'))).toBe(true)
    expect(await isServed(client('127.0.0.3'))).toBe(false)
    expect([await isServed(client()), await isServed(client())]).toEqual([true, true])
    expect(await isServed(client())).toBe(false)
  })
})

describe('connections of the node', () => {
  test('wait beyond the limit until another one ends, in the order they came', async () => {
    const { client } = await start({ limits: { most: 1 } })
    const first = client()
    expect(await isServed(first)).toBe(true)
    const second = client()
    await pause(20)
    const third = client()
    const served: string[] = []
    void isServed(second).then(() => served.push('second'))
    void isServed(third).then(() => served.push('third'))
    await pause(50)
    expect(served).toEqual([])
    expect(await isServed(first)).toBe(true)
    first.destroy()
    await pause(30)
    expect(served).toEqual(['second'])
    second.destroy()
    await pause(30)
    expect(served).toEqual(['second', 'third'])
  })

  test('do not wait on the listener of brokers: the least active other one ends', async () => {
    const { client, otherPorts } = await start({
      limits: { most: 2, interBrokerListener: 'INTERNAL' }, others: ['INTERNAL'],
    })
    const [old, active] = [client(), client()]
    expect([await isServed(old), await isServed(active)]).toEqual([true, true])
    const broker = () => client('127.0.0.1', otherPorts[0])
    expect(await isServed(broker())).toBe(true)
    expect(await old.closed()).toBe(true)
    expect(await isServed(active)).toBe(true)
    expect(await isServed(broker())).toBe(true)
    expect(await active.closed()).toBe(true)
    // It has a limit of its own too, the same one unless it is set.
    const third = broker()
    await pause(30)
    third.write(requestOf(echo, 0, 1, { number: 7 }))
    await pause(30)
    expect(third.received).toBe(false)
  })

  test('are counted for broker and controller each', async () => {
    const { client, otherPorts } = await start({ limits: { most: 1 }, others: ['CONTROLLER'] })
    expect(await isServed(client())).toBe(true)
    // It is let in; what it asks for is not served to controllers.
    const controller = client('127.0.0.1', otherPorts[0])
    expect(await isServed(controller)).toBe(false)
  })

  test('that wait are refused beyond the length of a queue', async () => {
    const { client, log, server } = await start({ limits: { most: 0 } })
    const waiting = Array.from({ length: 511 }, () => client())
    while (server.connectionCount < 511) await pause(10)
    expect(await client().closed()).toBe(true)
    expect(count(log, 'A connection is refused: 0 are open, and 511 wait')).toBe(1)
    expect(waiting.some(({ isClosed }) => isClosed)).toBe(false)
  })
})

describe('file descriptors', () => {
  test('half of them are for connections; who comes then is refused', async () => {
    const { client, log } = await start({ network: { ...tcpNetwork(), mostConnections: 2 } })
    const [first, second] = [client(), client()]
    expect(await isServed(first)).toBe(true)
    expect(await isServed(second)).toBe(true)
    for (let i = 0; i < 3; i++) expect(await isServed(client())).toBe(false)
    expect(count(log, 'A connection is refused: 2 are open')).toBe(1)
    expect(await isServed(first)).toBe(true)
    second.destroy()
    await new Promise((resolve) => { setTimeout(resolve, 20) })
    expect(await isServed(client())).toBe(true)
  })

  test('where one cannot be accepted the log tells, and others are served', async () => {
    const network = tcpNetwork()
    const listening: ListenerEvents[] = []
    const spied: Network = {
      ...network,
      listen(address, events) {
        listening.push(events)
        return network.listen(address, events)
      },
    }
    const { client, log } = await start({ network: spied })
    for (let i = 0; i < 100; i++) listening[0]!.failed(new Error('accept EMFILE'))
    expect(count(log, 'could not be accepted listener=PLAINTEXT error="accept EMFILE"')).toBe(1)
    expect(await isServed(client())).toBe(true)
  })
})

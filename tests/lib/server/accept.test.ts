// Who is let in: what becomes of connections that are too many, or that cannot be accepted.

import { afterEach, describe, expect, test } from '@jest/globals'

import { api, int32 } from '../../../protocol/schema.ts'
import { handler } from '../../../lib/server/handler.ts'
import type { ListenerEvents, Network } from '../../../lib/world/network.ts'
import { tcpNetwork } from '../../../lib/world/tcp.ts'
import { Client, requestOf, startServer, type TestServerOptions } from './fixture.ts'

const echo = api({
  name: 'Echo', key: 3, versions: [0, 0], request: { number: int32 }, response: { number: int32 },
})

const running: { stop(): Promise<void> }[] = []
const clients: Client[] = []

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy()
  for (const server of running.splice(0)) await server.stop()
})

async function start(options: TestServerOptions = {}) {
  const started = await startServer([handler(echo, ({ number }) => ({ number }))], options)
  running.push(started.server)
  return {
    ...started,
    client() {
      const client = new Client(started.port)
      clients.push(client)
      return client
    },
  }
}

async function isServed(client: Client): Promise<boolean> {
  client.write(requestOf(echo, 0, 1, { number: 7 }))
  return (await client.answer(echo, 0))?.body.number === 7
}

function count(log: readonly string[], words: string): number {
  return log.filter((line) => line.includes(words)).length
}

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

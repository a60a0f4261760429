// The client over Samsa's codecs: connections, versions, metadata, retries, and every way in which
// there may be no answer.

import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { Client, type ClientOptions } from '../../lib/client/client.ts'
import { parseAddress } from '../../lib/client/dial.ts'
import {
  ForeignError, RefusedError, TimeoutError, UnreachableError, UnsupportedError,
} from '../../lib/client/errors.ts'
import { FrameCutter } from '../../lib/client/frames.ts'
import { create, remove } from '../../lib/client/topics.ts'
import { endsOf, offsetsAt, LATEST } from '../../lib/client/offsets.ts'
import { systemClock } from '../../lib/world/clock.ts'
import { tcpDial } from '../../lib/world/dial.ts'
import { encodeResponse } from '../../protocol/compile.ts'
import { decodeRequestHeader } from '../../protocol/header.ts'
import { joined } from '../../protocol/late-bytes.ts'
import { apiVersions } from '../../protocol/messages/api-versions.ts'
import { fetch } from '../../protocol/messages/fetch.ts'
import { metadata } from '../../protocol/messages/metadata.ts'
import type { Api, ResponseOf } from '../../protocol/schema.ts'
import { startTestNode, type TestNode } from './cli-harness.ts'

let node: TestNode
const clients: Client[] = []
const closers: (() => void)[] = []

beforeAll(async () => { node = await startTestNode() })
afterAll(() => node.dispose())

afterEach(() => {
  for (const client of clients.splice(0)) client.close()
  for (const close of closers.splice(0)) close()
})

function clientOf(port: number, options: Partial<ClientOptions> = {}): Client {
  const client = new Client({
    bootstrap: [{ host: '127.0.0.1', port }], dial: tcpDial(), clock: systemClock(),
    softwareVersion: 'test', requestTimeoutMs: 2000, timeoutMs: 3000, ...options,
  })
  clients.push(client)
  return client
}

/** A server that is no broker, or a strange one. */
async function serve(onData: (socket: Socket, bytes: Buffer) => void): Promise<number> {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    socket.on('data', (bytes: Buffer) => onData(socket, bytes))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

type Answers = (apiKey: number, version: number, send: <A extends Api>(
  api: A, body: ResponseOf<A>, asVersion?: number) => void) => void

/** A broker that answers as it is told. */
function fakeBroker(answers: Answers): Promise<number> {
  return serve((socket, bytes) => {
    const { apiKey, apiVersion, correlationId } = decodeRequestHeader(bytes.subarray(4))
    answers(apiKey, apiVersion, (api, body, asVersion = apiVersion) => {
      socket.write(joined(encodeResponse(api, asVersion, correlationId, body)))
    })
  })
}

const served = (...apis: Api[]) => ({
  errorCode: 0,
  apiKeys: [apiVersions, ...apis].map(({ key, versions: [minVersion, maxVersion] }) => (
    { apiKey: key, minVersion, maxVersion })),
})

describe('a client', () => {
  test('creates topics, sees them, asks where they end, and deletes them', async () => {
    const client = clientOf(node.port)
    const [made, again] = [await create(client, [{ name: 'one', partitions: 2, replicas: 1 }]),
      await create(client, [{ name: 'one', partitions: 2, replicas: 1 }])]
    expect(made).toEqual([{ name: 'one', topicId: expect.any(String), partitions: 2, replicas: 1 }])
    expect(again).toEqual([expect.objectContaining({ codeName: 'TOPIC_ALREADY_EXISTS' })])
    const { partitions } = await client.readyTopic('one', 2)
    expect(partitions.map(({ leaderId }) => leaderId)).toEqual([1, 1])
    const both = [{ topic: 'one', partition: 0 }, { topic: 'one', partition: 1 }]
    expect(await endsOf(client, both)).toEqual(
      new Map([['one-0', { start: 0, end: 0 }], ['one-1', { start: 0, end: 0 }]]))
    expect(await remove(client, ['one'])).toEqual([])
    await expect(client.topic('one')).rejects.toThrow(RefusedError)
  })

  test('tells which partitions cannot be asked, and answers for the others', async () => {
    const client = clientOf(node.port)
    await create(client, [{ name: 'two', partitions: 1, replicas: 1 }])
    const found = await offsetsAt(client, [
      { topic: 'two', partition: 0, time: LATEST }, { topic: 'two', partition: 9, time: LATEST },
    ])
    expect(found.get('two-0')).toEqual({ offset: 0, timestamp: -1 })
    expect(found.get('two-9')).toMatchObject({ codeName: 'UNKNOWN_TOPIC_OR_PARTITION' })
  })

  test('goes on with the next of the bootstrap where one is not there', async () => {
    const bootstrap = [{ host: '127.0.0.1', port: 1 }, { host: '127.0.0.1', port: node.port }]
    const { brokers } = await clientOf(1, { bootstrap }).cluster({ topics: [] })
    expect([...brokers.values()]).toEqual([
      { id: 1, host: '127.0.0.1', port: node.port, rack: null },
    ])
  })

  test('finds the coordinator of a group', async () => {
    const { address } = await clientOf(node.port).coordinator('group', 'somebody')
    expect(address).toBe(node.address)
  })
})

describe('a client that gets no answer says why:', () => {
  test('nothing listens', async () => {
    const error = await clientOf(1).any().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(UnreachableError)
    expect(error).toMatchObject({ code: 'ECONNREFUSED', address: '127.0.0.1:1' })
  })

  test('no host has the name', async () => {
    const bootstrap = [{ host: 'no-such-host.invalid', port: 9092 }]
    const error = await clientOf(1, { bootstrap }).any().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(UnreachableError)
    expect((error as UnreachableError).code).toMatch(/ENOTFOUND|EAI_AGAIN/)
  })

  test('a server of HTTP', async () => {
    const port = await serve((socket) => { socket.write('HTTP/1.1 400 Bad Request\r\n\r\n') })
    const error = await clientOf(port).any().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ForeignError)
    expect(error).toMatchObject({ speaks: 'HTTP' })
  })

  test('a server of TLS', async () => {
    const port = await serve((socket) => { socket.write(Buffer.from('15030300020246', 'hex')) })
    const error = await clientOf(port).any().catch((reason: unknown) => reason)
    expect(error).toMatchObject({ name: 'ForeignError', speaks: 'TLS' })
  })

  test('one that answers with something else', async () => {
    const port = await serve((socket) => { socket.write(Buffer.alloc(64, 7)) })
    await expect(clientOf(port).any()).rejects.toThrow(ForeignError)
  })

  test('one that cuts the connection', async () => {
    const port = await serve((socket) => { socket.destroy() })
    await expect(clientOf(port).any()).rejects.toThrow(/it closed the connection|was cut/)
  })

  test('one that is silent', async () => {
    const port = await serve(() => {})
    const asked = clientOf(port, { requestTimeoutMs: 50 }).any()
    await expect(asked).rejects.toThrow(TimeoutError)
  })
})

describe('versions', () => {
  test('a broker that knows less of ApiVersions is asked again, as it knows it', async () => {
    const asked: number[] = []
    const port = await fakeBroker((_, version, send) => {
      asked.push(version)
      if (version > 2) {
        send(apiVersions, {
          errorCode: 35, apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 2 }],
        }, 0)
      } else {
        send(apiVersions, served())
      }
    })
    const connection = await clientOf(port).any()
    expect(asked).toEqual([3, 2])
    expect(connection.versionOf(apiVersions)).toBe(5)
    expect(connection.versionOf(fetch)).toBeUndefined()
    await expect(connection.request(metadata, { topics: null })).rejects.toThrow(UnsupportedError)
  })

  test('the newest that both know is spoken, and ranges that do not meet are told', async () => {
    const port = await fakeBroker((apiKey, version, send) => {
      if (apiKey === 18) {
        send(apiVersions, {
          errorCode: 0,
          apiKeys: [{ apiKey: 3, minVersion: 0, maxVersion: 4 },
            { apiKey: 1, minVersion: 90, maxVersion: 99 }],
        })
      } else {
        expect([apiKey, version]).toEqual([3, 4])
        send(metadata, { brokers: [], topics: [] })
      }
    })
    const connection = await clientOf(port).any()
    await connection.request(metadata, { topics: null })
    await expect(connection.request(fetch, { maxWaitMs: 0, minBytes: 0, topics: [],
      forgottenTopicsData: [], rackId: '' })).rejects.toThrow('90 to 99 there, 4 to 18 here')
  })
})

describe('retries', () => {
  test('an error that may pass is asked again, with fresh metadata', async () => {
    let asked = 0
    const port = await fakeBroker((apiKey, _, send) => {
      if (apiKey === 18) return send(apiVersions, served(metadata))
      asked += 1
      return send(metadata, {
        brokers: [], topics: [{
          errorCode: asked < 3 ? 5 : 0, name: 'slow', topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
          partitions: [{
            errorCode: 0, partitionIndex: 0, leaderId: asked < 4 ? -1 : 1, replicaNodes: [1],
            isrNodes: [1], offlineReplicas: [],
          }],
        }],
      })
    })
    expect((await clientOf(port).readyTopic('slow')).partitions).toHaveLength(1)
    expect(asked).toBe(4)
  })

  test('end when the time is over, with the last error', async () => {
    const client = clientOf(1, { timeoutMs: 200 })
    let attempts = 0
    await expect(client.retry(async () => {
      attempts += 1
      throw new RefusedError(15, 'group g')
    })).rejects.toThrow('There is no coordinator at the moment.')
    expect(attempts).toBeGreaterThan(1)
  })
})

describe('frames', () => {
  test('come whole, however the bytes are cut', () => {
    const frames = [Buffer.from('abcd'), Buffer.alloc(300, 1), Buffer.from('efghij')]
    const bytes = Buffer.concat(frames.flatMap((frame) => {
      const length = Buffer.alloc(4)
      length.writeInt32BE(frame.length)
      return [length, frame]
    }))
    for (let size = 1; size <= bytes.length; size += 1) {
      const found: string[] = []
      const cutter = new FrameCutter(1000, (frame) => found.push(frame.toString('hex')))
      for (let at = 0; at < bytes.length; at += size) cutter.push(bytes.subarray(at, at + size))
      expect(found).toEqual(frames.map((frame) => frame.toString('hex')))
    }
  })

  test('of impossible lengths are refused', () => {
    const cutter = new FrameCutter(1000, () => {})
    expect(cutter.push(Buffer.from('GET /'))?.toString()).toBe('GET ')
  })
})

test.each([
  ['localhost:9092', { host: 'localhost', port: 9092 }], ['kafka', { host: 'kafka', port: 9092 }],
  ['[::1]:19092', { host: '::1', port: 19_092 }], ['http://kafka:9092', undefined],
  ['kafka:0', undefined], ['kafka:99999', undefined], ['', undefined], ['a:b', undefined],
])('the address %s is read', (text, address) => {
  expect(parseAddress(text)).toEqual(address)
})

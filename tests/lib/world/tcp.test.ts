// The network over loopback: bytes in the owner's buffers, order, back-pressure, and endings.

import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import type {
  ConnectionEvents, Listener, NetworkConnection,
} from '../../../lib/world/network.ts'
import { tcpNetwork } from '../../../lib/world/tcp.ts'

const opened: { listener: Listener, clients: net.Socket[] }[] = []

afterEach(async () => {
  for (const { listener, clients } of opened.splice(0)) {
    for (const client of clients) client.destroy()
    await listener.close()
  }
})

/** A server whose connections are handed to the test, with what they received so far. */
async function listen(bufferBytes = 1024) {
  const accepted: Peer[] = []
  const listener = await tcpNetwork().listen({ host: '127.0.0.1', port: 0 }, {
    accepted(connection) {
      const peer = new Peer(connection, bufferBytes)
      accepted.push(peer)
      return peer
    },
    failed: unexpected,
  })
  const clients: net.Socket[] = []
  opened.push({ listener, clients })
  const dial = async () => {
    const client = net.connect(listener.port, '127.0.0.1')
    clients.push(client)
    await new Promise((resolve) => { client.once('connect', resolve) })
    await until(() => accepted.length === clients.length)
    return { client, peer: accepted[accepted.length - 1]! }
  }
  return { listener, dial }
}

function unexpected(): never {
  throw new Error('unexpected')
}

class Peer implements ConnectionEvents {
  readonly connection: NetworkConnection
  readonly chunks: Buffer[] = []
  readonly #bytes: Buffer
  drains = 0
  isClosed = false

  constructor(connection: NetworkConnection, bufferBytes: number) {
    this.connection = connection
    this.#bytes = Buffer.alloc(bufferBytes)
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString()
  }

  buffer(): Buffer {
    return this.#bytes
  }

  received(sizeBytes: number): void {
    this.chunks.push(Buffer.from(this.#bytes.subarray(0, sizeBytes)))
  }

  drained(): void {
    this.drains++
  }

  closed(): void {
    this.isClosed = true
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (condition()) return
    await new Promise((resolve) => { setTimeout(resolve, 5) })
  }
  throw new Error('waited in vain')
}

describe('tcp', () => {
  test('brings the bytes into the buffers it is given, in order', async () => {
    const { dial } = await listen(7)
    const { client, peer } = await dial()
    client.write('the quick brown fox ')
    client.write('jumps')
    await until(() => peer.text.length === 25)
    expect(peer.text).toBe('the quick brown fox jumps')
    expect(Math.max(...peer.chunks.map((chunk) => chunk.length))).toBeLessThanOrEqual(7)
  })

  test('tells who is there', async () => {
    const { dial } = await listen()
    const { client, peer } = await dial()
    expect(peer.connection.remoteAddress).toBe('127.0.0.1')
    expect(peer.connection.remotePort).toBe(client.localPort)
  })

  test('sends buffers of all sizes in order and says when they left', async () => {
    const { dial } = await listen()
    const { client, peer } = await dial()
    const got: Buffer[] = []
    client.on('data', (chunk) => got.push(Buffer.from(chunk)))
    const buffers = [10, 20, 100_000, 5, 5000, 5000, 1, 2, 3]
      .map((sizeBytes, i) => Buffer.alloc(sizeBytes, i + 1))
    let sent = 0
    peer.connection.send(buffers, () => { sent++ })
    peer.connection.send([Buffer.from('end')], () => { sent++ })
    const whole = Buffer.concat([...buffers, Buffer.from('end')])
    await until(() => Buffer.concat(got).length === whole.length && sent === 2)
    expect(Buffer.concat(got).equals(whole)).toBe(true)
  })

  test('reads nothing while paused', async () => {
    const { dial } = await listen()
    const { client, peer } = await dial()
    peer.connection.pause()
    client.write('hello')
    await new Promise((resolve) => { setTimeout(resolve, 40) })
    expect(peer.text).toBe('')
    peer.connection.resume()
    await until(() => peer.text === 'hello')
  })

  test('counts what the client does not read, and tells when it did', async () => {
    const { dial } = await listen()
    const { client, peer } = await dial()
    client.pause()
    const chunk = Buffer.alloc(1 << 20)
    for (let i = 0; i < 32; i++) peer.connection.send([chunk])
    expect(peer.connection.unsentBytes).toBeGreaterThan(1 << 20)
    expect(peer.drains).toBe(0)
    client.resume()
    await until(() => peer.drains > 0)
    expect(peer.connection.unsentBytes).toBe(0)
  })

  test('tells of the last bytes too, and shows meanwhile that the client reads', async () => {
    const { dial } = await listen()
    const { client, peer } = await dial()
    client.pause()
    peer.connection.send([Buffer.alloc(16 << 20)])
    peer.connection.send([Buffer.from('end')])
    const { unsentBytes, untakenBytes } = peer.connection
    expect(unsentBytes).toBe((16 << 20) + 3)
    expect(untakenBytes).toBeLessThan(unsentBytes)
    client.once('data', () => client.pause())
    for (let i = 0; i < 100 && peer.connection.untakenBytes === untakenBytes; i++) {
      client.resume()
      await new Promise((resolve) => { setTimeout(resolve, 1) })
      client.pause()
    }
    expect(peer.connection.untakenBytes).toBeLessThan(untakenBytes)
    expect(peer.drains).toBe(0)
    client.resume()
    await until(() => peer.drains === 1)
    expect([peer.connection.unsentBytes, peer.connection.untakenBytes]).toEqual([0, 0])
    peer.connection.send([Buffer.from('at once')])
    await new Promise((resolve) => { setTimeout(resolve, 10) })
    expect(peer.drains).toBe(1)
  })

  test('sends from a file what the system takes, and counts it', async () => {
    const { dial } = await listen()
    const { client, peer: { connection } } = await dial()
    expect(connection.files !== undefined).toBe(process.platform === 'linux')
    const { files } = connection
    if (files === undefined) return
    const content = Buffer.from(Array.from({ length: 1 << 22 }, (_, i) => i * 31 >>> 7))
    const path = join(mkdtempSync(join(tmpdir(), 'samsa-tcp-')), 'file')
    writeFileSync(path, content)
    const file = openSync(path, 'r')
    try {
      client.pause()
      const got: Buffer[] = []
      client.on('data', (chunk) => got.push(chunk))
      client.pause()
      expect(files.head(Buffer.from('head'))).toBe(4)
      let at = 0
      // Until there is no more room; what is sent after it is told when there is.
      for (let taken: number | undefined; taken !== 0; at += taken) {
        const position = at % content.length
        taken = files.body({ descriptor: file, position }, content.length - position)
        if (taken === undefined) throw new Error('nothing can be sent from a file')
      }
      expect(at).toBeGreaterThan(0)
      connection.send([Buffer.from('tail')])
      const wholeBytes = 8 + at
      client.resume()
      await until(() => got.reduce((sum, { length }) => sum + length, 0) === wholeBytes)
      const whole = Buffer.concat(got)
      expect(whole.subarray(0, 4).toString() + whole.subarray(-4).toString()).toBe('headtail')
      for (let i = 0; i < at; i += content.length) {
        const sizeBytes = Math.min(content.length, at - i)
        expect(whole.subarray(4 + i, 4 + i + sizeBytes)
          .equals(content.subarray(0, sizeBytes))).toBe(true)
      }
      expect(connection.sentBytes).toBe(wholeBytes)
      // Neither the end of a file nor what is none is sent.
      const end = { descriptor: file, position: content.length }
      expect(files.body(end, 10)).toBeUndefined()
      expect(files.body({ descriptor: -1, position: 0 }, 10)).toBeUndefined()
    } finally {
      closeSync(file)
      rmSync(dirname(path), { recursive: true })
    }
  })

  test('ends after what was sent, and reports the end of either side', async () => {
    const { dial } = await listen()
    const first = await dial()
    const got: Buffer[] = []
    first.client.on('data', (chunk) => got.push(chunk))
    first.peer.connection.send([Buffer.alloc(300_000)])
    first.peer.connection.end()
    await until(() => first.peer.isClosed)
    await until(() => Buffer.concat(got).length === 300_000)

    const second = await dial()
    second.client.end()
    await until(() => second.peer.isClosed)
  })

  test('calls back for what can no longer be sent', async () => {
    const { dial } = await listen()
    const { peer } = await dial()
    peer.connection.destroy()
    let called = 0
    peer.connection.send([Buffer.from('late')], () => { called++ })
    await until(() => called === 1 && peer.isClosed)
  })

  test('tells of connections that cannot be accepted, and accepts others', async () => {
    const createServer = jest.spyOn(net, 'createServer')
    const errors: Error[] = []
    const accepted: Peer[] = []
    const listener = await tcpNetwork().listen({ host: '127.0.0.1', port: 0 }, {
      accepted(connection) {
        const peer = new Peer(connection, 10)
        accepted.push(peer)
        return peer
      },
      failed: (error) => errors.push(error),
    })
    const server = createServer.mock.results[0]!.value as net.Server
    createServer.mockRestore()
    const client = net.connect(listener.port, '127.0.0.1')
    opened.push({ listener, clients: [client] })
    server.emit('error', new Error('accept EMFILE'))
    expect(errors.map(({ message }) => message)).toEqual(['accept EMFILE'])
    client.write('hello')
    await until(() => accepted[0]?.text === 'hello')
  })

  test('leaves half of the file descriptors to files', () => {
    const known = execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).trim()
    const { mostConnections } = tcpNetwork()
    if (process.platform === 'linux' && known !== 'unlimited') {
      expect(mostConnections).toBe(Math.floor(Number(known) / 2))
    } else {
      expect(mostConnections).toBeGreaterThan(0)
    }
  })

  test('refuses a port that is taken, and frees it when closed', async () => {
    const { listener } = await listen()
    const again = () => tcpNetwork().listen(
      { host: '127.0.0.1', port: listener.port }, { accepted: unexpected, failed: unexpected },
    )
    await expect(again()).rejects.toMatchObject({ code: 'EADDRINUSE' })
    await listener.close()
    await (await again()).close()
  })
})

// The connection that checks and benches ask by, against a server that answers as a test says.

import { afterEach, describe, expect, test } from '@jest/globals'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { ask, Wire } from '../../compat/harness/wire.ts'
import { encodeResponse } from '../../protocol/compile.ts'
import { joined } from '../../protocol/late-bytes.ts'
import { heartbeat } from '../../protocol/messages/heartbeat.ts'

const VERSION = 4
const CORRELATION_ID_AT = 8
const REQUEST = { groupId: 'g', generationId: 1, memberId: 'm' }

/** An answer that tells by its error code which request it answers. */
const answer = (correlationId: number, errorCode = correlationId): Buffer =>
  joined(encodeResponse(heartbeat, VERSION, correlationId, { throttleTimeMs: 0, errorCode }))

let server: Server | undefined
const sockets = new Set<Socket>()

afterEach(() => {
  server?.close()
  for (const socket of sockets) socket.destroy()
  sockets.clear()
})

/** Calls back with every request and its correlation id; gives the address. */
async function serve(
  onRequest: (socket: Socket, correlationId: number) => void,
): Promise<string> {
  server = createServer((socket) => {
    sockets.add(socket)
    let bytes: Buffer = Buffer.alloc(0)
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk])
      while (bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE(0)) {
        const end = 4 + bytes.readInt32BE(0)
        onRequest(socket, bytes.readInt32BE(CORRELATION_ID_AT))
        bytes = bytes.subarray(end)
      }
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

const beat = (wire: Wire): Promise<number> =>
  wire.ask(heartbeat, VERSION, REQUEST).then(({ errorCode }) => errorCode)

describe('a wire', () => {
  test('gives each of several requests its answer, however the bytes come', async () => {
    const count = 20
    const answers: Buffer[] = []
    const address = await serve(async (socket, correlationId) => {
      answers.push(answer(correlationId))
      if (answers.length < count) return
      const all = Buffer.concat(answers)
      socket.setNoDelay(true)
      // One byte alone, pieces that end anywhere, and whole ones together.
      for (let at = 0, size = 1; at < all.length; at += size, size = (size * 7) % 61) {
        socket.write(all.subarray(at, at + size))
        await new Promise((resolve) => setImmediate(resolve))
      }
    })
    const wire = await Wire.connect(address)
    const codes = await Promise.all(Array.from({ length: count }, () => beat(wire)))
    expect(codes).toEqual(Array.from({ length: count }, (_, index) => index))
    wire.close()
  })

  test('takes no answer for that to another request', async () => {
    const address = await serve((socket, correlationId) => {
      socket.write(answer(correlationId + 1))
    })
    const wire = await Wire.connect(address)
    await expect(beat(wire)).rejects.toThrow('an answer to 1, not to 0')
    await expect(beat(wire)).rejects.toThrow('an answer to 1, not to 0')
  })

  test('rejects all that waits when the connection ends, and what is asked after', async () => {
    const address = await serve((socket, correlationId) => {
      if (correlationId === 1) socket.destroy()
    })
    const wire = await Wire.connect(address)
    const failed = await Promise.allSettled([beat(wire), beat(wire)])
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    await expect(beat(wire)).rejects.toThrow()
  })

  test('waits no longer than it is told, and only while it waits for something', async () => {
    const address = await serve((socket, correlationId) => {
      if (correlationId === 0) socket.write(answer(0))
    })
    const wire = await Wire.connect(address, { timeoutMs: 50 })
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect(await beat(wire)).toBe(0)
    await expect(beat(wire)).rejects.toThrow('no answer for 50 ms')
  })

  test('rejects for an answer that cannot be read', async () => {
    const address = await serve((socket, correlationId) => {
      const cut = answer(correlationId).subarray(0, -3)
      cut.writeInt32BE(cut.length - 4)
      socket.write(cut)
    })
    await expect(ask(address, heartbeat, VERSION, REQUEST)).rejects
      .toThrow('HeartbeatResponse version 4, errorCode')
  })

  test('ends with what it was closed for', async () => {
    const wire = await Wire.connect(await serve(() => {}))
    const waiting = beat(wire)
    wire.close()
    await expect(waiting).rejects.toThrow('has been closed')
  })
})

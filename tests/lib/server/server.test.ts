// Requests over loopback: order, turns, limits, and what becomes of what is no good request.

import { afterEach, describe, expect, test } from '@jest/globals'

import { ApiError, Errors } from '../../../protocol/errors.ts'
import { api, array, bytes, int16, int32, string } from '../../../protocol/schema.ts'
import {
  CloseConnection, handler, Later, NO_ANSWER,
} from '../../../lib/server/handler.ts'
import { movableClock, requestOf, StartedServers } from './fixture.ts'

const echo = api({
  name: 'Echo', key: 3, versions: [1, 2], flexibleSince: 2,
  request: { text: string },
  response: { errorCode: int16.default(0), text: string },
})
const slow = api({
  name: 'Slow', key: 4, versions: [0, 0],
  request: { number: int32 },
  response: { errorCode: int16.default(0), number: int32 },
})
const store = api({
  name: 'Store', key: 5, versions: [0, 0],
  request: { number: int32, content: bytes },
  response: { number: int32, sizeBytes: int32 },
})

const echoHandler = handler(echo, ({ text }) => ({ text }))
const servers = new StartedServers()
const { start } = servers

afterEach(servers.end)

function echoRequest(correlationId: number, text: string, apiVersion = 1): Buffer {
  return requestOf(echo, apiVersion, correlationId, { text })
}

const pause = (ms: number) => new Promise((resolve) => { setTimeout(resolve, ms) })

describe('a connection', () => {
  test('answers a request in any version, however its bytes arrive', async () => {
    const { client } = await start([echoHandler])
    const one = client()
    for (const byte of echoRequest(7, 'hello', 2)) {
      one.write(Buffer.from([byte]))
      await pause(0)
    }
    expect(await one.answer(echo, 2)).toEqual({
      correlationId: 7, body: { errorCode: 0, text: 'hello' },
    })
  })

  test('answers pipelined requests in order, behind one that waits too', async () => {
    const waiting: Later<{ number: number }>[] = []
    const slowHandler = handler(slow, () => {
      const later = new Later<{ number: number }>()
      waiting.push(later)
      return later
    })
    const { client } = await start([echoHandler, slowHandler])
    const one = client()
    one.write(
      echoRequest(1, 'a'), requestOf(slow, 0, 2, { number: 5 }), echoRequest(3, 'b'),
      requestOf(slow, 0, 4, { number: 6 }), echoRequest(5, 'c'),
    )
    expect((await one.answer(echo, 1))?.correlationId).toBe(1)
    await pause(20)
    // As in Kafka, the next is begun when the one before it is answered.
    expect(waiting).toHaveLength(1)
    waiting[0]!.complete({ number: 50 })
    expect(await one.answer(slow, 0)).toMatchObject({ correlationId: 2, body: { number: 50 } })
    expect((await one.answer(echo, 1))?.correlationId).toBe(3)
    await pause(20)
    waiting[1]!.complete({ number: 60 })
    expect(await one.answer(slow, 0)).toMatchObject({ correlationId: 4, body: { number: 60 } })
    expect((await one.answer(echo, 1))?.correlationId).toBe(5)
  })

  test('handles requests of a pipelined API at once, and answers in order', async () => {
    const waiting: Later<{ number: number, sizeBytes: number }>[] = []
    const storeHandler = handler(store, () => {
      const later = new Later<{ number: number, sizeBytes: number }>()
      waiting.push(later)
      return later
    }, { pipelined: true })
    const { client } = await start([echoHandler, storeHandler])
    const one = client()
    for (let i = 0; i < 4; i++) {
      one.write(requestOf(store, 0, i, { number: i, content: Buffer.alloc(10) }))
    }
    one.write(echoRequest(4, 'last'))
    await pause(30)
    expect(waiting).toHaveLength(4)
    for (const i of [2, 1, 3, 0]) waiting[i]!.complete({ number: i * 10, sizeBytes: 0 })
    for (const i of [0, 1, 2, 3]) {
      expect(await one.answer(store, 0))
        .toMatchObject({ correlationId: i, body: { number: i * 10 } })
    }
    expect((await one.answer(echo, 1))?.correlationId).toBe(4)
  })

  test('sends answers after the storage phase of the turn', async () => {
    const order: string[] = []
    const storeHandler = handler(store, ({ number }, context, { turn }) => {
      turn.onStorage(() => order.push('written'))
      context.onSent(() => order.push('sent'))
      return { number, sizeBytes: 0 }
    })
    const { client } = await start([storeHandler])
    const one = client()
    one.write(requestOf(store, 0, 1, { number: 1, content: Buffer.alloc(0) }))
    await one.answer(store, 0)
    await pause(5)
    expect(order).toEqual(['written', 'sent'])
  })

  test('keeps what a request holds out of the way of later bytes', async () => {
    const kept: Buffer[] = []
    const storeHandler = handler(store, ({ number, content }) => {
      kept.push(content)
      return { number, sizeBytes: content.length }
    })
    const { client } = await start([storeHandler])
    const one = client()
    for (let i = 0; i < 50; i++) {
      one.write(requestOf(store, 0, i, { number: i, content: Buffer.alloc(30_000, i) }))
      await one.answer(store, 0)
    }
    expect(kept.map((content) => content.every((byte) => byte === content[0]))).not.toContain(false)
    expect(kept.map((content) => content[0])).toEqual(kept.map((_, i) => i))
  })

  test('carries many large requests that borrow their bytes until they are written', async () => {
    const storeHandler = handler(store, ({ number, content }, _context, { turn }) => {
      const later = new Later<{ number: number, sizeBytes: number }>()
      turn.onStorage(() => {
        const isWhole = content.every((byte) => byte === number % 256)
        later.complete({ number, sizeBytes: isWhole ? content.length : -1 })
      })
      return later
    }, { pipelined: true, borrowsBytes: true })
    const { client } = await start([storeHandler])
    const one = client()
    const sizes = [10, 70_000, 500, 300_000, 64 * 1024, 5, 2_500_000, 100]
    for (let i = 0; i < 64; i++) {
      const content = Buffer.alloc(sizes[i % sizes.length]!, i)
      one.write(requestOf(store, 0, i, { number: i, content }))
    }
    for (let i = 0; i < 64; i++) {
      expect(await one.answer(store, 0))
        .toEqual({ correlationId: i, body: { number: i, sizeBytes: sizes[i % sizes.length] } })
    }
  })

  test('is not answered where a handler has no answer', async () => {
    const quiet = handler(slow, ({ number }) => number === 0 ? NO_ANSWER : { number })
    const { client } = await start([quiet])
    const one = client()
    one.write(requestOf(slow, 0, 1, { number: 0 }), requestOf(slow, 0, 2, { number: 9 }))
    expect((await one.answer(slow, 0))?.correlationId).toBe(2)
  })

  test('closes its connection where the answer would fill the memory', async () => {
    const text = 'x'.repeat(30_000)
    const lists = api({
      name: 'Lists', key: 6, versions: [0, 0],
      request: { count: int32 }, response: { texts: array(string) },
    })
    const long = handler(lists, ({ count }) => (
      { texts: Array.from({ length: count }, () => text) }))
    const { client, log } = await start([long])
    const [modest, greedy] = [client(), client()]
    modest.write(requestOf(lists, 0, 1, { count: 2 }))
    greedy.write(requestOf(lists, 0, 1, { count: 10_000 }))
    expect((await modest.answer(lists, 0))?.body.texts).toEqual([text, text])
    expect((await greedy.frame())?.length).toBeUndefined()
    expect(log.join('')).toContain('the answer to Lists cannot be written: it would have more than')
  })

  test('reads no more from a client that does not read', async () => {
    let handled = 0
    const big = handler(slow, ({ number }) => {
      handled++
      return { number }
    })
    const bulky = handler(echo, () => ({ text: 'x'.repeat(30_000) }))
    const { client } = await start([bulky, big])
    const one = client()
    one.socket.pause()
    const requests = 2000
    for (let i = 0; i < requests; i++) one.write(echoRequest(i, ''))
    one.write(requestOf(slow, 0, requests, { number: 1 }))
    await pause(150)
    expect(handled).toBe(0)
    one.socket.resume()
    for (let i = 0; i < requests; i++) expect((await one.answer(echo, 1))?.correlationId).toBe(i)
    expect((await one.answer(slow, 0))?.correlationId).toBe(requests)
  })

  test('handles what came in before the client closed, if nobody waits for answers', async () => {
    const numbers: number[] = []
    const quiet = handler(slow, ({ number }) => {
      numbers.push(number)
      return NO_ANSWER
    })
    const { client } = await start([quiet])
    const one = client()
    one.write(...Array.from({ length: 100 }, (_, i) => requestOf(slow, 0, i, { number: i })))
    one.socket.end()
    await one.closed()
    await pause(20)
    expect(numbers).toHaveLength(100)
  })

  test('tells the handler that works on its answer when it is gone', async () => {
    const told: number[] = []
    const handled: number[] = []
    const slowHandler = handler(slow, ({ number }, context) => {
      handled.push(number)
      const later = new Later<{ number: number }>()
      context.onClosed(() => {
        told.push(number)
        later.complete({ number })
      })
      if (number === 0) later.complete({ number })
      return later
    })
    const { client, server } = await start([slowHandler])
    const one = client()
    one.write(...[0, 1, 2].map((number) => requestOf(slow, 0, number, { number })))
    expect((await one.answer(slow, 0))?.correlationId).toBe(0)
    one.destroy()
    while (server.connectionCount > 0) await pause(5)
    expect(told).toEqual([1])
    // The answer has nowhere to go, so what came after it is not handled.
    await pause(20)
    expect(handled).toEqual([0, 1])
  })

  test('is closed when idle, but not while a request waits', async () => {
    const never = handler(slow, () => new Promise<never>(() => {}))
    const { client } = await start([echoHandler, never], { maxIdleMs: 100 })
    const idle = client()
    const busy = client()
    busy.write(requestOf(slow, 0, 1, { number: 1 }))
    expect(await idle.closed()).toBe(true)
    await pause(150)
    expect(busy.isClosed).toBe(false)
  })
})

describe('a bad request closes its connection alone', () => {
  const length = (value: number) => {
    const buffer = Buffer.alloc(4)
    buffer.writeInt32BE(value)
    return buffer
  }
  const cases: Record<string, Buffer> = {
    'negative length': length(-1),
    'huge length': length(2_000_000_000),
    'empty frame': length(0),
    'frame of one byte': Buffer.concat([length(1), Buffer.alloc(1)]),
    'HTTP': Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
    'TLS hello': Buffer.from('16030100f4010000f00303', 'hex'),
    'unknown API': Buffer.concat([length(10), Buffer.from('7fff0000000000010000', 'hex')]),
    'unserved version': requestOfVersion(9),
    'version −1': requestOfVersion(-1),
    'body cut short': shortBody(),
  }

  function requestOfVersion(apiVersion: number): Buffer {
    const frame = Buffer.from(echoRequest(1, 'x'))
    frame.writeInt16BE(apiVersion, 6)
    return frame
  }

  function shortBody(): Buffer {
    const frame = Buffer.from(echoRequest(1, 'hello'))
    frame.writeInt16BE(1000, frame.length - 7)
    return frame
  }

  test.each(Object.keys(cases))('%s', async (name) => {
    const { client, log } = await start([echoHandler])
    const good = client()
    const bad = client()
    // What came before is answered.
    bad.write(echoRequest(1, 'before'), cases[name]!)
    expect((await bad.answer(echo, 1))?.correlationId).toBe(1)
    expect(await bad.closed()).toBe(true)
    expect(log.filter((line) => line.includes('Closing a connection'))).toHaveLength(1)
    good.write(echoRequest(2, 'still here'))
    expect((await good.answer(echo, 1))?.body.text).toBe('still here')
  })
})

test('what is no request of Kafka at all is called by its name', async () => {
  const { client, log } = await start([echoHandler])
  const spoken = {
    'it looks like an HTTP request': Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
    'it looks like TLS, and this listener speaks PLAINTEXT':
      Buffer.from('16030100f4010000f00303', 'hex'),
  }
  for (const [words, bytes] of Object.entries(spoken)) {
    const one = client()
    one.write(bytes)
    expect(await one.closed()).toBe(true)
    expect(log.filter((line) => line.includes(words))).toHaveLength(1)
  }
})

test('many bad requests make few lines in the log', async () => {
  const { clock, forward } = movableClock()
  const { client, log } = await start([echoHandler], { clock })
  const closings = () => log.filter((line) => line.includes('Closing a connection'))
  const send = async (bytes: Buffer) => {
    const one = client()
    one.write(bytes)
    expect(await one.closed()).toBe(true)
  }
  for (let i = 0; i < 20; i++) await send(Buffer.alloc(4, 255))
  expect(closings()).toHaveLength(1)
  // Of another kind the first is told at once.
  await send(Buffer.from('POST / HTTP/1.1\r\n'))
  expect(closings()).toHaveLength(2)
  forward(10_000)
  await pause(1200)
  expect(closings()).toHaveLength(3)
  expect(closings()[2]).toMatch(/where 0 to 16777216 are allowed \(and 18 more\)/)
})

test('requests in line before a bad frame are answered', async () => {
  const late = handler(slow, async ({ number }) => {
    await pause(5)
    return { number }
  })
  const { client } = await start([late])
  const one = client()
  one.write(...[1, 2, 3].map((i) => requestOf(slow, 0, i, { number: i })), Buffer.alloc(4, 255))
  for (const i of [1, 2, 3]) expect((await one.answer(slow, 0))?.correlationId).toBe(i)
  expect(await one.closed()).toBe(true)
})

describe('a handler that fails', () => {
  const failing = handler(echo, ({ text }): never => {
    if (text === 'close') throw new CloseConnection('as asked')
    if (text === 'bug') throw new TypeError('a bug')
    throw new ApiError(Errors.NOT_CONTROLLER)
  }, { errorAnswer: (request, _version, errorCode) => ({ errorCode, text: request.text }) })

  test('answers with the error, or with that of a bug', async () => {
    const { client, log } = await start([failing])
    const one = client()
    one.write(echoRequest(1, 'error'), echoRequest(2, 'bug'))
    expect((await one.answer(echo, 1))?.body).toMatchObject({ errorCode: Errors.NOT_CONTROLLER })
    expect((await one.answer(echo, 1))?.body)
      .toMatchObject({ errorCode: Errors.UNKNOWN_SERVER_ERROR })
    expect(log.filter((line) => line.includes(' ERROR '))).toHaveLength(1)
  })

  test('closes the connection where that is Kafka\'s answer, or where there is none', async () => {
    const mute = handler(slow, async () => {
      await pause(1)
      throw new ApiError(Errors.NOT_CONTROLLER)
    })
    const { client } = await start([failing, mute])
    const one = client()
    one.write(echoRequest(1, 'close'))
    expect(await one.closed()).toBe(true)
    const two = client()
    two.write(requestOf(slow, 0, 1, { number: 1 }))
    expect(await two.closed()).toBe(true)
  })
})

describe('a stopping server', () => {
  test('sends the answers under way and closes', async () => {
    let hasBegun = (): void => {}
    const begun = new Promise<void>((resolve) => { hasBegun = resolve })
    const late = handler(slow, async ({ number }) => {
      hasBegun()
      await pause(50)
      return { number }
    })
    const { client, server } = await start([late])
    const one = client()
    one.write(requestOf(slow, 0, 1, { number: 3 }))
    await begun
    const stopped = server.stop()
    expect((await one.answer(slow, 0))?.body.number).toBe(3)
    expect(await one.closed()).toBe(true)
    await stopped
    expect(server.connectionCount).toBe(0)
  })

  test('does not wait for ever', async () => {
    const never = handler(slow, () => new Promise<never>(() => {}))
    const { client, server } = await start([never])
    const one = client()
    one.write(requestOf(slow, 0, 1, { number: 3 }))
    await pause(20)
    await server.stop()
    expect(await one.closed()).toBe(true)
  })
})

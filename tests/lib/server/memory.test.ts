// What clients can make the server keep in memory: requests sent in part, answers left unread.

import { afterEach, describe, expect, test } from '@jest/globals'
import { connect } from 'node:net'

import { api, bytes, int32 } from '../../../protocol/schema.ts'
import { handler, Later } from '../../../lib/server/handler.ts'
import { movableClock, requestOf, StartedServers } from './fixture.ts'

const MEGABYTE = 1 << 20
/** More than the system's own buffers of a connection take. */
const LARGE_BYTES = 16 * MEGABYTE
/** Lengths and the correlation id. */
const ANSWER_OVERHEAD_BYTES = 12

const store = api({
  name: 'Store', key: 5, versions: [0, 0],
  request: { number: int32, content: bytes },
  response: { number: int32 },
})
const load = api({
  name: 'Load', key: 6, versions: [0, 0],
  request: { sizeBytes: int32 },
  response: { content: bytes },
})

/** Each request waits until the test answers it. */
function storing() {
  const waiting: Later<{ number: number }>[] = []
  return {
    waiting,
    handler: handler(store, () => {
      const later = new Later<{ number: number }>()
      waiting.push(later)
      return later
    }, { pipelined: true, borrowsBytes: true }),
  }
}

/** Answers as much as is asked for, or as there is room for. */
function loading() {
  const rooms: number[] = []
  return {
    rooms,
    handler: handler(load, ({ sizeBytes }, { answerRoomBytes }) => {
      rooms.push(answerRoomBytes)
      return { content: Buffer.alloc(sizeBytes) }
    }, { answersRecords: true }),
  }
}
const small = handler(store, ({ number }) => ({ number }))

const servers = new StartedServers()
const { start } = servers

afterEach(servers.end)

const pause = (ms: number) => new Promise((resolve) => { setTimeout(resolve, ms) })

/** Waits for so many; a machine with much to do takes its time. */
async function untilThereAre(count: number, waiting: readonly unknown[]): Promise<void> {
  while (waiting.length < count) await pause(5)
  expect(waiting).toHaveLength(count)
}

function storeRequest(number: number, sizeBytes: number): Buffer {
  return requestOf(store, 0, number, { number, content: Buffer.alloc(sizeBytes) })
}

function loadRequest(sizeBytes: number): Buffer {
  return requestOf(load, 0, 1, { sizeBytes })
}

describe('memory for requests', () => {
  test('while it is used up nothing more is read, then all of it', async () => {
    const { handler: slow, waiting } = storing()
    const { client } = await start([slow], { requestMemoryBytes: 100_000 })
    const others = [client(), client(), client()]
    const first = client()
    first.write(storeRequest(1, 120_000))
    await untilThereAre(1, waiting)
    // Of each the system, or the server, may hold a first part; none gets the memory to be whole.
    others.forEach((other, i) => other.write(storeRequest(10 + i, 150_000)))
    await pause(50)
    expect(waiting).toHaveLength(1)
    // As in Kafka's pool one request gets all it needs while anything is left.
    waiting[0]!.complete({ number: 1 })
    await first.answer(store, 0)
    await untilThereAre(2, waiting)
    waiting[1]!.complete({ number: 10 })
    await untilThereAre(3, waiting)
    waiting[2]!.complete({ number: 11 })
    await untilThereAre(4, waiting)
    waiting[3]!.complete({ number: 12 })
    for (const other of others) expect(await other.answer(store, 0)).toBeDefined()
  })

  test('is given back by those who leave in the middle of a request', async () => {
    const { handler: slow, waiting } = storing()
    const { client } = await start([slow], { requestMemoryBytes: 100_000 })
    const half = client()
    half.write(storeRequest(1, 200_000).subarray(0, 90_000))
    await pause(30)
    const other = client()
    other.write(storeRequest(2, 150_000), storeRequest(3, 10))
    await pause(30)
    expect(waiting).toHaveLength(0)
    half.destroy()
    await untilThereAre(1, waiting)
    waiting[0]!.complete({ number: 2 })
    expect(await other.answer(store, 0)).toBeDefined()
    await untilThereAre(2, waiting)
    waiting[1]!.complete({ number: 3 })
    expect(await other.answer(store, 0)).toBeDefined()
  })

  test('holds up small requests too', async () => {
    const { handler: slow, waiting } = storing()
    const { client } = await start([slow], { requestMemoryBytes: 1000 })
    const first = client()
    first.write(storeRequest(1, 2000))
    await pause(20)
    const other = client()
    other.write(storeRequest(2, 10))
    await pause(20)
    other.write(storeRequest(3, 10))
    await pause(20)
    // The first read of a connection brings what it brings.
    expect(waiting).toHaveLength(2)
    waiting[0]!.complete({ number: 1 })
    await pause(20)
    expect(waiting).toHaveLength(3)
    for (const later of waiting) later.complete({ number: 1 })
  })
})

describe('memory for answers', () => {
  test('is shared out: what is left unread leaves less room for others', async () => {
    const { handler: loader, rooms } = loading()
    const { client } = await start([loader], { answerMemoryBytes: 100 * MEGABYTE })
    const unread = client()
    unread.socket.pause()
    unread.write(loadRequest(LARGE_BYTES))
    await pause(100)
    const other = client()
    other.write(loadRequest(10))
    await other.answer(load, 0)
    unread.socket.resume()
    await unread.answer(load, 0)
    other.write(loadRequest(10))
    await other.answer(load, 0)
    expect(rooms[0]).toBe(25 * MEGABYTE)
    // The whole answer is kept until the system has taken it all.
    expect(rooms[1]).toBe(21 * MEGABYTE - ANSWER_OVERHEAD_BYTES / 4)
    expect(rooms[2]).toBe(25 * MEGABYTE)
  })

  test('while it is used up only requests for records wait, until somebody reads', async () => {
    const { handler: loader, rooms } = loading()
    const { client } = await start([loader, small], { answerMemoryBytes: MEGABYTE })
    const unread = client()
    unread.socket.pause()
    unread.write(loadRequest(LARGE_BYTES))
    await pause(100)
    const other = client()
    other.write(loadRequest(5))
    await pause(50)
    expect(rooms).toHaveLength(1)
    const another = client()
    another.write(storeRequest(1, 10))
    expect(await another.answer(store, 0)).toBeDefined()
    unread.socket.resume()
    expect((await other.answer(load, 0))?.body.content).toHaveLength(5)
  })

  test('is freed when a client leaves', async () => {
    const { handler: loader } = loading()
    const { client } = await start([loader], { answerMemoryBytes: MEGABYTE })
    const unread = client()
    unread.socket.pause()
    unread.write(loadRequest(LARGE_BYTES))
    await pause(100)
    const other = client()
    other.write(loadRequest(5))
    await pause(20)
    unread.destroy()
    expect((await other.answer(load, 0))?.body.content).toHaveLength(5)
  })

  test('is not taken for clients that have left', async () => {
    const { handler: loader, rooms } = loading()
    const { client } = await start([loader])
    const unread = client()
    unread.socket.pause()
    unread.write(loadRequest(LARGE_BYTES), loadRequest(5), loadRequest(5))
    await pause(100)
    unread.destroy()
    await pause(50)
    expect(rooms).toHaveLength(1)
  })

  test('is taken from those who read nothing for long, where others wait for it', async () => {
    const { clock, forward } = movableClock()
    const { handler: loader } = loading()
    const { client, log } = await start([loader], { answerMemoryBytes: MEGABYTE, clock })
    const unread = client()
    unread.socket.pause()
    unread.write(loadRequest(LARGE_BYTES))
    await pause(100)
    forward(60_000)
    await pause(1200)
    // Nobody needs the memory.
    expect(log.filter((line) => line.includes('reads nothing'))).toEqual([])
    const other = client()
    other.write(loadRequest(5))
    expect((await other.answer(load, 0))?.body.content).toHaveLength(5)
    expect(log.filter((line) => line.includes('reads nothing'))).toHaveLength(1)
    unread.socket.resume()
    expect(await unread.closed()).toBe(true)
  })
})

describe('an idle client', () => {
  test('is one that reads no answers, whatever it asked for', async () => {
    const { handler: loader } = loading()
    const { client } = await start([loader, small], { maxIdleMs: 300 })
    const unread = client()
    unread.socket.pause()
    unread.write(loadRequest(LARGE_BYTES), loadRequest(1), storeRequest(1, 10))
    await pause(1000)
    unread.socket.resume()
    expect(await unread.closed()).toBe(true)
  })

  test('is not one that reads slowly', async () => {
    const { handler: loader } = loading()
    const { port } = await start([loader], { maxIdleMs: 700 })
    const slow = connect(port, '127.0.0.1')
    let receivedBytes = 0
    slow.on('data', (chunk) => {
      receivedBytes += chunk.length
      slow.pause()
      setTimeout(() => slow.resume(), 4)
    })
    const startedMs = performance.now()
    slow.write(loadRequest(LARGE_BYTES))
    await new Promise((resolve) => { slow.once('close', resolve) })
    expect(performance.now() - startedMs).toBeGreaterThan(1400)
    // Closed as idle, but after the last byte.
    expect(receivedBytes).toBe(LARGE_BYTES + ANSWER_OVERHEAD_BYTES)
  })
})

// Answers whose bytes are read when they are sent: whole, in order, a piece at a time.

import { afterEach, expect, test } from '@jest/globals'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { LateBytes } from '../../../protocol/late-bytes.ts'
import { api, bytes, int32, servedRecords } from '../../../protocol/schema.ts'
import { handler } from '../../../lib/server/handler.ts'
import { type Client, requestOf, StartedServers } from './fixture.ts'

const MEGABYTE = 1 << 20

const load = api({
  name: 'Load', key: 6, versions: [0, 0],
  request: { count: int32, sizeBytes: int32 },
  response: { first: servedRecords, second: servedRecords, third: servedRecords, tail: bytes },
})
const small = api({
  name: 'Small', key: 7, versions: [0, 0], request: { number: int32 }, response: { number: int32 },
})

const servers = new StartedServers()
const { start } = servers

afterEach(servers.end)

const pause = (ms: number) => new Promise((resolve) => { setTimeout(resolve, ms) })

/** Bytes of which each tells its place. */
class Source implements LateBytes {
  readonly length: number
  readBytes = 0
  lent = 0
  mostLentBytes = 0
  failsAt = Infinity

  constructor(sizeBytes: number) {
    this.length = sizeBytes
  }

  read(position: number, sizeBytes: number) {
    if (position + sizeBytes > this.failsAt) throw new Error('the disk is gone')
    expect(position).toBe(this.readBytes)
    this.readBytes += sizeBytes
    this.lent += sizeBytes
    this.mostLentBytes = Math.max(this.mostLentBytes, this.lent)
    return {
      bytes: placesOf(position, sizeBytes),
      release: () => { this.lent -= sizeBytes },
    }
  }
}

function placesOf(position: number, sizeBytes: number): Buffer {
  const content = Buffer.alloc(sizeBytes)
  for (let i = 0; i < sizeBytes; i++) content[i] = (position + i) * 31 >>> 5
  return content
}

/** In a file that has the same bytes. */
class FileSource extends Source {
  readonly #file: number
  #toldOf = 0
  /** What was not read. */
  sentBytes = 0

  constructor(sizeBytes: number, file: number) {
    super(sizeBytes)
    this.#file = file
  }

  inFile(position: number) {
    // All before it went: from the file, or because it was read.
    this.sentBytes += position - this.#toldOf
    this.#toldOf = position
    this.readBytes = position
    return { descriptor: this.#file, position }
  }

  override read(position: number, sizeBytes: number) {
    this.sentBytes += position - this.#toldOf
    this.#toldOf = position + sizeBytes
    this.readBytes = position
    return super.read(position, sizeBytes)
  }

  get restBytes(): number {
    return this.length - this.#toldOf
  }
}

/** Three times late bytes, or two and a buffer between them. */
function loading(failsAt = Infinity, make = (sizeBytes: number) => new Source(sizeBytes)) {
  const sources: Source[] = []
  const rooms: number[] = []
  let sentCount = 0
  const source = (sizeBytes: number): Source => {
    const made = make(sizeBytes)
    made.failsAt = failsAt
    sources.push(made)
    return made
  }
  return {
    sources, rooms,
    get sentCount() { return sentCount },
    handlers: [
      handler(load, ({ count, sizeBytes }, context) => {
        context.onSent(() => { sentCount++ })
        rooms.push(context.answerRoomBytes)
        return {
          first: source(sizeBytes),
          second: count === 3 ? source(sizeBytes) : placesOf(0, sizeBytes),
          third: source(sizeBytes), tail: Buffer.from('the end'),
        }
      }, { answersRecords: true }),
      handler(small, ({ number }) => ({ number })),
    ],
  }
}

const loadRequest = (count: number, sizeBytes: number) =>
  requestOf(load, 0, 1, { count, sizeBytes })
const smallRequest = (number: number) => requestOf(small, 0, number, { number })

/** A small one between two that are late. */
function askAll(asking: Client, count: number, sizeBytes: number): void {
  asking.write(loadRequest(count, sizeBytes), smallRequest(2), loadRequest(count, 10))
}

async function expectAll(asking: Client, sizeBytes: number): Promise<void> {
  const { body } = (await asking.answer(load, 0))!
  const expected = placesOf(0, sizeBytes)
  for (const part of [body.first, body.second, body.third]) {
    expect((part as Buffer).equals(expected)).toBe(true)
  }
  expect(body.tail).toEqual(Buffer.from('the end'))
  expect((await asking.answer(small, 0))!.body.number).toBe(2)
  expect((await asking.answer(load, 0))!.body.first).toHaveLength(10)
}

test('they arrive whole, whatever their size, and answers behind them after them', async () => {
  for (const [count, sizeBytes] of [[3, 1], [2, 1000], [3, MEGABYTE + 1], [2, 7 * MEGABYTE]]) {
    const { sources, handlers } = loading()
    const { client } = await start(handlers)
    const asking = client()
    askAll(asking, count!, sizeBytes!)
    await expectAll(asking, sizeBytes!)
    await pause(20)
    expect(sources.map(({ lent }) => lent)).toEqual(sources.map(() => 0))
  }
})

test('what lies in files goes from there, but for a little where there is no room', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'samsa-late-'))
  const path = join(directory, 'file')
  writeFileSync(path, placesOf(0, 32 * MEGABYTE))
  const file = openSync(path, 'r')
  try {
    for (const [count, sizeBytes] of
      [[3, 1], [2, 100_000], [3, 7 * MEGABYTE + 1], [2, 32 * MEGABYTE]]) {
      const { sources, handlers } = loading(Infinity, (bytes) => new FileSource(bytes, file))
      const { client } = await start(handlers)
      const asking = client()
      asking.socket.pause()
      askAll(asking, count!, sizeBytes!)
      await pause(50)
      asking.socket.resume()
      await expectAll(asking, sizeBytes!)
      const sentBytes = (sources as FileSource[])
        .map((source) => source.sentBytes + source.restBytes)
      // Elsewhere all is read.
      const share = process.platform === 'linux' ? 0.9 : 0
      const leastBytes = sources.map(({ length }) => length * share)
      sentBytes.forEach((each, i) => expect(each).toBeGreaterThanOrEqual(leastBytes[i]!))
      await pause(20)
      expect(sources.map(({ lent }) => lent)).toEqual(sources.map(() => 0))
    }
  } finally {
    closeSync(file)
    rmSync(directory, { recursive: true })
  }
}, 20_000)

test('what a client does not read is not in memory, and others are served', async () => {
  const answers = loading()
  const { client } = await start(answers.handlers)
  const slow = client()
  slow.socket.pause()
  slow.write(loadRequest(3, 64 * MEGABYTE))
  await pause(300)
  const [first] = answers.sources
  const readBytes = first!.readBytes
  // What the system's own buffers take, and the piece that they do not.
  expect(readBytes).toBeLessThan(32 * MEGABYTE)
  expect(first!.mostLentBytes).toBeLessThanOrEqual(MEGABYTE)
  const other = client()
  other.write(smallRequest(5))
  expect((await other.answer(small, 0))!.body.number).toBe(5)
  await pause(100)
  expect(first!.readBytes).toBe(readBytes)
  expect(answers.sentCount).toBe(0)
  slow.socket.resume()
  const { body } = (await slow.answer(load, 0))!
  expect(body.third).toHaveLength(64 * MEGABYTE)
  await pause(50)
  expect(answers.sentCount).toBe(1)
}, 30_000)

test('a client that leaves in the middle leaves nothing behind', async () => {
  const answers = loading()
  const { client } = await start(answers.handlers)
  const leaving = client()
  leaving.socket.pause()
  leaving.write(loadRequest(3, 64 * MEGABYTE))
  await pause(200)
  leaving.destroy()
  await pause(100)
  expect(answers.sentCount).toBe(1)
  expect(answers.sources.map(({ lent }) => lent)).toEqual([0, 0, 0])
  const next = client()
  next.write(loadRequest(3, 10))
  await next.answer(load, 0)
  expect(answers.rooms[1]).toBe(answers.rooms[0])
})

test('bytes that cannot be had end the connection, and the log says why', async () => {
  const answers = loading(3 * MEGABYTE)
  const { client, log } = await start(answers.handlers)
  const unlucky = client()
  unlucky.write(loadRequest(3, 4 * MEGABYTE))
  expect(await unlucky.closed()).toBe(true)
  expect(log.some((line) => line.includes('the disk is gone'))).toBe(true)
  expect(answers.sentCount).toBe(1)
  expect(answers.sources.map(({ lent }) => lent)).toEqual([0, 0, 0])
})

test('a server that stops sends to its end what it has begun', async () => {
  const { handlers } = loading()
  const { client, server } = await start(handlers)
  const asking = client()
  asking.socket.pause()
  asking.write(loadRequest(3, 16 * MEGABYTE))
  await pause(100)
  const stopped = server.stop()
  asking.socket.resume()
  expect((await asking.answer(load, 0))!.body.third).toHaveLength(16 * MEGABYTE)
  await stopped
}, 20_000)

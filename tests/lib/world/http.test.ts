// The HTTP server for those who watch: whoever holds connections does not keep out the others, and
// what may be asked for.

import { afterEach, expect, test } from '@jest/globals'
import { connect, type Socket } from 'node:net'
import { type HttpAnswerer, listenHttp, MOST_CONNECTIONS } from '../../../lib/world/http.ts'
import { until } from '../library/brokers.ts'

const ending: (() => unknown)[] = []

afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end()
})

async function listen(answer: HttpAnswerer = async (path) => ok(path)): Promise<number> {
  const server = await listenHttp({ host: '127.0.0.1', port: 0 }, answer, () => {})
  ending.push(() => server.close())
  return server.port
}

function ok(text: string) {
  return { status: 200, type: 'text/plain', body: [Buffer.from(text)] }
}

interface Talk {
  readonly socket: Socket
  heard: string
  isOver: boolean
}

/** Connects, sends what is given, and listens. */
async function talk(port: number, text = ''): Promise<Talk> {
  const socket = connect(port, '127.0.0.1')
  const talk: Talk = { socket, heard: '', isOver: false }
  ending.push(() => socket.destroy())
  socket.on('data', (bytes) => { talk.heard += bytes })
  socket.on('error', () => {}).on('close', () => { talk.isOver = true })
  await new Promise((resolve) => { socket.once('connect', resolve) })
  socket.write(text)
  return talk
}

/** On a connection of its own. */
async function ask(port: number, target: string): Promise<string> {
  const asked = await talk(port, `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
  await until('the answer is there', () => asked.isOver)
  return `${asked.heard.slice(9, 12)} ${asked.heard.split('\r\n\r\n')[1]}`
}

test('connections that ask for nothing make room, the oldest first', async () => {
  const port = await listen()
  const halfOpen: Talk[] = []
  for (let i = 0; i < 3 * MOST_CONNECTIONS; i++) {
    halfOpen.push(await talk(port, i % 2 === 0 ? '' : 'GET /metrics HTTP/1.1\r\nHost'))
  }
  const startMs = performance.now()
  for (let i = 0; i < 5; i++) expect(await ask(port, '/healthz')).toBe('200 /healthz')
  expect(performance.now() - startMs).toBeLessThan(2000)
  const left = (): Talk[] => halfOpen.filter(({ isOver }) => !isOver)
  await until('room was made', () => left().length < MOST_CONNECTIONS)
  expect(left()).toEqual(halfOpen.slice(-left().length))
})

test('who waits for an answer stays, as long as there are others to make room', async () => {
  const answers: (() => void)[] = []
  const port = await listen((path) => path === '/now' ? Promise.resolve(ok(path)) : (
    new Promise((resolve) => { answers.push(() => resolve(ok(path))) })))
  const waits = await talk(port, 'GET /slow HTTP/1.1\r\nHost: x\r\n\r\n')
  await until('it is asked', () => answers.length === 1)
  const idle = await talk(port, 'GET /now HTTP/1.1\r\nHost: x\r\n\r\n')
  await until('it has its answer', () => idle.heard.endsWith('/now'))
  for (let i = 0; i < MOST_CONNECTIONS; i++) await talk(port)
  await until('it is let go', () => idle.isOver)
  answers[0]!()
  await until('it has its answer, too', () => waits.heard.endsWith('/slow'))

  // Where all of them wait, one of them goes.
  const waiting: Talk[] = []
  for (let i = 0; i < MOST_CONNECTIONS; i++) {
    waiting.push(await talk(port, 'GET /slow HTTP/1.1\r\nHost: x\r\n\r\n'))
  }
  await until('all are asked', () => answers.length === 1 + MOST_CONNECTIONS)
  expect(await ask(port, '/now')).toBe('200 /now')
  expect(waiting.map(({ isOver }) => isOver)).toEqual(waiting.map((_, i) => i === 0))
})

test('a whole URL may be asked for, as proxies do', async () => {
  const port = await listen()
  expect(await ask(port, 'http://broker:9404/metrics')).toBe('200 /metrics')
  expect(await ask(port, 'HTTPS://broker/metrics?a=/b')).toBe('200 /metrics')
  expect(await ask(port, 'http://[::1]:9404')).toBe('200 /')
  expect(await ask(port, 'http://broker?a')).toBe('200 /')
  expect(await ask(port, '/http://broker/metrics')).toBe('200 /http://broker/metrics')
  expect(await ask(port, 'ftp://broker/metrics')).toBe('400 ')
  expect(await ask(port, '*')).toBe('400 ')
})

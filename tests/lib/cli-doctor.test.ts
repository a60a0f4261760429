// `samsa doctor` on clusters that are well, and on those where one setting is wrong.

import { afterEach, expect, test } from '@jest/globals'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { Player } from '../../compat/cli/play.ts'
import { startTestNode, type TestNode } from './cli-harness.ts'

const TIMEOUT_MS = 60_000
const ended: (() => Promise<void> | void)[] = []

afterEach(async () => {
  for (const end of ended.splice(0)) await end()
})

interface Report {
  readonly healthy: boolean
  readonly findings: readonly {
    readonly step: string, readonly state: string, readonly detail: string,
    readonly setting?: string, readonly next?: string,
  }[]
}

async function nodeWith(settings: Readonly<Record<string, string>> = {}): Promise<TestNode> {
  const node = await startTestNode(settings)
  ended.push(() => node.dispose())
  return node
}

/** The report, and the exit code where it is not 0. */
async function examine(address: string, options = ''): Promise<[Report, string]> {
  const player = await Player.start(address, 'doctor')
  ended.push(() => player.close())
  const text = await player.play(`samsa doctor --json ${options}`)
  const [, json = '', exitCode = ''] = /^([^]*\})(?:\n\[(\d)\])?$/.exec(text) ?? []
  return [JSON.parse(json.replaceAll('HOST:PORT', address)) as Report, exitCode]
}

test('a cluster that is well: every step, and nothing left behind', async () => {
  const node = await nodeWith()
  const [report, exitCode] = await examine(node.address)
  expect([report.healthy, exitCode]).toEqual([true, ''])
  expect(report.findings.map(({ step, state }) => `${step} ${state}`)).toEqual([
    'connects ok', 'versions ok', 'cluster ok', 'broker 1 ok', 'partitions ok', 'groups ok',
    'produce ok', 'fetch ok', 'clock ok',
  ])
  const player = await Player.start(node.address, 'doctor')
  ended.push(() => player.close())
  expect(await player.play('samsa topics list')).toBe('')
}, TIMEOUT_MS)

/** Of the loopback interface; nothing listens on it at this moment. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** A node that calls itself otherwise; gives where it really listens. */
async function nodeCalled(name: string): Promise<string> {
  const address = `127.0.0.1:${await freePort()}`
  await nodeWith({
    'listeners': `PLAINTEXT://${address}`, 'advertised.listeners': `PLAINTEXT://${name}`,
  })
  return address
}

test('an advertised name that leads nowhere', async () => {
  const port = await freePort()
  const [report, exitCode] = await examine(await nodeCalled(`127.0.0.1:${port}`), '--read-only')
  expect([report.healthy, exitCode]).toEqual([false, '1'])
  expect(report.findings.find(({ state }) => state === 'wrong')).toMatchObject({
    step: 'broker 1', setting: 'advertised.listeners',
    detail: `it calls itself 127.0.0.1:${port}, but 127.0.0.1:${port}: nothing listens there`,
  })
}, TIMEOUT_MS)

test('an advertised name that nobody knows', async () => {
  const [report] = await examine(await nodeCalled('broker.invalid:9092'), '--read-only')
  expect(report.findings.find(({ state }) => state === 'wrong')).toMatchObject({
    step: 'broker 1', setting: 'advertised.listeners',
    detail: expect.stringMatching(/^no address is known for broker\.invalid \(E\w+\)$/),
  })
}, TIMEOUT_MS)

test('nothing listens, and a list of which one does', async () => {
  const [{ address }, port] = [await nodeWith(), await freePort()]
  const [nobody, exitCode] = await examine(`127.0.0.1:${port}`)
  expect([nobody.healthy, exitCode]).toEqual([false, '3'])
  const list = `127.0.0.1:${port},${address}`
  const [report, exitCodeOfList] = await examine(address, `${list} --read-only`)
  expect(exitCodeOfList).toBe('1')
  expect(report.findings.map(({ step, state }) => `${step} ${state}`).slice(0, 4))
    .toEqual(['connects wrong', 'connects ok', 'versions ok', 'cluster ok'])
}, TIMEOUT_MS)

test('a web server', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
  }).listen(0, '127.0.0.1')
  ended.push(() => { server.close() })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const [report, exitCode] = await examine(`127.0.0.1:${port}`)
  expect(exitCode).toBe('1')
  expect(report.findings).toEqual([expect.objectContaining({
    step: 'connects', state: 'wrong',
    next: 'That is a web server; Kafka listens on another port.',
  })])
}, TIMEOUT_MS)

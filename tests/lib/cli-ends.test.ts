// How commands end that are not let finish: by signals, and by an output that cannot be written.

import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { SpawnOptions } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { Client } from '../../lib/client/client.ts'
import { committedOffsets } from '../../lib/client/group-offsets.ts'
import { describe as describeGroup } from '../../lib/client/groups.ts'
import { Member } from '../../lib/client/member.ts'
import { Producer } from '../../lib/client/producer.ts'
import { create } from '../../lib/client/topics.ts'
import { systemClock } from '../../lib/world/clock.ts'
import { tcpDial } from '../../lib/world/dial.ts'
import { startTestNode, type TestNode } from './cli-harness.ts'
import { Samsa } from './cli-process.ts'

const POLL_MS = 20

let node: TestNode
let client: Client
const running: Samsa[] = []

beforeAll(async () => {
  node = await startTestNode()
  client = new Client({
    bootstrap: [{ host: '127.0.0.1', port: node.port }], dial: tcpDial(), clock: systemClock(),
    softwareVersion: 'test', requestTimeoutMs: 5000, timeoutMs: 10_000,
  })
  await create(client, [{ name: 'orders', partitions: 1, replicas: 1 }])
})

afterAll(async () => {
  client.close()
  await node.dispose()
})

afterEach(() => {
  for (const { child } of running.splice(0)) child.kill('SIGKILL')
})

function samsa(args: readonly string[], options: SpawnOptions = {}): Samsa {
  const started = new Samsa([...args, '--bootstrap', node.address], node.dataDirectory, options)
  running.push(started)
  return started
}

async function membersOf(groupId: string): Promise<number> {
  return (await describeGroup(client, groupId)).members.length
}

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s while a member joins: it leaves the group, and ends with 130', async (signal) => {
    const groupId = `joining-${signal}`
    // It does not come to the rebalance, for which the other one waits.
    const first = new Member(client, groupId, ['orders'])
    await first.join()
    const second = samsa(['consume', 'orders', '--group', groupId, '--follow'])
    while (await membersOf(groupId) < 2) await client.pause(POLL_MS)
    second.child.kill(signal)
    expect(await second.exit).toBe(130)
    expect([second.stdout, second.stderr]).toEqual(['', 'samsa: interrupted\n'])
    expect(await membersOf(groupId)).toBe(1)
    await first.leave()
  },
)

describe('a standard output that is full', () => {
  const full = openSync('/dev/full', 'w')
  const said = 'samsa: standard output cannot be written: the disk is full\n'
  const toFull = (...args: string[]) => samsa(args, { stdio: ['ignore', full, 'pipe'] })

  beforeAll(async () => {
    const producer = new Producer(client, { acks: -1, codec: 'none' })
    await producer.send({ topic: 'orders', partition: 0 }, { key: null, value: Buffer.from('a') })
    await producer.flush()
  })
  afterAll(() => closeSync(full))

  test.each([
    ['topics', 'list'], ['topics', 'list', '--json'], ['topics', '--help'], ['--help'],
    ['completion'], ['consume', 'orders'], ['consume', 'orders', '--follow'],
  ])('is told in one line: samsa %s %s', async (...args) => {
    const ended = toFull(...args)
    expect(await ended.exit).toBe(1)
    const isJson = args.includes('--json')
    expect(isJson ? (JSON.parse(ended.stderr) as unknown) : ended.stderr).toEqual(
      isJson ? { error: { message: said.slice('samsa: '.length, -1) } } : said)
  })

  test('commits nothing, and leaves the group', async () => {
    const ended = toFull('consume', 'orders', '--group', 'full')
    expect([await ended.exit, ended.stderr]).toEqual([1, said])
    expect(await committedOffsets(client, 'full')).toEqual([])
    expect(await membersOf('full')).toBe(0)
  })

  test('goes unnoticed by a command that has nothing to say there', async () => {
    const ended = toFull('topics', 'describe', 'nope')
    expect(await ended.exit).toBe(1)
    expect(ended.stderr).toMatch(/^samsa: there is no topic nope .*\n.*\n$/)
  })
})

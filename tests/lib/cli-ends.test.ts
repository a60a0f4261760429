// How commands end that are not let finish: by signals, and by an output that cannot be written.

import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import type { SpawnOptions } from 'node:child_process'
import { Client } from '../../lib/client/client.ts'
import { describe } from '../../lib/client/groups.ts'
import { Member } from '../../lib/client/member.ts'
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
  return (await describe(client, groupId)).members.length
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

// Groups through the client, where brokers know less of them than this Samsa.

import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Client } from '../../lib/client/client.ts'
import { RefusedError } from '../../lib/client/errors.ts'
import { commitOffsets } from '../../lib/client/group-offsets.ts'
import { describe, lagOf } from '../../lib/client/groups.ts'
import { create } from '../../lib/client/topics.ts'
import { systemClock } from '../../lib/world/clock.ts'
import { tcpDial } from '../../lib/world/dial.ts'
import { updateFeatures } from '../../protocol/messages/update-features.ts'
import { startTestNode, type TestNode } from './cli-harness.ts'

const UNSAFE_DOWNGRADE = 3

let node: TestNode
let client: Client

beforeAll(async () => {
  node = await startTestNode()
  client = new Client({
    bootstrap: [{ host: '127.0.0.1', port: node.port }], dial: tcpDial(), clock: systemClock(),
    softwareVersion: 'test', requestTimeoutMs: 2000, timeoutMs: 3000,
  })
})

afterAll(async () => {
  client.close()
  await node.dispose()
})

test('a group is described where the feature group.version is 0', async () => {
  const connection = await client.controller()
  const { errorCode } = await connection.request(updateFeatures, {
    timeoutMs: 2000, validateOnly: false,
    featureUpdates: [{
      feature: 'group.version', maxVersionLevel: 0, allowDowngrade: true,
      upgradeType: UNSAFE_DOWNGRADE,
    }],
  })
  expect(errorCode).toBe(0)
  await create(client, [{ name: 'orders', partitions: 1, replicas: 1 }])
  await commitOffsets(client, 'billing', [{ topic: 'orders', partition: 0, offset: 0 }])
  const group = await describe(client, 'billing')
  expect(group).toMatchObject({ groupId: 'billing', type: 'classic', state: 'Empty', members: [] })
  expect(await lagOf(client, group)).toEqual([
    expect.objectContaining({ topic: 'orders', partition: 0, committed: 0, lag: 0 })])
  await expect(describe(client, 'nobody')).rejects.toThrow(RefusedError)
})

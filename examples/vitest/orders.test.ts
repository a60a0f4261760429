// With Vitest: what a service does when its broker has a bad day.

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Broker } from 'samsa'
import { OrderService } from '../orders.cjs'

vi.setConfig({ testTimeout: 30_000 })

let broker: Broker
let service: InstanceType<typeof OrderService>

beforeEach(async () => {
  broker = await Broker.start({ topics: ['orders', 'invoices', 'orders.rejected'] })
  // One answer gets lost, and nobody wants to wait long for it.
  service = new OrderService({ brokers: [broker.bootstrapServers], requestTimeoutMs: 3000 })
})
afterEach(async () => {
  await service.stop()
  await broker.close()
})

async function invoices(): Promise<string[]> {
  const found: string[] = []
  for await (const { key } of broker.records('invoices')) found.push(String(key))
  return found
}

/** Two orders; resolves when the invoice of the second is there. */
async function serveTwo(): Promise<void> {
  const value = JSON.stringify({ pieces: 1, cents: 100 })
  await broker.produce('orders', [{ key: 'first', value }, { key: 'second', value }])
  for await (const { key } of broker.records('invoices', { until: 'never' })) {
    if (String(key) === 'second') return
  }
}

test('the leader moves: the service tries again', async () => {
  const fault = broker.faults.on('Produce').times(2).reply('NOT_LEADER_OR_FOLLOWER')
  await service.start()
  await serveTwo()
  expect(fault.count).toBe(2)
  expect(await invoices()).toEqual(['first', 'second'])
})

test('an answer is lost: nobody is invoiced twice', async () => {
  const fault = broker.faults.on('Produce')
    .when(({ body }) => body.topicData.some(({ name }) => name === 'invoices'))
    .times(1).drop()
  await service.start()
  await serveTwo()
  expect(fault.count).toBe(1)
  expect(await invoices()).toEqual(['first', 'second'])
})

test('the coordinator is not there yet: the service waits for it', async () => {
  broker.faults.on('FindCoordinator').times(2).reply('COORDINATOR_NOT_AVAILABLE')
  broker.faults.on('JoinGroup').times(1).close()
  await service.start()
  await serveTwo()
  expect(await invoices()).toEqual(['first', 'second'])
})

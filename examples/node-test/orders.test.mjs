// With node:test: brokers that begin where another one stood, and time that passes at once.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Broker } from 'samsa'
import { OrderService } from '../orders.cjs'

const invoice = JSON.stringify({ pieces: 2, cents: 50 })
let fixture

// What all tests begin with: a hundred orders that were never looked at.
before(async () => {
  const broker = await Broker.start({ topics: ['orders', 'invoices', 'orders.rejected'] })
  await broker.produce('orders',
    Array.from({ length: 100 }, (_, i) => ({ key: String(i), value: invoice })))
  fixture = await broker.snapshot()
  await broker.close()
})
after(() => { fixture = undefined })

async function keys(broker, topic, options) {
  const found = []
  for await (const { key } of broker.records(topic, options)) found.push(Number(key))
  return found
}

test('the service catches up with all of them, in order', async () => {
  const broker = await fixture.fork()
  const service = new OrderService({ brokers: [broker.bootstrapServers] })
  await service.start()
  const found = await keys(broker, 'invoices', { until: 'never', limit: 100 })
  assert.deepEqual(found, Array.from({ length: 100 }, (_, i) => i))
  await service.stop()
  await broker.close()
})

test('after a week the orders are gone, and new ones are served', async () => {
  const broker = await fixture.fork()
  await broker.clock.advance(8 * 24 * 3600 * 1000)
  assert.deepEqual(await keys(broker, 'orders'), [])
  const service = new OrderService({ brokers: [broker.bootstrapServers] })
  await service.start()
  await broker.produce('orders', { key: '100', value: invoice })
  assert.deepEqual(await keys(broker, 'invoices', { until: 'never', limit: 1 }), [100])
  await service.stop()
  await broker.close()
})

test('a service that is silent for too long loses its part to another', async () => {
  const broker = await fixture.fork()
  const brokers = [broker.bootstrapServers]
  const first = new OrderService({
    brokers, clientId: 'first', sessionTimeoutMs: 10_000, requestTimeoutMs: 3000,
  })
  await first.start()
  await keys(broker, 'invoices', { until: 'never', limit: 100 })
  // Nothing reaches it any more.
  const cut = broker.faults.on('Fetch').when(({ clientId }) => clientId === 'first').drop()
  while (cut.count === 0) await new Promise((resolve) => { setTimeout(resolve, 10) })
  await broker.clock.advance(11_000)
  const second = new OrderService({ brokers, clientId: 'second' })
  await second.start()
  await broker.produce('orders', { key: '100', value: invoice })
  const found = await keys(broker, 'invoices', { from: { 0: 100 }, until: 'never', limit: 1 })
  assert.deepEqual(found, [100])
  broker.faults.clear()
  await Promise.all([first.stop(), second.stop()])
  await broker.close()
})

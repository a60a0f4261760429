// With Jest: one broker for all tests of the file, emptied before each of them.

const { Broker } = require('samsa')
const { OrderService } = require('../orders.cjs')

jest.setTimeout(30_000)

let broker
let service

beforeAll(async () => {
  broker = await Broker.start({ topics: ['orders', 'invoices', 'orders.rejected'] })
})
afterAll(() => broker.close())

beforeEach(async () => {
  await broker.reset()
  service = new OrderService({ brokers: [broker.bootstrapServers] })
  await service.start()
})
afterEach(() => service.stop())

/** The next record of a topic, as JSON. */
async function next(topic) {
  for await (const { value } of broker.records(topic, { until: 'never', limit: 1 })) {
    return JSON.parse(value)
  }
}

const order = (key, value) => broker.produce('orders', { key, value: JSON.stringify(value) })

test('an order becomes an invoice', async () => {
  await order('7', { pieces: 3, cents: 250 })
  expect(await next('invoices')).toEqual({ order: '7', cents: 750 })
})

test('what is no order is kept apart', async () => {
  await order('8', { pieces: -1 })
  await order('9', { pieces: 1, cents: 100 })
  expect(await next('orders.rejected')).toEqual({ pieces: -1 })
  expect(await next('invoices')).toEqual({ order: '9', cents: 100 })
})

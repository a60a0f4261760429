// A clock that a test moves: what is due in that time happens, and nothing else does.

import { describe, expect, test } from '@jest/globals'
import { MovableClock } from '../../../lib/library/movable-clock.ts'
import { systemClock } from '../../../lib/world/clock.ts'
import { brokersOfTests, until, values } from './brokers.ts'
import { client } from './kafkajs.ts'

const start = brokersOfTests()
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

describe('the clock itself', () => {
  test('timers fire in their order, each at its time', async () => {
    const clock = new MovableClock(systemClock())
    const startMs = clock.monotonicMs()
    const fired: [string, number][] = []
    const note = (name: string) => () => {
      fired.push([name, Math.round((clock.monotonicMs() - startMs) / 100) * 100])
    }
    clock.setTimer(3000, note('c'))
    clock.setTimer(1000, () => {
      note('a')()
      clock.setTimer(1000, note('b'))
    })
    clock.setTimer(1500, note('never')).cancel()
    const late = clock.setTimer(10_000, note('late'))
    await clock.advance(5000)
    expect(fired).toEqual([['a', 1000], ['b', 2000], ['c', 3000]])
    expect(Math.round((clock.monotonicMs() - startMs) / 1000)).toBe(5)
    late.cancel()
  })

  test('what is left of a timer is waited for', async () => {
    const clock = new MovableClock(systemClock())
    const fired = new Promise<void>((resolve) => { clock.setTimer(60_000, resolve) })
    await clock.advance(59_980)
    const startedMs = performance.now()
    await fired
    expect(performance.now() - startedMs).toBeLessThan(5000)
  })

  test('a timer beyond what Node can count does not fire before its time', async () => {
    const clock = new MovableClock(systemClock())
    let isFired = false
    const timer = clock.setTimer(40 * DAY_MS, () => { isFired = true })
    await clock.advance(39 * DAY_MS)
    expect(isFired).toBe(false)
    await clock.advance(DAY_MS)
    expect(isFired).toBe(true)
    timer.cancel()
  })

  test('one move follows the other, and none goes back', async () => {
    const clock = new MovableClock(systemClock())
    const before = clock.nowMs()
    await Promise.all([clock.advance(1000), clock.advance(2000)])
    expect(clock.nowMs() - before).toBeGreaterThanOrEqual(3000)
    expect(() => clock.advance(-1)).toThrow(RangeError)
    expect(() => clock.advance(NaN)).toThrow(RangeError)
  })
})

test('records outlive their retention', async () => {
  const broker = await start({
    topics: [{ name: 'short', configs: { 'retention.ms': HOUR_MS } }, 'long'],
  })
  await broker.produce('short', { value: 'a' })
  await broker.produce('long', { value: 'a' })
  await broker.clock.advance(2 * HOUR_MS)
  await broker.produce('short', { value: 'b' })
  expect(await values(broker, 'short')).toEqual(['b'])
  expect(await values(broker, 'long')).toEqual(['a'])
  await broker.clock.advance(8 * DAY_MS)
  expect(await values(broker, 'long')).toEqual([])
})

test('a member that is silent for longer than its session is out', async () => {
  const broker = await start({ topics: ['orders'] })
  const kafka = client(broker)
  const consumer = kafka.consumer({ groupId: 'g', sessionTimeout: 30_000, heartbeatInterval: 9000 })
  await consumer.connect()
  await consumer.subscribe({ topic: 'orders' })
  const joined = new Promise((resolve) => { consumer.on('consumer.group_join', resolve) })
  void consumer.run({ eachMessage: async () => {} })
  await joined
  const admin = kafka.admin()
  await admin.connect()
  const state = async (): Promise<string> => (await admin.describeGroups(['g'])).groups[0]!.state
  await broker.clock.advance(25_000)
  expect(await state()).toBe('Stable')
  await broker.clock.advance(10_000)
  expect(await state()).toBe('Empty')
  await admin.disconnect()
  await consumer.disconnect()
})

test('a transaction that is left open is aborted in time', async () => {
  const broker = await start({ topics: ['orders'] })
  const producer = client(broker).producer({
    transactionalId: 't', idempotent: true, maxInFlightRequests: 1, transactionTimeout: 60_000,
  })
  await producer.connect()
  const transaction = await producer.transaction()
  await transaction.send({ topic: 'orders', messages: [{ value: 'a' }] })
  await broker.produce('orders', { value: 'b' })
  const committed = { isolationLevel: 'read_committed' } as const
  expect(await values(broker, 'orders', committed)).toEqual([])
  await broker.clock.advance(90_000)
  expect(await values(broker, 'orders', committed)).toEqual(['b'])
  await producer.disconnect()
})

test('what is written gets the time of the broker', async () => {
  const broker = await start({
    topics: [{ name: 'arrival', configs: { 'message.timestamp.type': 'LogAppendTime' } }],
  })
  await broker.clock.advance(DAY_MS)
  await broker.produce('arrival', { value: 'a', timestamp: 5 })
  for await (const { timestamp } of broker.records('arrival')) {
    expect(Math.abs(timestamp - broker.clock.now())).toBeLessThan(10_000)
    expect(timestamp - Date.now()).toBeGreaterThan(DAY_MS - 10_000)
  }
})

test('a first rebalance waits for the clock', async () => {
  const broker = await start({
    topics: ['orders'], settings: { 'group.initial.rebalance.delay.ms': 60_000 },
  })
  const consumer = client(broker, { requestTimeout: 600_000 })
    .consumer({ groupId: 'g', rebalanceTimeout: 120_000 })
  await consumer.connect()
  await consumer.subscribe({ topic: 'orders' })
  let isJoined = false
  consumer.on('consumer.group_join', () => { isJoined = true })
  const joining = broker.faults.on('JoinGroup').delay(0)
  const running = consumer.run({ eachMessage: async () => {} })
  // The first of them is told its member id, and comes again with it.
  await until('it waits to join', () => joining.count === 2)
  expect(isJoined).toBe(false)
  await broker.clock.advance(61_000)
  await running
  await until('it has joined', () => isJoined)
  await consumer.disconnect()
})

test('offsets that nobody uses expire', async () => {
  const broker = await start({ topics: ['orders'] })
  const admin = client(broker).admin()
  await admin.connect()
  await admin.setOffsets({
    groupId: 'g', topic: 'orders', partitions: [{ partition: 0, offset: '7' }],
  })
  const offset = async (): Promise<string> => {
    const [found] = await admin.fetchOffsets({ groupId: 'g', topics: ['orders'] })
    return found!.partitions[0]!.offset
  }
  await broker.clock.advance(6 * DAY_MS)
  expect(await offset()).toBe('7')
  await broker.clock.advance(2 * DAY_MS)
  expect(await offset()).toBe('-1')
  await admin.disconnect()
})

// What makes no sense is refused by its name, with what was given and what may be, and before
// anything is done: the types say it too, but not to those who write JavaScript.

import { describe, expect, test } from '@jest/globals'
import type { Broker } from '../../../lib/index.ts'
import { brokersOfTests, values } from './brokers.ts'

const start = brokersOfTests()

/** What its type would not let through. */
const wrong = (value: unknown): never => value as never

const DATE = /^produce: record\.timestamp must be whole milliseconds since 1970, or a date/

describe('options of a broker', () => {
  test.each<[unknown, string]>([
    [{ topcis: ['a'] },
      'Broker.start knows no topcis, but directory, port, host, settings, metrics, '
        + 'topics, log'],
    [{ topics: 'orders' },
      "Broker.start: topics must be a list of names, or of { name, partitions, configs }, "
        + "not 'orders'"],
    [{ topics: [5] }, 'Broker.start: topics[0] takes an object, not 5'],
    [{ topics: ['a', { name: 'b', partition: 3 }] },
      'Broker.start: topics[1] knows no partition, but name, partitions, configs'],
    [{ topics: [{ partitions: 3 }] }, 'Broker.start: topics[0].name must be text, not undefined'],
    [{ topics: [{ name: 'a', partitions: '3' }] },
      "Broker.start: topics[0].partitions must be a whole number, not '3'"],
    [{ port: '0' }, "Broker.start: port must be a whole number from 0 to 65535, not '0'"],
    [{ port: 65536 }, 'Broker.start: port must be a whole number from 0 to 65535, not 65536'],
    [{ host: 1 }, 'Broker.start: host must be text, not 1'],
    [{ directory: '' }, "Broker.start: directory must be text, and not empty, not ''"],
    [{ metrics: true }, 'Broker.start: metrics must be an object: { port, host }, not true'],
    [{ metrics: { port: -1 } }, 'metrics.port must be a whole number from 0 to 65535, not -1'],
    [{ metrics: { prot: 1 } }, 'Broker.start: metrics knows no prot, but port, host'],
    [{ log: true }, 'or a function that takes lines, not true'],
    [{ log: 'trace' }, "or a function that takes lines, not 'trace'"],
    [{ settings: [] }, 'settings must be an object of names and values, not a list of 0'],
    [{ settings: new Map([['num.partitions', 3]]) },
      'settings must be an object of names and values, not an object Map'],
    [{ settings: { 'num.partitions': null } },
      "settings['num.partitions'] must be text, a number, true, false or a list of text, not null"],
    ['localhost:9092', "Broker.start takes an object, not 'localhost:9092'"],
    [null, 'Broker.start takes an object, not null'],
  ])('%j', async (options, message) => {
    const refused = expect(start(wrong(options))).rejects
    await refused.toThrow(message)
    await refused.toBeInstanceOf(TypeError)
  })

  test('of a fork: what it takes over cannot be given', async () => {
    const broker = await start()
    const message = 'fork knows no directory, but port, host, settings, metrics, log'
    await expect(broker.fork(wrong({ directory: '/x' }))).rejects.toThrow(message)
    const snapshot = await broker.snapshot()
    await expect(snapshot.fork(wrong({ directory: '/x' }))).rejects.toThrow(message)
  })
})

test('topics', async () => {
  const { topics } = await start()
  await expect(topics.create('x', { partitions: 2.5 }))
    .rejects.toThrow('topics.create: partitions must be a whole number, not 2.5')
  await expect(topics.create('x', wrong({ partiions: 2 })))
    .rejects.toThrow('topics.create knows no partiions, but name, partitions, configs')
  await expect(topics.create('x', wrong({ configs: { 'cleanup.policy': {} } })))
    .rejects.toThrow("configs['cleanup.policy'] must be text")
  await expect(topics.create('x', wrong(3))).rejects.toThrow('topics.create takes an object, not 3')
  await expect(topics.create(wrong({ name: 'x' })))
    .rejects.toThrow('topics.create: name must be text, not an object')
  await expect(topics.delete(wrong(['x'])))
    .rejects.toThrow('topics.delete: each name must be text, not a list of 1')
  expect(await topics.list()).toEqual([])
  // How many there can be is for Kafka to say.
  await expect(topics.create('x', { partitions: 0 }))
    .rejects.toMatchObject({ code: 'INVALID_PARTITIONS' })
  await topics.create('x', { partitions: undefined, configs: { 'retention.ms': undefined } })
})

describe('records to produce', () => {
  const BYTES = 'must be text, bytes (a Buffer or Uint8Array) or null'

  test.each<[unknown, string | RegExp]>([
    [{ value: 5 }, `produce: record.value ${BYTES}, not 5`],
    [{ key: { id: 1 } }, `produce: record.key ${BYTES}, not an object`],
    [{ vlaue: 'x' }, 'produce: record knows no vlaue, but key, value, headers, partition'],
    [{ headers: { h: 1 } }, `produce: record.headers.h ${BYTES}, not 1`],
    [{ headers: [{ key: 'h', value: 1 }] }, `produce: record.headers[0].value ${BYTES}, not 1`],
    [{ headers: [{ value: 'x' }] }, 'produce: record.headers[0].key must be text, not undefined'],
    [{ headers: [['h', 'x']] }, 'produce: record.headers[0] takes an object, not a list of 2'],
    [{ headers: new Map([['h', 'x']]) }, 'or a list of { key, value }, not an object Map'],
    [{ partition: '0' },
      "produce: record.partition must be a whole number from 0 to 2147483647, not '0'"],
    [{ partition: -1 }, 'produce: record.partition must be a whole number from 0'],
    [{ partition: 0.5 }, 'produce: record.partition must be a whole number from 0'],
    [{ timestamp: 'abc' }, DATE],
    [{ timestamp: -7 }, DATE],
    [{ timestamp: 1.5 }, DATE],
    [{ timestamp: null }, DATE],
    [{ timestamp: new Date('abc') }, /not an invalid date$/],
    [{ timestamp: new Date(-1) }, /not -1$/],
    ['a', "produce: record takes an object, not 'a'"],
    [[{ value: 'a' }, { value: 'b' }, { value: 7 }], `produce: records[2].value ${BYTES}, not 7`],
  ])('%j', async (records, message) => {
    const broker = await start()
    const refused = expect(broker.produce('orders', wrong(records))).rejects
    await refused.toThrow(message)
    await refused.toBeInstanceOf(TypeError)
    // Not even the topic is made.
    expect(await broker.topics.list()).toEqual([])
  })

  test('the topic has a name', async () => {
    const broker = await start()
    await expect(broker.produce(wrong({ topic: 'a' }), { value: 'x' }))
      .rejects.toThrow('produce: topic must be text, not an object')
  })

  test('one that was read can be written again, wherever its bytes are from', async () => {
    const broker = await start()
    await broker.produce('a', {
      key: new Uint8Array([97]), value: '1', headers: { h: 'x', n: null }, timestamp: new Date(0),
    })
    for await (const record of broker.records('a')) await broker.produce('b', record)
    const [read] = await all(broker, 'b')
    expect(read).toMatchObject({ topic: 'b', key: Buffer.from('a'), timestamp: 0 })
    expect(read?.headers).toEqual([
      { key: 'h', value: Buffer.from('x') }, { key: 'n', value: null },
    ])
  })
})

describe('options of a reading', () => {
  test.each<[unknown, string]>([
    [{ form: 'latest' }, 'records knows no form, but from, until, limit'],
    [{ from: 'newest' }, "records: from must be 'earliest', 'latest' or an object"],
    [{ from: { 0: '5' } }, 'records: from[0] must be a whole number from 0'],
    [{ from: { a: 5 } }, 'records: each partition of from must be a whole number from 0'],
    [{ until: 'forever' }, "records: until must be 'end' or 'never', not 'forever'"],
    [{ limit: NaN }, 'records: limit must be a whole number from 0, not NaN'],
    [{ partitions: 0 }, 'records: partitions must be a list of partitions, not 0'],
    [{ partitions: ['0'] }, 'records: partitions[0] must be a whole number from 0'],
    [{ isolationLevel: 1 }, "must be 'read_uncommitted' or 'read_committed', not 1"],
    [{ signal: new AbortController() }, 'signal must be the signal of an AbortController'],
  ])('%j', async (options, message) => {
    const broker = await start({ topics: ['orders'] })
    await expect(values(broker, 'orders', wrong(options))).rejects.toThrow(message)
  })

  test('none that is right is refused', async () => {
    const broker = await start({ topics: ['orders'] })
    await broker.produce('orders', [{ value: 'a' }, { value: 'b' }])
    expect(await values(broker, 'orders', {
      from: { 0: 1 }, until: 'end', limit: Infinity, partitions: [0],
      isolationLevel: 'read_committed', signal: new AbortController().signal,
    })).toEqual(['b'])
  })
})

test('faults and the clock', async () => {
  const { faults, clock } = await start()
  for (const byMs of [NaN, -1, Infinity, wrong('5')]) {
    expect(() => faults.on('Fetch').delay(byMs))
      .toThrow('A fault can delay an answer by a number of milliseconds from 0')
    expect(() => clock.advance(byMs))
      .toThrow('A clock can be advanced by a number of milliseconds from 0')
  }
  expect(() => faults.on('Fetch').close(wrong({ handled: 'never' })))
    .toThrow("faults: close: handled must be 'before' or 'after', not 'never'")
  expect(() => faults.on('Fetch').when(wrong('x')))
    .toThrow("faults: when must be a function of the request, not 'x'")
  expect(() => faults.on('Fetch').reply(wrong('toString'))).toThrow('toString is no error')
})

async function all(broker: Broker, topic: string) {
  const found = []
  for await (const record of broker.records(topic)) found.push(record)
  return found
}

// `samsa bench`: how fast a cluster takes and gives records, and how long one takes there.

import type { Codec } from '../../protocol/records/compression.ts'
import { Fetcher } from '../client/fetcher.ts'
import { type Acks, Producer } from '../client/producer.ts'
import { create, remove } from '../client/topics.ts'
import { wholeNumber } from './arguments.ts'
import { command } from './command.ts'
import { InterruptedError } from './exit.ts'
import { ACKS, withProducing } from './producing.ts'
import { Progress } from './progress.ts'
import type { Session } from './session.ts'
import { count, sizeBytes } from './units.ts'

const TESTS = ['all', 'produce', 'consume', 'latency'] as const
const LOOK_EVERY = 1000
const BAR_COLUMNS = 30
/** Values that compress as text does: half of each is the same. */
const VALUES = 64

interface Result {
  readonly test: string
  readonly records: number
  readonly elapsedMs: number
  readonly recordsPerSecond: number
  readonly megabytesPerSecond: number
}

interface Latency {
  readonly test: 'latency'
  readonly records: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

const bench = command({
  usage: 'bench [test]',
  describe: 'Measure produce, consume and the time of a round trip, in a topic of its own',
  examples: [
    ['samsa bench', 'all of it, 200,000 records of 1 KB'],
    ['samsa bench produce --records 2M --size 100', 'small ones'],
  ],
  options: (yargs) => withProducing(yargs
    .positional('test', { choices: TESTS, default: 'all' as const, describe: 'Which' })
    .option('records', { alias: 'n', type: 'string', default: '200k', describe: 'How many' })
    .option('size', {
      alias: 's', type: 'string', default: '1KiB', describe: 'Bytes of each value',
    })
    .option('partitions', { alias: 'p', type: 'number', default: 1, describe: 'Of the topic' })
    .option('replicas', {
      alias: 'r', type: 'number', describe: 'As the broker has it if left out',
    }))
    .option('round-trips', { type: 'string', default: '1000', describe: 'For the latency' })
    .option('keep', { type: 'boolean', default: false, describe: 'Leave the topic there' }),
  async run(given, session) {
    const { client, output } = session
    if (given.replicas !== undefined) wholeNumber('--replicas', given.replicas, 1)
    const partitions = wholeNumber('--partitions', given.partitions, 1)
    const options: Options = {
      topic: `samsa-bench-${Math.floor(Math.random() * 1e9).toString(36)}`, partitions,
      records: count('--records', given.records), sizeBytes: sizeBytes('--size', given.size),
      codec: given.codec, acks: ACKS[given.acks],
    }
    const roundTrips = count('--round-trips', given.roundTrips)
    const { test } = given
    const [made] = await create(client, [{
      name: options.topic, partitions, replicas: given.replicas,
    }])
    if (made instanceof Error) throw made
    try {
      await client.readyTopic(options.topic, partitions)
      const results: (Result | Latency)[] = []
      if (test !== 'latency') {
        const produced = await benchProduce(options, session)
        if (test !== 'consume') results.push(produced)
      }
      if (test === 'all' || test === 'consume') results.push(await benchConsume(options, session))
      if (test === 'all' || test === 'latency') {
        results.push(await benchLatency(options, roundTrips, session))
      }
      output.show({ ...options, acks: given.acks, results }, () => show(results, session))
    } finally {
      output.progressEnd()
      if (!given.keep) await remove(client, [options.topic])
    }
  },
})

interface Options {
  readonly topic: string
  readonly partitions: number
  readonly records: number
  readonly sizeBytes: number
  readonly codec: Codec
  readonly acks: Acks
}

function show(results: readonly (Result | Latency)[], { output }: Session): void {
  const rates = results.filter((one) => 'recordsPerSecond' in one)
  if (rates.length > 0) {
    output.table(['TEST', 'RECORDS', 'SECONDS', 'RECORDS/S', 'MB/S'], rates.map((one) => [
      one.test, one.records, (one.elapsedMs / 1000).toFixed(2),
      Math.round(one.recordsPerSecond), one.megabytesPerSecond.toFixed(1),
    ]))
  }
  for (const one of results) {
    if (!('p50Ms' in one)) continue
    output.table(['TEST', 'RECORDS', 'P50 MS', 'P99 MS', 'MAX MS'], [[
      one.test, one.records, one.p50Ms.toFixed(2), one.p99Ms.toFixed(2), one.maxMs.toFixed(2),
    ]])
  }
}

async function benchProduce(options: Options, session: Session): Promise<Result> {
  const { client, clock } = session
  const signal = session.watchForInterruption()
  const values = valuesOf(options.sizeBytes)
  const producer = new Producer(client, { acks: options.acks, codec: options.codec })
  const startMs = clock.monotonicMs()
  const progress = new Progress(session)
  for (let index = 0; index < options.records; index += 1) {
    const partition = Math.floor(index / LOOK_EVERY) % options.partitions
    await producer.send({ topic: options.topic, partition }, { value: values[index % VALUES]! })
    if (index % LOOK_EVERY !== 0) continue
    if (signal.aborted) throw new InterruptedError()
    progress.tell(bar('produce', index / options.records))
  }
  await producer.flush()
  return rate('produce', options, clock.monotonicMs() - startMs)
}

async function benchConsume(options: Options, session: Session): Promise<Result> {
  const { client, clock } = session
  const signal = session.watchForInterruption()
  const fetcher = new Fetcher(client, { isolation: 'read_uncommitted' })
  for (let partition = 0; partition < options.partitions; partition += 1) {
    fetcher.seek({ topic: options.topic, partition }, 0)
  }
  const progress = new Progress(session)
  const startMs = clock.monotonicMs()
  let records = 0
  while (records < options.records) {
    if (signal.aborted) throw new InterruptedError()
    for (const one of await fetcher.next()) records += one.records.length
    progress.tell(bar('consume', records / options.records))
  }
  return rate('consume', options, clock.monotonicMs() - startMs)
}

/** One record after the other, each when the one before is acknowledged. */
async function benchLatency(
  options: Options, roundTrips: number, session: Session,
): Promise<Latency> {
  const { client } = session
  const signal = session.watchForInterruption()
  const [value] = valuesOf(options.sizeBytes)
  const times: number[] = []
  const producer = new Producer(client, {
    acks: options.acks === 0 ? 1 : options.acks, codec: options.codec,
    onDelivered: ({ elapsedMs }) => times.push(elapsedMs),
  })
  const progress = new Progress(session)
  for (let index = 0; index < roundTrips; index += 1) {
    if (signal.aborted) throw new InterruptedError()
    await producer.send({ topic: options.topic, partition: 0 }, { value: value! })
    await producer.flush()
    if (index === 0) times.length = 0 // connections and ids were for the first one
    progress.tell(bar('latency', index / roundTrips))
  }
  times.sort((a, b) => a - b)
  const at = (part: number): number => times[Math.min(times.length - 1,
    Math.floor(times.length * part))] ?? 0
  return { test: 'latency', records: times.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) }
}

function rate(test: string, { records, sizeBytes: size }: Options, elapsedMs: number): Result {
  const seconds = Math.max(elapsedMs, 1) / 1000
  return {
    test, records, elapsedMs: Math.round(elapsedMs), recordsPerSecond: records / seconds,
    megabytesPerSecond: (records * size) / 1e6 / seconds,
  }
}

function valuesOf(size: number): Buffer[] {
  return Array.from({ length: VALUES }, () => {
    const value = Buffer.alloc(size, 'Als Gregor Samsa eines Morgens aus unruhigen Träumen ')
    for (let at = 0; at < size / 2; at += 1) value[at] = 32 + Math.floor(Math.random() * 95)
    return value
  })
}

/** `produce [#####.....] 50 %` */
function bar(name: string, done: number): string {
  const part = Math.min(1, done)
  const filled = '#'.repeat(Math.round(part * BAR_COLUMNS)).padEnd(BAR_COLUMNS, '.')
  return `${name} [${filled}] ${Math.floor(part * 100)} %`
}

export const commands = [bench]

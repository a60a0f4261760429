// Messages a second, produced and consumed through librdkafka, and what the broker computes for
// each: over sizes, acks, codecs, partitions and clients.

import type { Contender } from '../contender.ts'
import type { Client, ProducePlan, Transfer } from './client.ts'
import { fillMemory, inTurns, type Pair, withTopic } from './pair.ts'
import { type Measured, nothingMeasured, type Report } from './report.ts'

type Load = Omit<ProducePlan, 'topic' | 'count'>

const SIZES_BYTES = [100, 1024]
/** Small ones are cheap to send: the more it takes to see anything. */
const COUNTS: Readonly<Record<number, number>> = { 100: 2_000_000, 1024: 400_000 }
const BASE = { partitions: 1, clients: 1, acks: -1, codec: 'none' } as const
/** What is changed of the base, one thing at a time, and at the end two. */
const CHANGES: readonly Partial<Load>[] = [
  {}, { acks: 1 }, { codec: 'lz4' }, { codec: 'zstd' }, { partitions: 100 }, { clients: 20 },
  { partitions: 100, clients: 20 },
]

const THROUGHPUT_GOAL = 1
/** Of messages of 1 KB that are produced without a codec. */
const LARGE_GOAL = 3
const PRODUCE_CPU_GOAL = 0.4
const CONSUME_CPU_GOAL = 0.8

/** Every combination: `FULL=1`; it takes an hour. */
export function loads(isFull: boolean): Load[] {
  return SIZES_BYTES.flatMap((sizeBytes): Load[] => {
    if (!isFull) return CHANGES.map((change) => ({ ...BASE, sizeBytes, ...change }))
    return ([-1, 1] as const).flatMap((acks) => (['none', 'lz4', 'zstd'] as const)
      .flatMap((codec) => [1, 100].flatMap((partitions) => [1, 20]
        .map((clients) => ({ sizeBytes, acks, codec, partitions, clients })))))
  })
}

export interface Extent {
  readonly turns: number
  /** Every combination of loads. */
  readonly isFull: boolean
  /** Rows whose names match it. */
  readonly rows: RegExp
}

export async function benchThroughput(
  pair: Pair, client: Client, report: Report, { turns, isFull, rows }: Extent,
): Promise<void> {
  begin(report, 'librdkafka')
  for (const load of loads(isFull).filter((each) => rows.test(name(each)))) {
    await benchLoad(pair, client, report, { load, turns })
  }
}

/** As in tests and in development: the first that a broker does after its start. */
export async function benchFresh(
  pair: Pair, client: Client, report: Report, turns: number,
): Promise<void> {
  begin(report, 'librdkafka, right after the start of the broker')
  for (const sizeBytes of SIZES_BYTES) {
    const load = { ...BASE, sizeBytes }
    await benchLoad(pair, client, report, { load, turns, before: (broker) => broker.restart() })
  }
}

function begin(report: Report, title: string): void {
  report.section(title, ['thousand messages a second', 'broker, CPU s for a million'],
    'client computes, of the time with Samsa')
}

interface Measuring {
  readonly load: Load
  readonly turns: number
  readonly before?: (broker: Contender) => Promise<unknown>
}

async function benchLoad(
  pair: Pair, client: Client, report: Report, { load, turns, before }: Measuring,
): Promise<void> {
  const [produced, consumed] = [new Side(), new Side()]
  await inTurns(pair, turns, async (broker) => {
    await before?.(broker)
    fillMemory()
    await withTopic(broker, load.partitions, async (topic) => {
      const count = COUNTS[load.sizeBytes]!
      const plan = { ...load, topic, count }
      await produced.measure(broker, () => client.produce(broker.address, plan))
      await consumed.measure(broker, () => client.consume(broker.address, plan))
    })
  })
  const isLarge = load.sizeBytes === 1024 && load.codec === 'none'
  produced.tell(report, `produce ${name(load)}`,
    isLarge ? LARGE_GOAL : THROUGHPUT_GOAL, PRODUCE_CPU_GOAL)
  // To a consumer it is all the same how they were acknowledged.
  if (load.acks === -1) {
    consumed.tell(report, `consume ${name(load)}`, THROUGHPUT_GOAL, CONSUME_CPU_GOAL)
  }
}

function name({ sizeBytes, acks, codec, partitions, clients }: Load): string {
  const size = sizeBytes === 1024 ? '1 KB' : `${sizeBytes} B`
  return `${size}, acks=${acks === -1 ? 'all' : acks}, ${codec}, ${partitions} partition`
    + `${partitions === 1 ? '' : 's'}, ${clients} client${clients === 1 ? '' : 's'}`
}

/** One direction, of both brokers. */
class Side {
  readonly #rates: Measured = nothingMeasured()
  readonly #cpu: Measured = nothingMeasured()
  readonly #shares: Measured = nothingMeasured()

  async measure(broker: Contender, transfer: () => Promise<Transfer>): Promise<void> {
    const before = broker.cpuMs()
    const { messages, elapsedMs, clientMs } = await transfer()
    this.#rates[broker.side].push(messages / elapsedMs)
    this.#cpu[broker.side].push((broker.cpuMs() - before) / 1000 / (messages / 1e6))
    this.#shares[broker.side].push(clientMs / elapsedMs)
  }

  tell(report: Report, what: string, rateGoal: number, cpuGoal: number): void {
    report.add({
      what,
      measures: [
        { measured: this.#rates, goal: { atLeast: rateGoal } },
        { measured: this.#cpu, goal: { atMost: cpuGoal } },
      ],
      note: Math.max(...this.#shares.Samsa).toFixed(1),
    })
  }
}

// `npm run bench -- kafka`: Samsa beside Apache Kafka 4.4, both running, working in turns; a table
// of what was measured at the end. `PARTS=life,fresh,throughput,java,latency` names parts of it,
// `TURNS` says how often each is measured, `FULL=1` takes every combination of loads of the
// throughput, and `ROWS='1 KB.*lz4'` only those of them whose names it matches.

import { cpus } from 'node:os'
import { Client } from './client.ts'
import { benchJavaTools } from './java.ts'
import { benchLatency } from './latency.ts'
import { benchLife } from './life.ts'
import { inTurns, type Pair, withPair, withTopic } from './pair.ts'
import { nothingMeasured, Report } from './report.ts'
import { benchFresh, benchThroughput } from './throughput.ts'

const DEFAULT_TURNS = 3
const WARM_UP_COUNT = 1_000_000

export async function benchKafka(): Promise<void> {
  const { PARTS, TURNS, FULL, ROWS } = process.env
  const turns = TURNS === undefined ? DEFAULT_TURNS : Number(TURNS)
  if (!Number.isInteger(turns) || turns < 1) throw new Error(`TURNS=${TURNS}: a number from 1 on`)
  // Node reads what is named there before anything else: 25 ms of a start that are this machine's.
  delete process.env['NODE_EXTRA_CA_CERTS']
  const client = await Client.build()
  const report = new Report()
  const parts: Readonly<Record<string, (pair: Pair) => Promise<void>>> = {
    life: (pair) => benchLife(pair, report, turns),
    fresh: (pair) => benchFresh(pair, client, report, turns),
    throughput: async (pair) => {
      await warmUp(pair, client)
      await benchThroughput(pair, client, report,
        { turns, isFull: FULL !== undefined, rows: new RegExp(ROWS ?? '') })
    },
    java: async (pair) => {
      await warmUp(pair, client)
      await benchJavaTools(pair, report, turns)
    },
    latency: async (pair) => {
      await warmUp(pair, client)
      await benchLatency(pair, client, report, turns)
    },
  }
  const wanted = PARTS?.split(',') ?? Object.keys(parts)
  const unknown = wanted.find((name) => parts[name] === undefined)
  if (unknown !== undefined) {
    throw new Error(`no part is called ${unknown}; there are: ${Object.keys(parts).join(', ')}`)
  }
  await withPair(async (pair) => {
    for (const name of wanted) await parts[name]!(pair)
    tellMemory(pair, report)
  })
  console.log(`\n${new Date().toISOString().slice(0, 10)}, ${cpus().length} processors `
    + `(${cpus()[0]?.model ?? 'unknown'}), Node ${process.version}, ${turns} turns; medians, and `
    + `between what the others lie\n\n${report.markdown()}`)
}

/** Both compile what they run often: what is measured is not the first that they do. */
async function warmUp(pair: Pair, client: Client): Promise<void> {
  await inTurns(pair, 1, (broker) => withTopic(broker, 1, async (topic) => {
    const load = { topic, partitions: 1, clients: 1 }
    await client.produce(broker.address, {
      ...load, count: WARM_UP_COUNT, sizeBytes: 100, acks: -1, codec: 'none',
    })
    await client.consume(broker.address, load)
  }))
  await inTurns(pair, 1, (broker) => withTopic(broker, 1, async (topic) => {
    await client.latency(broker.address, {
      topic, partitions: 1, rate: 5000, count: 50_000, sizeBytes: 1024, acks: -1,
    })
  }))
}

function tellMemory({ Samsa, Kafka }: Pair, report: Report): void {
  const measured = nothingMeasured()
  measured.Samsa.push(Samsa.memoryMegabytes())
  measured.Kafka.push(Kafka.memoryMegabytes())
  report.section('After all that')
  report.add({ what: 'memory (resident), MB', measures: [{ measured }] })
}

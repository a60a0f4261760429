// `npm run bench [-- name…]`: measures Samsa beside Apache Kafka in one run and prints ratios; and
// parts of it by themselves.

import { startKafka } from '../compat/harness/kafka.ts'
import { residentMegabytes } from '../compat/harness/proc.ts'
import { sleep } from '../compat/harness/process.ts'
import { startSamsa } from '../compat/harness/samsa.ts'
import { runTool } from '../compat/java/tools.ts'
import { benchDecompression } from './decompression.ts'
import { benchGroups } from './groups/index.ts'
import { benchLibrary } from './library.ts'
import { median } from './measure.ts'
import { benchProtocol } from './protocol.ts'
import { benchStorage } from './storage/index.ts'

const START_RUNS = 9
const PERF_ROUNDS = 3
const RECORD_COUNT = 500_000
const RECORD_SIZE_BYTES = 1024

/**
 * `samsa start` on an empty directory: wall time from the spawn to the ready line, and idle memory.
 */
async function benchStart(): Promise<void> {
  const elapsedMs: number[] = []
  const megabytes: number[] = []
  for (let i = 0; i < START_RUNS; i++) {
    const startedMs = performance.now()
    const broker = await startSamsa({}, { pollMs: 1 })
    elapsedMs.push(performance.now() - startedMs)
    await sleep(1000)
    megabytes.push(residentMegabytes(broker.pid))
    await broker.dispose()
  }
  console.log(`start on an empty directory: median ${median(elapsedMs).toFixed(0)} ms `
    + `(${elapsedMs.map((ms) => ms.toFixed(0)).join(' ')})`)
  console.log(`idle memory: median ${median(megabytes).toFixed(0)} MB`)
}

interface Throughput { readonly produceMBs: number, readonly consumeMBs: number }

/** Kafka's own perf tools: 1 KB records, acks=all, one partition. */
async function measureThroughput(address: string): Promise<Throughput> {
  const topic = `perf-${Date.now()}`
  await runTool('kafka-topics', ['--bootstrap-server', address, '--create', '--topic', topic])
  const produced = await runTool('kafka-producer-perf-test', ['--topic', topic,
    '--num-records', String(RECORD_COUNT), '--record-size', String(RECORD_SIZE_BYTES),
    '--throughput', '-1', '--producer-props', `bootstrap.servers=${address}`, 'acks=all'])
  const consumed = await runTool('kafka-consumer-perf-test', ['--bootstrap-server', address,
    '--topic', topic, '--messages', String(RECORD_COUNT), '--timeout', '60000'])
  const summary = produced.stdout.trim().split('\n').at(-1) ?? ''
  const columns = consumed.stdout.trim().split('\n').at(-1)?.split(', ') ?? []
  return {
    produceMBs: Number(/\(([\d.]+) MB\/sec\)/.exec(summary)?.[1]),
    consumeMBs: Number(columns[8]), // fetch.MB.sec: without the time that joining the group took
  }
}

async function benchThroughput(): Promise<void> {
  const samsa: Throughput[] = []
  const kafka: Throughput[] = []
  const contenders = [
    { results: samsa, start: () => startSamsa() },
    { results: kafka, start: () => startKafka('4.3.1') },
  ]
  for (let round = 0; round < PERF_ROUNDS; round++) {
    for (const { results, start } of contenders) {
      const broker = await start()
      await measureThroughput(broker.address) // the first run warms the broker up
      results.push(await measureThroughput(broker.address))
      await broker.dispose()
    }
  }
  for (const side of ['produceMBs', 'consumeMBs'] as const) {
    const of = (results: readonly Throughput[]) => median(results.map((result) => result[side]))
    const ratio = of(samsa) / of(kafka)
    const spread = (results: readonly Throughput[]) =>
      results.map((result) => result[side].toFixed(0)).join(' ')
    console.log(`${side}: Samsa ${of(samsa).toFixed(0)} (${spread(samsa)}), `
      + `Kafka ${of(kafka).toFixed(0)} (${spread(kafka)}), ratio ${ratio.toFixed(2)}`)
  }
}

const BENCHES: Readonly<Record<string, () => Promise<void> | void>> = {
  start: benchStart, throughput: benchThroughput, protocol: benchProtocol,
  decompression: benchDecompression, groups: benchGroups, library: benchLibrary,
  storage: benchStorage,
}

async function main(names: readonly string[]): Promise<void> {
  for (const name of names.length === 0 ? Object.keys(BENCHES) : names) {
    const bench = BENCHES[name]
    if (bench === undefined) {
      console.error(`no bench is called ${name}; there are: ${Object.keys(BENCHES).join(', ')}`)
      process.exitCode = 2
      return
    }
    await bench()
  }
}

await main(process.argv.slice(2))

// Kafka's own perf tools against both brokers.

import { runTool } from '../../compat/java/tools.ts'
import { fillMemory, inTurns, type Pair, withTopic } from './pair.ts'
import { nothingMeasured, type Report } from './report.ts'

const COUNTS: Readonly<Record<number, number>> = { 100: 2_000_000, 1024: 400_000 }
const PATIENCE_MS = 180_000

export async function benchJavaTools(pair: Pair, report: Report, turns: number): Promise<void> {
  report.section("Kafka's perf tools, MB/s")
  for (const sizeBytes of [100, 1024]) {
    for (const acks of ['all', '1']) {
      const [produced, consumed] = [nothingMeasured(), nothingMeasured()]
      await inTurns(pair, turns, (broker) => withTopic(broker, 1, async (topic) => {
        fillMemory()
        const count = COUNTS[sizeBytes]!
        produced[broker.side].push(await produceRate(broker.address, topic, count, sizeBytes, acks))
        consumed[broker.side].push(await consumeRate(broker.address, topic, count))
      }))
      const goal = { atLeast: 1 }
      const what = `${sizeBytes} B, acks=${acks}`
      report.add({
        what: `kafka-producer-perf-test ${what}`, measures: [{ measured: produced, goal }],
      })
      // To a consumer it is all the same how they were acknowledged.
      if (acks !== 'all') continue
      report.add({
        what: `kafka-consumer-perf-test ${sizeBytes} B`, measures: [{ measured: consumed, goal }],
      })
    }
  }
}

async function produceRate(
  address: string, topic: string, count: number, sizeBytes: number, acks: string,
): Promise<number> {
  const { stdout } = await runTool('kafka-producer-perf-test', [
    '--topic', topic, '--num-records', String(count), '--record-size', String(sizeBytes),
    '--throughput', '-1', '--producer-props', `bootstrap.servers=${address}`, `acks=${acks}`,
  ], { timeoutMs: PATIENCE_MS })
  const summary = stdout.trim().split('\n').at(-1) ?? ''
  return found(Number(/\(([\d.]+) MB\/sec\)/.exec(summary)?.[1]), summary)
}

async function consumeRate(address: string, topic: string, count: number): Promise<number> {
  const { stdout } = await runTool('kafka-consumer-perf-test', [
    '--bootstrap-server', address, '--topic', topic, '--messages', String(count),
    '--timeout', '60000',
  ], { timeoutMs: PATIENCE_MS })
  // The ninth column, fetch.MB.sec, leaves out what joining the group took.
  const line = stdout.trim().split('\n').at(-1) ?? ''
  return found(Number(line.split(', ')[8]), line)
}

function found(value: number, line: string): number {
  if (!Number.isFinite(value)) throw new Error(`no rate in: ${line}`)
  return value
}

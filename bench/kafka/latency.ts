// Round trips of a producer, and the way to a consumer, at fixed rates.

import type { Client, Quantiles } from './client.ts'
import { inTurns, type Pair, withTopic } from './pair.ts'
import { type Measured, nothingMeasured, type Report } from './report.ts'

const SECONDS = 10
const RATES = [1000, 10_000]
const SIZE_BYTES = 1024
const QUANTILES = ['p50', 'p99', 'p99.9'] as const
const GOALS = { 'p50': {}, 'p99': { goal: { atMost: 1 } }, 'p99.9': {} } as const

export async function benchLatency(
  pair: Pair, client: Client, report: Report, turns: number,
): Promise<void> {
  report.section('Latency, 1 KB, linger.ms=0, ms', QUANTILES)
  for (const rate of RATES) {
    for (const acks of [-1, 1] as const) {
      const trips = QUANTILES.map(nothingMeasured)
      const ends = QUANTILES.map(nothingMeasured)
      await inTurns(pair, turns, (broker) => withTopic(broker, 1, async (topic) => {
        const result = await client.latency(broker.address, {
          topic, partitions: 1, rate, count: rate * SECONDS, sizeBytes: SIZE_BYTES, acks,
        })
        const push = (into: readonly Measured[], values: Quantiles): void => {
          into.forEach((measured, i) => measured[broker.side].push(values[i]!))
        }
        push(trips, result.roundTripMs)
        push(ends, result.endToEndMs)
      }))
      const what = `${rate} a second, acks=${acks === -1 ? 'all' : acks}`
      for (const [kind, measured] of [['round trip', trips], ['end to end', ends]] as const) {
        report.add({
          what: `${what}: ${kind}`,
          measures: QUANTILES.map((quantile, i) => (
            { measured: measured[i]!, ...GOALS[quantile] })),
        })
      }
    }
  }
}

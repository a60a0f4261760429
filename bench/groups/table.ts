// What a bench has measured, for both brokers, as lines of text.

import { median } from '../measure.ts'
import type { Side } from '../contender.ts'

/** The ratio is the median of those of the turns: below 1 is good where lower is. */
export function table<R extends object>(
  title: string, unit: string, results: Readonly<Record<Side, R>>, better: 'lower' | 'higher',
): void {
  console.log(`\n${title}; ${unit}, ${better} is better`)
  const [ours, theirs] = [results.Samsa, results.Kafka] as Record<string, number[]>[]
  for (const name of Object.keys(ours!)) {
    const [a, b] = [ours![name]!, theirs![name]!]
    const ratios = a.map((value, turn) => value / b[turn]!)
    console.log(`${name.padEnd(24)} Samsa ${shown(a)}  Kafka ${shown(b)}  `
      + `ratio ${median(ratios).toFixed(2)}`)
  }
}

function shown(values: readonly number[]): string {
  const range = `${text(Math.min(...values))}–${text(Math.max(...values))}`
  return `${text(median(values)).padStart(7)} (${range})`.padEnd(26)
}

const text = (value: number): string => value.toFixed(value < 10 ? 1 : 0)

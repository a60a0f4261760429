// What was measured of both brokers, as a table of Markdown: it can go into the README as it is.

import { type Side, SIDES } from '../contender.ts'
import { median } from '../measure.ts'

export type Measured = Readonly<Record<Side, number[]>>

export const nothingMeasured = (): Measured => ({ Samsa: [], Kafka: [] })

export interface Row {
  readonly what: string
  readonly unit: string
  readonly measured: Measured
  /** Of Samsa's median to Kafka's; the table says where it is missed. */
  readonly goal?: { readonly atLeast: number } | { readonly atMost: number }
  /** What else has to be known: who was the bottleneck, for one. */
  readonly note?: string
}

export class Report {
  readonly #sections: { readonly title: string, readonly rows: Row[] }[] = []

  section(title: string): void {
    this.#sections.push({ title, rows: [] })
    console.log(`\n${title}`)
  }

  add(row: Row): void {
    this.#sections.at(-1)!.rows.push(row)
    console.log(`  ${cells(row).filter((cell) => cell !== '').join(' | ')}`)
  }

  markdown(): string {
    return this.#sections.flatMap(({ title, rows }) => [
      `| ${title} | Samsa | Kafka | ratio | goal | |`, '|---|---|---|---|---|---|',
      ...rows.map((row) => `| ${cells(row).join(' | ')} |`), '',
    ]).join('\n')
  }
}

export function ratioOf({ measured: { Samsa, Kafka } }: Row): number {
  return median(Samsa) / median(Kafka)
}

/** Undefined without a goal. */
export function isReached(row: Row): boolean | undefined {
  const { goal } = row
  if (goal === undefined) return undefined
  return 'atLeast' in goal ? ratioOf(row) >= goal.atLeast : ratioOf(row) <= goal.atMost
}

function cells(row: Row): string[] {
  const { what, unit, measured, note = '' } = row
  return [
    `${what}, ${unit}`, ...SIDES.map((side) => shown(measured[side])), number(ratioOf(row)),
    goalText(row), note,
  ]
}

function goalText(row: Row): string {
  const { goal } = row
  if (goal === undefined) return ''
  const text = 'atLeast' in goal ? `≥ ${goal.atLeast}` : `≤ ${goal.atMost}`
  return isReached(row) === true ? text : `${text}, MISSED`
}

/** The median, and between what the others lie. */
function shown(values: readonly number[]): string {
  const range = values.length > 1
    ? ` (${number(Math.min(...values))}–${number(Math.max(...values))})` : ''
  return `${number(median(values))}${range}`
}

function number(value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en')
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2)
}

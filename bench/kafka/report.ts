// What was measured of both brokers, as tables of Markdown, which can go into the README as they
// are.

import { type Side, SIDES } from '../contender.ts'
import { median } from '../measure.ts'

export type Measured = Readonly<Record<Side, number[]>>

export const nothingMeasured = (): Measured => ({ Samsa: [], Kafka: [] })

export interface Measure {
  readonly measured: Measured
  /** Of Samsa's median to Kafka's; the table says where it is missed. */
  readonly goal?: { readonly atLeast: number } | { readonly atMost: number }
}

export interface Row {
  readonly what: string
  /** As many as the section has names for. */
  readonly measures: readonly Measure[]
  /** What else has to be known: who was the bottleneck, for one. */
  readonly note?: string
}

interface Section {
  readonly title: string
  /** Of each measure, with its unit; empty where that stands in the rows. */
  readonly names: readonly string[]
  /** Undefined where no row has a note. */
  readonly noteName: string | undefined
  readonly rows: Row[]
}

export class Report {
  readonly #sections: Section[] = []

  section(title: string, names: readonly string[] = [''], noteName?: string): void {
    this.#sections.push({ title, names, noteName, rows: [] })
    console.log(`\n${[title, ...names].filter((text) => text !== '').join(' | ')}`)
  }

  add(row: Row): void {
    this.#sections.at(-1)!.rows.push(row)
    console.log(`  ${cells(row).filter((cell) => cell !== '').join(' | ')}`)
  }

  markdown(): string {
    return this.#sections.flatMap(({ title, names, noteName, rows }) => {
      const measures = names.flatMap((name) => (
        [`${name}${name === '' ? '' : ': '}Samsa`, 'Kafka', 'ratio']))
      const head = [title, ...measures, ...noteName === undefined ? [] : [noteName]]
      return [head, head.map(() => '---'), ...rows.map(cells)].map(line).concat('')
    }).join('\n')
  }
}

function ratioOf({ measured: { Samsa, Kafka } }: Measure): number {
  return median(Samsa) / median(Kafka)
}

/** Undefined without a goal. */
function isReached(measure: Measure): boolean | undefined {
  const { goal } = measure
  if (goal === undefined) return undefined
  return 'atLeast' in goal ? ratioOf(measure) >= goal.atLeast : ratioOf(measure) <= goal.atMost
}

function line(texts: readonly string[]): string {
  return `| ${texts.join(' | ')} |`
}

function cells({ what, measures, note }: Row): string[] {
  const told = measures.flatMap((measure) => [
    ...SIDES.map((side) => shown(measure.measured[side])), ratioText(measure),
  ])
  return note === undefined ? [what, ...told] : [what, ...told, note]
}

/** With the goal where that is missed. */
function ratioText(measure: Measure): string {
  const ratio = number(ratioOf(measure))
  const { goal } = measure
  if (goal === undefined || isReached(measure) === true) return ratio
  return `**${ratio}**, goal ${'atLeast' in goal ? `≥ ${goal.atLeast}` : `≤ ${goal.atMost}`}`
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

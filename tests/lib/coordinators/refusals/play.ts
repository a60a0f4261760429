// Scenarios of refusals: what they are, how they are played to a broker, and how the answers of
// Apache Kafka are kept.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'

import type { Api } from '../../../../protocol/schema.ts'
import { type Stage, Talk } from './talk.ts'

export interface Scenario {
  readonly api: Api
  readonly name: string
  /** Of the API: it is played in each of them. */
  readonly versions: readonly number[]
  readonly play: (talk: Talk) => Promise<void>
}

export interface ScenarioOptions {
  /** Left out: the first version of the API. */
  readonly from?: number
  /** Left out: its last. */
  readonly to?: number
}

/** A scenario in every version that is served; the table's rows are made of these. */
export function scenario(
  api: Api, name: string, play: (talk: Talk) => Promise<void>, options: ScenarioOptions = {},
): Scenario {
  const [first, last] = api.versions
  const from = options.from ?? first
  const to = options.to ?? (api.latestVersionUnstable ? last - 1 : last)
  return { api, name, play, versions: Array.from({ length: to - from + 1 }, (_, i) => from + i) }
}

export function titleOf({ api, name }: Scenario): string {
  return `${api.name}: ${name}`
}

/** Lines by scenario: what was asked, and below that the answer of each range of versions. */
export type Table = Readonly<Record<string, readonly string[]>>

/** Plays a scenario in all of its versions. */
export async function answersTo(stage: Stage, each: Scenario): Promise<readonly string[]> {
  const played: Played[] = []
  for (const version of each.versions) {
    played.push({ version, steps: await playOnce(stage, each, version) })
  }
  return merged(played)
}

interface Played {
  readonly version: number
  /** By what was asked; what is asked again has a number. */
  readonly steps: ReadonlyMap<string, string>
}

async function playOnce(stage: Stage, { api, name, play }: Scenario, version: number) {
  const talk = new Talk(stage, api, name, version)
  try {
    await play(talk)
    return talk.steps
  } catch (error) {
    const last = [...talk.steps].at(-1)?.join(' ') ?? 'nothing'
    throw new Error(`${api.name}: ${name}, version ${version}, after ${last}`, { cause: error })
  } finally {
    talk.end()
  }
}

/** Versions that follow each other and are answered the same stand together. */
function merged(played: readonly Played[]): string[] {
  const asked = new Set(played.flatMap(({ steps }) => [...steps.keys()]))
  return [...asked].flatMap((step) => {
    const ranges: { from: number, to: number, answer: string | undefined }[] = []
    for (const { version, steps } of played) {
      const answer = steps.get(step)
      const last = ranges.at(-1)
      if (last !== undefined && last.answer === answer) last.to = version
      else ranges.push({ from: version, to: version, answer })
    }
    if (ranges.length === 1) return [`${step} ${ranges[0]!.answer}`]
    const lines = ranges.filter(({ answer }) => answer !== undefined).map(({ from, to, answer }) =>
      `  v${from === to ? from : `${from}-${to}`} ${answer}`)
    return [step, ...lines]
  })
}

const INDENT = '  '

/** A text that can be read: a title, and its lines below it. */
export function writeTable(file: string, table: Table): void {
  writeFileSync(file, Object.entries(table)
    .map(([title, lines]) => [title, ...lines.map((line) => `${INDENT}${line}`)].join('\n') + '\n')
    .join(''))
}

export function readTable(file: string): Table {
  const table: Record<string, string[]> = {}
  let lines: string[] = []
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  for (const line of text.split('\n')) {
    if (line === '') continue
    if (line.startsWith(INDENT)) lines.push(line.slice(INDENT.length))
    else table[line] = lines = []
  }
  return table
}

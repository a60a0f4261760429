// Refusals of groups and transactions beside Apache Kafka: the scenarios of
// tests/lib/coordinators/refusals are played to both, and held against the table that stands there.
//
// `REFUSALS=write npm run compat -- refusals` writes the table anew, with what Kafka answers.

import { deepStrictEqual } from 'node:assert/strict'
import {
  answersTo, readTable, type Scenario, type Table, titleOf, writeTable,
} from '../../tests/lib/coordinators/refusals/play.ts'
import { FILE, SCENARIOS, SETTINGS } from '../../tests/lib/coordinators/refusals/table.ts'
import { setStage } from '../../tests/lib/coordinators/refusals/talk.ts'
import type { Check, Suite } from '../harness/check.ts'
import { startKafka } from '../harness/kafka.ts'

const isWriting = process.env['REFUSALS'] === 'write'
/** A Kafka on a busy machine takes its time. */
const TIMEOUT_MS = 20 * 60_000

/**
 * One scenario after the other: Kafka verifies transactions of several clients in one request, and
 * then may answer an old one in the words of a new one.
 */
async function playAll(
  address: string, isKafka: boolean, scenarios: readonly Scenario[] = SCENARIOS,
): Promise<Table> {
  const stage = await setStage(Number(address.split(':')[1]), isKafka)
  const table: Record<string, readonly string[]> = {}
  for (const each of scenarios) table[titleOf(each)] = await answersTo(stage, each)
  return table
}

async function playToKafka(scenarios: readonly Scenario[]): Promise<Table> {
  const kafka = await startKafka('4.4.0', SETTINGS)
  try {
    return await playAll(kafka.address, true, scenarios)
  } finally {
    await kafka.dispose()
  }
}

/**
 * Parts of a Kafka on a busy machine hear late of what others of its parts have told: scenarios
 * that differ are played to a second one, and count as that answers them.
 */
async function playTwiceToKafka(): Promise<Table> {
  const table = await playToKafka(SCENARIOS)
  const titles = differences(table)
  if (titles.length === 0) return table
  return { ...table, ...await playToKafka(SCENARIOS.filter((each) =>
    titles.includes(titleOf(each)))) }
}

function differences(table: Table): string[] {
  const expected = readTable(FILE)
  return [...new Set([...Object.keys(expected), ...Object.keys(table)])].filter((title) =>
    JSON.stringify(expected[title]) !== JSON.stringify(table[title]))
}

/** Fails with the first few scenarios that differ. */
function compare(table: Table): void {
  const expected = readTable(FILE)
  const titles = differences(table).slice(0, 5)
  const pick = (from: Table) =>
    Object.fromEntries(titles.map((title) => [title, from[title]]))
  deepStrictEqual(pick(table), pick(expected))
}

const checks: readonly Check[] = [
  {
    name: `Apache Kafka ${isWriting ? 'writes' : 'answers as'} the table`,
    timeoutMs: TIMEOUT_MS,
    async run() {
      if (isWriting) writeTable(FILE, await playToKafka(SCENARIOS))
      else compare(await playTwiceToKafka())
    },
  },
  {
    name: 'Samsa answers as the table',
    timeoutMs: TIMEOUT_MS,
    run: async ({ address }) => { compare(await playAll(address, false)) },
  },
]

export const refusalsSuite: Suite = {
  name: 'refusals', client: 'requests that Kafka refuses', checks, overrides: SETTINGS,
}

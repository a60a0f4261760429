// Refusals of groups and transactions beside Apache Kafka: the scenarios of
// tests/lib/coordinators/refusals are played to both, and held against the table that stands there.
//
// `REFUSALS=write npm run compat -- refusals` writes the table anew, with what Kafka answers.

import { deepStrictEqual } from 'node:assert/strict'
import {
  answersTo, readTable, type Table, titleOf, writeTable,
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
async function playAll(address: string, isKafka: boolean): Promise<Table> {
  const stage = await setStage(Number(address.split(':')[1]), isKafka)
  const table: Record<string, readonly string[]> = {}
  for (const each of SCENARIOS) table[titleOf(each)] = await answersTo(stage, each)
  return table
}

/** Fails with the first few scenarios that differ. */
function compare(table: Table): void {
  const expected = readTable(FILE)
  const pick = (from: Table, titles: readonly string[]) =>
    Object.fromEntries(titles.map((title) => [title, from[title]]))
  const titles = [...new Set([...Object.keys(expected), ...Object.keys(table)])]
  const different = titles.filter((title) =>
    JSON.stringify(expected[title]) !== JSON.stringify(table[title])).slice(0, 5)
  deepStrictEqual(pick(table, different), pick(expected, different))
}

const checks: readonly Check[] = [
  {
    name: `Apache Kafka ${isWriting ? 'writes' : 'answers as'} the table`,
    timeoutMs: TIMEOUT_MS,
    async run() {
      const kafka = await startKafka('4.4.0', SETTINGS)
      try {
        const table = await playAll(kafka.address, true)
        if (isWriting) writeTable(FILE, table)
        else compare(table)
      } finally {
        await kafka.dispose()
      }
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

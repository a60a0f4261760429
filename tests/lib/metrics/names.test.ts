// The names and labels of metrics are Kafka's: dashboards and alerts are written against them. What
// of Kafka's is not told stands in compat/metrics/FINDINGS.md, and why.

import { expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { nameOf, scrape } from '../../../compat/metrics/scrape.ts'
import { Walk } from '../../../compat/metrics/walk.ts'
import { brokersOfTests } from '../library/brokers.ts'

const start = brokersOfTests()
const DIRECTORY = join(__dirname, '../../../compat/metrics')

/** As a Kafka told them. */
const OF_KAFKA = readFileSync(join(DIRECTORY, 'kafka-names.txt'), 'utf8').split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))

/** What Kafka does not tell. */
const OUR_OWN = [
  'kafka_consumergroup_current_offset{consumergroup,partition,topic}',
  'kafka_consumergroup_lag_seconds{consumergroup,partition,topic}',
  'kafka_consumergroup_lag{consumergroup,partition,topic}',
]

/** The names in the table's first column: `*` stands for anything. */
function untold(): { readonly text: string, readonly pattern: RegExp }[] {
  const table = readFileSync(join(DIRECTORY, 'FINDINGS.md'), 'utf8')
  return [...table.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell = '']) => (
    [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => ({
      text, pattern: new RegExp(`^kafka_${text.replaceAll('*', '.*').replaceAll('{', '\\{')}$`),
    }))))
}

test('each is one of Kafka, or of those that Kafka has not; each of Kafka is there, or not for a '
  + 'reason', async () => {
  const broker = await start({ metrics: {} })
  const walk = await Walk.through(broker.bootstrapServers)
  const { series } = await scrape(broker.metricsUrl)
  walk.end()
  const told = new Set(series.filter(({ name }) => name.startsWith('kafka_')).map(nameOf))
  expect([...told].filter((name) => !OF_KAFKA.includes(name)).sort()).toEqual(OUR_OWN)
  const reasons = untold()
  expect(reasons.length).toBeGreaterThan(20)
  const isExcused = (name: string): boolean => reasons.some(({ pattern }) => pattern.test(name))
  expect(OF_KAFKA.filter((name) => !told.has(name) && !isExcused(name))).toEqual([])
  // Nothing is excused that is told, and no excuse is left over.
  expect([...told].filter(isExcused)).toEqual([])
  expect(reasons.filter(({ pattern }) => !OF_KAFKA.some((name) => pattern.test(name)))).toEqual([])
})

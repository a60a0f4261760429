// Prometheus scrapes a broker under a little load, and every query of the dashboard is answered.

import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../harness/broker.ts'
import type { Check, Suite } from '../harness/check.ts'
import { run, sleep, until } from '../harness/process.ts'
import { overriding, placed, samsaAt } from '../harness/samsa.ts'
import { compare } from './compare.ts'
import { queriesOf } from './dashboard.ts'
import { QUIET, startWatched, startWatchedKafka, type WatchedBroker } from './kafka.ts'
import { Load, SLOW_GROUP } from './load.ts'
import { Prometheus, prometheusPrograms } from './prometheus.ts'
import { nameOf, type Scrape, scrape } from './scrape.ts'
import { Walk } from './walk.ts'

/** What Kafka tells: `RECORD=1 npm run compat -- metrics` writes it. */
const NAMES = 'compat/metrics/kafka-names.txt'
const DASHBOARD = 'grafana/samsa.json'
/** For the first two scrapes, the first collection of garbage and the like. */
const PATIENCE_MS = 60_000

interface Watched {
  readonly metricsUrl: string
  readonly load: Load
  readonly prometheus: Prometheus
}

/** On a fresh directory; the caller disposes of it. */
async function startWatchedSamsa(more: readonly string[] = []): Promise<WatchedBroker> {
  const directory = mkdtempSync(join(tmpdir(), 'samsa-metrics-'))
  const address = `127.0.0.1:${await freePort()}`
  const metricsPort = await freePort()
  const broker = samsaAt({
    address, directory,
    args: [...placed(address, directory), ...more, '--metrics-port', String(metricsPort)],
  })
  return startWatched(broker, metricsPort)
}

async function watched(check: (watched: Watched) => Promise<void>): Promise<void> {
  const { broker, metricsUrl } = await startWatchedSamsa()
  const load = new Load(broker.address)
  let prometheus: Prometheus | undefined
  try {
    prometheus = await Prometheus.start(new URL(metricsUrl).host)
    await load.begin()
    await check({ metricsUrl, load, prometheus })
    await load.end()
  } catch (error) {
    await load.end().catch(() => {})
    throw new Error(`${String(error)}\n${prometheus?.log().slice(-2000)}\n${broker.log()}`)
  } finally {
    await prometheus?.dispose()
    await broker.dispose()
  }
}

const dashboardCheck: Check = {
  name: `every query of ${DASHBOARD} gives a series`,
  timeoutMs: 200_000,
  run: () => watched(async ({ prometheus }) => {
    let silent = queriesOf(DASHBOARD)
    const count = silent.length
    ok(count > 50, `only ${count} queries`)
    const endMs = Date.now() + PATIENCE_MS
    while (silent.length > 0 && Date.now() < endMs) {
      const still: typeof silent = []
      for (const query of silent) {
        const series = await prometheus.query(query.expression)
        if (!series.some(({ value }) => Number.isFinite(value))) still.push(query)
      }
      silent = still
      await sleep(1000)
    }
    deepStrictEqual(silent, [])
    console.log(`       ${count} queries`)
  }),
}

const lagCheck: Check = {
  name: 'the lag of a group that stands still, in records and in seconds',
  timeoutMs: 120_000,
  run: () => watched(async ({ prometheus, load }) => {
    await load.end()
    const one = async (expression: string): Promise<number> => {
      const series = await prometheus.query(expression)
      return series.length === 1 ? series[0]!.value : NaN
    }
    const group = `consumergroup="${SLOW_GROUP}",topic="orders"`
    const lag = `sum(kafka_consumergroup_lag{${group}})`
    const ends = 'sum(kafka_log_log_logendoffset{topic="orders"})'
    await until('the lag of what was written', PATIENCE_MS, async () => (
      await one(lag) === await one(ends) - 30 || undefined))
    const seconds = `min(kafka_consumergroup_lag_seconds{${group}})`
    const before = { seconds: await one(seconds), atMs: Date.now() }
    await sleep(5000)
    const grown = await one(seconds) - before.seconds
    const passed = (Date.now() - before.atMs) / 1000
    ok(Math.abs(grown - passed) < 2.5, `${grown} s more after ${passed} s`)
    const records = 'sum(kafka_server_brokertopicmetrics_messagesin_total{topic="orders"})'
    strictEqual(await one(records), await one(ends))
  }),
}

const formatCheck: Check = {
  name: 'promtool can read what is told',
  timeoutMs: 120_000,
  run: () => watched(async ({ metricsUrl, prometheus }) => {
    const input = await (await fetch(`${metricsUrl}/metrics`)).text()
    // 3: it would have other names, which are Kafka's; 1: it cannot read them.
    const promtool = join(await prometheusPrograms(), 'promtool')
    await run(promtool, ['check', 'metrics'], { input, allowedExitCodes: [0, 3] })
    const up = await until('a scrape', PATIENCE_MS, async () => (await prometheus.query('up'))[0])
    strictEqual(up.value, 1)
  }),
}

/** Kafka tells its counts at times of its own. */
const SETTLING_MS = 1500

async function toldAfterWalk({ broker, metricsUrl }: WatchedBroker): Promise<Scrape> {
  try {
    const walk = await Walk.through(broker.address)
    await sleep(SETTLING_MS)
    const told = await scrape(metricsUrl)
    walk.end()
    return told
  } catch (error) {
    throw new Error(`${String(error)}\n${broker.log().slice(-4000)}`)
  } finally {
    await broker.dispose()
  }
}

const kafkaCheck: Check = {
  name: 'Apache Kafka tells the same names, and the same counts after the same requests',
  timeoutMs: 300_000,
  run: async () => {
    const kafka = await toldAfterWalk(await startWatchedKafka())
    const names = [...new Set(kafka.series.filter(({ name }) => name.startsWith('kafka_'))
      .map(nameOf))].sort()
    const lines = readFileSync(NAMES, 'utf8').split('\n')
    const isComment = (line: string): boolean => line.startsWith('#')
    if (process.env['RECORD'] !== undefined) {
      writeFileSync(NAMES, [...lines.filter(isComment), ...names, ''].join('\n'))
    } else deepStrictEqual(names, lines.filter((line) => line !== '' && !isComment(line)))
    const samsa = await toldAfterWalk(await startWatchedSamsa(overriding(QUIET)))
    const { count, differences } = compare(kafka, samsa)
    deepStrictEqual(differences, [])
    ok(count > 150, `only ${count} values`)
    console.log(`       ${names.length} names, ${count} values`)
  },
}

export const metricsSuite: Suite = {
  name: 'metrics',
  client: 'Prometheus 2.42 (Debian), Grafana\'s queries, Kafka 4.4.0 behind jmx_exporter',
  checks: [dashboardCheck, lagCheck, formatCheck, kafkaCheck],
  install: async () => { await prometheusPrograms() },
}

// Prometheus scrapes a broker under a little load, and every query of the dashboard is answered.

import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../harness/broker.ts'
import type { Check, Suite } from '../harness/check.ts'
import { run, sleep, until } from '../harness/process.ts'
import { placed, samsaAt } from '../harness/samsa.ts'
import { queriesOf } from './dashboard.ts'
import { Load, SLOW_GROUP } from './load.ts'
import { Prometheus, prometheusPrograms } from './prometheus.ts'

const DASHBOARD = 'grafana/samsa.json'
/** For the first two scrapes, the first collection of garbage and the like. */
const PATIENCE_MS = 60_000

interface Watched {
  readonly metricsUrl: string
  readonly load: Load
  readonly prometheus: Prometheus
}

async function watched(check: (watched: Watched) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'samsa-metrics-'))
  const address = `127.0.0.1:${await freePort()}`
  const metricsPort = await freePort()
  const broker = samsaAt({
    address, directory,
    args: [...placed(address, directory), '--metrics-port', String(metricsPort)],
  })
  const load = new Load(address)
  let prometheus: Prometheus | undefined
  try {
    await broker.start()
    prometheus = await Prometheus.start(`127.0.0.1:${metricsPort}`)
    await load.begin()
    await check({ metricsUrl: `http://127.0.0.1:${metricsPort}/metrics`, load, prometheus })
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
    const input = await (await fetch(metricsUrl)).text()
    // 3: it would have other names, which are Kafka's; 1: it cannot read them.
    const promtool = join(await prometheusPrograms(), 'promtool')
    await run(promtool, ['check', 'metrics'], { input, allowedExitCodes: [0, 3] })
    const up = await until('a scrape', PATIENCE_MS, async () => (await prometheus.query('up'))[0])
    strictEqual(up.value, 1)
  }),
}

export const metricsSuite: Suite = {
  name: 'metrics',
  client: 'Prometheus 2.42 (Debian), Grafana\'s queries',
  checks: [dashboardCheck, lagCheck, formatCheck],
  install: async () => { await prometheusPrograms() },
}

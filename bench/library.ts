// What a broker costs in somebody else's process: until it is ready, for each of many, and what a
// test asks of it again and again.

import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Broker as Brokers } from '../lib/index.ts'
import { median } from './measure.ts'

const COLD_ROUNDS = 15
const WARM_ROUNDS = 100
const MANY = 200
const GOAL_MS = 30
const ESM = 'dist/index.js'
const CJS = 'dist/index.cjs'

export async function benchLibrary(): Promise<void> {
  for (const file of [ESM, CJS]) {
    const rounds = Array.from({ length: COLD_ROUNDS }, () => firstStart(file))
    const of = (name: keyof FirstStart) => median(rounds.map((round) => round[name])).toFixed(1)
    console.log(`${file}: loaded in ${of('loadedMs')} ms, the first broker ready `
      + `${of('readyMs')} ms after that (goal: under ${GOAL_MS}), ${of('cpuMs')} ms of CPU`)
  }
  // By its own path: what is measured is the published bundle.
  const { Broker } = await import(pathToFileURL(resolve(ESM)).href) as { Broker: typeof Brokers }
  await benchAgain(Broker)
  await benchMany(Broker)
}

interface FirstStart {
  readonly loadedMs: number
  readonly readyMs: number
  readonly cpuMs: number
}

/** In a process of its own, which has run nothing of it before. */
function firstStart(file: string): FirstStart {
  const path = resolve(file)
  const load = file === ESM
    ? `await import(${JSON.stringify(pathToFileURL(path).href)})`
    : `require(${JSON.stringify(path)})`
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', `(async () => {
    const startedMs = performance.now()
    const { Broker } = ${load}
    const loadedMs = performance.now() - startedMs
    const before = process.cpuUsage()
    const broker = await Broker.start()
    const readyMs = performance.now() - startedMs - loadedMs
    const { user, system } = process.cpuUsage(before)
    await broker.close()
    console.log(JSON.stringify({ loadedMs, readyMs, cpuMs: (user + system) / 1000 }))
  })()`], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`a start out of ${file} failed: ${stderr}`)
  return JSON.parse(stdout) as FirstStart
}

/** What tests do between one another. */
async function benchAgain(Broker: typeof Brokers): Promise<void> {
  const value = 'x'.repeat(100)
  const records = Array.from({ length: 100 }, (_, i) => ({ key: String(i), value }))
  const [starting, closing, emptying, forking]: number[][] = [[], [], [], []]
  const kept = await Broker.start({ topics: ['orders'] })
  for (let i = 0; i < WARM_ROUNDS; i++) {
    const broker = await timed(starting!, () => Broker.start({ topics: ['orders'] }))
    await broker.produce('orders', records)
    await timed(closing!, () => broker.close())
    await kept.produce('orders', records)
    const fork = await timed(forking!, () => kept.fork())
    await fork.close()
    await timed(emptying!, () => kept.reset())
  }
  await kept.close()
  const of = (times: readonly number[]) => `${median(times).toFixed(1)} ms`
  console.log(`once it is warm: start with a topic ${of(starting!)}, close ${of(closing!)}, `
    + `reset ${of(emptying!)}, fork ${of(forking!)}`)
}

async function timed<T>(times: number[], work: () => Promise<T>): Promise<T> {
  const startedMs = performance.now()
  const result = await work()
  times.push(performance.now() - startedMs)
  return result
}

async function benchMany(Broker: typeof Brokers): Promise<void> {
  const bytes = (): number => process.memoryUsage.rss()
  const before = bytes()
  const startedMs = performance.now()
  const brokers = await Promise.all(Array.from({ length: MANY }, () => (
    Broker.start({ topics: ['orders'] }))))
  const readyMs = performance.now() - startedMs
  await Promise.all(brokers.map((broker) => broker.produce('orders', { value: 'x' })))
  const idle = process.cpuUsage()
  await new Promise((done) => { setTimeout(done, 5000) })
  const { user, system } = process.cpuUsage(idle)
  const each = (bytes() - before) / MANY / 1024
  console.log(`${MANY} in one process: ready in ${readyMs.toFixed(0)} ms, ${each.toFixed(0)} KB of `
    + `memory each, idle ${((user + system) / 50_000).toFixed(1)} % of a core together`)
  await Promise.all(brokers.map((broker) => broker.close()))
  const left = process.getActiveResourcesInfo().filter((name) => name !== 'PipeWrap')
  console.log(`left behind: ${left.length === 0 ? 'nothing' : left.join(', ')}`)
}

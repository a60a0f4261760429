// The broker of a bench as a process of its own, on a directory that outlives it, with a watch on
// its event loop.

import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type BrokerProcess, freePort } from '../../compat/harness/broker.ts'
import { until } from '../../compat/harness/process.ts'
import { overriding, placed, samsaAt } from '../../compat/harness/samsa.ts'

const PATIENCE_MS = 120_000

/** How long the event loop stood still since it was asked last. */
export interface Standstill {
  /** As `perf_hooks` has it. */
  readonly delayMs: number
  /** The longest, less the time in which the thread waited for a processor. */
  readonly ownMs: number
  /** The most that the thread itself computed; for the rest it waited, for the disk mostly. */
  readonly computedMs: number
}

/**
 * Loaded before anything else: at a signal it writes down how long the loop stood still. Linux
 * tells for a thread how long it ran and how long it waited for a processor. A thousand looks a
 * second must not fill the memory that others measure: one buffer serves them all.
 */
const WATCH = (file: string) => `data:text/javascript,${encodeURIComponent(`
  import { openSync, readSync, renameSync, writeFileSync } from 'node:fs'
  import { monitorEventLoopDelay } from 'node:perf_hooks'
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const file = openSync('/proc/self/task/' + process.pid + '/schedstat')
  const bytes = Buffer.alloc(128)
  const spent = () => bytes.latin1Slice(0, readSync(file, bytes, 0, 128, 0))
    .split(' ').map((ns) => Number(ns) / 1e6)
  let longest = { ownMs: 0, computedMs: 0 }
  let atMs = performance.now()
  let [ranMs, waitedMs] = spent()
  setInterval(() => {
    const nowMs = performance.now()
    const [ran, waited] = spent()
    const ownMs = nowMs - atMs - (waited - waitedMs) - 1
    longest = {
      ownMs: Math.max(longest.ownMs, ownMs),
      computedMs: Math.max(longest.computedMs, ran - ranMs),
    }
    atMs = nowMs
    ranMs = ran
    waitedMs = waited
  }, 1).unref()
  process.on('SIGUSR2', () => {
    writeFileSync('${file}.new', JSON.stringify({ delayMs: delay.max / 1e6, ...longest }))
    renameSync('${file}.new', '${file}')
    delay.reset()
    longest = { ownMs: 0, computedMs: 0 }
    atMs = performance.now()
  })`)}`

export class Broker {
  readonly #samsa: BrokerProcess
  readonly #standstill: string

  /** What it logs and prints, and its data, go into the directory. `args`: of `samsa start`. */
  constructor(address: string, directory: string, args: readonly string[]) {
    this.#standstill = join(directory, 'standstill')
    this.#samsa = samsaAt({
      address, directory, args, timeoutMs: PATIENCE_MS, pollMs: 2,
      command: ['--import', WATCH(this.#standstill), 'dist/main.js'],
    })
  }

  /** At a free port. */
  static async in(
    directory: string, settings: Readonly<Record<string, string>> = {},
  ): Promise<Broker> {
    const address = `127.0.0.1:${await freePort()}`
    return new Broker(address, directory, placed(address, directory, settings))
  }

  get address(): string {
    return this.#samsa.address
  }

  get pid(): number {
    return this.#samsa.pid
  }

  get dataDirectory(): string {
    return this.#samsa.dataDirectory
  }

  /** Gives the milliseconds from the spawn to the ready line. */
  async start(settings: Readonly<Record<string, string>> = {}): Promise<number> {
    const startedMs = performance.now()
    await this.#samsa.start(overriding(settings))
    return performance.now() - startedMs
  }

  log(): string {
    return this.#samsa.log()
  }

  /** Since it was asked last. */
  async standstill(): Promise<Standstill> {
    const file = this.#standstill
    rmSync(file, { force: true })
    this.#samsa.signal('SIGUSR2')
    await until('word from the broker', PATIENCE_MS, () => existsSync(file) || undefined, 5)
    return JSON.parse(readFileSync(file, 'utf8')) as Standstill
  }

  /** Gives the milliseconds until it was gone. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<number> {
    const startedMs = performance.now()
    await this.#samsa.stop(signal)
    return performance.now() - startedMs
  }
}

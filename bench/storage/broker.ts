// The broker of a bench as a process of its own, on a directory that outlives it, with a watch on
// its event loop.

import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { freePort } from '../../compat/harness/broker.ts'
import { until } from '../../compat/harness/process.ts'

const READY = /^Samsa \S+ ready in \d+ ms: /m
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
 * tells for a thread how long it ran and how long it waited for a processor.
 */
const WATCH = (file: string) => `data:text/javascript,${encodeURIComponent(`
  import { readFileSync, renameSync, writeFileSync } from 'node:fs'
  import { monitorEventLoopDelay } from 'node:perf_hooks'
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const spent = () => readFileSync('/proc/self/task/' + process.pid + '/schedstat', 'latin1')
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
  readonly #directory: string
  readonly #settings: Readonly<Record<string, string>>
  readonly #flags: readonly string[]
  readonly #given: readonly string[]
  #child: ChildProcess | undefined
  port = 0

  /**
   * What it logs and prints, and its data, go into the directory. `given`: arguments of its start,
   * such as a `server.properties` that says where it listens; without one it does at a free port.
   */
  constructor(
    directory: string, settings: Readonly<Record<string, string>> = {},
    { flags = [] as readonly string[], given = [] as readonly string[], port = 0 } = {},
  ) {
    this.#directory = directory
    this.#settings = settings
    this.#flags = flags
    this.#given = given
    this.port = port
  }

  get pid(): number {
    return this.#child!.pid!
  }

  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  get dataDirectory(): string {
    return join(this.#directory, 'data')
  }

  /** Gives the milliseconds from the spawn to the ready line. */
  async start(more: Readonly<Record<string, string>> = {}): Promise<number> {
    if (this.port === 0) this.port = await freePort()
    const printed = join(this.#directory, 'out')
    const [out, log] = [openSync(printed, 'w'), openSync(join(this.#directory, 'log'), 'w')]
    const places = this.#given.length > 0 ? {} : {
      listeners: `PLAINTEXT://127.0.0.1:${this.port}`, 'log.dirs': this.dataDirectory,
    }
    const settings = { ...places, ...this.#settings, ...more }
    const overrides = Object.entries(settings).flatMap(([name, value]) => (
      ['--override', `${name}=${value}`]))
    const startedMs = performance.now()
    const child = spawn(process.execPath, [
      ...this.#flags, '--import', WATCH(join(this.#directory, 'standstill')),
      'dist/main.js', 'start', ...this.#given, ...overrides,
    ], { stdio: ['ignore', out, log] })
    this.#child = child
    closeSync(out)
    closeSync(log)
    await until('the ready line', PATIENCE_MS, () => {
      if (child.exitCode !== null) throw new Error(this.log())
      return READY.test(readFileSync(printed, 'utf8')) || undefined
    }, 2)
    return performance.now() - startedMs
  }

  log(): string {
    return readFileSync(join(this.#directory, 'log'), 'utf8')
  }

  /** Since it was asked last. */
  async standstill(): Promise<Standstill> {
    const file = join(this.#directory, 'standstill')
    rmSync(file, { force: true })
    this.#child!.kill('SIGUSR2')
    await until('word from the broker', PATIENCE_MS, () => existsSync(file) || undefined, 5)
    return JSON.parse(readFileSync(file, 'utf8')) as Standstill
  }

  residentMegabytes(): number {
    const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'))
    return Number(line?.[1]) / 1024
  }

  openFileCount(): number {
    return readdirSync(`/proc/${this.pid}/fd`).length
  }

  /** Gives the milliseconds until it was gone. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<number> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return 0
    const startedMs = performance.now()
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
    return performance.now() - startedMs
  }
}

// The broker that a run is against, as a process of its own: how it fares, and what it logs.

import { type ChildProcess, spawn } from 'node:child_process'
import {
  closeSync, existsSync, mkdtempSync, openSync, readFileSync, readSync, rmSync,
} from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../compat/harness/broker.ts'
import { until } from '../compat/harness/process.ts'

const READY = /^Samsa \S+ ready in \d+ ms: /m
/** What only a bug writes. */
const BUG = / ERROR |failed unexpectedly|AssertionError/
/**
 * But whoever may write marks of transactions, as a coordinator does, can fence the coordinator
 * with an epoch of his own: in Kafka too that transaction never ends.
 */
const NO_BUG = /its mark was refused .*TRANSACTION_COORDINATOR_FENCED/
/** Linux counts the time of a process in hundredths of a second. */
const TICK_MS = 10
const CHUNK_BYTES = 1 << 20
const MEMORY_FILE = 'memory'

/**
 * Loaded into the broker's process before anything else: at a signal it collects garbage, and
 * writes down what is left. How large a process is tells of the collector's leisure too.
 */
const TELL_MEMORY = (file: string) => `data:text/javascript,${encodeURIComponent(`
  import { renameSync, writeFileSync } from 'node:fs'
  process.on('SIGUSR2', () => {
    gc()
    const { heapUsed, external } = process.memoryUsage()
    writeFileSync('${file}.new', String(heapUsed + external))
    renameSync('${file}.new', '${file}')
  })`)}`

export class FuzzedBroker {
  readonly port: number
  readonly #directory: string
  readonly #child: ChildProcess
  readonly #log: number
  #logBytes = 0
  /** The end of what was read: the beginning of a line. */
  #rest = ''

  private constructor(port: number, directory: string, child: ChildProcess, log: number) {
    this.port = port
    this.#directory = directory
    this.#child = child
    this.#log = log
  }

  static async start(): Promise<FuzzedBroker> {
    const port = await freePort()
    const directory = mkdtempSync(join(tmpdir(), 'samsa-fuzz-'))
    const settings = {
      'listeners': `PLAINTEXT://127.0.0.1:${port}`,
      'log.dirs': join(directory, 'data'),
      // No number that comes up by itself: who unregisters the broker has it lead no more.
      'node.id': '720441',
      'auto.create.topics.enable': 'false',
      'group.initial.rebalance.delay.ms': '0',
      'group.max.session.timeout.ms': '10000',
    }
    const overrides = Object.entries(settings).flatMap(([name, value]) => (
      ['--override', `${name}=${value}`]
    ))
    const [out, log] = [openSync(join(directory, 'out'), 'w'), join(directory, 'log')]
    const child = spawn(process.execPath, [
      '--expose-gc', '--import', TELL_MEMORY(join(directory, MEMORY_FILE)),
      'dist/main.js', 'start', ...overrides,
    ], { stdio: ['ignore', out, openSync(log, 'w')] })
    await until('the ready line', 30_000, () => {
      if (child.exitCode !== null) throw new Error(readFileSync(log, 'utf8'))
      return READY.test(readFileSync(join(directory, 'out'), 'utf8')) || undefined
    }, 20)
    closeSync(out)
    return new FuzzedBroker(port, directory, child, openSync(log, 'r'))
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** What it has logged since the last call that only a bug logs. */
  bugs(): string[] {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
    for (let size = -1; size !== 0;) {
      size = readSync(this.#log, chunk, 0, CHUNK_BYTES, this.#logBytes)
      this.#logBytes += size
      this.#rest += chunk.toString('utf8', 0, size)
    }
    const lines = this.#rest.split('\n')
    this.#rest = lines.pop()!
    return lines.filter((line) => BUG.test(line) && !NO_BUG.test(line))
  }

  /** What it said last, for when it is gone. */
  lastWords(): string {
    return readFileSync(join(this.#directory, 'log'), 'utf8').slice(-3000)
  }

  /** Resident memory; NaN where that is not told. */
  residentBytes(): number {
    const kilobytes = /VmRSS:\s+(\d+) kB/.exec(this.#told('status'))?.[1]
    return Number(kilobytes) * 1024
  }

  /** What is in use after a collection; NaN where the system has no such signals. */
  async usedBytes(): Promise<number> {
    if (process.platform === 'win32') return NaN
    const file = join(this.#directory, MEMORY_FILE)
    rmSync(file, { force: true })
    this.#child.kill('SIGUSR2')
    await until('the memory of the broker', 10_000, () => existsSync(file) || undefined, 10)
    return Number(readFileSync(file, 'utf8'))
  }

  /** For how long it has had a processor; NaN where that is not told. */
  processorMs(): number {
    // Behind the name, which may hold anything, user and system time are the 12th and the 13th.
    const fields = this.#told('stat').split(') ').at(-1)!.split(' ')
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS
  }

  #told(file: string): string {
    try {
      return readFileSync(`/proc/${this.#child.pid}/${file}`, 'utf8')
    } catch {
      return ''
    }
  }

  async dispose(): Promise<void> {
    if (this.isAlive) {
      const ended = once(this.#child, 'exit')
      this.#child.kill('SIGKILL')
      await ended
    }
    closeSync(this.#log)
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

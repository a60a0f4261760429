// The broker that a run is against, as a process of its own: how it fares, and what it logs.

import {
  closeSync, existsSync, mkdtempSync, openSync, readFileSync, readSync, rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrokerProcess, freePort } from '../compat/harness/broker.ts'
import { processorMs, residentMegabytes } from '../compat/harness/proc.ts'
import { until } from '../compat/harness/process.ts'
import { placed, samsaAt } from '../compat/harness/samsa.ts'

const SETTINGS = {
  // No number that comes up by itself: who unregisters the broker has it lead no more.
  'node.id': '720441',
  'auto.create.topics.enable': 'false',
  'group.initial.rebalance.delay.ms': '0',
  'group.max.session.timeout.ms': '10000',
}
/** What only a bug writes. */
const BUG = / ERROR |failed unexpectedly|AssertionError/
/**
 * But whoever may write marks of transactions, as a coordinator does, can fence the coordinator
 * with an epoch of his own: in Kafka too that transaction never ends.
 */
const NO_BUG = /its mark was refused .*TRANSACTION_COORDINATOR_FENCED/
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
  readonly #samsa: BrokerProcess
  readonly #log: number
  #logBytes = 0
  /** The end of what was read: the beginning of a line. */
  #rest = ''

  private constructor(port: number, directory: string, samsa: BrokerProcess) {
    this.port = port
    this.#directory = directory
    this.#samsa = samsa
    this.#log = openSync(samsa.logFile, 'r')
  }

  static async start(): Promise<FuzzedBroker> {
    const port = await freePort()
    const [address, directory] = [`127.0.0.1:${port}`, mkdtempSync(join(tmpdir(), 'samsa-fuzz-'))]
    const samsa = samsaAt({
      address, directory, args: placed(address, directory, SETTINGS),
      command: ['--expose-gc', '--import', TELL_MEMORY(join(directory, MEMORY_FILE)),
        'dist/main.js'],
    })
    await samsa.start()
    return new FuzzedBroker(port, directory, samsa)
  }

  get isAlive(): boolean {
    return this.#samsa.isRunning
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
    return this.#samsa.log().slice(-3000)
  }

  /** Resident memory; NaN where that is not told. */
  residentBytes(): number {
    return this.#told(residentMegabytes) * 2 ** 20
  }

  /** What is in use after a collection; NaN where the system has no such signals. */
  async usedBytes(): Promise<number> {
    if (process.platform === 'win32') return NaN
    const file = join(this.#directory, MEMORY_FILE)
    rmSync(file, { force: true })
    this.#samsa.signal('SIGUSR2')
    await until('the memory of the broker', 10_000, () => existsSync(file) || undefined, 10)
    return Number(readFileSync(file, 'utf8'))
  }

  /** For how long it has had a processor; NaN where that is not told. */
  processorMs(): number {
    return this.#told(processorMs)
  }

  #told(read: (pid: number) => number): number {
    try {
      return read(this.#samsa.pid)
    } catch {
      return NaN
    }
  }

  async dispose(): Promise<void> {
    closeSync(this.#log)
    await this.#samsa.dispose()
  }
}

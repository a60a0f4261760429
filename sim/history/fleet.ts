// The workers of a run: one process in each slot, and another one in its place when it is gone.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseHistory, TRANSACTION_TIMEOUT_MS, type WorkerHistory } from './event.ts'
import type { Programs } from './programs.ts'

const ROLES = ['produce', 'transact', 'copy', 'consume'] as const
export type Role = (typeof ROLES)[number]
/** Whose clients: kafkajs, librdkafka in confluent-kafka, Apache Kafka's own in Java. */
export type Client = 'kafkajs' | 'librdkafka' | 'java'

/** What is to be done by one process at a time. */
export interface Slot {
  readonly name: string
  readonly client: Client
  readonly role: Role
  readonly options: Readonly<Record<string, unknown>>
}

export interface Worker {
  readonly slot: Slot
  readonly name: string
  readonly process: ChildProcess
}

export interface FleetOptions {
  readonly seed: number
  readonly address: string
  /** Histories and what workers say of their end are kept there. */
  readonly directory: string
  readonly programs: Programs
}

const WORKER_PY = 'sim/history/worker.py'
const JAVA_FLAGS = [
  '-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:-UsePerfData',
]
const IS_AT_WORK = /"e":"sent"|"e":"assigned","ps":\[\[/
const REPLACED_AFTER_MS = 150
const STOP_LIMIT_MS = 30_000

/** Of CLOCK_MONOTONIC, as all events. */
const nowUs = (): number => Number(process.hrtime.bigint() / 1000n)

export class Fleet {
  readonly #options: FleetOptions
  readonly #counts = new Map<string, number>()
  /** By their names, when they were started: in the time of their events. */
  readonly #startedAt = new Map<string, number>()
  readonly #current = new Map<string, Worker>()
  readonly #all = new Set<Worker>()
  /** Nobody takes a place there any more. */
  readonly #closed = new Set<Role>()

  constructor(options: FleetOptions) {
    this.#options = options
  }

  /** How many processes there were. */
  get size(): number {
    return this.#startedAt.size
  }

  /** Those that work now. */
  workers(): Worker[] {
    return [...this.#current.values()]
  }

  /** Whether everybody has written something, or has what to read. */
  get isWarm(): boolean {
    return this.workers().every(({ name }) => {
      const path = this.#historyOf(name)
      return existsSync(path) && IS_AT_WORK.test(readFileSync(path, 'utf8'))
    })
  }

  /** Starts a process in the slot, whoever is there already. */
  start(slot: Slot): Worker {
    const { directory } = this.#options
    const number = (this.#counts.get(slot.name) ?? 0) + 1
    this.#counts.set(slot.name, number)
    const name = `${slot.name}.${number}`
    this.#startedAt.set(name, nowUs())
    const [program, args] = this.#command(slot, name)
    const errors = openSync(join(directory, 'workers.log'), 'a')
    const child = spawn(program, args, { stdio: ['pipe', 'ignore', errors] })
    closeSync(errors)
    const worker: Worker = { slot, name, process: child }
    this.#current.set(slot.name, worker)
    this.#all.add(worker)
    child.on('exit', () => this.#ended(worker))
    return worker
  }

  signal({ process: child }: Worker, signal: NodeJS.Signals): void {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal)
  }

  /** All processes of these roles end, well if they can; none takes their place. */
  async stop(roles: readonly Role[]): Promise<void> {
    // A place may be empty now, and about to be taken.
    for (const role of roles) this.#closed.add(role)
    const theirs = [...this.#all].filter(({ slot }) => roles.includes(slot.role))
    await Promise.all(theirs.map((worker) => this.#stop(worker)))
  }

  /** At once, with whatever they do. */
  kill(): void {
    for (const role of ROLES) this.#closed.add(role)
    for (const worker of this.#all) this.signal(worker, 'SIGKILL')
  }

  histories(): WorkerHistory[] {
    return [...this.#startedAt].filter(([name]) => existsSync(this.#historyOf(name)))
      .map(([name, startedAt]) => {
        const history = parseHistory(name, readFileSync(this.#historyOf(name), 'utf8'))
        // All that the rules say of before and after rests on it.
        const isOfOurTime = history.events.every(({ t }) => t > startedAt && t < nowUs())
        if (!isOfOurTime) throw new Error(`${name} has another clock`)
        return history
      })
  }

  #command({ client, role, options }: Slot, name: string): [program: string, args: string[]] {
    const { seed, address, programs } = this.#options
    const all = { seed, timeoutMs: TRANSACTION_TIMEOUT_MS, ...options }
    const args = [role, name, address, this.#historyOf(name)]
    switch (client) {
      case 'kafkajs':
        return [process.execPath,
          [process.argv[1]!, 'history', 'worker', ...args, JSON.stringify(all)]]
      case 'librdkafka':
        return [programs.python, [WORKER_PY, ...args, JSON.stringify(all)]]
      case 'java': {
        // Lists are told with commas between: Java reads no JSON by itself.
        const pairs = Object.entries(all).map(([key, value]) => `${key}=${String(value)}`)
        return ['java', [...JAVA_FLAGS, '-cp', programs.javaClassPath, 'Worker', ...args, ...pairs]]
      }
    }
  }

  async #stop(worker: Worker): Promise<void> {
    const child = worker.process
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGCONT')
    child.kill('SIGTERM')
    const killer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
    await ended
    clearTimeout(killer)
  }

  #ended(worker: Worker): void {
    this.#all.delete(worker)
    const { slot } = worker
    if (this.#current.get(slot.name) !== worker) return
    this.#current.delete(slot.name)
    void sleep(REPLACED_AFTER_MS).then(() => {
      if (!this.#closed.has(slot.role) && !this.#current.has(slot.name)) this.start(slot)
    })
  }

  #historyOf(name: string): string {
    return join(this.#options.directory, `${name}.jsonl`)
  }
}

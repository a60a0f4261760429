// The workers of a run: one process in each slot, and another one in its place when it is gone.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseHistory, type WorkerHistory } from './event.ts'

export type Role = 'produce' | 'transact' | 'copy' | 'consume'

/** What is to be done by one process at a time. */
export interface Slot {
  readonly name: string
  readonly client: 'kafkajs' | 'librdkafka'
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
  readonly python: string
}

const WORKER_PY = 'sim/history/worker.py'
const IS_AT_WORK = /"e":"(sent|polled)"/
const REPLACED_AFTER_MS = 150
const STOP_LIMIT_MS = 30_000

export class Fleet {
  readonly #options: FleetOptions
  readonly #counts = new Map<string, number>()
  readonly #names: string[] = []
  readonly #current = new Map<string, Worker>()
  readonly #all = new Set<Worker>()
  readonly #closed = new Set<string>()

  constructor(options: FleetOptions) {
    this.#options = options
  }

  /** How many processes there were. */
  get size(): number {
    return this.#names.length
  }

  /** Those that work now. */
  workers(): Worker[] {
    return [...this.#current.values()]
  }

  /** Whether everybody has begun to write or to read. */
  get isWarm(): boolean {
    return this.workers().every(({ name }) => {
      const path = this.#historyOf(name)
      return existsSync(path) && IS_AT_WORK.test(readFileSync(path, 'utf8'))
    })
  }

  /** Starts a process in the slot, whoever is there already. */
  start(slot: Slot): Worker {
    const { seed, address, directory, python } = this.#options
    const number = (this.#counts.get(slot.name) ?? 0) + 1
    this.#counts.set(slot.name, number)
    const name = `${slot.name}.${number}`
    this.#names.push(name)
    const options = JSON.stringify({ seed, ...slot.options })
    const args = [slot.role, name, address, this.#historyOf(name), options]
    const errors = openSync(join(directory, 'workers.log'), 'a')
    const child = slot.client === 'librdkafka'
      ? spawn(python, [WORKER_PY, ...args], { stdio: ['pipe', 'ignore', errors] })
      : spawn(process.execPath, [process.argv[1]!, 'history', 'worker', ...args], {
        stdio: ['pipe', 'ignore', errors],
      })
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
    const theirs = [...this.#all].filter(({ slot }) => roles.includes(slot.role))
    for (const { slot } of theirs) this.#closed.add(slot.name)
    await Promise.all(theirs.map((worker) => this.#stop(worker)))
  }

  /** At once, with whatever they do. */
  kill(): void {
    for (const { slot } of this.#all) this.#closed.add(slot.name)
    for (const worker of this.#all) this.signal(worker, 'SIGKILL')
  }

  histories(): WorkerHistory[] {
    return this.#names.filter((name) => existsSync(this.#historyOf(name)))
      .map((name) => parseHistory(name, readFileSync(this.#historyOf(name), 'utf8')))
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
      if (!this.#closed.has(slot.name) && !this.#current.has(slot.name)) this.start(slot)
    })
  }

  #historyOf(name: string): string {
    return join(this.#options.directory, `${name}.jsonl`)
  }
}
